/** The reference bank, asked through the engine in the offscreen document. */

import { question } from "./question.js";

/** @type {import("../ui/bankanswer.js").Ask} */
export function ask(name, args = {}, bytes = null) {
  return question("bank", { name, args, bytes });
}
