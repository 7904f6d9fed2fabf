/** Words, numbers and dates in the reader's language; every visible string has its key here. */

import { Phrases } from "./phrases.js";

/** @typedef {keyof typeof import("../locales/en.json")} Key */
/** @typedef {{[name: string]: string | number}} Values */
/** @typedef {{text: string, lang: string | null}} Worded `lang` where the text stays English */

/** The languages there are, each in its own words. */
export const LANGUAGES = /** @type {const} */ ({ en: "English", es: "Español" });

/** @typedef {keyof typeof LANGUAGES} Language */

let language = /** @type {Language} */ ("en");
let strings = /** @type {{[key: string]: string}} */ ({});
let phrases = new Phrases({}, language);

/**
 * Load the strings of a language and speak it from now on.
 *
 * @param {Language} wanted
 */
export async function speak(wanted) {
  strings = await load(`${wanted}.json`);
  phrases = new Phrases(wanted === "en" ? {} : await load(`${wanted}.record.json`), wanted);
  language = wanted;
  document.documentElement.lang = wanted;
}

/** @returns {Language} */
export function spoken() {
  return language;
}

/**
 * The first of the reader's languages that there is.
 *
 * @param {readonly string[]} wishes language tags, the dearest first
 * @returns {Language}
 */
export function choose(wishes) {
  for (const wish of wishes) {
    const base = wish.toLowerCase().split("-")[0];
    if (base in LANGUAGES) return /** @type {Language} */ (base);
  }
  return "en";
}

/**
 * The string of a key, its `{name}` places filled.
 *
 * @param {Key} key
 * @param {Values} [values]
 */
export function t(key, values) {
  const text = strings[key] ?? key;
  return values ? filled(text, values) : text;
}

/** @param {string} text @param {Values} values */
function filled(text, values) {
  return text.replace(/\{(\w+)\}/g, (_, name) => String(values[name] ?? ""));
}

/**
 * The string of a key of a closed list, such as a reason code; the code itself when it is new.
 *
 * @param {string} prefix
 * @param {string} code
 */
export function named(prefix, code) {
  return strings[`${prefix}.${code}`] ?? code.replaceAll("_", " ");
}

/**
 * The string of `key.one` or `key.other` (Unicode plural rules), with `{n}` and other places filled.
 *
 * @param {string} key
 * @param {number} n
 * @param {Values} [values]
 */
export function count(key, n, values) {
  const form = new Intl.PluralRules(language).select(n);
  const text = strings[`${key}.${form}`] ?? strings[`${key}.other`] ?? key;
  return filled(text, { n: number(n), ...values });
}

/**
 * A name of a record, such as `median_error_level`, in words.
 *
 * @param {string} name
 * @returns {Worded}
 */
export function fromName(name) {
  const known = phrases.translate(name);
  if (known !== null) return { text: known, lang: null };
  if (!/^[a-z0-9_]+$/.test(name)) return fromRecord(name);
  const words = name.replaceAll("_", " ");
  return { text: words[0].toUpperCase() + words.slice(1), lang: language === "en" ? null : "en" };
}

/**
 * A text of a record, which Python writes in English, in the reader's language where it is known.
 *
 * @param {string} text
 * @returns {Worded}
 */
export function fromRecord(text) {
  if (language === "en" || !text) return { text, lang: null };
  const known = phrases.translate(text);
  return known === null ? { text, lang: "en" } : { text: known, lang: null };
}

/**
 * A sentence that a record holds in every language; the phrase book's where it has English alone.
 *
 * @param {import("./record.js").Words} words
 */
export function inWords(words) {
  return words[language] ?? fromRecord(words.en).text;
}

/** @param {number} n */
export function integer(n) {
  return new Intl.NumberFormat(language, { maximumFractionDigits: 0 }).format(n);
}

/**
 * A number to three significant digits, whole ones wholly.
 *
 * @param {number} value
 */
export function number(value) {
  const size = Math.abs(value);
  const odd = size >= 1e9 || (size > 0 && size < 1e-3);
  const digits = odd || size < 1000 ? 3 : Math.floor(Math.log10(size)) + 1;
  const text = new Intl.NumberFormat(language, {
    ...(Number.isInteger(value) && !odd ? {} : { maximumSignificantDigits: digits }),
    useGrouping: size >= 1e4,
    notation: odd ? "scientific" : "standard",
  }).format(value);
  return text
    .replace(/E(-?\d+)/, (_, power) => ` × 10${power.replace(/./g, raised)}`)
    .replace("-", "−");
}

/** @param {string} sign of an exponent */
function raised(sign) {
  return sign === "-" ? "⁻" : "⁰¹²³⁴⁵⁶⁷⁸⁹"[Number(sign)];
}

/**
 * A number with its unit.
 *
 * @param {number} value
 * @param {string} unit as a record words it
 */
export function quantity(value, unit) {
  return unit ? `${number(value)} ${fromRecord(unit).text}` : number(value);
}

/** @param {number} fraction in [0, 1] */
export function percent(fraction) {
  return new Intl.NumberFormat(language, { style: "percent", maximumFractionDigits: 0 }).format(
    fraction,
  );
}

/** @param {number} bytes */
export function bytes(bytes) {
  const units = /** @type {const} */ (["byte", "kilobyte", "megabyte", "gigabyte"]);
  const step = bytes < 1000 ? 0 : Math.min(3, Math.floor(Math.log10(bytes) / 3));
  return new Intl.NumberFormat(language, {
    style: "unit",
    unit: units[step],
    unitDisplay: step ? "short" : "long",
    maximumSignificantDigits: 3,
  }).format(bytes / 1000 ** step);
}

/** @param {number} ms */
export function duration(ms) {
  const long = ms >= 1000;
  return new Intl.NumberFormat(language, {
    style: "unit",
    unit: long ? "second" : "millisecond",
    unitDisplay: "short",
    maximumFractionDigits: long ? 1 : 0,
  }).format(long ? ms / 1000 : ms);
}

/** @param {string} iso */
export function moment(iso) {
  return new Intl.DateTimeFormat(language, { dateStyle: "medium", timeStyle: "medium" }).format(
    new Date(iso),
  );
}

/** @param {string} file */
async function load(file) {
  const response = await fetch(new URL(`../locales/${file}`, import.meta.url));
  if (!response.ok) throw new Error(`locales/${file}: ${response.status}`);
  return response.json();
}
