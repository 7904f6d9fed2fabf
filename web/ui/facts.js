/** Numbers and words that a person can check, as a list of name and value. */

import { h } from "./dom.js";
import { fromRecord, integer, number, t } from "./i18n.js";
import { called, foreign, visible } from "./text.js";

/** @typedef {import("./record.js").Fact} Fact */
/** @typedef {import("./dom.js").Child} Child */

/** @param {readonly Fact[]} list */
export function facts(list) {
  return h(
    "dl",
    { class: "facts" },
    list.map(({ name, value, unit }) => row(called("dt", name), factValue(value, unit))),
  );
}

/**
 * Rows of our own words; those without a value are left out.
 *
 * @param {readonly [string, Child | Child[]][]} list
 */
export function rows(list) {
  return h(
    "dl",
    { class: "facts" },
    list
      .filter(([, value]) => value !== null && value !== undefined && value !== "" && length(value))
      .map(([name, value]) => row(h("dt", null, name), value)),
  );
}

/** @param {Child | Child[]} value */
function length(value) {
  return Array.isArray(value) ? value.length : 1;
}

/** @param {boolean} value */
export function yes(value) {
  return t(value ? "yes" : "no");
}

/**
 * Metadata from the file as rows; groups within it become headed groups of their own.
 *
 * @param {{[name: string]: unknown}} data
 * @param {string} [within] the names of the groups around it
 * @returns {HTMLElement[]}
 */
export function metadata(data, within = "") {
  const entries = Object.entries(data);
  const groups = entries.filter(([, value]) => isGroup(value));
  const plain = entries.filter(([, value]) => !isGroup(value));
  const list = plain.map(([name, value]) => row(h("dt", null, foreign(name)), foreign(plainText(value))));
  return [
    ...(list.length && within ? [h("h5", null, foreign(within))] : []),
    ...(list.length ? [h("dl", { class: "facts" }, list)] : []),
    ...groups.flatMap(([name, value]) =>
      metadata(
        /** @type {{[name: string]: unknown}} */ (value),
        within ? `${within} · ${name}` : name,
      ),
    ),
  ];
}

/**
 * @param {HTMLElement} name
 * @param {Child | Child[]} value
 */
function row(name, value) {
  return h("div", null, name, h("dd", null, value));
}

/**
 * @param {Fact["value"]} value
 * @param {string} unit
 */
function factValue(value, unit) {
  if (value === null) return t("not_measured");
  if (typeof value === "boolean") return yes(value);
  const words = unit ? ` ${visible(fromRecord(unit).text)}` : "";
  if (typeof value === "string") return [foreign(value), words];
  return `${Number.isInteger(value) ? integer(value) : number(value)}${words}`;
}

/** @param {unknown} value */
function isGroup(value) {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/**
 * @param {unknown} value
 * @returns {string}
 */
function plainText(value) {
  if (Array.isArray(value)) return value.map(plainText).join(", ");
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}
