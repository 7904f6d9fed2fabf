/** A button that asks once more, in its own place, before it does what cannot be undone. */

import { fill, h } from "./dom.js";
import { icon } from "./icons.js";
import { t } from "./i18n.js";

/** The second question goes away by itself. */
const PATIENCE_MS = 6000;

/**
 * @param {string} words
 * @param {string} question
 * @param {() => unknown} work
 */
export function sure(words, question, work) {
  const root = h("span", { class: "sure" });
  let timer = 0;
  first(false);
  return root;

  /** @param {boolean} focus */
  function first(focus) {
    clearTimeout(timer);
    const button = h("button", { type: "button", class: "small", onclick: second }, icon("bin"), words);
    fill(root, button);
    if (focus) button.focus();
  }

  function second() {
    const yes = h("button", { type: "button", class: "small danger", onclick: () => (first(true), void work()) }, icon("bin"), question);
    const no = h("button", { type: "button", class: "small", onclick: () => first(true) }, t("sure.no"));
    fill(root, yes, no);
    yes.focus();
    timer = window.setTimeout(() => first(root.contains(document.activeElement)), PATIENCE_MS);
  }
}
