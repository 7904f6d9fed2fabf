/** A video that is examined again: what was found before stays until there is something new to show. */

import { fill, h } from "./dom.js";
import { t } from "./i18n.js";
import { icon } from "./icons.js";
import { said } from "./text.js";

/** @typedef {"" | "going" | "stopped" | "failed"} Anew what became of another examination, while the earlier result is shown */

/** Whether the new examination has seen anything. @param {import("./record.js").VideoSection} video */
export function begun({ examined }) {
  return examined.followed + examined.full > 0;
}

/**
 * Say that what is shown is the earlier result; nothing, where it is not.
 *
 * @param {HTMLElement} root
 * @param {Anew} anew
 * @param {string} why it failed, as a sentence
 */
export function drawEarlier(root, anew, why) {
  root.hidden = anew === "";
  if (!anew) return fill(root);
  fill(root, icon("wait"), h("span", null, t(`anew.${anew}`), " ", anew === "failed" && said("span", why)));
}
