// Shared by all browser tests.

import { spawn } from "node:child_process";
import { rmSync } from "node:fs";
import { mkdtemp } from "node:fs/promises";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import path from "node:path";

import { PAGE, PYTHON, ROOT, SOFTWARE_WEBGPU, browse, serve } from "../../buildtools/browser.mjs";

export { PAGE, ROOT, SOFTWARE_WEBGPU, browse, serve };

/** How long an answer is waited for, ms. */
const PATIENCE = 600_000;

/**
 * Ask again and again until the answer is good.
 *
 * @param {() => T | Promise<T>} ask
 * @param {(answer: T) => unknown} [good] that it is there at all, where nothing is said
 * @param {string} [what] is waited for
 * @returns {Promise<NonNullable<T>>}
 * @template T
 */
export async function eventually(ask, good = (answer) => answer ?? false, what = String(ask)) {
  for (const end = Date.now() + PATIENCE; ; await new Promise((resolve) => setTimeout(resolve, 50))) {
    const answer = await ask();
    if (good(answer)) return /** @type {NonNullable<T>} */ (answer);
    if (Date.now() > end) throw new Error(`waited in vain for ${what}; in the end it was ${JSON.stringify(answer)}`);
  }
}

/**
 * Wait until what an element says matches; its words then.
 *
 * @param {import("playwright-core").Locator} locator
 * @param {RegExp} pattern
 */
export function says(locator, pattern) {
  return eventually(() => locator.innerText(), (words) => pattern.test(words), String(pattern));
}

/** A folder for a profile that outlives one browser. */
export function newProfile() {
  return mkdtemp(path.join(tmpdir(), "telltale-profile-"));
}

/**
 * Write down every request of a context, whoever makes it.
 *
 * @param {import("playwright-core").BrowserContext} context
 * @returns {string[]} grows as requests are made
 */
export function recordRequests(context) {
  /** @type {string[]} */
  const urls = [];
  context.on("request", (request) => urls.push(request.url()));
  return urls;
}

/**
 * A server of another origin, which lets everybody read and writes down whoever calls: nobody may.
 *
 * @returns {Promise<{address: string, calls: string[], close: () => void}>}
 */
export async function outsider() {
  /** @type {string[]} */
  const calls = [];
  const server = createServer((request, response) => {
    calls.push(`${request.method} ${request.url}`);
    response.writeHead(200, { "Access-Control-Allow-Origin": "*", "Content-Type": "text/javascript" });
    response.end("export default 1;");
  });
  server.on("upgrade", (request, socket) => {
    calls.push(`upgrade ${request.url}`);
    socket.destroy();
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = /** @type {import("node:net").AddressInfo} */ (server.address());
  return { address: `http://127.0.0.1:${port}/`, calls, close: () => server.close() };
}

/** Run a Python script of the repository in the virtual environment; its standard output. */
export async function python(...args) {
  const child = spawn(PYTHON, args, { cwd: ROOT, stdio: ["ignore", "pipe", "inherit"] });
  const chunks = [];
  for await (const chunk of child.stdout) chunks.push(chunk);
  const status = await new Promise((resolve) =>
    child.exitCode === null ? child.once("exit", resolve) : resolve(child.exitCode),
  );
  if (status) throw new Error(`${args.join(" ")} ended with status ${status}`);
  return Buffer.concat(chunks);
}

/** @type {Promise<string> | undefined} */
let mediaFolder;

/** The folder of the pictures that `media.py` makes; made once per test file. */
export function media() {
  mediaFolder ??= (async () => {
    const folder = await mkdtemp(path.join(tmpdir(), "telltale-media-"));
    await python("tests/browser/media.py", folder);
    process.once("exit", () => rmSync(folder, { recursive: true, force: true }));
    return folder;
  })();
  return mediaFolder;
}

/**
 * A tab on the page's origin with `window.engine`, and no page in the way.
 *
 * @param {import("playwright-core").BrowserContext} context
 * @param {string} url of the server
 * @param {object} options of the engine
 */
export async function engineTab(context, url, options = {}) {
  const folder = await media();
  const tab = await context.newPage();
  await tab.route("**/media/*", (route) =>
    route.fulfill({ path: path.join(folder, path.basename(route.request().url())) }),
  );
  await tab.goto(`${url}engine/parts.json`);
  await tab.evaluate(async (options) => {
    const { Engine } = await import("/engine/client.js");
    const { engine } = Object.assign(window, { engine: new Engine(options), controllers: {} });
    /** Examine a picture of `media.py`; `stopAt` names the stage in whose midst to stop. `window.stage` is the one in hand. */
    window.examine = async (name, { stopAt = "", as = name, deep = false, repeat = true, after } = {}) => {
      const events = [];
      const stopper = new AbortController();
      window.controllers[as] = stopper;
      const bytes = await (await fetch(`/media/${name}`)).arrayBuffer();
      const record = await engine.analyze(
        { bytes, name: as, rung: "file", deep, repeat, after },
        {
          signal: stopper.signal,
          onPlan: (steps) => events.push({ plan: steps }),
          onMedia: (media) => events.push({ media }),
          onFaces: (faces) => events.push({ faces }),
          onAssessment: (assessment) => events.push({ assessment }),
          onFinding: (finding) => events.push({ finding }),
          onProgress: (progress) => {
            events.push({ progress });
            window.stage = progress.stage;
            if (progress.stage === stopAt) stopper.abort();
          },
        },
      );
      return { record, events };
    };
  }, options);
  return tab;
}

/** Wait until the engine of a tab has made and kept its start-up snapshot. */
export async function keptSnapshot(tab) {
  await tab.waitForFunction(() => ["kept", "failed"].includes(window.engine.snapshot.state));
  const { state, why } = await tab.evaluate(() => window.engine.snapshot);
  if (state !== "kept") throw new Error(`no snapshot was made: ${why}`);
}

/** The worker of the engine in a tab. */
export function engineWorker(tab) {
  const worker = tab.workers().find((one) => one.url().endsWith("/engine/worker.js"));
  if (!worker) throw new Error("the engine has no worker");
  return worker;
}

/**
 * Let a worker wait in the midst of the first frame from `time_s` on whose pixels it asks for, until
 * somebody asks it to stop what it does, or it dies.
 *
 * @param {import("playwright-core").Worker} worker
 * @param {number} time_s
 * @returns {Promise<() => Promise<void>>} settles; the function it gives settles once the worker waits
 */
export async function holdFrame(worker, time_s) {
  await worker.evaluate((time_s) => {
    const { copyTo } = VideoFrame.prototype;
    const stopped = new Promise((resolve) => {
      self.addEventListener("message", ({ data }) => data.type === "cancel" && resolve());
    });
    self.held = new Promise((reached) => {
      VideoFrame.prototype.copyTo = async function (...how) {
        if (this.timestamp >= 1e6 * time_s) {
          VideoFrame.prototype.copyTo = copyTo;
          reached();
          await stopped;
        }
        return copyTo.apply(this, how);
      };
    });
  }, time_s);
  return () => worker.evaluate(() => self.held);
}

/**
 * Let a worker wait at the beginning of a stage until it is asked to stop; needs shared memory.
 *
 * @param {import("playwright-core").Worker} worker
 * @param {string} stage
 */
export function holdStage(worker, stage) {
  return worker.evaluate((stage) => {
    const CANCELLED = 4;
    const { load, store } = Atomics;
    let flags;
    Atomics.store = (array, ...rest) => store((flags = array), ...rest);
    const send = self.postMessage.bind(self);
    self.postMessage = (message, ...rest) => {
      send(message, ...rest);
      if (message.type !== "progress" || message.stage !== stage) return;
      Object.assign(self, { postMessage: send });
      Object.assign(Atomics, { store });
      const word = new Int32Array(flags.buffer, CANCELLED, 1);
      while (!load(flags, CANCELLED)) Atomics.wait(word, 0, 0, 20);
    };
  }, stage);
}

/**
 * In place of a tab's watchdogs that would bite after `ms`, which no machine is slow enough for:
 * the last that was set bites when `window.bite()` is called.
 *
 * @param {import("playwright-core").Page} tab
 * @param {number} ms
 */
export function watchdog(tab, ms) {
  return tab.evaluate((ms) => {
    const { setTimeout } = window;
    window.setTimeout = (work, after, ...rest) => {
      if (after !== ms) return setTimeout(work, after, ...rest);
      window.bite = work;
      return 0;
    };
  }, ms);
}

/** End a worker as the system would. @param {import("playwright-core").Worker} worker */
export async function ends(worker) {
  const ended = new Promise((resolve) => worker.once("close", resolve));
  // it may be gone before it has answered
  await worker.evaluate(() => self.close()).catch(() => {});
  await ended;
}

/**
 * End a worker in the midst of its work, which another takes up.
 *
 * @param {import("playwright-core").Page} tab
 * @param {import("playwright-core").Worker} worker
 * @param {(next: import("playwright-core").Worker) => Promise<T>} [prepare] what is done to the one
 *   that takes its place, before it starts
 * @returns {Promise<T>}
 * @template T
 */
export async function dies(tab, worker, prepare = async () => {}) {
  const interpreter = "**/vendor/pyodide/pyodide.asm.wasm";
  let start;
  const prepared = new Promise((resolve) => (start = resolve));
  await tab.route(interpreter, async (route) => (await prepared, route.continue()));
  const born = tab.waitForEvent("worker");
  await ends(worker);
  const done = await prepare(await born);
  start();
  await tab.unroute(interpreter);
  return done;
}

/**
 * Start `engine/probe.js` (probe.js, which a test put into the page) on the server's origin.
 *
 * @returns {Promise<(code: string) => Promise<any>>} runs Python in it
 */
export async function probe(context, url, options = "") {
  const tab = await context.newPage();
  await tab.goto(`${url}engine/parts.json`);
  await tab.evaluate((options) => {
    window.worker = new Worker(`/engine/probe.js${options}`, { type: "module" });
  }, options);
  return async (code) => {
    const { answer, error } = await tab.evaluate(
      (code) =>
        new Promise((resolve) => {
          window.worker.onmessage = ({ data }) => resolve(data);
          window.worker.onerror = ({ message }) => resolve({ error: message });
          window.worker.postMessage(code);
        }),
      code,
    );
    if (error) throw new Error(error);
    return answer;
  };
}
