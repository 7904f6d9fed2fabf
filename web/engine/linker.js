/**
 * Link shared libraries before the interpreter starts, always in the same order and so at the
 * same addresses: only then does a memory snapshot that refers to them stay true.
 *
 * This is what `dlopen` of Emscripten's Pyodide build would do later, through the functions that
 * the build exports; it depends on the pinned version of Pyodide.
 */

/** @typedef {any} PyodideModule */

/**
 * Compile libraries off the thread.
 *
 * @param {string[]} paths
 * @param {(path: string) => Uint8Array} read
 * @returns {Promise<Map<string, WebAssembly.Module>>} by path, in linking order
 */
export async function compile(paths, read) {
  // a library that others need by its bare name must be there first
  const shared = (/** @type {string} */ path) => Number(path.includes(".libs/"));
  const ordered = [...paths].sort((a, b) => shared(b) - shared(a));
  const modules = ordered.map((path) =>
    WebAssembly.compile(/** @type {BufferSource} */ (read(path))),
  );
  const compiled = await Promise.all(modules);
  return new Map(ordered.map((path, i) => [path, compiled[i]]));
}

/**
 * @param {PyodideModule} module before its run time is initialised
 * @param {Map<string, WebAssembly.Module>} libraries
 */
export function link(module, libraries) {
  const { loadedLibsByName } = module.LDSO;
  const flags = { global: false, nodelete: true, loadAsync: false };
  for (const [path, compiled] of libraries) {
    const library = { refcount: Infinity, name: path, exports: "loading", global: false };
    loadedLibsByName[path] = library;
    if (path.includes(".libs/")) loadedLibsByName[path.slice(path.lastIndexOf("/") + 1)] = library;
    const exports = module.loadWebAssemblyModule(compiled, flags, path, {});
    library.exports = exports;
    for (const name of Object.keys(exports)) {
      // dlsym would add them later, at addresses that depend on the order of imports
      if (name.startsWith("PyInit_")) module.addFunction(exports[name]);
    }
  }
}

/**
 * Paths of the libraries that are linked now.
 *
 * @param {PyodideModule} module
 * @returns {string[]}
 */
export function linked(module) {
  return Object.keys(module.LDSO.loadedLibsByName).filter((name) => /^\/.*\.so$/.test(name));
}

/**
 * Handles that Python's C side holds, with the library of each.
 *
 * @param {PyodideModule} module
 * @returns {[string, string][]}
 */
export function handles(module) {
  return Object.entries(module.LDSO.loadedLibsByHandle).map(([handle, library]) => [
    handle,
    /** @type {{name: string}} */ (library).name,
  ]);
}

/**
 * @param {PyodideModule} module
 * @param {[string, string][]} known
 */
export function adopt(module, known) {
  const { loadedLibsByHandle, loadedLibsByName } = module.LDSO;
  for (const [handle, name] of known) loadedLibsByHandle[handle] = loadedLibsByName[name];
}
