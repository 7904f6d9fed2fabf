/**
 * The one door to ONNX Runtime: sessions by number, WebGPU where a real adapter is, else
 * WebAssembly. Whether a session is to be trusted, Python decides by the model's self-test
 * (telltale.runtime.browser); a session that failed is closed and never used again.
 */

import { check, fetchBytes, plain } from "./wheels.js";

/** @typedef {import("onnxruntime-common").InferenceSession} OrtSession */
/** @typedef {typeof import("onnxruntime-common")} Ort */
/** @typedef {import("./boot.js").ZooRow} ZooRow */
/** @typedef {import("./protocol.js").WebGpuMode} WebGpuMode */
/** @typedef {"wasm" | "webgpu"} Backend */
/** @typedef {[name: string, data: any, dims: number[], type: string]} Feed */

const BUNDLES = {
  wasm: ["ort.wasm.bundle.min.mjs", "ort-wasm-simd-threaded.wasm"],
  // few machines need it and it is large: shipped packed, a quarter of the size
  webgpu: ["ort.jspi.bundle.min.mjs", "ort-wasm-simd-threaded.jspi.wasm.gzipped"],
};
/** More threads cost more in waiting than they bring for models of this size. */
const MOST_THREADS = 4;

export const threads = self.crossOriginIsolated
  ? Math.min(MOST_THREADS, navigator.hardwareConcurrency || 1)
  : 1;

export class Inference {
  /** @type {Map<number, {ort: Ort, session: OrtSession}>} */
  #sessions = new Map();
  /** @type {Map<Backend, Promise<Ort>>} */
  #runtimes = new Map();
  /** @type {Promise<{usable: boolean, why: string}> | null} */
  #gpu = null;
  #next = 1;
  #baseUrl;
  #zoo;
  #webgpu;

  /**
   * @param {string} baseUrl
   * @param {ZooRow[]} zoo
   * @param {WebGpuMode} webgpu
   */
  constructor(baseUrl, zoo, webgpu) {
    this.#baseUrl = baseUrl;
    this.#zoo = new Map(zoo.map((row) => [row.id, row]));
    this.#webgpu = webgpu;
  }

  /**
   * @param {string} id of a model
   * @param {"auto" | "wasm"} wanted
   * @returns {Promise<{key: number, backend: Backend, why: string}>}
   */
  async open(id, wanted) {
    const row = this.#zoo.get(id);
    if (!row) throw new Error(`no model ${id}`);
    const data = await fetchBytes(new URL(`models/${id}/model.onnx`, this.#baseUrl));
    await check(data, row.sha256, id);
    const gpu = await (this.#gpu ??= adapter(this.#webgpu));
    let why = wanted === "auto" ? gpu.why : "";
    if (wanted === "auto" && gpu.usable) {
      try {
        return { key: await this.#create("webgpu", data), backend: "webgpu", why };
      } catch (error) {
        why = `WebGPU could not load it (${plain(error)}).`;
      }
    }
    const key = await this.#create("wasm", data);
    const how = threads > 1 ? `WebAssembly with SIMD, ${threads} threads.` : "WebAssembly with SIMD.";
    return { key, backend: "wasm", why: `${why} ${how}`.trim() };
  }

  /**
   * @param {number} key
   * @param {Feed[]} feeds
   * @returns {Promise<[name: string, data: any, dims: readonly number[]][]>}
   */
  async run(key, feeds) {
    const opened = this.#sessions.get(key);
    if (!opened) throw new Error("the session is closed");
    const { ort, session } = opened;
    const inputs = Object.fromEntries(
      feeds.map(([name, data, dims, type]) => {
        const tensor = new ort.Tensor(/** @type {any} */ (type), data, dims);
        return [name, tensor];
      }),
    );
    const outputs = await session.run(inputs);
    return session.outputNames.map((name) => [name, outputs[name].data, outputs[name].dims]);
  }

  /** @param {number} key */
  async close(key) {
    const opened = this.#sessions.get(key);
    this.#sessions.delete(key);
    // a session that failed may fail again on its way out
    await opened?.session.release().catch(() => {});
  }

  /**
   * @param {Backend} backend
   * @param {Uint8Array} data
   */
  async #create(backend, data) {
    let runtime = this.#runtimes.get(backend);
    if (!runtime) this.#runtimes.set(backend, (runtime = this.#load(backend)));
    const ort = await runtime;
    const session = await ort.InferenceSession.create(data, {
      executionProviders: [backend],
      logSeverityLevel: 3,
    });
    this.#sessions.set(this.#next, { ort, session });
    return this.#next++;
  }

  /**
   * @param {Backend} backend
   * @returns {Promise<Ort>}
   */
  async #load(backend) {
    const [script, wasm] = BUNDLES[backend].map((name) => new URL(`vendor/ort/${name}`, this.#baseUrl));
    const ort = await import(script.href);
    if (wasm.href.endsWith(".gzipped")) {
      const packed = (await fetch(wasm)).body?.pipeThrough(new DecompressionStream("gzip"));
      ort.env.wasm.wasmBinary = await new Response(packed).arrayBuffer();
    }
    // naming the one file keeps the bundle from asking for its script a second time
    else ort.env.wasm.wasmPaths = { wasm: wasm.href };
    ort.env.wasm.numThreads = backend === "wasm" ? threads : 1;
    ort.env.logLevel = "error";
    return ort;
  }
}

/**
 * Whether WebGPU may be tried, and in words why (not).
 *
 * @param {WebGpuMode} mode
 */
async function adapter(mode) {
  if (mode === "off") return { usable: false, why: "WebGPU is switched off." };
  const gpu = /** @type {any} */ (navigator).gpu;
  if (!gpu) return { usable: false, why: "This browser has no WebGPU." };
  try {
    const found = await gpu.requestAdapter({ powerPreference: "high-performance" });
    if (!found) return { usable: false, why: "There is no WebGPU adapter." };
    const { vendor = "", architecture = "" } = found.info ?? {};
    const name = [vendor, architecture].filter(Boolean).join(" ") || "unnamed adapter";
    const software = found.info?.isFallbackAdapter ?? found.isFallbackAdapter ?? false;
    if (software && mode !== "force") {
      return { usable: false, why: `The only WebGPU adapter is a software one (${name}).` };
    }
    return { usable: true, why: `WebGPU adapter ${name}.` };
  } catch (error) {
    return { usable: false, why: `WebGPU failed (${plain(error)}).` };
  }
}
