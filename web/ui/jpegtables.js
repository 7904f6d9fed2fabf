/** JPEG quantisation tables as they stand in the file, in natural order. */

import { h } from "./dom.js";
import { t } from "./i18n.js";

/** @param {readonly import("./record.js").QuantTable[]} tables */
export function jpegTables(tables) {
  return h(
    "div",
    { class: "quant-tables" },
    tables.map((one) =>
      h(
        "table",
        { class: "quant" },
        h("caption", null, t("jpeg.table", { n: one.id, bits: one.precision_bits })),
        h(
          "tbody",
          null,
          one.values.map((row) => h("tr", null, row.map((value) => h("td", null, String(value))))),
        ),
      ),
    ),
  );
}
