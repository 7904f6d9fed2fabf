/**
 * Start Python: cold in stages (NumPy and Pillow first), or from the snapshot of an earlier start
 * with everything imported.
 */

import createPyodideModule from "../vendor/pyodide/pyodide.asm.mjs";
import { loadPyodide } from "../vendor/pyodide/pyodide.mjs";
import { adopt, compile, handles, link, linked } from "./linker.js";
import * as store from "./snapshot.js";
import { unzip } from "./unzip.js";
import { Wheels, fetchBytes, plain } from "./wheels.js";

/** @typedef {import("./unzip.js").Member} Member */
/** @typedef {import("./snapshot.js").Snapshot} Snapshot */
/** @typedef {{id: string, sha256: string, bytes: number}} ZooRow */
/** @typedef {{key: string, models: ZooRow[]}} Parts */

const SITE = "/lib/python3.14/site-packages";
/** Always there; all else comes when a step needs it. */
const CORE = ["numpy", "pillow"];

/**
 * @typedef {object} How
 * @property {Snapshot} [snapshot] to restore
 * @property {string[]} [libraries] to link first, for a snapshot to be made
 */

export class Python {
  /** @type {any} */
  pyodide;
  /** @type {any} */
  #module;
  /** @type {Set<string>} wheels whose files Python has */
  #installed = new Set();
  /** @type {Member[]} kept only while a snapshot is to be made */
  #files = [];
  #baseUrl;
  #wheels;

  /**
   * @param {string} baseUrl
   * @param {Wheels} wheels
   */
  constructor(baseUrl, wheels) {
    this.#baseUrl = baseUrl;
    this.#wheels = wheels;
  }

  /** Of the page. */
  get baseUrl() {
    return this.#baseUrl;
  }

  /** @param {How} how */
  async start({ snapshot, libraries }) {
    const first = snapshot ? Promise.resolve(snapshot.files) : this.#firstFiles(Boolean(libraries));
    const wanted = snapshot?.libraries ?? libraries;
    const compiled = wanted && first.then((files) => compile(wanted, reader(files)));
    /** @type {(error: unknown) => void} */
    let fail = () => {};
    // an error while files are put in place would otherwise leave loadPyodide waiting for ever
    const failure = new Promise((_, reject) => (fail = reject));
    const loaded = loadPyodide({
      indexURL: new URL("vendor/pyodide/", this.#baseUrl).href,
      // wheels are installed below, without Python's help and without leaving traces in a snapshot
      lockFileContents: { info: LOCK_INFO, packages: {} },
      packageBaseUrl: new URL("wheels/", this.#baseUrl).href,
      // nothing is kept of a file system in memory: byte code written to it is lost work
      env: { PYTHONDONTWRITEBYTECODE: "1" },
      stdout: (/** @type {string} */ text) => console.debug(text),
      stderr: (/** @type {string} */ text) => console.warn(text),
      _makeSnapshot: Boolean(libraries),
      _loadSnapshot: snapshot?.heap,
      fsInit: async (/** @type {any} */ fs) => {
        try {
          put(fs, await first);
          if (compiled) link(this.#module, await compiled);
        } catch (error) {
          fail(error);
          throw error;
        }
      },
      createPyodideModule: async (/** @type {any} */ settings) => {
        settings.preRun.unshift((/** @type {any} */ module) => {
          this.#module = module;
        });
        const module = await createPyodideModule(settings);
        if (snapshot) {
          // this build of Pyodide starts with its least memory whatever the snapshot's size is
          module.growMemory(snapshot.heap.length);
          adopt(module, snapshot.handles);
        }
        return module;
      },
    });
    this.pyodide = await Promise.race([loaded, failure]);
    for (const name of snapshot?.packages ?? (libraries ? this.#wheels.names : CORE)) {
      this.#installed.add(name);
    }
  }

  /** Fetch wheels ahead of need. @param {string[]} names */
  prefetch(names) {
    for (const name of this.#missing(names)) void this.#wheels.files(name);
  }

  /**
   * Give Python the files of wheels and of what they depend on.
   *
   * @param {string[]} names
   */
  async install(names) {
    const missing = this.#missing(names);
    if (!missing.length) return;
    for (const name of missing) {
      put(this.pyodide.FS, await this.#wheels.files(name));
      this.#wheels.forget(name);
      this.#installed.add(name);
    }
    this.pyodide.runPython("import importlib; importlib.invalidate_caches()");
  }

  /** Paths of the shared libraries that are linked. */
  get libraries() {
    return linked(this.#module);
  }

  /**
   * The snapshot of an interpreter that was started with `libraries`.
   *
   * @param {string[]} libraries
   * @returns {Snapshot}
   */
  snapshot(libraries) {
    const { pyodide } = this;
    pyodide.runPython("import gc; gc.collect(); gc.freeze()");
    // found on the path by Pyodide, which would refuse to go on with them
    for (const name of Object.keys(pyodide.loadedPackages)) delete pyodide.loadedPackages[name];
    const heap = pyodide.makeMemorySnapshot();
    const packages = [...this.#installed];
    return { heap, files: this.#files, libraries, handles: handles(this.#module), packages };
  }

  /** @param {string[]} names */
  #missing(names) {
    return this.#wheels.closure(names).filter((name) => !this.#installed.has(name));
  }

  /** @param {boolean} all */
  async #firstFiles(all) {
    const names = all ? this.#wheels.closure(this.#wheels.names) : CORE;
    const code = fetchBytes(new URL("python/telltale.zip", this.#baseUrl)).then((data) => unzip(data));
    const parts = await Promise.all([code, ...names.map((name) => this.#wheels.files(name))]);
    const files = parts.flat();
    if (all) this.#files = files;
    return files;
  }
}

const LOCK_INFO = {
  abi_version: "2026_0",
  arch: "wasm32",
  platform: "emscripten_5_0_3",
  python: "3.14.2",
};

/**
 * @param {string} baseUrl
 * @returns {Promise<{parts: Parts, wheels: Wheels}>}
 */
export async function describe(baseUrl) {
  const [parts, lock] = await Promise.all([
    fetchJson(new URL("engine/parts.json", baseUrl)),
    fetchJson(new URL("wheels/pyodide-lock.json", baseUrl)),
  ]);
  return { parts, wheels: new Wheels(baseUrl, lock) };
}

/**
 * Restore the snapshot; null where there is none. One that does not restore is dropped.
 *
 * @param {string} baseUrl
 * @param {Wheels} wheels
 * @param {string} key
 * @returns {Promise<{python: Python | null, trouble: string}>}
 */
export async function restore(baseUrl, wheels, key) {
  try {
    const snapshot = await store.load(key);
    if (!snapshot) return { python: null, trouble: "" };
    const python = new Python(baseUrl, wheels);
    await python.start({ snapshot });
    python.pyodide.runPython("import gc, numpy, PIL.Image; gc.collect(1); numpy.ones(3).sum()");
    return { python, trouble: "" };
  } catch (error) {
    await store.drop();
    return { python: null, trouble: `The start-up snapshot was thrown away: ${plain(error)}` };
  }
}

/**
 * @param {any} fs Emscripten's file system
 * @param {Member[]} files
 */
function put(fs, files) {
  const folders = new Set();
  for (const { name, data } of files) {
    const path = `${SITE}/${name}`;
    const folder = path.slice(0, path.lastIndexOf("/"));
    if (!folders.has(folder)) fs.mkdirTree(folder);
    folders.add(folder);
    fs.writeFile(path, data, { canOwn: true });
  }
}

/** @param {Member[]} files */
function reader(files) {
  const byPath = new Map(files.map(({ name, data }) => [`${SITE}/${name}`, data]));
  return (/** @type {string} */ path) => {
    const data = byPath.get(path);
    if (!data) throw new Error(`${path} is missing`);
    return data;
  };
}

/** @param {URL} url */
async function fetchJson(url) {
  return JSON.parse(new TextDecoder().decode(await fetchBytes(url)));
}
