// The engine where a server sends no headers: no cross-origin isolation, no shared memory.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { browse, engineTab, engineWorker, serve } from "./harness.mjs";

let server;
let browser;
let tab;

before(async () => {
  server = await serve(undefined, { plain: true });
  browser = await browse();
  tab = await engineTab(browser.context, server.url, { snapshot: false });
});

after(async () => {
  await browser?.close();
  server?.close();
});

test("it works on one thread, and the record says so", async () => {
  const { record } = await tab.evaluate(() => window.examine("face.jpg"));
  assert.equal(record.runtime.engine.isolated, false);
  assert.equal(record.runtime.engine.threads, 1);
  assert.equal(record.faces.found.length, 1);
  assert.match(record.runtime.models[0].why, /WebAssembly with SIMD\.$/);
});

test("a cancelled analysis still stops, and keeps what it found", async () => {
  // between steps the worker reads its messages by a channel; there it waits until it is to stop
  await engineWorker(tab).evaluate(() => {
    const send = self.postMessage.bind(self);
    const { postMessage } = MessagePort.prototype;
    const stopped = new Promise((resolve) => {
      self.addEventListener("message", ({ data }) => data.type === "cancel" && resolve());
    });
    self.postMessage = (message, ...rest) => {
      send(message, ...rest);
      if (message.type !== "progress" || message.stage !== "jpeg_ghosts") return;
      MessagePort.prototype.postMessage = function (...what) {
        void stopped.then(() => postMessage.apply(this, what));
      };
    };
  });
  const { record, events } = await tab.evaluate(() => window.examine("large.jpg", { stopAt: "jpeg_ghosts" }));
  assert.ok(record.findings.some(({ status }) => status === "ok"));
  assert.ok(record.findings.some(({ status }) => status === "cancelled"));
  assert.deepEqual(record.findings.map((one) => one.detector), record.software.detectors);
  assert.deepEqual(events.flatMap(({ finding }) => finding ?? []), record.findings);
});
