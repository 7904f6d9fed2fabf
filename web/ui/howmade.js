/** How the numbers came about: runtime, models with their back ends and why, time per stage. */

import { h } from "./dom.js";
import { rows } from "./facts.js";
import { duration, moment, number, t } from "./i18n.js";
import { foreign, said } from "./text.js";

/** @typedef {import("./record.js").TelltaleRecord} TelltaleRecord */
/** @typedef {import("./record.js").ModelUse} ModelUse */

/**
 * @param {HTMLElement} root
 * @param {TelltaleRecord} record
 */
export function drawHowMade(root, record) {
  const { runtime, software } = record;
  const stages = "stages_ms" in record ? Object.entries(record.stages_ms) : [];
  root.replaceChildren(
    rows([
      [t("made.software"), `${software.name} ${software.version}`],
      [t("made.build"), software.build ? h("code", null, software.build) : null],
      [t("made.when"), moment(record.created)],
      [t("made.runtime"), `${t(runtime.kind === "pyodide" ? "made.pyodide" : "made.cpython")} ${runtime.python}`],
      [t("made.libraries"), `NumPy ${runtime.numpy}, Pillow ${runtime.pillow}, libjpeg ${runtime.libjpeg}`],
      [t("made.extent"), "deep" in record && record.deep !== undefined ? t(record.deep ? "made.deep" : "made.quick") : null],
      [t("made.engine"), runtime.engine ? engine(runtime.engine) : null],
      ...stages.map(([name, ms]) => /** @type {[string, string]} */ ([t("made.stage", { name }), duration(ms)])),
    ]),
    h("h4", null, t("made.models")),
    runtime.models.length
      ? h("ul", { class: "models" }, runtime.models.map(model))
      : h("p", { class: "soft" }, t("made.no_models")),
  );
}

/** @param {NonNullable<TelltaleRecord["runtime"]["engine"]>} engine */
function engine({ start, isolated, threads }) {
  return [
    start && t(start === "snapshot" ? "made.engine_snapshot" : "made.engine_cold"),
    threads !== undefined && t("made.threads", { n: threads }),
    isolated !== undefined && t(isolated ? "made.isolated" : "made.not_isolated"),
  ]
    .filter(Boolean)
    .join(", ");
}

/** @param {ModelUse} model */
function model({ id, sha256, backend, why, self_test_error }) {
  const test =
    self_test_error === null
      ? t("made.untested")
      : t("made.self_test", { error: number(self_test_error) });
  return h(
    "li",
    null,
    h("b", null, foreign(id)),
    " ",
    h("span", { class: "tag" }, backend),
    " ",
    said("span", why),
    h("div", { class: "soft" }, `${test} · SHA-256 ${sha256.slice(0, 16)}…`),
  );
}
