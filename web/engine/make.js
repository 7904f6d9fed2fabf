/** Make the start-up snapshot, in a worker of its own that never sees a picture. */

import { Python, describe } from "./boot.js";
import * as store from "./snapshot.js";

/** @typedef {import("./protocol.js").Boot} Boot */
/** @typedef {import("./protocol.js").Made} Made */

/**
 * Libraries must be linked before the interpreter starts, so they must be known: where the
 * warm-up loads one that was not, the answer names them all, for another worker to try again.
 *
 * @param {Boot} message
 * @returns {Promise<Made>}
 */
export async function makeSnapshot({ baseUrl, libraries }) {
  const { parts, wheels } = await describe(baseUrl);
  const python = new Python(baseUrl, wheels);
  await python.start({ libraries });
  const code = python.pyodide.pyimport("telltale.runtime.browser");
  code.warm_up();
  code.destroy();
  const loaded = python.libraries;
  if (loaded.some((path) => !libraries.includes(path))) {
    return { type: "made", bytes: 0, libraries: loaded };
  }
  const bytes = await store.save(parts.key, python.snapshot(libraries));
  return { type: "made", bytes, libraries: [] };
}
