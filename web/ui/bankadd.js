/** Adding a picture to the bank: what it is, who says so, and what shall be kept of it. */

import { fill, h } from "./dom.js";
import { named, t } from "./i18n.js";
import { icon } from "./icons.js";
import { keep, recall } from "./theme.js";

/** @typedef {import("./bankanswer.js").Ask} Ask */
/** @typedef {import("./record.js").Analysis} Analysis */

const LABELS = /** @type {const} */ (["fake", "real", "suspected"]);
/** The name that was given last, so that nobody types it twice. */
const WHO = "telltale.who";
/** Longest side of a thumbnail, as the bank allows it. */
const SIDE = 128;

/**
 * @param {HTMLElement} root
 * @param {object} world
 * @param {Analysis} world.record
 * @param {Ask} world.ask
 * @param {HTMLImageElement | null} world.image the picture as it is shown; null where there is none
 * @param {() => Promise<Uint8Array | null>} world.bytes the file itself
 */
export function drawBankAdd(root, { record, ask, image, bytes }) {
  const label = h("fieldset", null, h("legend", null, t("bank.what")));
  for (const value of LABELS) {
    label.append(
      h(
        "label",
        null,
        h("input", { type: "radio", name: "label", value, required: true }),
        named("bank.label", value),
      ),
    );
  }
  const who = h("input", { type: "text", name: "said_by", required: true, maxLength: 200, value: recall(WHO) ?? "" });
  const method = h("input", { type: "text", name: "method", maxLength: 200 });
  const known = h("datalist", { id: "bank-methods" });
  method.setAttribute("list", known.id);
  const from = h("input", { type: "text", name: "provenance", maxLength: 200 });
  const note = h("textarea", { name: "note", maxLength: 2000, rows: 2 });
  const small = h("input", { type: "checkbox", name: "thumbnail" });
  const whole = h("input", { type: "checkbox", name: "keep" });
  const button = h("button", { type: "submit", class: "primary" }, t("bank.add"));
  const status = h("p", { role: "status", class: "bank-status" });
  const form = h(
    "form",
    { class: "bank-form", onsubmit: submit },
    label,
    field(t("bank.who"), who, t("bank.who_more")),
    field(t("bank.method"), method, t("bank.method_more")),
    known,
    field(t("bank.provenance"), from),
    field(t("bank.note"), note),
    image && h("label", { class: "check" }, small, h("span", null, t("bank.thumbnail"))),
    image && h("label", { class: "check" }, whole, h("span", null, t("bank.keep"))),
    h("p", { class: "soft" }, t("bank.kept")),
    button,
    status,
  );
  const panel = h(
    "details",
    { class: "panel panel-bank-add", ontoggle: () => panel.open && void suggest() },
    h("summary", null, h("h3", null, t("bank.add_title"))),
    h("div", { class: "panel-body" }, form),
  );
  fill(root, panel);

  /** @param {SubmitEvent} event */
  async function submit(event) {
    event.preventDefault();
    button.disabled = true;
    fill(status, t("bank.adding"));
    try {
      const data = new FormData(form);
      const text = (/** @type {string} */ name) => String(data.get(name) ?? "").trim();
      const statement = {
        label: text("label"), said_by: text("said_by"), method: text("method"),
        provenance: text("provenance"), note: text("note"), stated: now(),
      };
      keep(WHO, statement.said_by);
      const medium = whole.checked ? await bytes() : null;
      const { media, findings, traces } = record;
      // maps are megabytes and no part of what the bank keeps
      const slim = { media, traces, findings: findings.map((one) => ({ ...one, maps: [], card: null })) };
      const thumbnail = image && small.checked ? await drawn(image) : "";
      const { answer } = await ask("add", { record: slim, statement, thumbnail, keep: medium !== null }, medium);
      fill(status, icon("check"), t(answer.new_sample ? "bank.added" : "bank.added_more"), " ", await lasting(ask));
    } catch (error) {
      fill(status, icon("warning"), error instanceof Error ? error.message : String(error));
    }
    button.disabled = false;
  }

  async function suggest() {
    const { answer } = await ask("stats").catch(() => ({ answer: null }));
    const methods = (answer?.families ?? []).filter((/** @type {any} */ one) => !NAMELESS.has(one.id));
    fill(known, methods.map((/** @type {any} */ one) => h("option", { value: one.id })));
  }
}

/** Families that no method has given its name. */
const NAMELESS = new Set(["camera", "unnamed method", "disputed", "suspected"]);

/**
 * Ask the browser to keep the bank, and say how long it will last where it does not.
 *
 * @param {Ask} ask
 */
export async function lasting(ask) {
  const { answer } = await ask("storage");
  if (answer.kind === "private") return t("private.on");
  if (answer.kind === "memory") return t("bank.memory", { why: answer.why });
  if (answer.persisted || (await navigator.storage?.persist?.().catch(() => false))) return "";
  return t("bank.evictable");
}

/**
 * A small JPEG of the picture, base64, for people to recognise it by.
 *
 * @param {HTMLImageElement} image
 */
async function drawn(image) {
  const bytes = await small(image);
  return btoa(String.fromCharCode(...bytes));
}

/** The same as bytes. @param {HTMLImageElement} image */
export async function small(image) {
  const scale = Math.min(1, SIDE / Math.max(image.naturalWidth, image.naturalHeight));
  const width = Math.max(1, Math.round(image.naturalWidth * scale));
  const height = Math.max(1, Math.round(image.naturalHeight * scale));
  const canvas = new OffscreenCanvas(width, height);
  const pen = /** @type {OffscreenCanvasRenderingContext2D} */ (canvas.getContext("2d"));
  pen.fillStyle = "#fff";
  pen.fillRect(0, 0, width, height);
  pen.drawImage(image, 0, 0, width, height);
  const blob = await canvas.convertToBlob({ type: "image/jpeg", quality: 0.8 });
  return new Uint8Array(await blob.arrayBuffer());
}

/**
 * @param {string} name
 * @param {HTMLElement} input
 * @param {string} [more]
 */
function field(name, input, more) {
  return h("label", { class: "field" }, h("span", null, name), input, more && h("span", { class: "soft" }, more));
}

/** ISO 8601 with its zone, in seconds. */
function now() {
  return `${new Date().toISOString().slice(0, 19)}+00:00`;
}
