/** The HTML report of a result, made by the engine in the offscreen document. */

import { ensureOffscreen } from "./chrome.js";
import * as jobs from "./jobs.js";

/**
 * @param {string} id
 * @param {number} index
 * @param {import("../engine/client.js").Report} how
 * @returns {Promise<string>}
 */
export async function htmlOf(id, index, how) {
  await ensureOffscreen();
  const done = new AbortController();
  return new Promise((resolve, reject) => {
    const ask = () => jobs.tell({ type: "html?", id, index, how });
    jobs.hear((news) => {
      // a document that was only now made says so: from then on it hears the question
      if (news.type === "engine" && news.state === "idle") return ask();
      if (news.type !== "html" || news.id !== id || news.index !== index) return undefined;
      done.abort();
      return news.html ? resolve(news.html) : reject(new Error(news.why));
    }, done.signal);
    ask();
  });
}
