// Stopping, dying and hanging: what was found stays, and the engine stays usable.

import assert from "node:assert/strict";
import { EventEmitter, on, once } from "node:events";
import { after, before, test } from "node:test";

import { browse, dies, engineTab, engineWorker, holdStage, keptSnapshot, newProfile, serve, watchdog } from "./harness.mjs";

let server;
let profile;
let browser;

before(async () => {
  server = await serve();
  profile = await newProfile();
  browser = await browse({ profile });
  const tab = await engineTab(browser.context, server.url);
  await tab.evaluate(() => window.engine.start());
  await keptSnapshot(tab);
  await tab.close();
});

after(async () => {
  await browser?.close();
  server?.close();
});

/** Longer than any test; see `watchdog`. */
const NEVER_MS = 86_400_000;

/** Every step has its finding, in the order of the plan. */
function assertWhole(record) {
  assert.deepEqual(record.findings.map((one) => one.detector), record.software.detectors);
}

function statuses(record) {
  return new Map(record.findings.map(({ detector, status }) => [detector, status]));
}

/** The findings of the tests that run before one; which these are, the weights decide. */
function earlier(record, stage) {
  const { detectors } = record.software;
  const before = detectors.slice(0, detectors.indexOf(stage));
  return record.findings.filter(({ detector }) => before.includes(detector));
}

async function usable(tab) {
  const { record } = await tab.evaluate(() => window.examine("plain.jpg"));
  assertWhole(record);
  assert.ok(record.findings.every(({ status }) => status !== "cancelled" && status !== "failed"));
}

test("cancelling in the midst of a step ends it, keeps the findings and finishes the record", async () => {
  const tab = await engineTab(browser.context, server.url, { limits: { graceMs: NEVER_MS } });
  await tab.evaluate(() => window.engine.start());
  const worker = engineWorker(tab);
  await holdStage(worker, "jpeg_ghosts");
  const { record } = await tab.evaluate(() => window.examine("large.jpg", { stopAt: "jpeg_ghosts" }));
  assert.equal(engineWorker(tab), worker);
  assertWhole(record);
  const found = statuses(record);
  assert.ok(earlier(record, "jpeg_ghosts").some(({ status }) => status === "ok"));
  const after = record.software.detectors.slice(record.software.detectors.indexOf("jpeg_ghosts"));
  for (const detector of after) assert.equal(found.get(detector), "cancelled", detector);
  for (const { status, reason } of record.findings) {
    if (status === "cancelled") assert.equal(reason, "cancelled");
  }
  await usable(tab);
  await tab.close();
});

test("a step that does not let itself be stopped costs the worker, not the findings", async () => {
  const tab = await engineTab(browser.context, server.url, { limits: { graceMs: 1 } });
  await tab.evaluate(() => window.engine.start());
  const worker = engineWorker(tab);
  await worker.evaluate(() => {
    const send = self.postMessage.bind(self);
    self.postMessage = (message) => {
      send(message);
      // what hears of no interrupt
      if (message.type === "progress" && message.stage === "jpeg_ghosts") for (;;);
    };
  });
  const ended = new Promise((resolve) => worker.once("close", resolve));
  const { record } = await tab.evaluate(() => window.examine("large.jpg", { stopAt: "jpeg_ghosts" }));
  await ended;
  assert.notEqual(engineWorker(tab), worker, "the worker was to be replaced");
  assertWhole(record);
  assert.equal(statuses(record).get("jpeg_ghosts"), "cancelled");
  const kept = earlier(record, "jpeg_ghosts").filter(({ status }) => status === "ok");
  assert.ok(kept.some(({ maps }) => maps.length > 0), "the maps of finished findings must be kept");
  await tab.close();
});

test("cancelling before the picture is decoded gives a record that says so", async () => {
  const tab = await engineTab(browser.context, server.url, { limits: { graceMs: 1 } });
  await tab.evaluate(() => window.engine.start());
  await holdStage(engineWorker(tab), "decode");
  const { record } = await tab.evaluate(() => window.examine("large.jpg", { stopAt: "decode" }));
  assert.equal(record.error?.code ?? statuses(record).get("error_level_analysis"), "cancelled");
  assert.match(record.media.sha256, /^[0-9a-f]{64}$/);
  await usable(tab);
  await tab.close();
});

test("a picture cancelled while it waits is never begun, and the one before goes on", async () => {
  const tab = await engineTab(browser.context, server.url);
  const [first, second] = await tab.evaluate(async () => {
    const bytes = async (name) => (await fetch(`/media/${name}`)).arrayBuffer();
    const [one, other] = [await bytes("plain.jpg"), await bytes("face.jpg")];
    const stopper = new AbortController();
    const running = window.engine.analyze({ bytes: one, name: "plain.jpg", rung: "file" });
    const waiting = window.engine.analyze({ bytes: other, name: "face.jpg", rung: "file" }, { signal: stopper.signal });
    stopper.abort();
    const [a, b] = await Promise.allSettled([running, waiting]);
    return [a.value, b.reason?.name];
  });
  assertWhole(first);
  assert.equal(second, "AbortError");
  await tab.close();
});

test("a worker that dies is replaced, and the analysis goes on from its findings", async () => {
  const tab = await engineTab(browser.context, server.url);
  await tab.evaluate(() => window.engine.start());
  const dying = engineWorker(tab);
  // the model of the faces is asked for while the worker waits, and then there is no worker any more
  const asked = new Promise((resolve) =>
    tab.route("**/models/face_detection*/model.onnx", () => resolve(), { times: 1 }),
  );
  const running = tab.evaluate(() => window.examine("face.jpg"));
  await asked;
  await dies(tab, dying);
  const { record, events } = await running;
  assert.notEqual(engineWorker(tab), dying);
  assertWhole(record);
  assert.ok(record.findings.every(({ status }) => status !== "failed"));
  assert.equal(record.faces.unavailable, "error");
  assert.ok(record.warnings.some((warning) => /stopped unexpectedly/.test(warning)), record.warnings.join());
  assert.equal(events.filter(({ media }) => media).length, 1);
  const told = events.flatMap(({ finding }) => finding?.detector ?? []);
  assert.deepEqual(told, record.software.detectors, "every finding is told once");
  await usable(tab);
  await tab.close();
});

test("a step that breaks the interpreter is named, and the others are run all the same", async () => {
  const tab = await engineTab(browser.context, server.url);
  await tab.evaluate(() => window.engine.start());
  const breaking = engineWorker(tab);
  await breaking.evaluate(() => {
    const send = self.postMessage.bind(self);
    let steps = 0;
    self.postMessage = (message) => {
      if (message.type === "step" && ++steps === 2) throw new WebAssembly.RuntimeError("unreachable");
      send(message);
    };
  });
  const { record } = await tab.evaluate(() => window.examine("face.jpg"));
  assert.notEqual(engineWorker(tab), breaking);
  assertWhole(record);
  const failed = record.findings.filter(({ status }) => status === "failed");
  assert.deepEqual(failed.map(({ detector }) => detector), [record.software.detectors[1]]);
  assert.match(failed[0].sentence, /unreachable/);
  assert.equal(record.findings[0].status, "ok");
  assert.equal(record.faces.found.length, 1);
  await tab.close();
});

test("a worker that hangs is ended, and the step that hung is named", async () => {
  const tab = await engineTab(browser.context, server.url, { limits: { stepMs: NEVER_MS } });
  await watchdog(tab, NEVER_MS);
  await tab.evaluate(() => window.engine.start());
  const hanging = engineWorker(tab);
  await hanging.evaluate(() => {
    const send = self.postMessage.bind(self);
    self.postMessage = (message) => {
      if (message.type === "progress" && message.stage === "faces") {
        send(message);
        for (;;);
      }
      send(message);
    };
  });
  const running = tab.evaluate(() => window.examine("face.jpg"));
  await tab.waitForFunction(() => window.stage === "faces");
  await tab.evaluate(() => window.bite());
  const { record } = await running;
  assertWhole(record);
  assert.equal(record.faces.unavailable, "error");
  assert.ok(record.warnings.some((warning) => /faces.*took too long/i.test(warning)), record.warnings.join());
  assert.equal(record.findings[0].status, "ok");
  await tab.close();
});

test("a worker that cannot start is tried again, and then given up with the reason", async () => {
  const tab = await engineTab(browser.context, server.url, { limits: { bootMs: NEVER_MS } });
  await watchdog(tab, NEVER_MS);
  const news = new EventEmitter();
  const asks = on(news, "asked");
  await browser.context.route("**/vendor/pyodide/pyodide.asm.wasm", () => void news.emit("asked")); // never answered
  const started = tab.evaluate(() => window.engine.start().catch((error) => error.message));
  for (let tries = 0; tries < 2; tries++) {
    await asks.next();
    await tab.evaluate(() => window.bite());
  }
  assert.match(await started, /did not start in time/);
  await browser.context.unroute("**/vendor/pyodide/pyodide.asm.wasm");
  const { start } = await tab.evaluate(() => window.engine.start());
  assert.ok(["cold", "snapshot"].includes(start), "the next call starts it after all");
  await tab.close();
});

test("an engine that is closed while it starts leaves no worker behind", async () => {
  const tab = await engineTab(browser.context, server.url);
  const news = new EventEmitter();
  const asked = once(news, "asked");
  await browser.context.route("**/vendor/pyodide/pyodide.asm.wasm", () => void news.emit("asked")); // never answered
  const started = tab.evaluate(() => window.engine.start().catch((error) => error.message));
  await asked;
  const ended = engineWorker(tab).waitForEvent("close");
  await tab.evaluate(() => window.engine.close());
  await ended;
  assert.match(await started, /was closed/);
  assert.equal(tab.workers().length, 0);
  await browser.context.unroute("**/vendor/pyodide/pyodide.asm.wasm");
  await tab.close();
});
