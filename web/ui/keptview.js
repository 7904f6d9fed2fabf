/** An analysis that was kept, opened again as a report; its file and its maps are not at hand. */

import { custody, custodyFields } from "./custody.js";
import { h } from "./dom.js";
import { moment, spoken, t } from "./i18n.js";
import { icon } from "./icons.js";
import { Overlay } from "./overlay.js";
import { createReport } from "./report.js";
import { nameFor, recordText, saveText } from "./save.js";

/** @typedef {import("./bankanswer.js").Ask} Ask */
/** @typedef {import("./record.js").TelltaleRecord} TelltaleRecord */

/**
 * @param {HTMLElement} root
 * @param {object} world
 * @param {number} world.id of the kept analysis
 * @param {TelltaleRecord} world.record
 * @param {Uint8Array | null} world.thumbnail
 * @param {Ask} world.ask
 * @param {() => void} world.back
 * @param {((record: TelltaleRecord) => void) | null} world.repeat takes the record to where it waits
 *   for its file; null where nothing is examined
 */
export function showKept(root, { id, record, thumbnail, ask, back, repeat }) {
  const ending = new AbortController();
  const place = h("div", null);
  const status = h("p", { role: "status", class: "bank-status" });
  const leave = () => {
    ending.abort();
    back();
  };
  const button = h("button", { type: "button", onclick: leave }, t("kept.back"));
  const { name } = record.media;
  const picture = thumbnail ? small(thumbnail, ending.signal) : undefined;
  root.replaceChildren(
    h("div", { class: "actions" }, button, repeat && again(repeat)),
    h(
      "div",
      { class: "kept-note" },
      picture,
      h("p", { class: "soft" }, t("kept.note", { when: moment(record.created) })),
    ),
    status,
    place,
  );
  const report = createReport(place, {
    name,
    overlay: new Overlay(),
    image: new Image(),
    small: picture,
    signal: ending.signal,
    cancel() {},
    actions: () => [
      h("button", { type: "button", onclick: () => void page() }, icon("save"), t("save.html")),
      h("button", { type: "button", onclick: json }, icon("save"), t("save.json")),
      custodyFields(),
    ],
    deepen: null,
    bank: ask,
    bytes: async () => null,
  });
  if (!("error" in record)) {
    report.media(record.media);
    report.faces(record.faces);
    if (record.video) report.video(record.video);
    for (const finding of record.findings) report.finding(finding);
  }
  report.done(record);
  button.focus();

  /** @param {(record: TelltaleRecord) => void} repeat */
  function again(repeat) {
    const go = () => {
      ending.abort();
      repeat(record);
    };
    return h("button", { type: "button", onclick: go }, icon("file"), t("kept.repeat"));
  }

  function json() {
    saveText(recordText(record), "application/json", nameFor(name, ".json"));
  }

  async function page() {
    try {
      const { bytes } = await ask("report", { id, lang: spoken(), custody: custody() });
      saveText(new TextDecoder().decode(bytes ?? new Uint8Array()), "text/html", nameFor(name, ".html"));
      status.replaceChildren();
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      status.replaceChildren(icon("warning"), t("save.failed", { why }));
    }
  }
}

/**
 * @param {Uint8Array} bytes of a JPEG
 * @param {AbortSignal} signal lets go of it
 */
function small(bytes, signal) {
  const url = URL.createObjectURL(new Blob([/** @type {BlobPart} */ (bytes)], { type: "image/jpeg" }));
  signal.addEventListener("abort", () => URL.revokeObjectURL(url));
  return h("img", { src: url, alt: "" });
}
