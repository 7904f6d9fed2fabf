/** The place that the metadata name, on a sketch of the world: drawn here, asking no map service. */

import { h, svg } from "./dom.js";
import { t } from "./i18n.js";

/** Tenths of a degree in `land.js`. */
const SCALE = 10;
/** Degrees shown around the place in the nearer sketch. */
const NEAR = { w: 40, h: 24 };

/**
 * @param {number} latitude degrees north
 * @param {number} longitude degrees east
 */
export function placeSketch(latitude, longitude) {
  const words = `${degrees(latitude, "N", "S")}, ${degrees(longitude, "E", "W")}`;
  const { x, y } = placed(latitude, longitude);
  const near = { w: NEAR.w * SCALE, h: NEAR.h * SCALE };
  const sketches = h("div", { class: "place-sketches" });
  void import("./land.js").then(({ LAND }) =>
    sketches.replaceChildren(
      sketch(LAND, { x: 0, y: 60, w: 3600, h: 1440 }, { x, y }, words),
      sketch(LAND, { x: x - near.w / 2, y: y - near.h / 2, ...near }, { x, y }, words),
    ),
  );
  return h(
    "figure",
    { class: "place" },
    sketches,
    h("figcaption", { class: "soft" }, h("b", null, words), " ", t("place.claim")),
  );
}

/**
 * Where a place stands in the units of `land.js`.
 *
 * @param {number} latitude degrees north
 * @param {number} longitude degrees east
 */
export function placed(latitude, longitude) {
  return { x: (longitude + 180) * SCALE, y: (90 - latitude) * SCALE };
}

/**
 * @param {string} land
 * @param {{x: number, y: number, w: number, h: number}} view
 * @param {{x: number, y: number}} at
 * @param {string} words
 */
function sketch(land, view, at, words) {
  const size = view.h / 18;
  const cross = `M${at.x - 2 * size} ${at.y}h${4 * size}M${at.x} ${at.y - 2 * size}v${4 * size}`;
  // the world goes on at both edges
  const copies = [-3600, 0, 3600].map((shift) =>
    svg("path", { d: land, class: "land", transform: `translate(${shift} 0)` }),
  );
  return svg(
    "svg",
    { viewBox: `${view.x} ${view.y} ${view.w} ${view.h}`, role: "img", "aria-label": words },
    ...copies,
    svg("circle", { cx: at.x, cy: at.y, r: size, class: "spot" }),
    svg("path", { d: cross, class: "spot" }),
  );
}

/** @param {number} value @param {string} positive @param {string} negative */
function degrees(value, positive, negative) {
  return `${Math.abs(value).toFixed(5)}° ${value < 0 ? negative : positive}`;
}
