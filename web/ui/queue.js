/** The pictures of this sitting, each with its state; choosing one shows its report. */

import { h } from "./dom.js";
import { named, percent } from "./i18n.js";
import { icon } from "./icons.js";
import { foreign, visible } from "./text.js";

/** @typedef {"waiting" | "running" | "done" | "failed" | "cancelled"} State */

/** @type {{[state in State]: import("./icons.js").Icon}} */
const SIGNS = { waiting: "wait", running: "wait", done: "check", failed: "warning", cancelled: "skip" };

const THUMB = 88;

/** @type {WeakMap<Element, File>} */
const files = new WeakMap();
/** Thumbnails are decoded one after the other, and only those that are looked at. */
let painted = Promise.resolve();
const sight = new IntersectionObserver((entries) => {
  for (const { isIntersecting, target } of entries) {
    const file = files.get(target);
    if (!isIntersecting || !file) continue;
    sight.unobserve(target);
    painted = painted.then(() => paint(/** @type {HTMLCanvasElement} */ (target), file));
  }
});

/**
 * One entry of the strip.
 *
 * @param {File} file
 * @param {() => void} choose
 */
export function queueEntry(file, choose) {
  const thumb = h("canvas", { class: "thumb", width: THUMB, height: THUMB, "aria-hidden": "true" });
  const state = h("span", { class: "entry-state" });
  const button = h(
    "button",
    { type: "button", class: "entry", title: visible(file.name), onclick: choose },
    thumb,
    h("span", { class: "entry-text" }, foreign(file.name, "entry-name"), state),
  );
  sight.observe(thumb);
  files.set(thumb, file);
  return {
    element: h("li", null, button),
    button,
    /**
     * @param {State} now
     * @param {number} [fraction]
     */
    state(now, fraction) {
      button.dataset.state = now;
      const share = now === "running" && fraction !== undefined ? ` ${percent(fraction)}` : "";
      state.replaceChildren(icon(SIGNS[now]), `${named("state", now)}${share}`);
    },
    /** @param {boolean} now */
    current(now) {
      if (now) button.setAttribute("aria-current", "true");
      else button.removeAttribute("aria-current");
    },
  };
}

/** @typedef {ReturnType<typeof queueEntry>} QueueEntry */

/**
 * @param {HTMLCanvasElement} canvas
 * @param {File} file
 */
async function paint(canvas, file) {
  try {
    const bitmap = await createImageBitmap(file, { resizeHeight: THUMB, resizeQuality: "medium" });
    const side = Math.min(bitmap.width, bitmap.height);
    const x = (bitmap.width - side) / 2;
    const y = (bitmap.height - side) / 2;
    canvas.getContext("2d")?.drawImage(bitmap, x, y, side, side, 0, 0, THUMB, THUMB);
    bitmap.close();
  } catch {
    // not a picture this browser can show: the plain tile stands for it
  }
}
