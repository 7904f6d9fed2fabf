/** The history of analyses that were kept, by case: searched, opened, annotated, saved, deleted. */

import { thumbnail } from "./bankanswer.js";
import { words } from "./casekeep.js";
import { fill, h } from "./dom.js";
import { count, integer, inWords, moment, t } from "./i18n.js";
import { icon } from "./icons.js";
import { keepAll, keepsAll } from "./keeping.js";
import { showKept } from "./keptview.js";
import { nameFor, recordText, saveFile, saveText } from "./save.js";
import { sure } from "./sure.js";
import { foreign } from "./text.js";

/** @typedef {import("./bankanswer.js").Ask} Ask */
/** @typedef {import("./record.js").TelltaleRecord} TelltaleRecord */

/**
 * Whether nothing is written to this device, as the person wishes for this window.
 *
 * @typedef {{on: boolean}} Privacy
 */

/**
 * What the library can do; `repeat` and `privacy` are null where nothing is examined.
 *
 * @typedef {object} World
 * @property {Ask} ask
 * @property {((record: TelltaleRecord) => void) | null} [repeat] takes a kept record to where it waits
 *   for its file
 * @property {Privacy | null} [privacy]
 */

/** The ending of the name of exported cases. */
const CASES = ".cases.zip";
const PAGE = 30;
const TYPING_MS = 250;

/**
 * @param {HTMLElement} root
 * @param {World} world
 */
export function createCaseView(root, { ask, repeat = null, privacy = null }) {
  const all = h("input", { type: "checkbox", checked: keepsAll(), onchange: () => keepAll(all.checked) });
  const alone = h("input", { type: "checkbox", checked: privacy?.on ?? false, onchange: hush });
  const input = h("input", { type: "file", accept: ".zip", hidden: true, onchange: () => void take() });
  const main = h("div", { class: "case-main" });
  const opened = h("div", { class: "case-opened", hidden: true });
  const search = h("input", { type: "search", "aria-label": t("case.search"), placeholder: t("case.search"), oninput: typing });
  const cases = h("select", { "aria-label": t("case.filter"), onchange: () => void list() });
  const status = h("p", { role: "status", class: "bank-status" });
  const rows = h("ul", { class: "bank-list" });
  const next = h("button", { type: "button", hidden: true, onclick: () => void list(rows.children.length) }, t("bank.more"));
  const whole = h("div", { class: "actions" });
  root.classList.add("case-view");
  main.append(
    h("label", { class: "check" }, all, h("span", null, t("case.all"))),
    h("p", { class: "soft" }, t("case.private")),
    privacy ? h("label", { class: "check" }, alone, h("span", null, t("private.switch"))) : "",
    status,
    h("div", { class: "bank-find" }, search, cases),
    whole,
    rows,
    next,
    input,
  );
  root.replaceChildren(main, opened);
  let timer = 0;
  let turn = 0;
  fill(status, t("bank.working"));
  void act(async () => "");

  function typing() {
    clearTimeout(timer);
    timer = window.setTimeout(() => void list(), TYPING_MS);
  }

  /** Whether anything is written from now on. */
  function hush() {
    if (!privacy) return;
    privacy.on = alone.checked;
    all.disabled = alone.checked;
    fill(status, alone.checked && icon("check"), alone.checked && t("private.on"));
  }

  /** @param {() => Promise<string>} work */
  async function act(work) {
    try {
      const said = await work();
      await list();
      fill(status, said && icon("check"), said);
    } catch (error) {
      fill(status, icon("warning"), error instanceof Error ? error.message : String(error));
    }
  }

  /** @param {number} [offset] */
  async function list(offset = 0) {
    const mine = ++turn;
    const chosen = cases.value;
    const args = { search: search.value.trim(), case: chosen ? Number(chosen) : null, offset, limit: PAGE };
    const { answer } = await ask("history", args);
    if (mine !== turn) return;
    fill(
      cases,
      h("option", { value: "" }, t("case.every")),
      answer.cases.map((/** @type {any} */ one) => h("option", { value: one.id }, `${one.name} (${one.analyses})`)),
    );
    cases.value = answer.cases.some((/** @type {any} */ one) => String(one.id) === chosen) ? chosen : "";
    const shown = answer.analyses.map(row);
    if (offset) rows.append(...shown);
    else fill(rows, shown.length ? shown : h("li", { class: "soft" }, t("bank.nothing")));
    next.hidden = offset + shown.length >= answer.total;
    fill(
      whole,
      h("button", { type: "button", class: "small", onclick: give }, icon("save"), t("case.export")),
      h("button", { type: "button", class: "small", onclick: () => input.click() }, icon("file"), t("case.import")),
      answer.total > 0 && sure(t("case.delete_all"), t("bank.wipe_sure"), () => forget({ everything: true })),
      cases.value && sure(t("case.delete_case"), t("bank.delete_sure"), () => forget({ case: Number(cases.value) })),
    );
  }

  /** @param {object} what */
  function forget(what) {
    return act(async () => count("case.deleted", (await ask("forget", what)).answer.deleted));
  }

  function give() {
    return act(async () => {
      const { bytes } = await ask("export_cases");
      const day = new Date().toISOString().slice(0, 10);
      saveFile(new Blob([/** @type {BlobPart} */ (bytes)], { type: "application/zip" }), `telltale-${day}${CASES}`);
      return t("case.exported");
    });
  }

  async function take() {
    const file = input.files?.[0];
    input.value = "";
    if (!file) return;
    await act(async () => {
      const { answer } = await ask("import_cases", {}, new Uint8Array(await file.arrayBuffer()));
      return count("case.imported", answer.analyses, { fresh: integer(answer.new) });
    });
  }

  /** @param {any} one */
  async function open(one) {
    try {
      const { answer: record } = await ask("record", { id: one.id });
      const thumbnail = one.thumbnail ? (await ask("case_thumbnail", { id: one.id })).bytes : null;
      const back = () => {
        opened.hidden = true;
        opened.replaceChildren();
        main.hidden = false;
      };
      showKept(opened, { id: one.id, record, thumbnail, ask, back, repeat });
      main.hidden = true;
      opened.hidden = false;
    } catch (error) {
      fill(status, icon("warning"), error instanceof Error ? error.message : String(error));
    }
  }

  /** @param {any} one */
  function row(one) {
    const tile = h("div", { class: "bank-tile", "aria-hidden": "true" }, icon("file"));
    if (one.thumbnail) void thumbnail(tile, one.id, (_, args) => ask("case_thumbnail", args));
    const name = h("input", { type: "text", value: one.case ?? "", maxLength: 200, "aria-label": t("case.name"), placeholder: t("case.name") });
    const tags = h("input", { type: "text", value: one.tags.join(", "), "aria-label": t("case.tags"), placeholder: t("case.tags") });
    const note = h("textarea", { value: one.note, rows: 2, maxLength: 2000, "aria-label": t("bank.note"), placeholder: t("bank.note") });
    const change = () =>
      act(async () => {
        await ask("annotate", { id: one.id, case: name.value.trim(), note: note.value.trim(), tags: words(tags.value) });
        return t("case.done");
      });
    const save = async () => {
      const { answer } = await ask("record", { id: one.id });
      saveText(recordText(answer), "application/json", nameFor(one.name, ".json"));
    };
    return h(
      "li",
      { class: "bank-sample" },
      tile,
      h(
        "div",
        { class: "case-entry" },
        h("b", null, foreign(one.name)),
        h("p", null, inWords(one.verdict)),
        h("p", { class: "soft" }, moment(one.created), one.case && [" · ", foreign(one.case)]),
        one.tags.length > 0 && h("ul", { class: "chips" }, one.tags.map((/** @type {string} */ tag) => h("li", { class: "tag" }, foreign(tag)))),
        one.note && h("p", { class: "bank-note" }, foreign(one.note)),
        h(
          "details",
          null,
          h("summary", null, t("case.edit")),
          h("div", { class: "case-entry" }, name, tags, note, h("button", { type: "button", class: "small", onclick: change }, t("case.save"))),
        ),
        h(
          "div",
          { class: "actions" },
          h("button", { type: "button", class: "small", onclick: () => void open(one) }, icon("magnifier"), t("kept.open")),
          h("button", { type: "button", class: "small", onclick: save }, icon("save"), t("save.json")),
          sure(t("bank.delete"), t("bank.delete_sure"), () => forget({ ids: [one.id] })),
        ),
      ),
    );
  }
}
