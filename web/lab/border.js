/**
 * What comes out of the lab's room was made by whoever wrote the code in it: nothing of it is used
 * before it was checked here.
 */

/** @typedef {{kind: string, text: string, data: Uint8Array<ArrayBuffer> | null}} Told */
/** @typedef {(value: any) => boolean} Is */

/** What may be told, and how large things may be. */
const KINDS = new Set(["text", "error", "png", "svg", "check"]);
const MOST_BYTES = 64 << 20;
const MOST_WORDS = 100_000;
const MOST_ROWS = 1000;

/** Something came out that is no answer to what was asked. */
export class Malformed extends Error {}

const text = (/** @type {any} */ value) => typeof value === "string";
const flag = (/** @type {any} */ value) => typeof value === "boolean";
const { isFinite: finite } = Number;
const ident = (/** @type {any} */ value) => text(value) && /^[a-z][a-z0-9_]{2,63}$/.test(value);

/** @param {Is} is @returns {Is} */
const maybe = (is) => (value) => value === undefined || value === null || is(value);
/** @param {Is} is @returns {Is} */
const rows = (is) => (value) => Array.isArray(value) && value.length <= MOST_ROWS && value.every(is);
/** @param {...Is} all @returns {Is} */
const tuple = (...all) => (value) => Array.isArray(value) && value.length === all.length && all.every((is, k) => is(value[k]));
/** @param {{[field: string]: Is}} fields @returns {Is} */
const shape = (fields) => (value) =>
  typeof value === "object" && value !== null && Object.entries(fields).every(([name, is]) => is(value[name]));

const words = shape({ en: text, es: maybe(text) });
const refused = shape({ refused: words });
const taken = shape({
  name: text,
  size: tuple(finite, finite),
  faces: finite,
  film: maybe(shape({ frames: finite, seconds: finite })),
});

/** The form of each function's answer; where something may be refused, `refused` is another. @type {{[name: string]: Is}} */
const ANSWERS = {
  execute: shape({ failed: flag }),
  kind: shape({ kind: text }),
  take: taken,
  begin_film: shape({ windows: rows(tuple(finite, maybe(finite))) }),
  wish: shape({ wish: text }),
  push_frame: shape({ fraction: maybe(finite) }),
  end_film: taken,
  choose: shape({ name: text }),
  check_text: shape({ passed: flag, film: flag }),
  try_text: shape({ finding: shape({}) }),
  score: shape({ path: text }),
  conclude: shape({ worst: rows(shape({ label: text, path: text, score: finite })), table: text }),
  bring: shape({ id: ident, source: text, form: text }),
};

/**
 * The answer of a function of `telltale.lab.room`; throws `Malformed`.
 *
 * @param {string} name
 * @param {unknown} json
 * @returns {any}
 */
export function answerOf(name, json) {
  const answer = parsed(json);
  const fits = refused(answer) || (Object.hasOwn(ANSWERS, name) && !answer?.refused && ANSWERS[name](answer));
  if (!fits) throw new Malformed(name);
  return answer;
}

/**
 * What was told on the way; null where it is nothing that can be shown.
 *
 * @param {any} data
 * @returns {Told | null}
 */
export function toldOf(data) {
  if (!KINDS.has(data.kind)) return null;
  const bytes = data.data instanceof Uint8Array && data.data.length <= MOST_BYTES ? data.data : null;
  return { kind: data.kind, text: wordsOf(data.text), data: bytes };
}

/**
 * One check of a detector; null where the text is none.
 *
 * @param {string} json
 * @returns {{name: string, outcome: string, words: import("../ui/record.js").Words} | null}
 */
export function checkOf(json) {
  const one = parsed(json);
  return shape({ name: text, outcome: text, words })(one) ? one : null;
}

/** @param {unknown} value */
export function wordsOf(value) {
  return typeof value === "string" ? value.slice(0, MOST_WORDS) : "";
}

/** @param {unknown} json @returns {any} */
function parsed(json) {
  if (typeof json !== "string" || json.length > MOST_BYTES) return null;
  try {
    return JSON.parse(json);
  } catch {
    return null;
  }
}
