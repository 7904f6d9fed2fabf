/** Questions to the engine in the offscreen document, from any page of the extension. */

import { ensureOffscreen } from "./chrome.js";
import * as jobs from "./jobs.js";

/**
 * @param {"html" | "bank" | "look" | "compare"} what
 * @param {object} about what `offscreen.js` takes of it
 * @returns {Promise<any>} rejected with a sentence where there is no answer
 */
export async function question(what, about) {
  await ensureOffscreen();
  const id = crypto.randomUUID();
  const done = new AbortController();
  return new Promise((resolve, reject) => {
    const send = () => jobs.tell({ type: "question", id, what, about });
    jobs.hear((news) => {
      // a document that was only now made says so: from then on it hears the question
      if (news.type === "engine" && news.state === "idle") return send();
      if (news.type !== "answer" || news.id !== id) return undefined;
      done.abort();
      return news.why ? reject(new Error(news.why)) : resolve(news.answer);
    }, done.signal);
    send();
  });
}
