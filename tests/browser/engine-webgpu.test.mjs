// Which backend runs a model, and who decides: WebGPU in software, with networks small enough.

import assert from "node:assert/strict";
import { copyFile, mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { after, before, test } from "node:test";

import { ROOT, SOFTWARE_WEBGPU, browse, probe, python, serve } from "./harness.mjs";

let folder;
let server;
let browser;
let tiny;

before(async () => {
  folder = await mkdtemp(path.join(tmpdir(), "telltale-tiny-"));
  const page = path.join(folder, "page");
  await python("tests/browser/tiny_models.py", page);
  await copyFile(path.join(ROOT, "tests/browser/probe.js"), path.join(page, "engine/probe.js"));
  tiny = JSON.parse(await readFile(path.join(page, "tiny.json"), "utf8"));
  server = await serve(page);
  browser = await browse({ flags: SOFTWARE_WEBGPU });
});

after(async () => {
  await browser?.close();
  server?.close();
  if (folder) await rm(folder, { recursive: true, force: true });
});

/** One worker for each way of choosing the backend. */
const probes = new Map();

/** Run the model of this id on the stored input; what it answered and how. */
async function run(webgpu, id) {
  if (!probes.has(webgpu)) {
    probes.set(webgpu, await probe(browser.context, server.url, `?webgpu=${webgpu}`));
  }
  const answer = await probes.get(webgpu)(`
import json, numpy as np
from telltale.runtime.context import ModelUnavailable
models = session._models
image = np.array(${JSON.stringify(tiny.image)}, np.float32).reshape(1, 3, 32, 32)
try:
    mean, code = models.run("${id}", {"image": image})["mean"].ravel().tolist(), None
except ModelUnavailable as error:
    mean, code = None, [error.code, error.sentence]
used = [row for row in models.used() if row["id"] == "${id}"]
json.dumps({"mean": mean, "refused": code, "used": used})
`);
  return JSON.parse(answer);
}

function assertClose(got, wanted) {
  assert.equal(got.length, wanted.length);
  got.forEach((value, i) => assert.ok(Math.abs(value - wanted[i]) < 1e-5, `${value} for ${wanted[i]}`));
}

test("WebGPU runs a model that passes its self-test on it, and answers like onnxruntime", async () => {
  const { mean, used } = await run("force", "tiny");
  assertClose(mean, tiny.mean);
  assert.equal(used[0].backend, "webgpu");
  assert.match(used[0].why, /WebGPU adapter google swiftshader/);
  assert.ok(used[0].self_test_error < 1e-3);
});

test("a software adapter is not used unless a test asks for it, and the record says why", async () => {
  const { mean, used } = await run("auto", "tiny");
  assertClose(mean, tiny.mean);
  assert.equal(used[0].backend, "wasm");
  assert.match(used[0].why, /software/);
});

test("a model without a self-test is not trusted to WebGPU", async () => {
  const { mean, used } = await run("force", "tiny_untested");
  assertClose(mean, tiny.mean);
  assert.equal(used[0].backend, "wasm");
  assert.match(used[0].why, /no stored answer to trust WebGPU by/);
});

test("a model that misses its stored answer everywhere is refused, with what was tried", async () => {
  const { mean, refused } = await run("force", "tiny_wrong");
  assert.equal(mean, null);
  assert.equal(refused[0], "model_self_test_failed");
  assert.match(refused[1], /missed its stored answer on WebAssembly/);
});

test("a model that the page does not carry is missing, not failed", async () => {
  const { refused } = await run("off", "unheard_of");
  assert.equal(refused[0], "model_missing");
});
