/** The knobs of a looking glass: a slider for a number, a list for a choice. */

import { h } from "./dom.js";
import { fromName, fromRecord, number } from "./i18n.js";

/**
 * @typedef {{name: string, title: string, default: number | string, low: number, high: number,
 *   step: number, choices: string[]}} Knob
 */

/**
 * @param {readonly Knob[]} knobs
 * @param {() => void} onchange
 */
export function createKnobs(knobs, onchange) {
  const parts = knobs.map((knob) => (knob.choices.length ? list(knob, onchange) : slider(knob, onchange)));
  return {
    elements: parts.map(({ element }) => element),
    values: () => Object.fromEntries(parts.map(({ name, value }) => [name, value()])),
  };
}

/** @param {Knob} knob @param {() => void} onchange */
function list({ name, title, choices, default: first }, onchange) {
  const select = h(
    "select",
    { onchange },
    choices.map((choice) => h("option", { value: choice }, fromName(choice).text)),
  );
  select.value = String(first);
  const element = h("label", { class: "knob" }, h("span", null, fromRecord(title).text), select);
  return { name, element, value: () => select.value };
}

/** @param {Knob} knob @param {() => void} onchange */
function slider({ name, title, low, high, step, default: first }, onchange) {
  const shown = h("output", null, number(Number(first)));
  const range = h("input", {
    type: "range",
    min: String(low),
    max: String(high),
    step: String(step),
    value: String(first),
    oninput: () => {
      shown.value = number(range.valueAsNumber);
      onchange();
    },
  });
  const element = h("label", { class: "knob" }, h("span", null, fromRecord(title).text), range, shown);
  return { name, element, value: () => range.valueAsNumber };
}
