/** Which map lies on the picture, how strongly and in which colours; views listen for `change`. */

/** @typedef {import("./record.js").MapImage} MapImage */
/** @typedef {import("./record.js").Box} Box */
/** @typedef {import("./colormap.js").Colours} Colours */

export class Overlay extends EventTarget {
  /** @type {MapImage | null} */
  map = null;
  /** @type {MapImage | null} the one shown last, for switching on and off */
  last = null;
  /** Of a map, which needs the picture under it, and of what is seen through a glass. */
  #opacities = { map: 0.75, seen: 1 };
  faces = true;
  landmarks = true;
  /** @type {Colours} */
  colours = "cividis";
  /** @type {Box | null} a region pointed at */
  region = null;

  get opacity() {
    return this.#opacities[this.map?.seen ? "seen" : "map"];
  }

  set opacity(value) {
    this.#opacities[this.map?.seen ? "seen" : "map"] = value;
  }

  /** @param {Partial<Pick<Overlay, "map" | "opacity" | "faces" | "landmarks" | "colours" | "region">>} change */
  set(change) {
    if (change.map === null && this.map) this.last = this.map;
    Object.assign(this, change);
    this.dispatchEvent(new Event("change"));
  }

  /** Show the map or, where it is shown, the bare picture. @param {MapImage | null} map */
  toggle(map = this.map ?? this.last) {
    this.set({ map: this.map === map ? null : map });
  }

  /** Ask the picture to come into sight. */
  look() {
    this.dispatchEvent(new Event("look"));
  }

  /**
   * Ask the picture to show a region large.
   *
   * @param {Box} box
   */
  visit(box) {
    this.dispatchEvent(new CustomEvent("visit", { detail: box }));
  }
}
