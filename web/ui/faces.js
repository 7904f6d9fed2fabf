/** Face boxes and the 68 landmarks, drawn over the picture. */

import { h, svg } from "./dom.js";
import { t } from "./i18n.js";

/** @typedef {import("./record.js").Face} Face */
/** @typedef {import("./record.js").Box} Box */
/** @typedef {import("./viewport.js").Size} Size */

/** The iBUG lines: first and last point, and whether the line closes. */
const LINES = /** @type {const} */ ([
  [0, 16, false],
  [17, 21, false],
  [22, 26, false],
  [27, 30, false],
  [31, 35, false],
  [36, 41, true],
  [42, 47, true],
  [48, 59, true],
  [60, 67, true],
]);

/**
 * Draw the faces into `layer`, which covers the picture exactly.
 *
 * @param {HTMLElement} layer
 * @param {readonly Face[]} faces
 * @param {Size} picture
 * @param {{faces: boolean, landmarks: boolean, region: Box | null}} show
 */
export function drawFaces(layer, faces, picture, show) {
  const art = svg("svg", {
    viewBox: `0 0 ${picture.w} ${picture.h}`,
    preserveAspectRatio: "none",
    "aria-hidden": "true",
  });
  const labels = [];
  for (const face of faces) {
    if (show.landmarks) art.append(...landmarks(face.landmarks));
    if (!show.faces) continue;
    art.append(...frame(face.box, "face-box"));
    const label = h("span", { class: "face-label" }, t("face.name", { n: face.index + 1 }));
    label.style.left = `${(100 * face.box.x) / picture.w}%`;
    label.style.top = `${(100 * face.box.y) / picture.h}%`;
    labels.push(label);
  }
  if (show.region) art.append(...frame(show.region, "region-box"));
  layer.replaceChildren(art, ...labels);
}

/**
 * A box drawn twice, dark under light, so that it shows on any picture.
 *
 * @param {Box} box
 * @param {string} name
 */
function frame(box, name) {
  const place = { x: box.x, y: box.y, width: box.w, height: box.h };
  return [
    svg("rect", { ...place, class: "halo" }),
    svg("rect", { ...place, class: name }),
  ];
}

/** @param {readonly (readonly [number, number])[]} points */
function landmarks(points) {
  const lines = LINES.map(([from, to, closed]) => {
    const d = points.slice(from, to + 1).map(([x, y], k) => `${k ? "L" : "M"}${x} ${y}`);
    return d.join("") + (closed ? "Z" : "");
  }).join("");
  const dots = points.map(([x, y]) => `M${x} ${y}h0`).join("");
  return [
    svg("path", { d: lines, class: "landmark-lines" }),
    svg("path", { d: dots, class: "landmark-halo" }),
    svg("path", { d: dots, class: "landmark-dots" }),
  ];
}
