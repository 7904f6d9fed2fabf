// Nothing leaves the device: every way out of the worker and of Python, tried against a server of
// another origin that writes down whoever calls.

import assert from "node:assert/strict";
import { cp, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { after, before, test } from "node:test";

import { PAGE, ROOT, browse, engineTab, engineWorker, outsider, probe, recordRequests, serve } from "./harness.mjs";

let folder;
let server;
let browser;
let outside;
let address;
/** Requests that reached the other origin. */
let calls;

before(async () => {
  outside = await outsider();
  ({ address, calls } = outside);
  folder = await mkdtemp(path.join(tmpdir(), "telltale-privacy-"));
  await cp(PAGE, path.join(folder, "page"), { recursive: true });
  await cp(path.join(ROOT, "tests/browser/probe.js"), path.join(folder, "page/engine/probe.js"));
  server = await serve(path.join(folder, "page"));
  browser = await browse();
});

after(async () => {
  await browser?.close();
  server?.close();
  outside?.close();
  if (folder) await rm(folder, { recursive: true, force: true });
});

/** Ways out that JavaScript has in a worker; each answers "out" where it got through. */
async function escapes(address) {
  const socket = address.replace("http", "ws");
  const ways = {
    fetch: () => fetch(`${address}fetch?picture`),
    "fetch, no-cors": () => fetch(`${address}no-cors`, { mode: "no-cors", method: "POST", body: "x" }),
    "fetch of a Request": () => fetch(new Request(`${address}request`)),
    import: () => import(`${address}import.js`),
    importScripts: () => importScripts(`${address}importScripts.js`),
    XMLHttpRequest: () =>
      new Promise((resolve, reject) => {
        const request = new XMLHttpRequest();
        request.onload = resolve;
        request.onerror = reject;
        request.open("GET", `${address}xhr`);
        request.send();
      }),
    "XMLHttpRequest, synchronous": () => {
      const request = new XMLHttpRequest();
      request.open("GET", `${address}xhr-sync`, false);
      request.send();
    },
    WebSocket: () =>
      new Promise((resolve, reject) => {
        const opened = new WebSocket(`${socket}socket`);
        opened.onopen = resolve;
        opened.onerror = reject;
      }),
    EventSource: () =>
      new Promise((resolve, reject) => {
        const opened = new EventSource(`${address}events`);
        opened.onopen = resolve;
        opened.onerror = reject;
      }),
    Worker: () =>
      new Promise((resolve, reject) => {
        const worker = new Worker(`${address}worker.js`, { type: "module" });
        worker.onmessage = resolve;
        worker.onerror = reject;
      }),
    "Worker of a blob": () =>
      new Promise((resolve, reject) => {
        const code = `fetch("${address}blob").then(() => postMessage(1), () => close())`;
        const worker = new Worker(URL.createObjectURL(new Blob([code])));
        worker.onmessage = resolve;
        worker.onerror = reject;
        setTimeout(reject, 1000);
      }),
    WebTransport: async () => {
      const transport = new WebTransport(address.replace("http", "https"));
      await transport.ready;
    },
    "cache.add": async () => (await caches.open("x")).add(`${address}cache`),
  };
  const results = {};
  for (const [name, way] of Object.entries(ways)) {
    try {
      await way();
      results[name] = "out";
    } catch {
      results[name] = "refused";
    }
  }
  return results;
}

function assertRefused(results) {
  const out = Object.entries(results).filter(([, result]) => result !== "refused");
  assert.deepEqual(out, []);
  assert.deepEqual(calls, [], "the other origin was called");
}

test("the other origin does answer, where nothing forbids it", async () => {
  const response = await fetch(`${address}control`);
  assert.equal(response.status, 200);
  assert.deepEqual(calls.splice(0), ["GET /control"]);
});

test("the engine's worker cannot call out", async () => {
  const tab = await engineTab(browser.context, server.url, { snapshot: false });
  await tab.evaluate(() => window.engine.start());
  assertRefused(await engineWorker(tab).evaluate(escapes, address));
  await tab.close();
});

for (const fence of ["", "?fence"]) {
  const by = fence ? "the fence and the policy" : "the policy alone";
  test(`Python cannot call out: ${by}`, async () => {
    const ask = await probe(browser.context, server.url, fence);
    const answer = await ask(`
import asyncio, json, socket, urllib.request
import js, pyodide.http
from pyodide.ffi import create_proxy

def heard(target, event):
    future = asyncio.get_running_loop().create_future()
    target.addEventListener(event, create_proxy(lambda _: future.set_result(True)))
    refused = lambda _: future.done() or future.set_exception(OSError("refused"))
    target.addEventListener("error", create_proxy(refused))
    return future

async def xhr():
    request = js.XMLHttpRequest.new()
    loaded = heard(request, "load")
    request.open("POST", "${address}py-xhr")
    request.send("picture")
    await loaded

async def web_socket():
    await heard(js.WebSocket.new("${address.replace("http", "ws")}py-socket"), "open")

async def raw_socket():
    opened = socket.socket()
    opened.connect(("127.0.0.1", ${new URL(address).port}))
    await asyncio.sleep(1)
    opened.send(b"GET /py-raw HTTP/1.0\\r\\n\\r\\n")

ways = {
    "js.fetch": lambda: js.fetch("${address}py-fetch"),
    "pyodide.http.pyfetch": lambda: pyodide.http.pyfetch("${address}py-pyfetch"),
    "js.XMLHttpRequest": xhr,
    "js.WebSocket": web_socket,
    "socket": raw_socket,
}
sync = {
    "pyodide.http.open_url": lambda: pyodide.http.open_url("${address}py-open-url"),
    "urllib": lambda: urllib.request.urlopen("${address}py-urllib", timeout=2).read(1),
    "js.eval": lambda: js.eval("1"),
    "js.Function": lambda: js.Function.new("return 1")(),
}
results = {}
for name, way in ways.items():
    try:
        await asyncio.wait_for(way(), 5)
        results[name] = "out"
    except Exception:
        results[name] = "refused"
for name, way in sync.items():
    try:
        way()
        results[name] = "out"
    except Exception:
        results[name] = "refused"
json.dumps(results)
`);
    assertRefused(JSON.parse(answer));
  });
}

test("a whole analysis asks the page's own origin only", async () => {
  const urls = recordRequests(browser.context);
  const tab = await engineTab(browser.context, server.url, { snapshot: false });
  const { record } = await tab.evaluate(() => window.examine("face.jpg"));
  await tab.evaluate((record) => window.engine.html([record]), record);
  assert.equal(record.faces.found.length, 1);
  const asked = urls.map((url) => new URL(url));
  assert.ok(asked.some(({ pathname }) => pathname.endsWith("face_detection/model.onnx")));
  assert.ok(asked.some(({ pathname }) => pathname.endsWith(".whl")));
  const own = new URL(server.url).origin;
  assert.deepEqual([...new Set(asked.map(({ origin }) => origin))], [own]);
  assert.deepEqual(calls, []);
  await tab.close();
});
