/** How much of a video is examined: the choice, in plain words; remembered on this device. */

import { h } from "./dom.js";
import { t } from "./i18n.js";
import { icon } from "./icons.js";
import { keep, recall } from "./theme.js";

/** @typedef {import("./record.js").Asked} Asked */

const KEY = "telltale.sampling";
const KINDS = /** @type {const} */ (["auto", "whole", "scenes", "every"]);
/** Frames for the networks that are offered; the first is the usual number. */
const BUDGETS = [16, 48, 160];
const MOST_N = 10_000;

/** What is asked of the next video. @returns {Asked} */
export function sampling() {
  try {
    const { kind, n, full, closer } = JSON.parse(recall(KEY) ?? "{}");
    return {
      kind: KINDS.includes(kind) ? kind : "auto",
      n: Number.isInteger(n) && n >= 1 && n <= MOST_N ? n : 10,
      full: BUDGETS.includes(full) ? full : BUDGETS[0],
      closer: closer !== false,
    };
  } catch {
    return { kind: "auto", n: 10, full: BUDGETS[0], closer: true };
  }
}

/**
 * The choice, folded up; it holds for what is examined from then on.
 *
 * @param {() => void} again examines this video once more
 */
export function samplingForm(again) {
  const now = sampling();
  const name = `sampling-${crypto.randomUUID()}`;
  const kinds = KINDS.map((kind) => {
    const radio = h("input", { type: "radio", name, value: kind, checked: now.kind === kind, onchange: change });
    return { kind, radio };
  });
  const n = h("input", { type: "number", min: "1", max: String(MOST_N), step: "1", value: String(now.n), "aria-label": t("sampling.n"), onchange: change });
  const full = h(
    "select",
    { onchange: change },
    ...BUDGETS.map((count) => h("option", { value: String(count), selected: count === now.full }, String(count))),
  );
  const closer = h("input", { type: "checkbox", checked: now.closer, onchange: change });
  const budget = h("label", { class: "sampling-row" }, h("span", null, t("sampling.full")), full);
  const look = h("label", { class: "check" }, closer, h("span", null, t("sampling.closer")));
  const button = h("button", { type: "button", onclick: again }, icon("magnifier"), t("sampling.again"));
  const element = h(
    "details",
    { class: "sampling" },
    h("summary", null, t("sampling.title")),
    h(
      "fieldset",
      { "aria-label": t("sampling.title") },
      ...kinds.map(({ kind, radio }) =>
        h(
          "div",
          { class: "sampling-kind" },
          h("label", { class: "check" }, radio, h("span", null, h("b", null, t(`sampling.${kind}`)), " ", h("span", { class: "soft" }, t(`sampling.${kind}_more`)))),
          kind === "every" && h("span", { class: "sampling-n" }, "n = ", n),
        ),
      ),
    ),
    budget,
    look,
    h("p", { class: "soft" }, t("sampling.holds")),
    button,
  );
  fit();
  return element;

  function change() {
    const kind = kinds.find(({ radio }) => radio.checked)?.kind ?? "auto";
    const each = Math.min(MOST_N, Math.max(1, Math.round(Number(n.value)) || 1));
    n.value = String(each);
    keep(KEY, JSON.stringify({ kind, n: each, full: Number(full.value), closer: closer.checked }));
    fit();
  }

  /** What the chosen plan takes no heed of cannot be set. */
  function fit() {
    const { kind } = sampling();
    n.disabled = kind !== "every";
    full.disabled = kind === "every" || kind === "scenes";
    closer.disabled = kind === "every";
  }
}
