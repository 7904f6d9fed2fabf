/** Looking glasses in the worker: pictures are brought once, and drawn on request. */

/** @typedef {import("./protocol.js").Look} Look */
/** @typedef {import("./protocol.js").FromWorker} FromWorker */
/** @typedef {import("./boot.js").Python} Python */

/**
 * @param {Python} python
 * @returns {(message: Look) => Promise<FromWorker>}
 */
export function gallery(python) {
  const code = python.pyodide.pyimport("telltale.runtime.browser");
  const held = code.Gallery();

  return async ({ id, glass, packages, values, key, other, bring }) => {
    const sights = (/** @type {string} */ why, /** @type {[string, Uint8Array][]} */ seen = []) =>
      /** @type {FromWorker} */ ({ type: "sights", id, why, sights: seen });
    const absent = () => [key, other].filter((wanted) => wanted && !held.has(wanted));
    // asked before anything is brought, too: what is wanted and held must not make room for it
    absent();
    for (const { key, name, rung, bytes, pixels } of bring) {
      const what = pixels ? JSON.stringify(pixels) : "";
      const why = code.hang(held, key, new Uint8Array(bytes), name, rung, what);
      if (why) return sights(why);
    }
    const missing = absent();
    if (missing.length) return { type: "missing", id, keys: missing };
    await python.install(packages);
    const seen = code.look(held, glass, values, key, other);
    return typeof seen === "string" ? sights(seen) : sights("", seen);
  };
}
