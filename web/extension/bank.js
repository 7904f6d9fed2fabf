/** The reference bank, asked through the engine in the offscreen document. */

import { ensureOffscreen } from "./chrome.js";
import * as jobs from "./jobs.js";

/** @type {import("../ui/bankanswer.js").Ask} */
export async function ask(name, args = {}, bytes = null) {
  await ensureOffscreen();
  const id = crypto.randomUUID();
  const done = new AbortController();
  return new Promise((resolve, reject) => {
    const send = () => jobs.tell({ type: "bank?", id, name, args, bytes });
    jobs.hear((news) => {
      // a document that was only now made says so: from then on it hears the question
      if (news.type === "engine" && news.state === "idle") return send();
      if (news.type !== "bank" || news.id !== id) return undefined;
      done.abort();
      return news.why ? reject(new Error(news.why)) : resolve({ answer: news.answer, bytes: news.bytes });
    }, done.signal);
    send();
  });
}
