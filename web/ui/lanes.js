/** What was read over time of a video, lane by lane, in words; it grows while the work goes on. */

import { h } from "./dom.js";
import { fromRecord, integer, quantity, t } from "./i18n.js";

/** @typedef {import("./record.js").Lane} Lane */

/**
 * @param {HTMLElement} root
 * @param {import("./record.js").VideoSection} video
 */
export function drawLanes(root, video) {
  const { followed, full, until_s } = video.examined;
  root.replaceChildren(
    h("h3", null, t("lanes.title")),
    h("p", { class: "soft" }, t("lanes.examined", { followed: integer(followed), full: integer(full), until: quantity(until_s, "s") })),
    h(
      "table",
      { class: "rows" },
      h("tbody", null, video.lanes.map(row)),
    ),
  );
}

/** @param {Lane} lane */
function row(lane) {
  const values = lane.values.filter((value) => value !== null).sort((a, b) => a - b);
  const { text, lang } = fromRecord(lane.title);
  const who = lane.track === null ? t("lanes.whole") : t("lanes.face", { n: lane.track + 1 });
  const middle = values.length ? quantity(values[values.length >> 1], lane.unit) : "–";
  return h(
    "tr",
    null,
    h("th", { scope: "row", lang: lang ?? undefined }, text),
    h("td", null, who),
    h("td", null, t("lanes.read", { n: integer(values.length), middle })),
  );
}
