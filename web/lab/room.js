/**
 * The lab's room: a frame with an opaque origin in which PyScript runs, and what goes in and out.
 *
 * This side has the page's origin and fetches; inside there is no network, no storage and no way to
 * this document. Bytes go in by copy, in messages; what comes out is data that is checked here.
 */

import { Wheels, fetchBytes } from "../engine/wheels.js";
import { unzip } from "../engine/unzip.js";
import { answerOf, toldOf, wordsOf } from "./border.js";

/** @typedef {"closed" | "opening" | "ready" | "working" | "broken"} State */
/** @typedef {(...args: any[]) => void} Settle */
/** @typedef {(name: string, ...args: unknown[]) => Promise<any>} Call */
/** @typedef {{frame: string, inside: import("./inside/kit.js").Kit}} Parts the frame's script, and what it is given */

const SITE = "/lib/python3.14/site-packages";
const ROOT = new URL("../", import.meta.url);
const LOCK = { abi_version: "2026_0", arch: "wasm32", platform: "emscripten_5_0_3", python: "3.14.2" };
/** Tightens the policy that the frame inherits from this page: no network at all. */
const POLICY = [
  "default-src 'none'",
  "script-src data: blob: 'unsafe-eval' 'wasm-unsafe-eval'",
  "worker-src data:",
  "connect-src data: blob:",
].join("; ");

/** What goes into every new worker; blobs, so that it is kept once. @type {Promise<Parts> | null} */
let kit = null;

export class Room extends EventTarget {
  /** @type {State} */
  state = "closed";
  /** Why it is broken. */
  why = "";
  /** @type {HTMLIFrameElement | null} */
  #frame = null;
  /** @type {MessagePort | null} */
  #port = null;
  /** @type {Map<number, {resolve: Settle, reject: Settle}>} */
  #calls = new Map();
  /** @type {{resolve: Settle, reject: Settle} | null} */
  #opening = null;
  #next = 1;
  #place;

  /** @param {HTMLElement} place where the frame lives, unseen */
  constructor(place) {
    super();
    this.#place = place;
  }

  /** Open a new room; what was in the one before is gone. */
  async open() {
    this.close();
    this.#become("opening");
    const mine = Symbol();
    this.#turn = mine;
    try {
      const parts = await (kit ??= gather());
      if (this.#turn !== mine) return;
      await this.#enter(parts);
      this.#become("ready");
    } catch (error) {
      if (this.#turn !== mine) return;
      kit = null;
      this.#break(error instanceof Error ? error.message : String(error));
    }
  }

  /** @type {symbol | null} which opening counts */
  #turn = null;

  /** End whatever runs: the frame goes, and its worker with it. */
  close() {
    this.#turn = null;
    this.#frame?.remove();
    this.#frame = null;
    this.#port?.close();
    this.#port = null;
    this.#opening?.reject(new Stopped());
    this.#opening = null;
    for (const { reject } of this.#calls.values()) reject(new Stopped());
    this.#calls.clear();
    this.#become("closed");
  }

  /**
   * Call a function of `telltale.lab.room`; its answer. Rejects with `Stopped` where the room was
   * closed meanwhile, with `Malformed` where something else than an answer came.
   *
   * @param {string} name
   * @param {...unknown} args plain values and Uint8Arrays, which are copied
   * @returns {Promise<any>}
   */
  async call(name, ...args) {
    if (this.state !== "ready") throw new Stopped();
    return this.together((call) => call(name, ...args));
  }

  /**
   * Several calls as one piece of work: it counts as working in between, and nothing else gets in.
   *
   * @template T
   * @param {(call: Call) => Promise<T>} work
   * @returns {Promise<T>}
   */
  async together(work) {
    const port = this.#port;
    if (this.state !== "ready" || !port) throw new Stopped();
    this.#become("working");
    try {
      return await work((name, ...args) => this.#ask(port, name, args));
    } finally {
      if (this.#port === port) this.#become("ready");
    }
  }

  /**
   * @param {MessagePort} port
   * @param {string} name
   * @param {unknown[]} args
   */
  async #ask(port, name, args) {
    if (this.#port !== port) throw new Stopped();
    const id = this.#next++;
    /** @type {Promise<unknown>} */
    const answer = new Promise((resolve, reject) => this.#calls.set(id, { resolve, reject }));
    port.postMessage({ type: "call", id, name, args });
    return answerOf(name, await answer);
  }

  /** Wait until it is ready; rejects with `Stopped` where it is or gets closed or broken first. */
  idle() {
    /** @type {Promise<void>} */
    const waited = new Promise((resolve, reject) => {
      const moved = () => {
        if (this.state === "working" || this.state === "opening") return;
        this.removeEventListener("state", moved);
        if (this.state === "ready") resolve();
        else reject(new Stopped());
      };
      this.addEventListener("state", moved);
      moved();
    });
    return waited;
  }

  /** @param {Parts} parts */
  async #enter(parts) {
    const frame = document.createElement("iframe");
    // no allow-same-origin: an origin of its own, which has no storage and reaches no other document
    frame.setAttribute("sandbox", "allow-scripts");
    frame.hidden = true;
    frame.title = "lab";
    const script = `data:text/javascript;charset=utf-8,${encodeURIComponent(parts.frame)}`;
    frame.srcdoc =
      `<!doctype html><meta charset="utf-8"><meta http-equiv="Content-Security-Policy" content="${POLICY}">` +
      `<body><script src="${script.replaceAll('"', "%22")}"></script>`;
    const loaded = new Promise((resolve) => frame.addEventListener("load", resolve, { once: true }));
    this.#frame = frame;
    this.#place.append(frame);
    await loaded;
    const { port1, port2 } = new MessageChannel();
    this.#port = port1;
    port1.onmessage = ({ data }) => this.#hear(data);
    const ready = new Promise((resolve, reject) => (this.#opening = { resolve, reject }));
    frame.contentWindow?.postMessage("lab", "*", [port2]);
    port1.postMessage({ type: "open", args: parts.inside });
    await ready;
    this.#opening = null;
  }

  /** @param {any} data from inside: nothing in it is trusted */
  #hear(data) {
    if (data?.type === "ready") this.#opening?.resolve();
    else if (data?.type === "broken") {
      const why = wordsOf(data.why).slice(0, 1000);
      if (this.#opening) this.#opening.reject(new Error(why));
      else this.#break(why);
    } else if (data?.type === "answer") {
      const call = this.#calls.get(data.id);
      this.#calls.delete(data.id);
      if (typeof data.value === "string") call?.resolve(data.value);
      else call?.reject(new Error(wordsOf(data.error)));
    } else if (data?.type === "told") {
      const told = toldOf(data);
      if (told) this.dispatchEvent(new CustomEvent("told", { detail: told }));
    }
  }

  /** @param {string} why */
  #break(why) {
    this.close();
    this.why = why;
    this.#become("broken");
  }

  /** @param {State} state */
  #become(state) {
    if (this.state === state) return;
    this.state = state;
    this.dispatchEvent(new Event("state"));
  }
}

/** The person stopped what ran, or nothing can run. */
export class Stopped extends Error {
  constructor() {
    super("stopped");
  }
}

/** Fetch everything from this page's own origin. @returns {Promise<Parts>} */
async function gather() {
  const text = async (/** @type {string} */ path) => new TextDecoder().decode(await bytes(path));
  const blob = async (/** @type {string} */ path) => new Blob([await bytes(path)]);
  const pyodide = ["pyodide.mjs", "pyodide.asm.mjs", "pyodide.asm.wasm", "python_stdlib.zip"];
  const parts = JSON.parse(await text("engine/parts.json"));
  const lock = JSON.parse(await text("wheels/pyodide-lock.json"));
  const [frame, prelude, start, core, site, ort, wasm, files, models] = await Promise.all([
    text("lab/inside/frame.js"),
    text("lab/inside/prelude.js"),
    text("lab/inside/start.py"),
    text("vendor/pyscript/core.js"),
    packages(lock),
    blob("vendor/ort/ort.wasm.bundle.min.mjs"),
    blob("vendor/ort/ort-wasm-simd-threaded.wasm"),
    Promise.all(pyodide.map(async (name) => [name, await blob(`vendor/pyodide/${name}`)])),
    Promise.all(
      parts.models.map(async (/** @type {{id: string}} */ { id }) => [id, await blob(`models/${id}/model.onnx`)]),
    ),
  ]);
  const inside = {
    pyodide: Object.fromEntries(files),
    site,
    lock: LOCK,
    ort: { script: ort, wasm },
    models: Object.fromEntries(models),
    hashes: Object.fromEntries(parts.models.map((/** @type {any} */ row) => [row.id, row.sha256])),
  };
  return { frame, inside: { prelude, start, core, inside } };
}

/**
 * The unpacked files of the wheels and of the package, laid end to end.
 *
 * @param {any} lock
 */
async function packages(lock) {
  const wheels = new Wheels(ROOT.href, lock);
  const members = (
    await Promise.all([
      ...wheels.names.map((name) => wheels.files(name)),
      ...["python/telltale.zip", "lab/lab.zip"].map(async (path) => unzip(await bytes(path))),
    ])
  ).flat();
  /** @type {[path: string, from: number, to: number][]} */
  const files = [];
  let at = 0;
  for (const { name, data } of members) files.push([`${SITE}/${name}`, at, (at += data.length)]);
  const blob = new Blob(members.map(({ data }) => /** @type {BlobPart} */ (data)));
  return { files, blob };
}

/** @param {string} path */
function bytes(path) {
  return fetchBytes(new URL(path, ROOT));
}
