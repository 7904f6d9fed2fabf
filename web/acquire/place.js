/** Injected: where on the screen an element is, in CSS pixels of the visual viewport. */

/**
 * @typedef {object} Place
 * @property {number} x left edge, from the left of what is visible
 * @property {number} y
 * @property {number} width
 * @property {number} height
 * @property {number} share of the element that is inside the viewport, 0 to 1
 * @property {number} viewWidth width of the viewport, scroll bar included
 * @property {number} viewHeight
 * @property {number} ratio device pixels per CSS pixel
 * @property {boolean} covered something else is drawn over its middle
 */

/**
 * The visible part of a kept element; null where it is gone or out of view. The content box of a
 * replaced element is meant: padding and borders are not picture.
 *
 * @param {string} key
 * @returns {Place | null}
 */
export function place(key) {
  /** @type {Map<string, Element>} */
  const kept = Reflect.get(globalThis, "telltaleTargets") ?? new Map();
  const element = kept.get(key);
  if (!element?.isConnected) return null;
  let box = contentBox(element);
  const area = box.width * box.height;
  const covered = under(element, box);
  /** @type {Window} */
  let frame = window;
  for (;;) {
    box = clip(box, frame.innerWidth, frame.innerHeight);
    if (!(box.width >= 1 && box.height >= 1)) return null;
    if (frame === frame.top) break;
    // null where the frame belongs to another site: its place is then not ours to know
    const owner = frame.frameElement;
    if (!owner) return null;
    const outer = contentBox(owner);
    box = new DOMRect(box.x + outer.x, box.y + outer.y, box.width, box.height);
    frame = frame.parent;
  }
  const share = Math.min(1, (box.width * box.height) / area);
  const view = frame.visualViewport;
  const [dx, dy, zoom] = view ? [view.offsetLeft, view.offsetTop, view.scale] : [0, 0, 1];
  const x = Math.max(0, (box.x - dx) * zoom);
  const y = Math.max(0, (box.y - dy) * zoom);
  const width = Math.min(frame.innerWidth, (box.right - dx) * zoom) - x;
  const height = Math.min(frame.innerHeight, (box.bottom - dy) * zoom) - y;
  if (!(width >= 1 && height >= 1)) return null;
  return {
    x, y, width, height, share, covered,
    viewWidth: frame.innerWidth, viewHeight: frame.innerHeight, ratio: devicePixelRatio,
  };

  /** Without padding and borders where these are not picture. @param {Element} e */
  function contentBox(e) {
    const outer = e.getBoundingClientRect();
    if (!/^(IMG|VIDEO|CANVAS|INPUT|IFRAME|FRAME)$/.test(e.tagName)) return outer;
    const style = getComputedStyle(e);
    const inset = (/** @type {string} */ side) =>
      (parseFloat(style.getPropertyValue(`padding-${side}`)) || 0) +
      (parseFloat(style.getPropertyValue(`border-${side}-width`)) || 0);
    const [left, top] = [inset("left"), inset("top")];
    return new DOMRect(
      outer.x + left, outer.y + top,
      outer.width - left - inset("right"), outer.height - top - inset("bottom"),
    );
  }

  /** @param {DOMRect} a @param {number} width @param {number} height */
  function clip(a, width, height) {
    const [left, top] = [Math.max(0, a.left), Math.max(0, a.top)];
    return new DOMRect(left, top, Math.min(width, a.right) - left, Math.min(height, a.bottom) - top);
  }

  /** Whether something else is drawn over the middle of what is visible. @param {Element} e @param {DOMRect} box */
  function under(e, box) {
    const seen = clip(box, innerWidth, innerHeight);
    const [x, y] = [seen.x + seen.width / 2, seen.y + seen.height / 2];
    let top = document.elementFromPoint(x, y);
    while (top?.shadowRoot) {
      const inside = top.shadowRoot.elementFromPoint(x, y);
      if (!inside || inside === top) break;
      top = inside;
    }
    if (!top || top === e || e.contains(top) || top.contains(e)) return false;
    const root = e.getRootNode();
    return !(root instanceof ShadowRoot && (top === root.host || top.contains(root.host)));
  }
}
