/** A map of a finding as a picture: decoded once, coloured on demand, read at a point. */

import { paint } from "./colormap.js";

/** @typedef {import("./record.js").MapImage} MapImage */
/** @typedef {import("./record.js").Box} Box */
/** @typedef {import("./colormap.js").Colours} Colours */

/** How many decoded maps are held: each may have some megabytes. */
const HELD = 4;

/** @type {Map<MapImage, Promise<ImageData>>} the one used last comes last */
const decoded = new Map();

/**
 * The pixels of a map as they are stored.
 *
 * @param {MapImage} map
 * @returns {Promise<ImageData>}
 */
export function pixels(map) {
  if (map.seen) return Promise.resolve(map.seen);
  const found = decoded.get(map) ?? decode(map.png);
  decoded.delete(map);
  decoded.set(map, found);
  for (const old of decoded.keys()) if (decoded.size > HELD) decoded.delete(old);
  return found;
}

/**
 * Draw a map onto a canvas, which takes its size.
 *
 * @param {HTMLCanvasElement} canvas
 * @param {MapImage} map
 * @param {Colours} colours
 */
export async function draw(canvas, map, colours) {
  const stored = await pixels(map);
  let image = stored;
  if (map.kind === "scalar") {
    image = new ImageData(new Uint8ClampedArray(stored.data), stored.width, stored.height);
    paint(image.data, colours);
  }
  canvas.width = image.width;
  canvas.height = image.height;
  context(canvas).putImageData(image, 0, 0);
}

/**
 * The value of a scalar map at a point of the upright picture, or null outside it.
 *
 * @param {MapImage} map
 * @param {ImageData} stored
 * @param {Box} box what the map covers
 * @param {number} x
 * @param {number} y
 */
export function valueAt(map, stored, box, x, y) {
  const column = Math.floor(((x - box.x) / box.w) * stored.width);
  const row = Math.floor(((y - box.y) / box.h) * stored.height);
  const inside = column >= 0 && row >= 0 && column < stored.width && row < stored.height;
  if (!inside || map.kind !== "scalar" || map.low === null || map.high === null) return null;
  const unit = stored.data[4 * (row * stored.width + column)] / 255;
  return map.low + unit * (map.high - map.low);
}

/**
 * @param {string} base64 of a PNG
 * @returns {Promise<ImageData>}
 */
async function decode(base64) {
  const bytes = Uint8Array.from(atob(base64), (c) => c.charCodeAt(0));
  const bitmap = await createImageBitmap(new Blob([bytes], { type: "image/png" }), {
    colorSpaceConversion: "none",
    premultiplyAlpha: "none",
  });
  const canvas = document.createElement("canvas");
  canvas.width = bitmap.width;
  canvas.height = bitmap.height;
  const pen = context(canvas);
  pen.drawImage(bitmap, 0, 0);
  bitmap.close();
  return pen.getImageData(0, 0, canvas.width, canvas.height);
}

/** @param {HTMLCanvasElement} canvas */
function context(canvas) {
  const pen = canvas.getContext("2d", { willReadFrequently: true });
  if (!pen) throw new Error("no 2D canvas");
  return pen;
}
