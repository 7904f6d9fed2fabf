/** What a person writes into the chain of custody of reports; kept in memory for this sitting only. */

import { h } from "./dom.js";
import { named, t } from "./i18n.js";

/** As telltale.report.words.CUSTODY. */
const FIELDS = ["case", "exhibit", "from", "received", "examiner", "organisation", "remarks"];
const LONGEST = 2000;

/** @type {{[field: string]: string}} */
const written = {};

/** What was written so far, for every report that is saved. */
export function custody() {
  return { ...written };
}

/** The fields, folded away until they are wanted. */
export function custodyFields() {
  const fields = FIELDS.map((field) => {
    const input = h("input", {
      type: "text",
      maxLength: LONGEST,
      autocomplete: "off",
      value: written[field] ?? "",
      oninput: () => (written[field] = input.value),
    });
    return h("label", null, named("custody", field), input);
  });
  return h(
    "details",
    { class: "custody" },
    h("summary", null, t("custody.title")),
    h("p", { class: "soft" }, t("custody.why")),
    h("div", { class: "custody-fields" }, fields),
  );
}
