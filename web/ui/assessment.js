/** What the findings amount to; for now: that no verdict is given, and what would be weighed. */

import { h } from "./dom.js";
import { t } from "./i18n.js";
import { said } from "./text.js";

/**
 * @param {HTMLElement} root
 * @param {Pick<import("./record.js").Analysis, "assessment" | "propositions">} record
 */
export function drawAssessment(root, { assessment, propositions }) {
  root.replaceChildren(
    said("p", assessment.sentence, { class: "assessment-sentence" }),
    h("p", { class: "soft" }, t("assessment.weighed")),
    h(
      "div",
      { class: "propositions" },
      said("p", propositions.manipulated),
      h("span", { class: "against" }, t("assessment.against")),
      said("p", propositions.authentic),
    ),
  );
}
