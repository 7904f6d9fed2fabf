/** The lab's own strings, which only the page carries. */

import { spoken } from "../ui/i18n.js";

/** @typedef {keyof typeof import("./locales/en.json")} Key */

let strings = /** @type {{[key: string]: string}} */ ({});

/** Load the strings of the language that is spoken now. */
export async function learn() {
  const response = await fetch(new URL(`locales/${spoken()}.json`, import.meta.url));
  if (!response.ok) throw new Error(`lab/locales: ${response.status}`);
  strings = await response.json();
}

/**
 * The string of a code of a closed list, such as a check's name; the code itself when it is new.
 *
 * @param {string} prefix
 * @param {unknown} code
 */
export function named(prefix, code) {
  return strings[`${prefix}.${code}`] ?? String(code);
}

/**
 * The string of a key, its `{name}` places filled.
 *
 * @param {Key} key
 * @param {{[name: string]: string | number}} [values]
 */
export function t(key, values = {}) {
  return (strings[key] ?? key).replace(/\{(\w+)\}/g, (_, name) => String(values[name] ?? ""));
}
