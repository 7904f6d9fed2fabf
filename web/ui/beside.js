/** The bare picture beside the one with something on it; both move together. */

import { h } from "./dom.js";
import { t } from "./i18n.js";
import { createLoupe } from "./loupe.js";
import { createStage } from "./stage.js";

/** @typedef {import("./viewport.js").View} View */
/** @typedef {import("./viewport.js").Size} Size */

/**
 * @param {HTMLImageElement} image of the viewer
 * @param {(view: View) => void} onview told where the person moves this one
 */
export function createBeside(image, onview) {
  const copy = h("img", { alt: "", draggable: false, decoding: "async" });
  const sheet = h("div", { class: "sheet" }, copy);
  const frame = h(
    "div",
    { class: "stage twin", hidden: true, role: "img", "aria-label": t("viewer.bare") },
    sheet,
  );
  let picture = { w: 0, h: 0 };
  const stage = createStage(frame, sheet, (view) => {
    copy.style.imageRendering = view.scale >= 3 ? "pixelated" : "auto";
    if (!frame.hidden) onview(view);
  });
  const loupe = createLoupe(frame, () => ({
    image: copy.naturalWidth ? copy : null,
    picture,
    overlay: null,
  }));

  return {
    frame,
    /** Show or hide it; whether it is shown now. @param {Size} size of the picture */
    toggle(size) {
      frame.hidden = !frame.hidden;
      if (frame.hidden) return false;
      copy.src = image.src;
      picture = size;
      stage.size(size);
      return true;
    },
    /** @param {Size} size */
    size(size) {
      picture = size;
      if (!frame.hidden) stage.size(size);
    },
    /** @param {View} view */
    follow(view) {
      if (!frame.hidden) stage.follow(view);
    },
    /**
     * Lay the magnifier where it lies in the viewer.
     *
     * @param {number} power 0 for none
     * @param {{x: number, y: number}} inFrame
     * @param {{x: number, y: number}} inPicture
     */
    magnify(power, inFrame, inPicture) {
      if (frame.hidden || loupe.on !== power > 0) loupe.show(power > 0 && !frame.hidden);
      if (!loupe.on) return;
      loupe.like(power);
      loupe.at(inFrame, inPicture);
    },
    stop: () => stage.stop(),
  };
}
