/** Pictures that the decoder turns upright by their metadata and the browser does not. */

/** @typedef {import("./record.js").Media} Media */

/** A WebP of 2 x 1 pixels whose EXIF says that it lies on its side. */
const PROBE =
  "data:image/webp;base64,UklGRlIAAABXRUJQVlA4WAoAAAAIAAAAAQAAAAAAVlA4TBEAAAAvAQAAAAfQ//73v/+BiOh/AABFWElGGgAAAE1NACoAAAAIAAEBEgADAAAAAQAGAAAAAAAA";

/** For each EXIF orientation, the canvas transform (a, b, c, d) that undoes it. */
const TURNS = /** @type {{[orientation: number]: [number, number, number, number]}} */ ({
  2: [-1, 0, 0, 1],
  3: [-1, 0, 0, -1],
  4: [1, 0, 0, -1],
  5: [0, 1, 1, 0],
  6: [0, 1, -1, 0],
  7: [0, -1, -1, 0],
  8: [0, -1, 1, 0],
});

/** @type {Promise<boolean> | null} */
let turning = null;

/**
 * A canvas with the picture turned upright, or null where the browser does that itself.
 *
 * @param {HTMLImageElement} image as the browser shows it
 * @param {Pick<Media, "mime" | "orientation" | "width" | "height">} media
 * @returns {Promise<HTMLCanvasElement | null>}
 */
export async function turned(image, media) {
  const turn = TURNS[media.orientation];
  if (media.mime !== "image/webp" || !turn) return null;
  turning ??= turnsWebP();
  if (await turning) return null;
  await image.decode();
  const canvas = document.createElement("canvas");
  canvas.width = media.width;
  canvas.height = media.height;
  const pen = canvas.getContext("2d");
  pen?.setTransform(...turn, media.width / 2, media.height / 2);
  pen?.drawImage(image, -image.naturalWidth / 2, -image.naturalHeight / 2);
  return canvas;
}

async function turnsWebP() {
  const image = new Image();
  image.src = PROBE;
  await image.decode();
  return image.naturalHeight === 2;
}
