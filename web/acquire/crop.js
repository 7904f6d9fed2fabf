/** Cut a rectangle out of a capture of the visible tab: whole device pixels, nothing rescaled. */

/** @typedef {import("./place.js").Place} Place */
/** @typedef {Pick<Place, "x" | "y" | "width" | "height" | "viewWidth" | "viewHeight" | "ratio">} Rectangle */
/** @typedef {{bytes: ArrayBuffer, width: number, height: number}} Crop */

/** Below this side, in device pixels, there is nothing to examine. */
export const SMALLEST = 16;

/**
 * The device pixels that lie wholly inside a rectangle of CSS pixels.
 *
 * @param {Rectangle} place
 * @param {number} width of the capture, device pixels
 * @param {number} height
 * @returns {{x: number, y: number, width: number, height: number, distorted: boolean}} `distorted`:
 *   the capture is not of the page's own size, as when a device is emulated
 */
export function devicePixels(place, width, height) {
  const { ratio } = place;
  // a thousandth of a pixel forgives the rounding of fractional layout
  const x = Math.max(0, Math.ceil(place.x * ratio - 1e-3));
  const y = Math.max(0, Math.ceil(place.y * ratio - 1e-3));
  const right = Math.min(width, Math.floor((place.x + place.width) * ratio + 1e-3));
  const bottom = Math.min(height, Math.floor((place.y + place.height) * ratio + 1e-3));
  // the page knows its size in whole CSS pixels only
  const off = Math.hypot(width - place.viewWidth * ratio, height - place.viewHeight * ratio);
  return { x, y, width: right - x, height: bottom - y, distorted: off > 2 * ratio + 1 };
}

/**
 * @param {Uint8Array<ArrayBuffer>} png the capture
 * @param {Rectangle} place
 * @returns {Promise<Crop | "too_small" | "blank" | "distorted">} the piece, or why there is none
 */
export async function crop(png, place) {
  const image = await createImageBitmap(new Blob([png], { type: "image/png" }), {
    colorSpaceConversion: "none",
    premultiplyAlpha: "none",
  });
  const box = devicePixels(place, image.width, image.height);
  if (box.distorted) return "distorted";
  if (box.width < SMALLEST || box.height < SMALLEST) return "too_small";
  const canvas = new OffscreenCanvas(box.width, box.height);
  const context = canvas.getContext("2d", { alpha: false });
  if (!context) throw new Error("no 2d canvas");
  context.drawImage(image, -box.x, -box.y);
  image.close();
  const values = new Uint32Array(context.getImageData(0, 0, box.width, box.height).data.buffer);
  if (values.every((value) => value === values[0])) return "blank";
  const blob = await canvas.convertToBlob({ type: "image/png" });
  return { bytes: await blob.arrayBuffer(), width: box.width, height: box.height };
}

/**
 * The bytes of a `data:` address in base 64; `fetch` of one is refused by `connect-src 'self'`.
 *
 * @param {string} url
 */
export function dataUrlBytes(url) {
  return Uint8Array.from(atob(url.slice(url.indexOf(",") + 1)), (c) => c.charCodeAt(0));
}
