/** The form of a network of the person's own; Python checks it (`telltale.lab.custom`). */

import { h } from "../ui/dom.js";
import { inWords } from "../ui/i18n.js";
import { saveFile, saveText } from "../ui/save.js";
import { t } from "./words.js";

/** @typedef {import("./words.js").Key} Key */
/** @typedef {{name: string, kind?: "lines" | "integer" | "numbers" | "flag", choices?: string[], value?: string}} Field */

/** In the order of the form; names as `telltale.lab.custom.Form` has them. @type {Field[]} */
const FIELDS = [
  { name: "id", value: "my_network" },
  { name: "title" },
  { name: "question" },
  { name: "how" },
  { name: "limits", kind: "lines" },
  { name: "authors" },
  { name: "paper" },
  { name: "venue" },
  { name: "year", kind: "integer" },
  { name: "url", value: "https://" },
  { name: "input", value: "input" },
  { name: "output", value: "output" },
  { name: "side", kind: "integer", value: "224" },
  { name: "layout", choices: ["NCHW", "NHWC"] },
  { name: "region", choices: ["picture", "face"] },
  { name: "mean", kind: "numbers", value: "0.485 0.456 0.406" },
  { name: "scale", kind: "numbers", value: "0.229 0.224 0.225" },
  { name: "activation", choices: ["sigmoid", "softmax", "none"] },
  { name: "index", kind: "integer", value: "0" },
  { name: "high", kind: "flag" },
];

/**
 * @param {object} does
 * @param {(form: string, network: Uint8Array) => Promise<{refused?: import("../ui/record.js").Words, id?: string, source?: string, form?: string}>} does.bring
 * @param {(id: string, source: string) => void} does.made
 */
export function createNetwork({ bring, made }) {
  const file = h("input", { type: "file", accept: ".onnx", required: true });
  const controls = FIELDS.map((field) => ({ field, control: controlOf(field) }));
  const said = h("p", { role: "status", class: "said" });
  const after = h("div", { class: "actions" });
  const form = h(
    "form",
    { onsubmit: submit },
    h("label", null, h("span", null, t("network.file")), file),
    controls.map(({ field, control }) =>
      h("label", { class: field.kind === "flag" ? "flag" : "" }, h("span", null, t(/** @type {Key} */ (`field.${field.name}`))), control),
    ),
    h("button", { type: "submit" }, t("network.make")),
  );

  /** @param {SubmitEvent} event */
  async function submit(event) {
    event.preventDefault();
    const [network] = file.files ?? [];
    if (!network) return;
    const values = Object.fromEntries(controls.map(({ field, control }) => [field.name, valueOf(field, control)]));
    const bytes = new Uint8Array(await network.arrayBuffer());
    const answer = await bring(JSON.stringify(values), bytes);
    after.replaceChildren();
    if (!answer.id) return void (said.textContent = answer.refused ? inWords(answer.refused) : "");
    const { id, source = "", form: recorded = "" } = answer;
    said.textContent = t("network.made", { id });
    after.append(
      h("button", { type: "button", class: "small", onclick: () => saveText(recorded, "application/json", `${id}.json`) }, t("network.form")),
      h("button", { type: "button", class: "small", onclick: () => saveFile(network, `${id}.onnx`) }, t("network.onnx")),
    );
    made(id, source);
  }

  return {
    element: h(
      "details",
      { class: "network" },
      h("summary", null, t("network")),
      h("p", { class: "soft" }, t("network.lead")),
      form,
      said,
      after,
    ),
  };
}

/** @param {Field} field */
function controlOf({ name, kind, choices, value }) {
  if (choices) return h("select", { name }, choices.map((one) => h("option", { value: one }, one)));
  if (kind === "lines") return h("textarea", { name, rows: 2, required: true });
  if (kind === "flag") return h("input", { type: "checkbox", name, checked: true });
  if (kind === "integer") return h("input", { type: "number", step: "1", name, required: true, value: value ?? "" });
  return h("input", { name, required: true, value: value ?? "", autocomplete: "off" });
}

/**
 * @param {Field} field
 * @param {HTMLInputElement | HTMLTextAreaElement | HTMLSelectElement} control
 */
function valueOf({ kind }, control) {
  if (kind === "flag") return /** @type {HTMLInputElement} */ (control).checked;
  if (kind === "lines") return control.value.split("\n").map((line) => line.trim()).filter(Boolean);
  if (kind === "integer") return Number.parseInt(control.value, 10);
  if (kind === "numbers") return control.value.trim().split(/[\s,;]+/).map(Number);
  return control.value.trim();
}
