/** What came out of a page is checked here before anything uses it: shape, type and range. */

/** @typedef {import("./find.js").Target} Target */
/** @typedef {import("./bytes.js").Fetched} Fetched */
/** @typedef {import("./pixels.js").Pixels} Pixels */
/** @typedef {import("./place.js").Place} Place */
/** @typedef {import("./pick.js").Picked} Picked */

/** Longest address kept; a `data:` address holds a whole picture. */
const LONGEST_URL = 96 * 1024 * 1024;
const KINDS = ["image", "video", "canvas", "background"];
const WHY_BYTES = ["", "refused", "status", "too_large", "empty", "gone"];
const WHY_OPENED = ["", "refused", "no_file", "status", "too_large"];
const WHY_PIXELS = [
  "", "gone", "not_ready", "tainted", "blank", "too_large", "paused", "ended", "no_clone",
];

/** @param {unknown} value @returns {Target | null} */
export function target(value) {
  if (!isObject(value) || !KINDS.includes(String(value.kind)) || !Array.isArray(value.urls)) return null;
  return {
    kind: /** @type {Target["kind"]} */ (value.kind),
    urls: value.urls.slice(0, 8).filter(isAddress),
    shown: isAddress(value.shown) ? value.shown : "",
    width: whole(value.width),
    height: whole(value.height),
    referrerPolicy: /^[a-z-]{0,40}$/.test(String(value.referrerPolicy)) ? String(value.referrerPolicy) : "",
    origin: text(value.origin, 300),
    locked: value.locked === true,
  };
}

/** @param {unknown} value @returns {Fetched} */
export function fetched(value) {
  const nothing = { bytes: null, type: "", why: "refused", status: 0 };
  if (!isObject(value)) return nothing;
  const bytes = value.bytes instanceof ArrayBuffer && value.bytes.byteLength ? value.bytes : null;
  const why = String(value.why);
  return {
    bytes,
    type: text(value.type, 100),
    why: bytes ? "" : why && WHY_BYTES.includes(why) ? why : "refused",
    status: whole(value.status),
  };
}

/** @param {unknown} value @returns {import("./pieces.js").Opened} */
export function opened(value) {
  if (!isObject(value)) return { why: "refused", status: 0, total: 0 };
  const why = String(value.why);
  return {
    why: WHY_OPENED.includes(why) ? why : "refused",
    status: whole(value.status),
    total: number(value.total, 0, Number.MAX_SAFE_INTEGER),
  };
}

/** @param {unknown} value @returns {import("./pieces.js").Piece} */
export function piece(value) {
  if (!isObject(value) || !(value.bytes instanceof ArrayBuffer)) return { bytes: null, done: true, why: "gone" };
  return { bytes: value.bytes, done: value.done === true, why: "" };
}

/** @param {unknown} value @returns {Pixels} */
export function pixels(value) {
  const nothing = { png: null, width: 0, height: 0, why: "gone", time: 0, perturbed: false };
  if (!isObject(value)) return nothing;
  const png = value.png instanceof ArrayBuffer && isPng(value.png) ? value.png : null;
  const why = String(value.why);
  return {
    png,
    width: whole(value.width),
    height: whole(value.height),
    why: WHY_PIXELS.includes(why) && (why || png) ? why : "gone",
    time: number(value.time, 0, 1e7),
    perturbed: value.perturbed === true,
  };
}

/** @param {unknown} value @returns {Place | null} */
export function placed(value) {
  if (!isObject(value)) return null;
  const names = /** @type {const} */ (["x", "y", "width", "height", "viewWidth", "viewHeight", "ratio"]);
  if (!names.every((name) => Number.isFinite(value[name]) && Math.abs(Number(value[name])) < 1e6)) return null;
  const [x, y, width, height, viewWidth, viewHeight, ratio] = names.map((name) => Number(value[name]));
  if (!(width > 0 && height > 0 && viewWidth > 0 && viewHeight > 0 && ratio > 0)) return null;
  const share = number(value.share, 0, 1);
  return { x, y, width, height, viewWidth, viewHeight, ratio, share, covered: value.covered === true };
}

/** @param {unknown} value @returns {Picked | null} */
export function picked(value) {
  if (!isObject(value) || value.type !== "picked" || !isId(value.id)) return null;
  const { id, what } = value;
  if (what === "cancelled" || what === "element") return { type: "picked", id, what, place: null };
  const place = what === "region" ? placed(value.place) : null;
  return place && { type: "picked", id, what: "region", place };
}

/** @param {unknown} value @returns {value is string} */
export function isId(value) {
  return typeof value === "string" && /^[0-9a-f-]{36}$/.test(value);
}

/** @param {unknown} value @returns {value is string} */
export function isAddress(value) {
  return typeof value === "string" && value.length < LONGEST_URL && /^(https?|file|data|blob):/i.test(value);
}

/** @param {ArrayBuffer} buffer */
function isPng(buffer) {
  return buffer.byteLength > 57 && new DataView(buffer).getUint32(0) === 0x89504e47;
}

/** @param {unknown} value @returns {value is {[name: string]: unknown}} */
function isObject(value) {
  return typeof value === "object" && value !== null;
}

/** @param {unknown} value @param {number} longest */
function text(value, longest) {
  return typeof value === "string" ? value.slice(0, longest) : "";
}

/** @param {unknown} value @param {number} low @param {number} high */
function number(value, low, high) {
  const n = typeof value === "number" && Number.isFinite(value) ? value : low;
  return Math.min(high, Math.max(low, n));
}

/** @param {unknown} value */
function whole(value) {
  return Math.round(number(value, 0, 1e6));
}
