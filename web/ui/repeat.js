/** The switch for the repetitions on changed copies; remembered on this device. */

import { h } from "./dom.js";
import { t } from "./i18n.js";
import { keep, recall } from "./theme.js";

const KEY = "telltale.repeat";

/** Whether what carries the answers is to be repeated on slightly changed copies. */
export function repeating() {
  return recall(KEY) !== "no";
}

/** A box to tick; it holds for what is examined from then on. */
export function repeatSwitch() {
  const box = h("input", {
    type: "checkbox",
    checked: repeating(),
    onchange: () => keep(KEY, box.checked ? "yes" : "no"),
  });
  return h("label", { class: "repeat soft" }, box, h("span", null, t("assessment.repeat")));
}
