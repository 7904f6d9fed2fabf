/** The engine's worker: one interpreter, one ONNX Runtime, one analysis at a time. */

import "./fence.js";

import { Python, describe, restore } from "./boot.js";
import { Bridge } from "./bridge.js";
import { gallery } from "./gallery.js";
import { Inference, threads } from "./inference.js";
import { Job } from "./job.js";
import { makeSnapshot } from "./make.js";
import { VideoJob, kindOf } from "./videojob.js";
import { Vault } from "./vault.js";
import { warmer } from "./warm.js";
import { plain } from "./wheels.js";

/** @typedef {import("./protocol.js").Boot} Boot */
/** @typedef {import("./protocol.js").ToWorker} ToWorker */
/** @typedef {import("./protocol.js").FromWorker} FromWorker */

/**
 * What a started worker holds.
 *
 * @typedef {object} Engine
 * @property {Python} python
 * @property {Bridge} bridge
 * @property {any} session `telltale.runtime.session.Session`
 * @property {{id: string, packages: string[], deep: boolean}[]} plan of a thorough examination
 * @property {Vault} vault
 */

/** @type {Promise<Engine> | null} */
let engine = null;
/** @type {Job | VideoJob | null} */
let running = null;
/** @type {(() => Promise<boolean>) | null} */
let warm = null;
/** @type {ReturnType<typeof gallery> | null} */
let look = null;

self.onmessage = (/** @type {MessageEvent<ToWorker>} */ { data }) => {
  handle(data).catch((error) => {
    console.error(error);
    if (data.type === "boot" || isFatal(error)) tell({ type: "dead", message: plain(error) });
    else tell({ type: "trouble", id: data.id, message: plain(error) });
  });
};

/** @param {ToWorker} message */
async function handle(message) {
  if (message.type === "boot") {
    if (message.snapshot === "make") return tell(await makeSnapshot(message));
    engine = start(message);
    await engine;
    return;
  }
  if (!engine) throw new Error("the engine was not started");
  const { python, bridge, session, vault, plan } = await engine;
  switch (message.type) {
    case "cancel":
      if (running?.id === message.id) bridge.stopped = true;
      return;
    case "analyze":
    case "live":
      running = await jobFor(message, { python, bridge, session, vault, plan });
      try {
        await running.run();
      } finally {
        running = null;
      }
      return;
    case "warm": {
      warm ??= warmer(python, plan);
      const more = await warm();
      return tell({ type: "warmed", id: message.id, more, libraries: python.libraries });
    }
    case "look":
      look ??= gallery(python);
      return tell(await look(message));
    case "bank":
      return tell(await bank(message, { python, session, vault }));
    case "html": {
      const { id, records, pictures, how } = message;
      const render = python.pyodide.pyimport("telltale.runtime.browser").html;
      return tell({ type: "page", id, html: await render.callPromising(records, pictures, how) });
    }
    case "table": {
      const { table } = python.pyodide.pyimport("telltale.runtime.browser");
      return tell({ type: "tabled", id: message.id, csv: await table.callPromising(message.records) });
    }
    case "agree": {
      const { id, recorded, repeated } = message;
      const { agreement } = python.pyodide.pyimport("telltale.runtime.browser");
      return tell({ type: "agreed", id, result: await agreement.callPromising(recorded, repeated) });
    }
  }
}

/**
 * @param {import("./protocol.js").Analyze | import("./protocol.js").Live} message
 * @param {Engine} engine
 */
async function jobFor(message, engine) {
  if (message.type === "live") return new VideoJob(message, engine, tell);
  const kind = await kindOf(message, engine);
  if (kind !== "picture") return new VideoJob(message, engine, tell, kind === "animation");
  const { bytes } = message;
  return new Job({ ...message, bytes: bytes instanceof Blob ? await bytes.arrayBuffer() : bytes }, engine, tell);
}

/**
 * @param {Boot} message
 * @returns {Promise<Engine>}
 */
async function start({ baseUrl, snapshot, webgpu, control, alive }) {
  const began = performance.now();
  // never released: it falls free when this worker dies, which nothing else would tell
  void navigator.locks?.request(alive, () => new Promise(() => {}));
  tell({ type: "booting", stage: "python" });
  const { parts, wheels } = await describe(baseUrl);
  let { python, trouble } =
    snapshot === "use"
      ? await restore(baseUrl, wheels, parts.key)
      : { python: null, trouble: "" };
  const how = python ? "snapshot" : "cold";
  if (!python) {
    python = new Python(baseUrl, wheels);
    await python.start({});
    tell({ type: "booting", stage: "numpy" });
  }
  if (control) python.pyodide.setInterruptBuffer(new Uint8Array(control, 0, 1));
  const bridge = new Bridge(new Inference(baseUrl, parts.models, webgpu), control);
  const diagnostics = {
    start: /** @type {"snapshot" | "cold"} */ (how),
    isolated: self.crossOriginIsolated,
    threads,
    boot_ms: 0,
    trouble,
  };
  const code = python.pyodide.pyimport("telltale.runtime.browser");
  const facts = JSON.stringify({ start: how, isolated: diagnostics.isolated, threads, build: parts.key });
  const session = code.start(bridge.functions, JSON.stringify(parts.models), facts);
  const plan = JSON.parse(code.plan());
  if (how === "cold") python.prefetch(wheels.names);
  diagnostics.boot_ms = Math.round(performance.now() - began);
  tell({ type: "ready", diagnostics });
  return { python, bridge, session, vault: new Vault(python.pyodide.FS), plan };
}

/**
 * @param {import("./protocol.js").BankMessage} message
 * @param {Pick<Engine, "python" | "session" | "vault">} engine
 * @returns {Promise<import("./protocol.js").Banked>}
 */
async function bank({ id, name, args, bytes, private: alone }, { python, session, vault }) {
  const reply = { type: /** @type {const} */ ("banked"), id, answer: null, refused: "", bytes: null };
  if (name === "storage") {
    const state = await vault.state(!alone);
    return { ...reply, answer: alone ? { ...state, kind: "private" } : state };
  }
  const ask = python.pyodide.pyimport("telltale.runtime.browser").bank;
  return vault.hold(async () => {
    session.keep_nothing(alone);
    const answer = await ask.callPromising(session, name, args, bytes);
    const [text, out] = answer.toJs();
    answer.destroy();
    return { ...reply, answer: null, refused: "", ...JSON.parse(text), bytes: out ?? null };
  }, !alone);
}

/** @param {FromWorker} message */
function tell(message) {
  self.postMessage(message);
}

/** Whether the interpreter is beyond use. @param {unknown} error */
function isFatal(error) {
  return (
    error instanceof WebAssembly.RuntimeError ||
    Boolean(/** @type {any} */ (error)?.pyodide_fatal_error) ||
    (error instanceof RangeError && /call stack/i.test(error.message))
  );
}
