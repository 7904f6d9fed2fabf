/** The content of the bank: found, shown, deleted, given away and taken in. */

import { lasting } from "./bankadd.js";
import { statements, thumbnail } from "./bankanswer.js";
import { fill, h } from "./dom.js";
import { bytes, count, inWords, integer, moment, named, t } from "./i18n.js";
import { icon } from "./icons.js";
import { saveFile } from "./save.js";
import { foreign, visible } from "./text.js";
import { canSign, grouped, sign } from "./signer.js";
import { sure } from "./sure.js";

/** @typedef {import("./bankanswer.js").Ask} Ask */

/** Samples that are shown at once. */
const PAGE = 30;
const TYPING_MS = 250;
/** The ending of a pack's name. */
export const PACK = ".telltale-pack.zip";

/**
 * @param {HTMLElement} root
 * @param {{ask: Ask, more?: (refresh: () => void) => HTMLElement[]}} world `more` draws what else
 *   belongs to the bank
 */
export function createBankView(root, { ask, more = () => [] }) {
  const status = h("p", { role: "status", class: "bank-status" });
  const lasts = h("p", { class: "soft" });
  const summary = h("div", { class: "bank-summary" });
  const search = h("input", { type: "search", "aria-label": t("bank.search"), placeholder: t("bank.search"), oninput: typing });
  const label = h(
    "select",
    { "aria-label": t("bank.filter"), onchange: () => void list() },
    h("option", { value: "" }, t("bank.all")),
    ["fake", "real", "suspected"].map((value) => h("option", { value }, named("bank.label", value))),
  );
  const rows = h("ul", { class: "bank-list" });
  const next = h("button", { type: "button", hidden: true, onclick: () => void list(rows.children.length) }, t("bank.more"));
  const input = h("input", { type: "file", accept: ".zip", hidden: true, onchange: take });
  const small = h("input", { type: "checkbox" });
  const origin = h("input", { type: "text", maxLength: 200, "aria-label": t("bank.origin"), placeholder: t("bank.origin") });
  const seal = h("input", { type: "checkbox", checked: canSign(), disabled: !canSign() });
  const packs = h("ul", { class: "bank-packs" });
  const wipe = sure(t("bank.wipe"), t("bank.wipe_sure"), () =>
    act(async () => {
      const { answer } = await ask("wipe");
      return count("bank.wiped", answer.deleted);
    }),
  );
  root.classList.add("bank-view");
  root.replaceChildren(
    h("p", null, t("bank.lead")),
    lasts,
    summary,
    status,
    h("div", { class: "bank-find" }, search, label),
    rows,
    next,
    ...more(() => void refresh()),
    h(
      "section",
      { class: "bank-exchange" },
      h("h3", null, t("bank.exchange")),
      h("p", { class: "soft" }, t("bank.exchange_more")),
      origin,
      h("label", { class: "check" }, small, h("span", null, t("bank.with_thumbnails"))),
      h("label", { class: "check" }, seal, h("span", null, t("bank.sign"))),
      h(
        "div",
        { class: "actions" },
        h("button", { type: "button", onclick: give }, icon("save"), t("bank.export")),
        h("button", { type: "button", onclick: () => input.click() }, icon("file"), t("bank.import")),
        input,
        wipe,
      ),
      packs,
    ),
  );
  let turn = 0;
  let timer = 0;
  void refresh();
  return { refresh };

  function typing() {
    clearTimeout(timer);
    timer = window.setTimeout(() => void list(), TYPING_MS);
  }

  /** Everything anew. */
  async function refresh() {
    // the engine answers after what it is doing
    if (!summary.childElementCount) fill(status, t("bank.working"));
    try {
      await Promise.all([about(), list()]);
      fill(status);
    } catch (error) {
      say(error);
    }
  }

  /** @param {unknown} error */
  function say(error) {
    fill(status, icon("warning"), error instanceof Error ? error.message : String(error));
  }

  /** Do something that changes the bank, say what came of it, and show the bank anew. @param {() => Promise<string>} work */
  async function act(work) {
    try {
      fill(status, t("bank.working"));
      const words = await work();
      await refresh();
      fill(status, icon("check"), words);
    } catch (error) {
      say(error);
    }
  }

  async function about() {
    const { answer } = await ask("stats");
    const storage = (await ask("storage")).answer;
    fill(lasts, await lasting(ask));
    const room = storage.quota ? t("bank.room", { used: bytes(storage.usage), quota: bytes(storage.quota) }) : "";
    fill(
      summary,
      h("p", null, count("bank.samples", answer.samples), ` · ${bytes(answer.bytes)}`, room && ` · ${room}`),
      h(
        "ul",
        { class: "chips" },
        answer.families.map((/** @type {any} */ one) =>
          h("li", { class: "tag" }, foreign(inWords(one.name)), ` ${integer(one.samples)}`),
        ),
      ),
    );
    fill(packs, answer.packs.map(packRow));
  }

  /** @param {number} [offset] where to go on; from the start where it is not given */
  async function list(offset = 0) {
    const mine = ++turn;
    const { answer } = await ask("list", { search: search.value.trim(), label: label.value, offset, limit: PAGE });
    if (mine !== turn) return;
    const shown = answer.samples.map(row);
    if (offset) rows.append(...shown);
    else fill(rows, shown.length ? shown : h("li", { class: "soft" }, t("bank.nothing")));
    next.hidden = offset + shown.length >= answer.total;
  }

  /** @param {any} sample */
  function row(sample) {
    const tile = h("div", { class: "bank-tile", "aria-hidden": "true" }, icon("file"));
    if (sample.thumbnail) void thumbnail(tile, sample.id, ask);
    const name = t("bank.sample", { n: sample.id });
    return h(
      "li",
      { class: "bank-sample" },
      tile,
      h(
        "div",
        null,
        statements(sample),
        sample.notes.map((/** @type {string} */ note) => h("p", { class: "bank-note" }, foreign(note))),
        h(
          "p",
          { class: "soft" },
          `${name} · ${integer(sample.width)} × ${integer(sample.height)} · ${moment(sample.added)} · `,
          h("code", { title: sample.sha256 }, sample.sha256.slice(0, 12)),
        ),
        h(
          "div",
          { class: "actions" },
          sample.medium && h("button", { type: "button", class: "small", onclick: () => void hand(sample.id) }, icon("save"), t("bank.medium")),
          sure(t("bank.delete"), t("bank.delete_sure"), () =>
            act(async () => {
              await ask("delete", { ids: [sample.id] });
              return t("bank.deleted", { name });
            }),
          ),
        ),
      ),
    );
  }

  /** @param {any} pack */
  function packRow(pack) {
    return h(
      "li",
      null,
      h("p", null, h("b", null, foreign(pack.origin || t("bank.nobody"))), ` · ${count("bank.samples", pack.samples)} · ${moment(pack.imported)}`),
      h("p", { class: "soft" }, pack.signer ? t("bank.signed_by", { key: grouped(pack.signer) }) : t("bank.unsigned")),
      sure(t("bank.take_back"), t("bank.take_back_sure"), () =>
        act(async () => {
          const { answer } = await ask("delete", { pack: pack.sha256 });
          return count("bank.wiped", answer.deleted);
        }),
      ),
    );
  }

  function give() {
    return act(async () => {
      let { bytes: pack } = await ask("export", { origin: origin.value.trim(), thumbnails: small.checked });
      let signer = "";
      if (seal.checked && pack) {
        const { bytes: manifest } = await ask("manifest", {}, pack);
        const sealed = await ask("seal", await sign(manifest ?? new Uint8Array()), pack);
        pack = sealed.bytes;
        signer = ` ${t("bank.signed_by", { key: grouped(sealed.answer.signer) })}`;
      }
      const day = new Date().toISOString().slice(0, 10);
      saveFile(new Blob([/** @type {BlobPart} */ (pack)], { type: "application/zip" }), `telltale-${day}${PACK}`);
      return `${t("bank.exported", { size: bytes(pack?.length ?? 0) })}${signer}`;
    });
  }

  async function take() {
    const file = input.files?.[0];
    input.value = "";
    if (!file) return;
    await act(async () => {
      const { answer } = await ask("import", {}, new Uint8Array(await file.arrayBuffer()));
      const done = t("bank.imported", {
        samples: count("bank.samples", answer.samples),
        fresh: integer(answer.new_samples),
        statements: count("bank.statements", answer.new_statements),
      });
      if (!answer.signer) return `${done} ${t("bank.unsigned")}`;
      const key = grouped(answer.signer);
      const known = answer.known_since;
      return `${done} ${known ? t("bank.signer_known", { key, when: moment(known) }) : t("bank.signer_new", { key })}`;
    });
  }

  /** @param {number} id */
  async function hand(id) {
    try {
      const { answer, bytes: medium } = await ask("medium", { id });
      if (medium) saveFile(new Blob([/** @type {BlobPart} */ (medium)]), visible(answer));
    } catch (error) {
      say(error);
    }
  }
}
