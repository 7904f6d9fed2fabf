/** The maps of a finding: small pictures that lay themselves on the picture, and spectra. */

import { h } from "./dom.js";
import { draw } from "./heatmap.js";
import { number, quantity, t } from "./i18n.js";
import { called, said, visible } from "./text.js";

/** @typedef {import("./record.js").MapImage} MapImage */
/** @typedef {import("./overlay.js").Overlay} Overlay */
/** @typedef {{overlay: Overlay, signal: AbortSignal}} Scene */

/** Whether a map can lie on the picture. @param {MapImage} map */
export function hasPlace(map) {
  return map.space !== "frequency";
}

/**
 * @param {readonly MapImage[]} maps
 * @param {Scene} scene
 */
export function findingMaps(maps, scene) {
  return h(
    "div",
    { class: "maps" },
    maps.map((map) => (hasPlace(map) ? mapButton(map, scene) : spectrum(map, scene))),
  );
}

/**
 * @param {MapImage} map
 * @param {Scene} scene
 */
function mapButton(map, scene) {
  const { overlay, signal } = scene;
  const state = h("span", { class: "map-state" });
  const show = () => {
    overlay.toggle(map);
    if (overlay.map) overlay.look();
  };
  const button = h(
    "button",
    { type: "button", class: "map", title: visible(map.meaning), onclick: show },
    thumbnail(map, "map-thumb", scene),
    called("span", map.name),
    state,
  );
  const update = () => {
    const shown = overlay.map === map;
    button.setAttribute("aria-pressed", String(shown));
    state.textContent = t(shown ? "map.shown" : "map.show");
  };
  overlay.addEventListener("change", update, { signal });
  update();
  return button;
}

/**
 * A spectrum, beside the picture: the middle is no frequency, the rim the highest.
 *
 * @param {MapImage} map
 * @param {Scene} scene
 */
function spectrum(map, scene) {
  const { low, high, unit } = map;
  const scale = low === null || high === null ? "" : `${number(low)} – ${quantity(high, unit)}`;
  return h(
    "figure",
    { class: "spectrum" },
    thumbnail(map, "spectrum-image", scene),
    h("figcaption", null, called("b", map.name), " ", said("span", map.meaning), " ", scale),
  );
}

/**
 * A map in the colours chosen, which change with the choice.
 *
 * @param {MapImage} map
 * @param {string} name
 * @param {Scene} scene
 */
function thumbnail(map, name, { overlay, signal }) {
  const canvas = h("canvas", { class: name, width: 1, height: 1, "aria-hidden": "true" });
  let colours = "";
  const update = () => {
    if (colours !== overlay.colours) void draw(canvas, map, (colours = overlay.colours));
  };
  overlay.addEventListener("change", update, { signal });
  update();
  return canvas;
}
