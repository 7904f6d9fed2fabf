/** The magnifier: a round glass over the picture that enlarges what lies under it. */

import { h } from "./dom.js";

/** @typedef {import("./viewport.js").Size} Size */
/** @typedef {import("./record.js").Box} Box */

const DIAMETER = 176;
/** Screen pixels per picture pixel that the wheel steps through. */
const POWERS = [1, 2, 4, 8, 16];

/**
 * @param {HTMLElement} frame that the glass lies in
 * @param {() => {image: CanvasImageSource | null, picture: Size, overlay: {canvas: HTMLCanvasElement, box: Box, opacity: number, seen: boolean} | null}} scene
 */
export function createLoupe(frame, scene) {
  const canvas = h("canvas", { class: "loupe", hidden: true, "aria-hidden": "true" });
  const ratio = Math.min(window.devicePixelRatio || 1, 2);
  canvas.width = canvas.height = DIAMETER * ratio;
  frame.append(canvas);
  let power = 4;
  let point = { x: 0, y: 0 };
  let place = { x: 0, y: 0 };

  function draw() {
    const pen = canvas.getContext("2d");
    const { image, picture, overlay } = scene();
    if (!pen || !image || canvas.hidden) return;
    const zoom = power * ratio;
    const half = canvas.width / 2;
    pen.setTransform(1, 0, 0, 1, 0, 0);
    pen.fillStyle = "#26282c";
    pen.fillRect(0, 0, canvas.width, canvas.height);
    pen.imageSmoothingEnabled = power < 2;
    pen.setTransform(zoom, 0, 0, zoom, half - point.x * zoom, half - point.y * zoom);
    pen.filter = overlay && !overlay.seen ? "grayscale(1)" : "none";
    pen.drawImage(image, 0, 0, picture.w, picture.h);
    pen.filter = "none";
    if (overlay) {
      pen.globalAlpha = overlay.opacity;
      const { x, y, w, h } = overlay.box;
      pen.drawImage(overlay.canvas, x, y, w, h);
      pen.globalAlpha = 1;
    }
    pen.setTransform(1, 0, 0, 1, 0, 0);
    cross(pen, half, ratio);
    const style = canvas.style;
    style.transform = `translate(${place.x - DIAMETER / 2}px, ${place.y - DIAMETER / 2}px)`;
  }

  return {
    draw,
    get on() {
      return !canvas.hidden;
    },
    get power() {
      return power;
    },
    /** @param {boolean} on */
    show(on) {
      canvas.hidden = !on;
      draw();
    },
    /** Enlarge as another glass does. @param {number} other */
    like(other) {
      power = other;
    },
    /** @param {number} direction */
    step(direction) {
      const next = POWERS.indexOf(power) + Math.sign(direction);
      power = POWERS[Math.min(Math.max(next, 0), POWERS.length - 1)];
      draw();
    },
    /**
     * Lay the glass at a place of the frame, over a point of the picture.
     *
     * @param {{x: number, y: number}} inFrame
     * @param {{x: number, y: number}} inPicture
     */
    at(inFrame, inPicture) {
      place = inFrame;
      point = inPicture;
      draw();
    },
  };
}

/**
 * @param {CanvasRenderingContext2D} pen
 * @param {number} centre
 * @param {number} ratio
 */
function cross(pen, centre, ratio) {
  for (const [colour, width] of /** @type {const} */ ([["#0009", 3], ["#fff", 1]])) {
    pen.strokeStyle = colour;
    pen.lineWidth = width * ratio;
    pen.beginPath();
    for (const [dx, dy] of [[1, 0], [-1, 0], [0, 1], [0, -1]]) {
      pen.moveTo(centre + dx * 5 * ratio, centre + dy * 5 * ratio);
      pen.lineTo(centre + dx * 11 * ratio, centre + dy * 11 * ratio);
    }
    pen.stroke();
  }
}
