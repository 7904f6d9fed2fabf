/** The window onto the picture: zoom and pan by wheel, pinch, drag and keys. */

import { fit, held, show, zoom } from "./viewport.js";

/** @typedef {import("./viewport.js").View} View */
/** @typedef {import("./viewport.js").Size} Size */
/** @typedef {import("./record.js").Box} Box */

const STEP = 1.25;
const PAN = 60;

/**
 * Make `sheet` (which holds the picture and everything drawn on it) zoom and pan inside `frame`.
 *
 * @param {HTMLElement} frame
 * @param {HTMLElement} sheet
 * @param {(view: View) => void} onview told after each move
 */
export function createStage(frame, sheet, onview) {
  /** @type {Size} */
  let picture = { w: 1, h: 1 };
  /** @type {View} */
  let view = { x: 0, y: 0, scale: 1 };
  let whole = true;
  /** @type {Map<number, {x: number, y: number}>} */
  const fingers = new Map();

  const room = () => ({ w: frame.clientWidth, h: frame.clientHeight });

  /** @param {View} next */
  function move(next) {
    view = next;
    const style = sheet.style;
    style.width = `${picture.w * view.scale}px`;
    style.height = `${picture.h * view.scale}px`;
    style.transform = `translate(${Math.round(view.x)}px, ${Math.round(view.y)}px)`;
    whole = Math.abs(view.scale - fit(picture, room()).scale) < 1e-6;
    frame.dataset.zoomed = String(!whole);
    onview(view);
  }

  /** @param {number} factor @param {number} [x] @param {number} [y] */
  function by(factor, x = room().w / 2, y = room().h / 2) {
    move(zoom(view, factor, x, y, picture, room()));
  }

  /** @param {number} dx @param {number} dy */
  function pan(dx, dy) {
    move(held({ ...view, x: view.x + dx, y: view.y + dy }, picture, room()));
  }

  /** @param {{clientX: number, clientY: number}} event */
  function local(event) {
    const box = frame.getBoundingClientRect();
    return { x: event.clientX - box.left, y: event.clientY - box.top };
  }

  /** Whether the wheel may be taken from scrolling the page. @param {WheelEvent} event */
  function ours(event) {
    if (event.ctrlKey || frame.contains(document.activeElement)) return true;
    const viewer = frame.closest(".viewer");
    return viewer !== null && getComputedStyle(viewer).position === "sticky";
  }

  frame.addEventListener(
    "wheel",
    (event) => {
      if (event.defaultPrevented || !ours(event)) return;
      event.preventDefault();
      const lines = event.deltaMode === WheelEvent.DOM_DELTA_LINE ? 20 : 1;
      const speed = event.ctrlKey ? 0.01 : 0.0016;
      const at = local(event);
      by(Math.exp(-event.deltaY * lines * speed), at.x, at.y);
    },
    { passive: false },
  );
  frame.addEventListener("pointerdown", (event) => {
    if (event.button !== 0) return;
    fingers.set(event.pointerId, local(event));
    if (!whole || fingers.size > 1) frame.setPointerCapture(event.pointerId);
  });
  frame.addEventListener("pointermove", (event) => {
    const before = fingers.get(event.pointerId);
    if (!before) return;
    const now = local(event);
    const others = [...fingers].filter(([id]) => id !== event.pointerId).map(([, at]) => at);
    if (others.length === 1) {
      const [other] = others;
      const spread = (/** @type {{x: number, y: number}} */ p) =>
        Math.hypot(p.x - other.x, p.y - other.y) || 1;
      by(spread(now) / spread(before), (now.x + other.x) / 2, (now.y + other.y) / 2);
      pan((now.x - before.x) / 2, (now.y - before.y) / 2);
    } else if (others.length === 0 && !whole) {
      pan(now.x - before.x, now.y - before.y);
    }
    fingers.set(event.pointerId, now);
  });
  for (const name of /** @type {const} */ (["pointerup", "pointercancel", "lostpointercapture"])) {
    frame.addEventListener(name, (event) => fingers.delete(event.pointerId));
  }
  frame.addEventListener("dblclick", (event) => {
    const at = local(event);
    if (whole) by(Math.max(1 / view.scale, 2), at.x, at.y);
    else all();
  });

  function all() {
    move(fit(picture, room()));
  }

  /**
   * The keys of the stage; returns whether the key was one of them.
   *
   * @param {string} key
   */
  function press(key) {
    const pans = /** @type {{[key: string]: [number, number]}} */ ({
      ArrowLeft: [PAN, 0],
      ArrowRight: [-PAN, 0],
      ArrowUp: [0, PAN],
      ArrowDown: [0, -PAN],
    });
    if (key === "+" || key === "=") by(STEP);
    else if (key === "-") by(1 / STEP);
    else if (key === "0") all();
    else if (key === "1") by(1 / view.scale);
    else if (key in pans) pan(...pans[key]);
    else return false;
    return true;
  }

  const watch = new ResizeObserver(() => (whole ? all() : move(held(view, picture, room()))));
  watch.observe(frame);

  return {
    all,
    press,
    in: () => by(STEP),
    out: () => by(1 / STEP),
    life: () => by(1 / view.scale),
    /** @param {Size} size of the upright picture */
    size(size) {
      picture = size;
      all();
    },
    /** Show what another stage of the same size shows. @param {View} next */
    follow(next) {
      const same = next.x === view.x && next.y === view.y && next.scale === view.scale;
      if (!same) move(next);
    },
    /** @param {Box} box */
    show: (box) => move(show(box, picture, room())),
    view: () => view,
    /** The picture point under a pointer. @param {{clientX: number, clientY: number}} event */
    at(event) {
      const { x, y } = local(event);
      return { x: (x - view.x) / view.scale, y: (y - view.y) / view.scale };
    },
    stop: () => watch.disconnect(),
  };
}

/** @typedef {ReturnType<typeof createStage>} Stage */
