/** Keeping an analysis: in the history, in a case, with tags and a note. Nothing is kept unasked. */

import { small } from "./bankadd.js";
import { fill, h } from "./dom.js";
import { t } from "./i18n.js";
import { icon } from "./icons.js";
import { slim } from "./keeping.js";

/** @typedef {import("./bankanswer.js").Ask} Ask */
/** @typedef {import("./record.js").TelltaleRecord} TelltaleRecord */

/**
 * @param {HTMLElement} root
 * @param {{record: TelltaleRecord, ask: Ask, image: HTMLImageElement}} world
 */
export function drawCaseKeep(root, { record, ask, image }) {
  const name = h("input", { type: "text", maxLength: 200 });
  const known = h("datalist", { id: "known-cases" });
  name.setAttribute("list", known.id);
  const tags = h("input", { type: "text", maxLength: 500 });
  const note = h("textarea", { maxLength: 2000, rows: 2 });
  const picture = h("input", { type: "checkbox" });
  const button = h("button", { type: "submit" }, t("case.keep"));
  const status = h("p", { role: "status", class: "bank-status" });
  const panel = h(
    "details",
    { class: "panel panel-case", ontoggle: () => panel.open && void suggest() },
    h("summary", null, h("h3", null, t("case.keep_title"))),
    h(
      "form",
      { class: "panel-body bank-form", onsubmit: submit },
      field(t("case.name"), name),
      known,
      field(t("case.tags"), tags),
      field(t("bank.note"), note),
      h("label", { class: "check" }, picture, h("span", null, t("bank.thumbnail"))),
      h("p", { class: "soft" }, t("case.kept")),
      button,
      status,
    ),
  );
  fill(root, panel);

  /** @param {SubmitEvent} event */
  async function submit(event) {
    event.preventDefault();
    button.disabled = true;
    try {
      const said = { case: name.value.trim(), note: note.value.trim(), tags: words(tags.value) };
      await ask("keep", { record: slim(record), ...said }, picture.checked ? await small(image) : null);
      fill(status, icon("check"), t("case.done"));
    } catch (error) {
      fill(status, icon("warning"), error instanceof Error ? error.message : String(error));
    }
    button.disabled = false;
  }

  async function suggest() {
    const { answer } = await ask("history", { limit: 1 }).catch(() => ({ answer: { cases: [] } }));
    fill(known, answer.cases.map((/** @type {any} */ one) => h("option", { value: one.name })));
  }
}

/** Tags, as a person types them. @param {string} text */
export function words(text) {
  return text.split(/[,;#\n]/).map((one) => one.trim()).filter(Boolean);
}

/** @param {string} name @param {HTMLElement} input */
function field(name, input) {
  return h("label", { class: "field" }, h("span", null, name), input);
}
