/**
 * Injected: find the element a person meant and describe it.
 *
 * Every function of this folder whose header says "Injected" is sent to the page as source text by
 * `chrome.scripting.executeScript`, so it closes over nothing. It runs in the isolated world, where
 * the page's scripts cannot see it; what it reads from the DOM is still the page's word.
 */

/**
 * @typedef {object} Wanted
 * @property {"image" | "video"} kind
 * @property {string} src what the context menu says was clicked
 */
/**
 * @typedef {object} Target
 * @property {"image" | "video" | "canvas" | "background"} kind
 * @property {string[]} urls addresses of the same picture, the largest first
 * @property {string} shown the address the browser chose to show, or ""
 * @property {number} width of the pixels shown, 0 where unknown
 * @property {number} height
 * @property {string} referrerPolicy
 * @property {string} origin of the frame
 * @property {boolean} locked by Encrypted Media Extensions
 */

/**
 * Keep the element under `key` in the isolated world and say what it is; null where none fits.
 *
 * @param {string} key
 * @param {Wanted | null} wanted null: the element is already kept, put there by the picker
 * @returns {Target | null}
 */
export function find(key, wanted) {
  /** @type {Map<string, Element>} */
  const kept = (Reflect.get(globalThis, "telltaleTargets") ?? new Map());
  Reflect.set(globalThis, "telltaleTargets", kept);
  if (wanted) {
    const found = search(document, wanted);
    if (found) kept.set(key, found);
  }
  const element = kept.get(key);
  return element ? describe(element) : null;

  /**
   * @param {Document | ShadowRoot} root
   * @param {Wanted} wanted
   * @returns {Element | null}
   */
  function search(root, wanted) {
    let hidden = null;
    for (const element of root.querySelectorAll("*")) {
      if (matches(element, wanted)) {
        const box = element.getBoundingClientRect();
        if (box.width && box.height && element.checkVisibility()) return element;
        hidden ??= element;
      }
      const shadow = globalThis.chrome?.dom?.openOrClosedShadowRoot?.(/** @type {HTMLElement} */ (element))
        ?? element.shadowRoot;
      const inside = shadow && search(shadow, wanted);
      if (inside) return inside;
    }
    return hidden;
  }

  /**
   * @param {Element} element
   * @param {Wanted} wanted
   */
  function matches(element, wanted) {
    if (wanted.kind === "video") {
      return element instanceof HTMLVideoElement && (element.currentSrc || element.src) === wanted.src;
    }
    if (element instanceof HTMLImageElement) return (element.currentSrc || element.src) === wanted.src;
    if (element instanceof SVGImageElement) return absolute(element.href.baseVal) === wanted.src;
    if (element instanceof HTMLInputElement) return element.type === "image" && element.src === wanted.src;
    return element instanceof HTMLVideoElement && element.poster === wanted.src;
  }

  /**
   * @param {Element} element
   * @returns {Target}
   */
  function describe(element) {
    const common = { referrerPolicy: "", origin: location.origin, shown: "", locked: false };
    if (element instanceof HTMLVideoElement) {
      const shown = element.currentSrc || element.src;
      return {
        ...common, kind: "video", urls: shown ? [shown] : [], shown,
        width: element.videoWidth, height: element.videoHeight, locked: Boolean(element.mediaKeys),
      };
    }
    if (element instanceof HTMLCanvasElement) {
      return { ...common, kind: "canvas", urls: [], width: element.width, height: element.height };
    }
    if (element instanceof HTMLImageElement) {
      const shown = element.currentSrc || element.src;
      return {
        ...common, kind: "image", urls: candidates(element, shown), shown,
        width: element.naturalWidth, height: element.naturalHeight,
        referrerPolicy: element.referrerPolicy,
      };
    }
    if (element instanceof SVGImageElement || element instanceof HTMLInputElement) {
      const shown = element instanceof HTMLInputElement ? element.src : absolute(element.href.baseVal);
      return { ...common, kind: "image", urls: [shown], shown, width: 0, height: 0 };
    }
    const urls = backgrounds(element);
    return { ...common, kind: "background", urls, shown: urls[0] ?? "", width: 0, height: 0 };
  }

  /**
   * The addresses of the source the browser chose, the largest first: other sources of a <picture>
   * may show another crop or another picture.
   *
   * @param {HTMLImageElement} image
   * @param {string} shown
   */
  function candidates(image, shown) {
    const picture = image.parentElement instanceof HTMLPictureElement ? image.parentElement : null;
    const sets = [...(picture?.querySelectorAll("source") ?? []), image].map((e) => parse(e.srcset));
    const chosen = sets.find((set) => set.some((entry) => entry.url === shown)) ?? [];
    const best = chosen.toSorted((a, b) => b.size - a.size).map((entry) => entry.url);
    return [...new Set([...best.slice(0, 1), shown])].filter(Boolean);
  }

  /** @param {string} srcset */
  function parse(srcset) {
    return [...srcset.matchAll(/\s*([^\s,]\S*[^\s,])(?:\s+([\d.]+)[wx])?\s*(?:,|$)/g)].map((m) => ({
      url: absolute(m[1]), size: Number(m[2] ?? 1),
    }));
  }

  /** @param {Element} element */
  function backgrounds(element) {
    const texts = [null, "::before", "::after"].map((pseudo) => {
      const style = getComputedStyle(element, pseudo);
      return `${style.backgroundImage} ${style.content} ${style.listStyleImage} ${style.borderImageSource}`;
    });
    return [...texts.join(" ").matchAll(/url\("((?:[^"\\]|\\.)*)"\)\s*(?:([\d.]+)(?:dppx|x))?/g)]
      .map((m) => ({ url: absolute(m[1].replace(/\\(.)/g, "$1")), size: Number(m[2] ?? 1) }))
      .sort((a, b) => b.size - a.size)
      .map((entry) => entry.url);
  }

  /** @param {string} url */
  function absolute(url) {
    try {
      return new URL(url, document.baseURI).href;
    } catch {
      return "";
    }
  }
}
