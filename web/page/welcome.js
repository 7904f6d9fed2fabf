/** What stands on the page before the first picture. */

import { h } from "../ui/dom.js";
import { t } from "../ui/i18n.js";
import { icon } from "../ui/icons.js";

/** @param {HTMLElement} picker the button that opens the file chooser */
export function welcome(picker) {
  return h(
    "section",
    { class: "welcome" },
    h("h2", null, t("welcome.title")),
    h("p", { class: "lead" }, t("welcome.lead")),
    h(
      "div",
      { class: "drop" },
      h("div", { class: "drop-art", "aria-hidden": "true" }, icon("file")),
      h("p", { class: "drop-words" }, t("welcome.drop")),
      picker,
      h("p", { class: "soft" }, t("welcome.paste")),
    ),
    h(
      "div",
      { class: "promises" },
      promise(t("welcome.private"), t("welcome.private_more")),
      promise(t("welcome.evidence"), t("welcome.evidence_more")),
      promise(t("welcome.original"), t("welcome.original_more")),
    ),
  );
}

/**
 * @param {string} title
 * @param {string} text
 */
function promise(title, text) {
  return h("div", null, h("h3", null, title), h("p", null, text));
}
