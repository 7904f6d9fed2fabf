/** The picture with everything that can be laid on it. */

import { h } from "./dom.js";
import { drawFaces } from "./faces.js";
import { createBeside } from "./beside.js";
import { draw, pixels, valueAt } from "./heatmap.js";
import { integer, quantity, t } from "./i18n.js";
import { createLegend } from "./legend.js";
import { createLooking } from "./looking.js";
import { createLoupe } from "./loupe.js";
import { createStage } from "./stage.js";
import { visible } from "./text.js";
import { turned } from "./upright.js";
import { createBar } from "./viewer-bar.js";

/** @typedef {import("./record.js").Face} Face */
/** @typedef {import("./record.js").Finding} Finding */
/** @typedef {import("./record.js").MapImage} MapImage */
/** @typedef {import("./overlay.js").Overlay} Overlay */

/**
 * Show a picture in `root`.
 *
 * @param {HTMLElement} root
 * @param {{name: string, url: string, overlay: Overlay, eye?: import("./looking.js").Eye}} what
 *   `url` of the file itself, which the browser turns upright by its own metadata, as the decoder
 *   does; `eye` looks at it through glasses, where there is an engine for that
 */
export function createViewer(root, { name, url, overlay, eye }) {
  const image = h("img", { alt: "", draggable: false, decoding: "async", src: url });
  const heat = h("canvas", { class: "heat", hidden: true, "aria-hidden": "true" });
  const marks = h("div", { class: "marks", "aria-hidden": "true" });
  const sheet = h("div", { class: "sheet" }, image, heat, marks);
  const readout = h("output", { class: "readout", "aria-label": t("viewer.readout") });
  const message = h("p", { class: "stage-message", hidden: true });
  const frame = h(
    "div",
    {
      class: "stage",
      tabIndex: 0,
      role: "group",
      "aria-roledescription": t("viewer.role"),
      "aria-label": visible(name),
      "aria-describedby": "keys-pointer",
    },
    sheet,
    readout,
    message,
  );
  const legend = createLegend(overlay);
  const ending = new AbortController();
  const { signal } = ending;

  /** @type {readonly Face[]} */
  let faces = [];
  let picture = { w: 0, h: 0 };
  /** @type {ImageData | null} */
  let values = null;
  let pointer = { x: 0, y: 0 };
  /** A finger would hide the glass, so it lies above it. */
  let lift = 0;

  const stage = createStage(frame, sheet, (view) => {
    bar.zoomed(view.scale);
    twin.follow(view);
    image.style.imageRendering = view.scale >= 3 ? "pixelated" : "auto";
    if (loupe.on) follow(pointer);
    place();
  });
  const loupe = createLoupe(frame, () => ({
    image: image.naturalWidth ? image : null,
    picture,
    overlay: overlay.map
      ? { canvas: heat, box: cover(overlay.map), opacity: overlay.opacity, seen: Boolean(overlay.map.seen) }
      : null,
  }));
  const looking = eye ? createLooking(overlay, eye, signal) : null;
  const bar = createBar(overlay, stage, {
    magnify: () => magnify(),
    beside,
    glasses: looking && (() => bar.looking(looking.toggle())),
  });
  const twin = createBeside(image, (view) => stage.follow(view));
  root.replaceChildren(
    bar.element,
    ...(looking ? [looking.element] : []),
    h("div", { class: "stages" }, twin.frame, frame),
    legend.element,
  );
  root.classList.remove("player");
  root.classList.add("viewer");
  bar.offer([]);
  bar.faces(false);

  /** What a map covers. @param {MapImage} map */
  function cover(map) {
    return map.box ?? { x: 0, y: 0, w: picture.w, h: picture.h };
  }

  function magnify(on = !loupe.on) {
    if (!pointer.x && !pointer.y) pointer = { x: frame.clientWidth / 2, y: frame.clientHeight / 2 };
    loupe.show(on);
    bar.magnifying(loupe.on);
    frame.dataset.magnifying = String(loupe.on);
    follow(pointer);
  }

  /** Show the bare picture beside what lies on it, or no longer. */
  function beside() {
    bar.beside(twin.toggle(picture));
    stage.all();
  }

  /** Bring glass and read-out to a place of the frame. @param {{x: number, y: number}} to */
  function follow(to) {
    pointer = {
      x: Math.min(Math.max(to.x, 0), frame.clientWidth),
      y: Math.min(Math.max(to.y, 0), frame.clientHeight),
    };
    const box = frame.getBoundingClientRect();
    const point = stage.at({ clientX: box.left + pointer.x, clientY: box.top + pointer.y });
    if (loupe.on) loupe.at({ x: pointer.x, y: pointer.y - lift }, point);
    twin.magnify(loupe.on ? loupe.power : 0, { x: pointer.x, y: pointer.y - lift }, point);
    read(point);
  }

  /** @param {{x: number, y: number}} point of the picture */
  function read(point) {
    const x = Math.floor(point.x);
    const y = Math.floor(point.y);
    const inside = x >= 0 && y >= 0 && x < picture.w && y < picture.h;
    const parts = inside ? [`x ${integer(x)}  y ${integer(y)}`] : [];
    const map = overlay.map;
    const value = map && values && inside ? valueAt(map, values, cover(map), x, y) : null;
    if (map && value !== null) parts.push(quantity(value, map.unit));
    if (loupe.on) parts.push(`${loupe.power}×`);
    readout.value = parts.join("   ");
  }

  function place() {
    const map = overlay.map;
    if (!map || !picture.w) return;
    const box = cover(map);
    const style = heat.style;
    style.left = `${(100 * box.x) / picture.w}%`;
    style.top = `${(100 * box.y) / picture.h}%`;
    style.width = `${(100 * box.w) / picture.w}%`;
    style.height = `${(100 * box.h) / picture.h}%`;
    const magnified = (box.w * stage.view().scale) / map.width;
    style.imageRendering = magnified > 1 ? "pixelated" : "auto";
  }

  async function lay() {
    const map = overlay.map;
    heat.hidden = !map;
    // colours of the picture would be read as colours of the map
    image.style.filter = map && !map.seen ? "grayscale(1)" : "";
    heat.style.opacity = String(overlay.opacity);
    bar.update();
    legend.update();
    drawFaces(marks, faces, picture, overlay);
    place();
    if (map) {
      await draw(heat, map, overlay.colours);
      values = await pixels(map);
    }
    loupe.draw();
  }

  /** @param {number} step */
  function leaf(step) {
    const { maps } = bar;
    if (!maps.length) return;
    const now = overlay.map ? maps.indexOf(overlay.map) : step > 0 ? -1 : 0;
    overlay.set({ map: maps[(now + step + maps.length) % maps.length] });
  }

  /** @param {KeyboardEvent} event */
  function press(event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const { key } = event;
    const opacity = (/** @type {number} */ by) =>
      overlay.set({ opacity: Math.min(1, Math.max(0, overlay.opacity + by)) });
    const moves = /** @type {{[key: string]: [number, number]}} */ ({
      ArrowLeft: [-1, 0],
      ArrowRight: [1, 0],
      ArrowUp: [0, -1],
      ArrowDown: [0, 1],
    });
    if (loupe.on && key in moves) {
      const step = event.shiftKey ? Math.max(stage.view().scale, 1) : 12;
      follow({ x: pointer.x + moves[key][0] * step, y: pointer.y + moves[key][1] * step });
    } else if (key === "m") magnify();
    else if (key === "b") beside();
    else if (key === "g" && looking) bar.looking(looking.toggle());
    else if (key === "Escape" && loupe.on) magnify(false);
    else if (key === "o") overlay.toggle();
    else if (key === "f") overlay.set({ faces: !overlay.faces });
    else if (key === "l") overlay.set({ landmarks: !overlay.landmarks });
    else if (key === ".") leaf(1);
    else if (key === ",") leaf(-1);
    else if (key === "]") opacity(0.1);
    else if (key === "[") opacity(-0.1);
    else if (!stage.press(key)) return;
    event.preventDefault();
  }

  frame.addEventListener("keydown", press);
  frame.addEventListener("pointermove", (event) => {
    lift = event.pointerType === "touch" ? 110 : 0;
    const box = frame.getBoundingClientRect();
    follow({ x: event.clientX - box.left, y: event.clientY - box.top });
  });
  frame.addEventListener("pointerleave", () => (readout.value = ""));
  frame.addEventListener(
    "wheel",
    (event) => {
      if (!loupe.on || event.ctrlKey) return;
      event.preventDefault();
      loupe.step(-event.deltaY);
      follow(pointer);
    },
    { passive: false, capture: true },
  );
  image.addEventListener("load", () => {
    message.hidden = true;
    loupe.draw();
    if (!picture.w) size(image.naturalWidth, image.naturalHeight);
  });
  image.addEventListener("error", () => {
    message.hidden = false;
    message.textContent = t("viewer.cannot_show");
  });
  overlay.addEventListener("change", lay, { signal });
  overlay.addEventListener("look", () => root.scrollIntoView({ block: "nearest" }), { signal });
  overlay.addEventListener(
    "visit",
    (event) => {
      root.scrollIntoView({ block: "nearest" });
      stage.show(/** @type {CustomEvent<import("./record.js").Box>} */ (event).detail);
    },
    { signal },
  );
  void lay();

  /** @param {number} w @param {number} h */
  function size(w, h) {
    picture = { w, h };
    stage.size(picture);
    twin.size(picture);
    void lay();
  }

  /** @param {import("./record.js").Media} media */
  async function straighten(media) {
    const canvas = await turned(image, media).catch(() => null);
    canvas?.toBlob((blob) => {
      if (!blob || signal.aborted) return;
      const turnedUrl = URL.createObjectURL(blob);
      signal.addEventListener("abort", () => URL.revokeObjectURL(turnedUrl));
      image.src = turnedUrl;
    });
  }

  return {
    image,
    /** The size of the upright picture, as decoded. */
    size,
    /** What was decoded: its upright size, and how it lay. @param {import("./record.js").Media} media */
    media(media) {
      size(media.width, media.height);
      void straighten(media);
    },
    /** @param {readonly Face[]} found */
    faces(found) {
      faces = found;
      bar.faces(found.length > 0);
      void lay();
    },
    /** @param {readonly Finding[]} findings */
    findings: (findings) => bar.offer(findings),
    close() {
      ending.abort();
      stage.stop();
      twin.stop();
    },
  };
}

/** @typedef {ReturnType<typeof createViewer>} Viewer */
