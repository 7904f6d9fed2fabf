// The same pictures through CPython and through the engine in Chromium: the same record.

import assert from "node:assert/strict";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { after, before, test } from "node:test";

import { browse, engineTab, python, serve } from "../browser/harness.mjs";

let folder;
let server;
let browser;
const records = {};

before(async () => {
  folder = await mkdtemp(path.join(tmpdir(), "telltale-parity-"));
  await python("tests/parity/native.py", "make", folder);
  const plan = Object.entries(JSON.parse(await readFile(path.join(folder, "plan.json"), "utf8")));
  // both runtimes at once: each has a processor
  const there = python("tests/parity/native.py", "examine", folder, path.join(folder, "native.json"));
  const here = (async () => {
    server = await serve();
    browser = await browse();
    const tab = await engineTab(browser.context, server.url, { snapshot: false });
    await tab.route("**/media/*", (route) =>
      route.fulfill({ path: path.join(folder, "pictures", decodeURIComponent(path.basename(route.request().url()))) }),
    );
    for (const [name, thorough] of plan) {
      // a number: both runtimes examine as many changed copies, however long they take
      const options = { deep: thorough, repeat: thorough && 4 };
      const examine = ([name, options]) => window.examine(name, options);
      records[name] = (await tab.evaluate(examine, [name, options])).record;
    }
    await writeFile(path.join(folder, "browser.json"), JSON.stringify(records));
  })();
  await Promise.all([there, here]);
});

after(async () => {
  await browser?.close();
  server?.close();
  if (folder) await rm(folder, { recursive: true, force: true });
});

test("at least twenty varied pictures were examined in one page load", () => {
  assert.ok(Object.keys(records).length >= 20);
  const of = (/** @type {(record: any) => string} */ kind) => new Set(Object.values(records).map(kind));
  for (const format of ["JPEG", "PNG", "WebP", "GIF", "BMP"]) {
    assert.ok(of((record) => record.media.format).has(format), format);
  }
  assert.ok(Object.values(records).some((record) => record.faces.found.length));
});

test("every test of the registry had something to say on some picture, in both runtimes", () => {
  // an animation is examined over time, which video.test.mjs compares
  const pictures = Object.values(records).filter((record) => !("video" in record));
  const detectors = new Set(pictures.flatMap((record) => record.software.detectors));
  assert.ok(["resampling", "splicebuster", "copy_move_dense"].every((slow) => detectors.has(slow)));
  for (const detector of detectors) {
    const statuses = pictures.map(
      (record) => record.findings.find((finding) => finding.detector === detector)?.status,
    );
    assert.ok(!statuses.includes("failed"), `${detector} failed`);
    assert.ok(statuses.includes("ok"), `${detector} applied nowhere, so nothing was compared`);
  }
});

test("scores, facts, maps, faces and the assessment agree within tolerance", async () => {
  const answer = await python(
    "tests/parity/compare.py",
    path.join(folder, "native.json"),
    path.join(folder, "browser.json"),
  );
  const differing = Object.entries(JSON.parse(String(answer))).filter(([, list]) => list.length);
  assert.deepEqual(differing, []);
});
