/** How far one analysis is, stage by stage, and the button that stops it. */

import { h } from "./dom.js";
import { percent, t } from "./i18n.js";
import { icon } from "./icons.js";

/**
 * @typedef {object} Progress
 * @property {string} label what is being done, in the reader's language
 * @property {number} fraction of the whole analysis, in [0, 1]
 */

/**
 * @param {HTMLElement} root
 * @param {() => void} cancel
 */
export function createProgress(root, cancel) {
  const bar = h("progress", { max: 1, value: 0, "aria-label": t("progress.label") });
  const label = h("span", { class: "progress-label" });
  const share = h("span", { class: "progress-share" });
  const stop = h("button", { type: "button", class: "cancel", onclick: cancel }, icon("cross"), t("cancel"));
  root.replaceChildren(h("div", { class: "progress-line" }, label, share, stop), bar);
  root.classList.add("progress");
  return {
    /** It begins, perhaps for the second time. */
    start() {
      stop.disabled = false;
    },
    /** @param {Progress} now */
    update(now) {
      bar.value = now.fraction;
      label.textContent = now.label;
      share.textContent = percent(now.fraction);
    },
    stopping() {
      stop.disabled = true;
      label.textContent = t("progress.stopping");
    },
  };
}
