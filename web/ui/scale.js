/** A number on its own scale: both ends, where it stands, and which way is suspicious, in words. */

import { h } from "./dom.js";
import { fromRecord, named, number, quantity, t } from "./i18n.js";
import { called } from "./text.js";

/** @typedef {import("./record.js").Score} Score */

/**
 * @param {Score} score
 * @param {readonly {name: string, value: number}[]} [parts] further marks, one per face or crop
 * @returns {HTMLElement}
 */
export function scale(score, parts = []) {
  const { value, low, high } = score;
  if (value === null) return h("p", { class: "soft" }, t("scale.no_value"));
  const unit = fromRecord(score.unit).text;
  const words = named("direction", score.direction);
  const beyond = value < low || value > high;
  const spoken = t("scale.spoken", {
    value: quantity(value, score.unit),
    low: number(low),
    high: number(high),
    words,
  });
  return h(
    "div",
    { class: "scale" },
    h(
      "div",
      { class: "scale-head" },
      called("span", score.name, { class: "scale-name" }),
      h("strong", { class: "scale-value" }, number(value), unit && h("span", null, ` ${unit}`)),
    ),
    h(
      "div",
      { class: "scale-track", role: "img", "aria-label": spoken, "data-direction": score.direction },
      parts.map((part) => mark(part.value, score, "scale-part", `${part.name}: ${number(part.value)}`)),
      mark(value, score, "scale-mark", ""),
    ),
    h(
      "div",
      { class: "scale-ends", "aria-hidden": "true" },
      h("span", null, number(low)),
      h("span", { class: "scale-words", "data-direction": score.direction }, words),
      h("span", null, number(high)),
    ),
    beyond && h("p", { class: "soft" }, t("scale.beyond")),
  );
}

/**
 * @param {number} value
 * @param {Score} score
 * @param {string} name
 * @param {string} title
 */
function mark(value, { low, high }, name, title) {
  const at = Math.min(1, Math.max(0, (value - low) / (high - low || 1)));
  const element = h("span", { class: name, title });
  element.style.left = `${100 * at}%`;
  return element;
}
