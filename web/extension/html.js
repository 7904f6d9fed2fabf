/** The HTML report of a result, made by the engine in the offscreen document. */

import { question } from "./question.js";

/**
 * @param {string} id
 * @param {number} index
 * @param {import("../engine/client.js").Report} how
 * @returns {Promise<string>}
 */
export function htmlOf(id, index, how) {
  return question("html", { id, index, how });
}
