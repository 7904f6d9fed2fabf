/** Injected: let the person click a picture or drag a rectangle, and tell the service worker. */

/**
 * @typedef {object} Picked
 * @property {"picked"} type
 * @property {string} id of the job
 * @property {"element" | "region" | "cancelled"} what
 * @property {import("./place.js").Place | null} place of the rectangle
 */

/**
 * Cover the page until something is chosen. The answer travels by message, not as a return value:
 * the service worker may have been stopped meanwhile and is woken by it.
 *
 * @param {string} id of the job; also the key under which the chosen element is kept
 * @param {string} words
 */
export function pick(id, words) {
  /** @type {Map<string, Element>} */
  const kept = Reflect.get(globalThis, "telltaleTargets") ?? new Map();
  Reflect.set(globalThis, "telltaleTargets", kept);
  /** @type {undefined | ((what: Picked["what"], place: Picked["place"]) => void)} */
  const earlier = Reflect.get(globalThis, "telltalePickEnd");
  earlier?.("cancelled", null);

  const host = document.createElement("div");
  const shadow = host.attachShadow({ mode: "closed" });
  const cover = part("inset:0;cursor:crosshair;background:rgb(10 12 16/.28)");
  const mark = part("border:2px solid #fff;outline:2px solid #1d4ed8;border-radius:3px;pointer-events:none;box-shadow:0 0 0 200vmax rgb(10 12 16/.3);display:none");
  const hint = part("left:50%;top:16px;transform:translateX(-50%);font:500 14px/1.4 system-ui,sans-serif;color:#fff;background:#14161af2;padding:10px 16px;border-radius:10px;box-shadow:0 6px 30px #0006;pointer-events:none;max-width:calc(100vw - 48px);box-sizing:border-box");
  hint.textContent = words;
  hint.setAttribute("role", "status");
  cover.append(mark);
  shadow.append(cover, hint);
  host.style.cssText = "all:initial;position:fixed;inset:0;width:auto;height:auto;margin:0;padding:0;border:0;background:none;z-index:2147483647;overflow:hidden";
  host.popover = "manual";
  document.documentElement.append(host);
  host.showPopover();

  /** @type {{x: number, y: number} | null} */
  let start = null;
  const stop = new AbortController();
  const { signal } = stop;
  Reflect.set(globalThis, "telltalePickEnd", end);
  // a page can dispatch events of its own making: only the person's count
  cover.addEventListener("pointerdown", (event) => {
    if (!event.isTrusted || event.button) return;
    event.preventDefault();
    cover.setPointerCapture(event.pointerId);
    start = { x: event.clientX, y: event.clientY };
  }, { signal });
  cover.addEventListener("pointermove", (event) => {
    if (!event.isTrusted) return;
    if (start) show(rectangle(start, event));
    else {
      const under = candidate(event.clientX, event.clientY);
      show(under ? under.getBoundingClientRect() : null);
    }
  }, { signal });
  cover.addEventListener("pointerup", (event) => {
    if (!event.isTrusted || !start) return;
    const box = rectangle(start, event);
    start = null;
    if (box.width < 6 && box.height < 6) {
      const under = candidate(event.clientX, event.clientY);
      if (!under) return show(null);
      kept.set(id, under);
      return end("element", null);
    }
    const view = window.visualViewport;
    const [dx, dy, zoom] = view ? [view.offsetLeft, view.offsetTop, view.scale] : [0, 0, 1];
    return end("region", {
      x: (box.left - dx) * zoom, y: (box.top - dy) * zoom,
      width: box.width * zoom, height: box.height * zoom, share: 1,
      viewWidth: innerWidth, viewHeight: innerHeight, ratio: devicePixelRatio, covered: false,
    });
  }, { signal });
  window.addEventListener("keydown", (event) => {
    if (!event.isTrusted || event.key !== "Escape") return;
    event.preventDefault();
    event.stopImmediatePropagation();
    end("cancelled", null);
  }, { signal, capture: true });
  window.addEventListener("pagehide", () => end("cancelled", null), { signal });

  /**
   * @param {Picked["what"]} what
   * @param {Picked["place"]} place
   */
  function end(what, place) {
    stop.abort();
    Reflect.deleteProperty(globalThis, "telltalePickEnd");
    host.remove();
    const send = () => chrome.runtime.sendMessage({ type: "picked", id, what, place });
    // two frames later the cover is no longer on the screen, so not in a capture either
    if (what === "region") requestAnimationFrame(() => requestAnimationFrame(send));
    else send();
  }

  /**
   * The topmost element under a point that shows a picture, through overlays and shadow trees.
   *
   * @param {number} x
   * @param {number} y
   */
  function candidate(x, y) {
    return through(document, x, y).find(
      (e) =>
        /^(IMG|VIDEO|CANVAS|image)$/.test(e.tagName) ||
        /url\("/.test(getComputedStyle(e).backgroundImage) ||
        [..."::before,::after".split(",")].some((p) => /url\("/.test(getComputedStyle(e, p).backgroundImage)),
    );
  }

  /**
   * @param {Document | ShadowRoot} root
   * @param {number} x
   * @param {number} y
   * @returns {Element[]}
   */
  function through(root, x, y) {
    // a shadow root also reports what lies beneath its host
    const own = root.elementsFromPoint(x, y).filter((e) => e.getRootNode() === root && e !== host);
    return own.flatMap((element) => {
      const inside = chrome.dom?.openOrClosedShadowRoot(/** @type {HTMLElement} */ (element));
      return [...(inside ? through(inside, x, y) : []), element];
    });
  }

  /**
   * @param {{x: number, y: number}} from
   * @param {PointerEvent} to
   */
  function rectangle(from, to) {
    const x = Math.max(0, Math.min(to.clientX, innerWidth));
    const y = Math.max(0, Math.min(to.clientY, innerHeight));
    return new DOMRect(Math.min(from.x, x), Math.min(from.y, y), Math.abs(from.x - x), Math.abs(from.y - y));
  }

  /** @param {DOMRect | null} box */
  function show(box) {
    mark.style.display = box ? "block" : "none";
    if (!box) return;
    mark.style.left = `${box.left}px`;
    mark.style.top = `${box.top}px`;
    mark.style.width = `${box.width}px`;
    mark.style.height = `${box.height}px`;
  }

  /** @param {string} css */
  function part(css) {
    const element = document.createElement("div");
    element.style.cssText = `position:fixed;box-sizing:border-box;${css}`;
    return element;
  }
}

/** Injected: take the cover away again, as if the person had pressed Escape. */
export function unpick() {
  Reflect.get(globalThis, "telltalePickEnd")?.("cancelled", null);
}
