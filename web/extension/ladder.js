/**
 * The rungs, best first. Each takes a climb, adds to it what it obtained, and says why it could
 * not; a lower rung is tried only when those above it failed, and every try stands in the job.
 */

import { crop } from "../acquire/crop.js";
import { readBytes } from "../acquire/bytes.js";
import { readPixels } from "../acquire/pixels.js";
import { place } from "../acquire/place.js";
import * as check from "../acquire/validate.js";
import { captureVisible, inject, tab, withReadable } from "./chrome.js";

/** @typedef {import("./jobs.js").Rung} Rung */
/** @typedef {import("./jobs.js").Try} Try */
/** @typedef {import("../acquire/find.js").Target} Target */
/** @typedef {import("../acquire/pixels.js").Moment} Moment */
/** @typedef {{bytes: ArrayBuffer | Blob, name: string, width: number, height: number, time: number | null}} Picture */

/**
 * @typedef {object} Climb
 * @property {string} key of the element in the page
 * @property {number} tabId
 * @property {number} frameId
 * @property {number} windowId
 * @property {Target} target
 * @property {boolean} framed the element is in a frame that may not be entered
 * @property {Try[]} tried
 * @property {Set<string>} notes
 * @property {{[name: string]: number}} measures
 */

/** Largest original fetched; the engine has its own limit and says so itself. */
export const LARGEST = 256 * 1024 * 1024;
/** How long a frame is waited for, ms. */
export const PATIENCE = 15_000;
/** How often a capture is repeated when the page moved under it, as it does while the panel opens. */
const STEADY_TRIES = 6;

/**
 * A still picture by the best rung that works; null when none does.
 *
 * @param {Climb} climb
 * @returns {Promise<{rung: Rung, picture: Picture} | null>}
 */
export async function obtainStill(climb) {
  for (const url of climb.target.urls) {
    const picture = await original(climb, url);
    if (!picture) continue;
    if (climb.target.shown && url !== climb.target.shown) climb.notes.add("larger_than_shown");
    return { rung: "page-bytes", picture };
  }
  if (climb.target.kind !== "background") {
    const picture = await readable(climb, { mode: "now", at: 0 }, "canvas");
    if (picture) return { rung: "canvas", picture };
  }
  const picture = await captured(climb);
  return picture && { rung: "tab-capture", picture };
}

/**
 * The original bytes, by the page's own right or by a header rule where the person allowed it.
 *
 * @param {Climb} climb
 * @param {string} url
 * @param {boolean} [allowed] host permission was given for this address
 * @returns {Promise<Picture | null>}
 */
export async function original(climb, url, allowed = false) {
  const ask = () => inject(climb.tabId, climb.frameId, readBytes, [url, climb.target.referrerPolicy, LARGEST]);
  const answer = check.fetched(await (allowed ? withReadable(url, climb.tabId, ask) : ask()));
  const { bytes, why, status } = answer;
  climb.tried.push({ rung: "page-bytes", why: bytes ? "" : why, detail: why === "status" ? String(status) : host(url) });
  return bytes && { bytes, name: nameOf(url), width: 0, height: 0, time: null };
}

/**
 * Pixels from a canvas of the page.
 *
 * @param {Climb} climb
 * @param {Moment} moment
 * @param {Rung} rung
 * @returns {Promise<Picture | null>}
 */
export async function readable(climb, moment, rung) {
  const { key, tabId, frameId, target } = climb;
  const answer = check.pixels(await inject(tabId, frameId, readPixels, [key, moment, PATIENCE]));
  const png = answer.why ? null : answer.png;
  climb.tried.push({ rung, why: png ? "" : answer.why, detail: "" });
  if (!png) return null;
  if (answer.perturbed) climb.notes.add("canvas_perturbed");
  const time = target.kind === "video" ? answer.time : null;
  return { bytes: png, name: nameOf(target.shown, "png"), width: answer.width, height: answer.height, time };
}

/**
 * The element as the tab shows it, cut out of a capture.
 *
 * @param {Climb} climb
 * @returns {Promise<Picture | null>}
 */
export async function captured(climb) {
  const { tried, notes, measures, target } = climb;
  const fail = (/** @type {string} */ why) => (tried.push({ rung: "tab-capture", why, detail: "" }), null);
  if (climb.framed) return fail("in_frame");
  if (!target.origin) return fail("gone");
  let why = "moving";
  for (let n = 0; n < STEADY_TRIES; n++) {
    const before = await placeOf(climb);
    if (!before) return fail("out_of_view");
    if (!(await tab(climb.tabId))?.active) return fail("tab_hidden");
    const png = await captureVisible(climb.windowId);
    const after = await placeOf(climb);
    why = "moving";
    if (!after || !(await tab(climb.tabId))?.active || moved(before, after)) continue;
    const piece = await crop(png, before);
    // a picture of the size that the page had a moment ago
    if (piece === "distorted") {
      why = piece;
      continue;
    }
    if (typeof piece === "string") return fail(seen(climb, piece));
    tried.push({ rung: "tab-capture", why: "", detail: "" });
    notes.add("screenshot");
    if (before.covered) notes.add("covered");
    if (before.share < 0.995) {
      notes.add("part");
      measures.share = before.share;
    }
    if (target.width && Math.abs(piece.width / before.share - target.width) > 0.02 * target.width) {
      notes.add("scaled");
      measures.shown = piece.width;
      measures.natural = target.width;
    }
    const name = nameOf(target.shown, "png");
    return { bytes: piece.bytes, name, width: piece.width, height: piece.height, time: null };
  }
  return fail(why);
}

/**
 * Why nothing but one colour was seen: the player's protection shows itself in no other way.
 *
 * @param {Climb} climb
 * @param {string} why
 */
export function seen({ target }, why) {
  return why === "blank" && target.locked ? "protected" : why;
}

/**
 * A rectangle that the person drew.
 *
 * @param {number} windowId
 * @param {import("../acquire/place.js").Place} rectangle
 * @returns {Promise<Picture | string>} or why not
 */
export async function region(windowId, rectangle) {
  const piece = await crop(await captureVisible(windowId), rectangle);
  if (typeof piece === "string") return piece;
  return { bytes: piece.bytes, name: "region.png", width: piece.width, height: piece.height, time: null };
}

/** @param {Climb} climb */
async function placeOf({ tabId, frameId, key }) {
  return check.placed(await inject(tabId, frameId, place, [key]));
}

/**
 * @param {import("../acquire/place.js").Place} a
 * @param {import("../acquire/place.js").Place} b
 */
function moved(a, b) {
  return Math.hypot(a.x - b.x, a.y - b.y, a.width - b.width, a.height - b.height) > 0.5;
}

/** @param {string} url */
export function host(url) {
  return /^https?:/.test(url) ? new URL(url).host : url.split(":")[0];
}

/**
 * A file name out of an address.
 *
 * @param {string} url
 * @param {string} [ending] of the pixels' format, where they are not the address's own bytes
 */
export function nameOf(url, ending = "") {
  let name = "";
  if (/^(https?|file):/.test(url)) {
    const last = new URL(url).pathname.split("/").pop() ?? "";
    try {
      name = decodeURIComponent(last);
    } catch {
      name = last;
    }
  }
  name = name.replace(/[\u0000-\u001f\u007f/\\]/g, "").slice(-120) || "picture";
  return ending ? `${name.replace(/\.[a-z0-9]{2,5}$/i, "")}.${ending}` : name;
}
