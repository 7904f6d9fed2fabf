/**
 * The first lines of the lab's worker, before PyScript's own code: what PyScript and Pyodide would
 * fetch, they find here. The worker has an origin of its own and no network, so every file comes in
 * with one message, as blobs.
 */

/** @type {import("./kit.js").Inside} */
const kit = await new Promise((resolve) => {
  self.addEventListener(
    "message",
    (event) => {
      event.stopImmediatePropagation();
      resolve(event.data);
    },
    { once: true },
  );
});

const address = (/** @type {Blob} */ blob, type = "text/javascript") =>
  URL.createObjectURL(new Blob([blob], { type }));

// PyScript keeps notes of packages in a database, which an opaque origin does not have: they are
// kept for as long as the worker lives, and start out empty.
Object.defineProperty(self, "indexedDB", { value: forgetful(), configurable: false, writable: false });

/** As much of IndexedDB as PyScript's map asks for. */
function forgetful() {
  const entries = new Map();
  const soon = (/** @type {unknown} */ result) => {
    const request = { onsuccess: /** @type {any} */ (null), result };
    queueMicrotask(() => request.onsuccess?.({ target: request }));
    return request;
  };
  const store = {
    count: () => soon(entries.size),
    clear: () => soon(entries.clear()),
    delete: (/** @type {any} */ key) => soon(entries.delete(key)),
    get: (/** @type {any} */ key) => soon(entries.get(key)),
    getKey: (/** @type {any} */ key) => soon(entries.has(key) ? key : undefined),
    getAllKeys: () => soon([...entries.keys()]),
    put: (/** @type {any} */ value, /** @type {any} */ key) => soon(entries.set(key, value) && key),
  };
  const database = { close() {}, transaction: () => ({ objectStore: () => store }) };
  return { open: () => soon(database) };
}

const files = new Map(Object.entries(kit.pyodide));
const asked = self.fetch.bind(self);
self.fetch = async (resource, options) => {
  const name = String(resource instanceof Request ? resource.url : resource).split("/").at(-1) ?? "";
  const blob = files.get(name);
  if (!blob) return asked(resource, options);
  const type = name.endsWith(".wasm") ? "application/wasm" : "application/octet-stream";
  return new Response(blob, { headers: { "Content-Type": type } });
};

const { loadPyodide, version } = await import(address(kit.pyodide["pyodide.mjs"]));
const { default: createPyodideModule } = await import(address(kit.pyodide["pyodide.asm.mjs"]));

/** Python as the engine starts it (web/engine/boot.js): our wheels and package, put in place. */
async function start(/** @type {object} */ options) {
  const packed = new Uint8Array(await kit.site.blob.arrayBuffer());
  return loadPyodide({
    ...options,
    indexURL: "https://lab.invalid/",
    lockFileContents: { info: kit.lock, packages: {} },
    packageBaseUrl: "https://lab.invalid/",
    env: { PYTHONDONTWRITEBYTECODE: "1", HOME: "/home/lab" },
    createPyodideModule,
    fsInit: async (/** @type {any} */ fs) => {
      const made = new Set();
      for (const [path, from, to] of kit.site.files) {
        const folder = path.slice(0, path.lastIndexOf("/"));
        if (!made.has(folder)) fs.mkdirTree(folder);
        made.add(folder);
        fs.writeFile(path, packed.subarray(from, to));
      }
    },
  });
}

/** ONNX Runtime in this worker: the same three calls as the engine's bridge. */
function inference() {
  const sessions = new Map();
  /** @type {Promise<any> | null} */
  let runtime = null;
  const load = async () => {
    const ort = await import(address(kit.ort.script));
    ort.env.wasm.wasmBinary = await kit.ort.wasm.arrayBuffer();
    ort.env.wasm.numThreads = 1;
    ort.env.logLevel = "error";
    return ort;
  };
  return {
    async open(/** @type {string} */ id) {
      const blob = kit.models[id] ?? lent.get(id);
      if (!blob) throw new Error(`no model ${id}`);
      const ort = await (runtime ??= load());
      const data = new Uint8Array(await blob.arrayBuffer());
      const session = await ort.InferenceSession.create(data, { executionProviders: ["wasm"], logSeverityLevel: 3 });
      sessions.set(sessions.size + 1, { ort, session });
      return { key: sessions.size, backend: "wasm", why: "WebAssembly in the lab, one thread." };
    },
    async run(/** @type {number} */ key, /** @type {any[]} */ feeds) {
      const { ort, session } = sessions.get(key);
      const inputs = Object.fromEntries(
        feeds.map(([name, data, dims, type]) => [name, new ort.Tensor(type, data, dims)]),
      );
      const out = await session.run(inputs);
      return session.outputNames.map((/** @type {string} */ name) => [name, out[name].data, out[name].dims]);
    },
    async close(/** @type {number} */ key) {
      await sessions.get(key)?.session.release().catch(() => {});
      sessions.set(key, null);
    },
  };
}

/** Networks that the person brought. @type {Map<string, Blob>} */
const lent = new Map();
const { postMessage } = self;

/** What `telltale.lab.room` finds as `js.lab`. */
Object.assign(self, {
  labInterpreter: URL.createObjectURL(
    new Blob(
      [`export const version = ${JSON.stringify(version)}; export const loadPyodide = self.labStart;`],
      { type: "text/javascript" },
    ),
  ),
  labStart: start,
  lab: {
    ...inference(),
    zoo: JSON.stringify(Object.keys(kit.models).map((id) => ({ id, sha256: kit.hashes[id] }))),
    lend: (/** @type {string} */ id, /** @type {Uint8Array<ArrayBuffer>} */ data) => lent.set(id, new Blob([data])),
    tell: (/** @type {string} */ kind, /** @type {string} */ text, /** @type {any} */ data) =>
      postMessage.call(self, { lab: kind, text, data: data ?? null }),
  },
});

self.postMessage({ lab: "listening" });
