/** The faces found, each with a cut-out and what it is good for. */

import { h } from "./dom.js";
import { rows } from "./facts.js";
import { count, fromRecord, named, number, t } from "./i18n.js";

/** @typedef {import("./record.js").Face} Face */
/** @typedef {import("./record.js").Faces} Faces */
/** @typedef {import("./overlay.js").Overlay} Overlay */

const SIDE = 72;

/**
 * @param {HTMLElement} root
 * @param {Faces} faces
 * @param {{overlay: Overlay, image: HTMLImageElement}} scene
 */
export function drawFaceList(root, faces, scene) {
  if (faces.unavailable) {
    const why = named("reason", faces.unavailable);
    root.replaceChildren(h("p", { class: "soft" }, t("faces.unavailable", { why })));
  } else if (!faces.looked_for) {
    root.replaceChildren(h("p", { class: "soft" }, t("faces.not_looked")));
  } else if (!faces.found.length) {
    root.replaceChildren(h("p", { class: "soft" }, fromRecord(t("faces.none")).text));
  } else {
    root.replaceChildren(
      h("p", { class: "soft" }, count("faces.found", faces.found.length)),
      h("ul", { class: "face-list" }, faces.found.map((face) => item(face, scene))),
    );
  }
}

/**
 * @param {Face} face
 * @param {{overlay: Overlay, image: HTMLImageElement}} scene
 */
function item(face, { overlay, image }) {
  const { box } = face;
  const quality = Object.entries(face.quality).map(
    ([name, value]) =>
      /** @type {[string, string]} */ ([
        named("quality", name),
        value === null ? t("not_measured") : number(value),
      ]),
  );
  return h(
    "li",
    null,
    h(
      "button",
      {
        type: "button",
        class: "face-button",
        title: t("finding.visit"),
        "aria-label": t("face.visit", { n: face.index + 1 }),
        onclick: () => overlay.visit(box),
      },
      cutOut(face, image),
    ),
    h(
      "div",
      null,
      h("b", null, t("face.name", { n: face.index + 1 })),
      rows([[t("face.score"), number(face.score)], ...quality]),
    ),
  );
}

/**
 * @param {Face} face
 * @param {HTMLImageElement} image
 */
function cutOut({ box }, image) {
  const canvas = h("canvas", { class: "cut-out", "aria-hidden": "true" });
  canvas.width = canvas.height = 2 * SIDE;
  const side = Math.max(box.w, box.h) * 1.3;
  const x = box.x + box.w / 2 - side / 2;
  const y = box.y + box.h / 2 - side / 2;
  const draw = () =>
    canvas.getContext("2d")?.drawImage(image, x, y, side, side, 0, 0, canvas.width, canvas.height);
  if (image.complete && image.naturalWidth) draw();
  else image.addEventListener("load", draw, { once: true });
  return canvas;
}
