/** Where a picture lies in its window: pure arithmetic of zoom and pan. */

/**
 * The picture's top left corner stands at (x, y) of the window; `scale` is screen pixels per
 * picture pixel.
 *
 * @typedef {{x: number, y: number, scale: number}} View
 * @typedef {{w: number, h: number}} Size
 */

/** The largest magnification: one picture pixel on 32 screen pixels. */
export const MAX_SCALE = 32;

/**
 * The view that shows the whole picture; small ones are enlarged, but not beyond recognition.
 *
 * @param {Size} picture
 * @param {Size} frame
 * @returns {View}
 */
export function fit(picture, frame) {
  const scale = Math.min(frame.w / picture.w, frame.h / picture.h, Math.max(2, 480 / picture.w));
  return centred(picture, frame, scale);
}

/**
 * Zoom by a factor so that the picture point under (x, y) stays there.
 *
 * @param {View} view
 * @param {number} factor
 * @param {number} x
 * @param {number} y
 * @param {Size} picture
 * @param {Size} frame
 * @returns {View}
 */
export function zoom(view, factor, x, y, picture, frame) {
  const least = Math.min(fit(picture, frame).scale, 1);
  const scale = Math.min(Math.max(view.scale * factor, least), MAX_SCALE);
  const ratio = scale / view.scale;
  return held({ x: x - (x - view.x) * ratio, y: y - (y - view.y) * ratio, scale }, picture, frame);
}

/**
 * Show a box of the picture, with some room around it.
 *
 * @param {import("./record.js").Box} box
 * @param {Size} picture
 * @param {Size} frame
 * @returns {View}
 */
export function show(box, picture, frame) {
  const scale = Math.min(frame.w / (box.w * 1.6), frame.h / (box.h * 1.6), MAX_SCALE);
  const x = frame.w / 2 - (box.x + box.w / 2) * scale;
  const y = frame.h / 2 - (box.y + box.h / 2) * scale;
  return held({ x, y, scale }, picture, frame);
}

/**
 * Keep the picture in the window: centred where it is smaller, without gaps where it is larger.
 *
 * @param {View} view
 * @param {Size} picture
 * @param {Size} frame
 * @returns {View}
 */
export function held(view, picture, frame) {
  /** @type {(at: number, length: number, room: number) => number} */
  const hold = (at, length, room) =>
    length <= room ? (room - length) / 2 : Math.min(0, Math.max(room - length, at));
  return {
    x: hold(view.x, picture.w * view.scale, frame.w),
    y: hold(view.y, picture.h * view.scale, frame.h),
    scale: view.scale,
  };
}

/**
 * @param {Size} picture
 * @param {Size} frame
 * @param {number} scale
 * @returns {View}
 */
function centred(picture, frame, scale) {
  return {
    x: (frame.w - picture.w * scale) / 2,
    y: (frame.h - picture.h * scale) / 2,
    scale,
  };
}
