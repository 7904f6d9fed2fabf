/** Calls into Python that an interrupt may or may not reach. */

/** @typedef {import("./bridge.js").Bridge} Bridge */

/**
 * Call what must not be interrupted: an interrupt meant for the step before may still arrive.
 *
 * @template T
 * @param {Bridge} bridge
 * @param {() => T | Promise<T>} work
 * @returns {Promise<T>}
 */
export async function unbroken(bridge, work) {
  bridge.calm();
  try {
    return await work();
  } catch (error) {
    if (!isInterrupt(error, bridge)) throw error;
    bridge.stopped = true;
    bridge.calm();
    return work();
  }
}

/**
 * Whether Python was interrupted; where that happens while a value is handed over, Pyodide says so.
 *
 * @param {unknown} error
 * @param {Bridge} bridge
 */
export function isInterrupt(error, bridge) {
  const { type } = /** @type {any} */ (error) ?? {};
  return type === "KeyboardInterrupt" || (type === "ConversionError" && bridge.cancelled);
}

/** The bytes of a Python `bytes` object, which is let go. @param {any} proxy @returns {Uint8Array} */
export function taken(proxy) {
  const bytes = proxy.toJs();
  proxy.destroy();
  return bytes;
}
