// The engine itself, through its client: cold start, analyses, refusals, reports, second start.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { browse, engineTab, keptSnapshot, newProfile, serve } from "./harness.mjs";

let server;
let profile;
let browser;
let tab;

before(async () => {
  server = await serve();
  profile = await newProfile();
  browser = await browse({ profile });
  tab = await engineTab(browser.context, server.url);
});

after(async () => {
  await browser?.close();
  server?.close();
});

/** The numbers of a record that must not depend on when or how the engine started. */
function numbers(record) {
  return record.findings.map(({ detector, status, score, facts }) => ({
    detector,
    status,
    score: score?.value ?? null,
    facts: facts.map((fact) => fact.value),
  }));
}

let cold;

test("a cold start examines a JPEG, telling media, faces and every finding as it comes", async () => {
  const { record, events } = await tab.evaluate(() => window.examine("face.jpg"));
  cold = record;
  assert.equal(record.schema, "telltale-record/2");
  assert.equal(record.runtime.kind, "pyodide");
  assert.equal(record.runtime.engine.start, "cold");
  assert.equal(record.runtime.engine.isolated, true);
  assert.equal(record.media.format, "JPEG");
  assert.deepEqual([record.media.width, record.media.height], [512, 512]);
  assert.match(record.media.sha256, /^[0-9a-f]{64}$/);
  assert.equal(record.faces.found.length, 1);
  assert.equal(record.faces.found[0].landmarks.length, 68);

  const broken = record.findings.filter(({ status }) => status === "failed");
  assert.deepEqual(broken.map(({ detector, sentence }) => [detector, sentence]), []);
  assert.deepEqual(record.findings.map((one) => one.detector), record.software.detectors);
  const told = events.flatMap(({ finding }) => finding ?? []);
  assert.deepEqual(told, record.findings);
  const { pixels_sha256: pixels, ...opened } = record.media;
  assert.match(pixels, /^[0-9a-f]{64}$/);
  assert.deepEqual(events.find(({ media }) => media).media, opened);
  assert.deepEqual(events.find(({ faces }) => faces).faces, record.faces);

  const plan = events.find(({ plan }) => plan).plan;
  assert.deepEqual(plan.filter((id) => !["faces", "answer", "bank", "assess"].includes(id)), record.software.detectors);
  const fractions = events.flatMap(({ progress }) => progress?.fraction ?? []);
  assert.deepEqual(fractions, fractions.toSorted((a, b) => a - b));
  assert.ok(fractions[0] === 0 && fractions.at(-1) <= 1);
  const answered = events.findIndex(({ assessment }) => assessment);
  assert.deepEqual(
    events[answered].assessment.questions.map(({ id }) => id),
    record.assessment.questions.map(({ id }) => id),
  );
  assert.ok(events.slice(answered).some(({ finding }) => finding), "other tests follow the first answer");
  const first = events.findIndex(({ finding }) => finding);
  const last = events.findLastIndex(({ progress }) => progress);
  assert.ok(first < last, "the first finding must be told before the last stage begins");
});

test("each model that ran stands in the record with its backend, the reason and its self-test", () => {
  const ids = cold.runtime.models.map((model) => model.id);
  assert.ok(ids.includes("face_detection") && ids.includes("face_landmarks"), ids.join());
  for (const model of cold.runtime.models) {
    assert.equal(model.backend, "wasm");
    assert.match(model.why, /WebGPU.*WebAssembly with SIMD, \d threads/);
    assert.ok(model.self_test_error !== null && model.self_test_error < 1e-3, model.id);
  }
});

test("the slow tests are added to what was found, and the result is that of doing all at once", async () => {
  const { after, all, quick } = await tab.evaluate(async () => {
    const quick = (await window.examine("plain.jpg")).record;
    const { sha256 } = quick.media;
    const after = await window.examine("plain.jpg", { deep: true, after: sha256 });
    const all = await window.examine("plain.jpg", { deep: true });
    return { quick, after, all: all.record };
  });
  const { record, events } = after;
  assert.deepEqual([quick.deep, record.deep, all.deep], [false, true, true]);
  const before = quick.findings.map(({ detector }) => detector);
  const told = events.flatMap(({ finding }) => finding?.detector ?? []);
  assert.ok(told.length > 0 && told.every((id) => !before.includes(id)));
  assert.deepEqual(record.findings.map(({ detector }) => detector), [...before, ...told]);
  assert.deepEqual(record.findings.slice(0, before.length), quick.findings);
  assert.deepEqual(numbers(record), numbers(all));
  assert.deepEqual(record.software.detectors, all.software.detectors);
  assert.equal(typeof record.stages_ms.faces, "number");
  const fractions = events.flatMap(({ progress }) => progress?.fraction ?? []);
  assert.deepEqual(fractions, fractions.toSorted((a, b) => a - b));
});

test("a record lists the models of its own analysis, not those of the one before", async () => {
  const { record } = await tab.evaluate(() => window.examine("plain.jpg"));
  assert.deepEqual(record.faces.found, []);
  assert.ok(!record.runtime.models.some((model) => model.id === "face_landmarks"));
});

test("several pictures are answered in order, and one that is none does not stop the others", async () => {
  const names = ["plain.jpg", "words.jpg", "cut.jpg", "face.png"];
  const records = await tab.evaluate(
    async (names) => (await Promise.all(names.map((name) => window.examine(name)))).map((one) => one.record),
    names,
  );
  assert.deepEqual(records.map((one) => one.media.name), names);
  assert.equal(records[0].error, undefined);
  assert.equal(records[1].error.code, "not_a_picture");
  assert.equal(records[2].error.code, "truncated");
  assert.ok(records[1].error.sentence.length > 20 && records[2].error.sentence.length > 20);
  assert.match(records[1].media.sha256, /^[0-9a-f]{64}$/);
  assert.equal(records[3].media.format, "PNG");
  assert.equal(records[3].faces.found.length, 1);
});

test("an empty file is refused by name", async () => {
  const record = await tab.evaluate(() =>
    window.engine.analyze({ bytes: new Uint8Array(), name: "empty.jpg", rung: "file" }),
  );
  assert.equal(record.error.code, "empty");
});

test("pixels of a canvas are examined, and the record says that there was no file", async () => {
  const { record, sum } = await tab.evaluate(async () => {
    const canvas = new OffscreenCanvas(300, 200);
    const context = canvas.getContext("2d");
    for (let i = 0; i < 3000; i++) {
      context.fillStyle = `rgb(${(i * 37) % 256} ${(i * 101) % 256} ${(i * 59) % 256})`;
      context.fillRect((i * 73) % 300, (i * 151) % 200, 20, 10);
    }
    const { data } = context.getImageData(0, 0, 300, 200);
    const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", data));
    const record = await window.engine.analyze({
      bytes: data,
      name: "canvas",
      rung: "canvas",
      pixels: { width: 300, height: 200, decoder: { decoder: "Chromium" } },
    });
    return { record, sum: [...digest].map((b) => b.toString(16).padStart(2, "0")).join("") };
  });
  assert.equal(record.error, undefined);
  assert.deepEqual([record.media.width, record.media.height], [300, 200]);
  assert.equal(record.media.original_bytes, false);
  assert.equal(record.media.sha256, sum);
  assert.deepEqual(record.media.decoder, { decoder: "Chromium" });
});

test("the HTML report shows the pictures that were examined here", async () => {
  const html = await tab.evaluate(async () => {
    const { record } = await window.examine("face.jpg");
    return window.engine.html([record, { ...record, media: { ...record.media, sha256: "0".repeat(64) } }]);
  });
  assert.match(html, /^<!doctype html>/);
  assert.equal(html.split("data:image/jpeg;base64,").length, 2);
});

test("the second start comes from the snapshot and finds the same", async () => {
  await keptSnapshot(tab);
  await browser.close();
  browser = await browse({ profile });
  tab = await engineTab(browser.context, server.url);
  const { record } = await tab.evaluate(() => window.examine("face.jpg"));
  const diagnostics = await tab.evaluate(() => window.engine.diagnostics);
  assert.equal(diagnostics.start, "snapshot");
  assert.equal(diagnostics.trouble, "");
  assert.equal(record.runtime.engine.start, "snapshot");
  assert.deepEqual(numbers(record), numbers(cold));
  assert.deepEqual(record.faces, cold.faces);
});

test("two tabs start from one snapshot at the same time", async () => {
  const tabs = await Promise.all([1, 2].map(() => engineTab(browser.context, server.url)));
  const started = await Promise.all(tabs.map((one) => one.evaluate(() => window.engine.start())));
  assert.deepEqual(started.map(({ start }) => start), ["snapshot", "snapshot"]);
  await Promise.all(tabs.map((one) => one.close()));
});

test("a damaged snapshot is thrown away, said so, and the engine starts without", async () => {
  const one = await engineTab(browser.context, server.url);
  await one.evaluate(async () => {
    const root = await navigator.storage.getDirectory();
    const folder = await root.getDirectoryHandle("telltale-engine");
    for await (const [, build] of folder.entries()) {
      const writable = await (await build.getFileHandle("heap")).createWritable({ keepExistingData: true });
      await writable.write({ type: "write", position: 20_000_000, data: new Uint8Array(4096).fill(7) });
      await writable.close();
    }
  });
  const diagnostics = await one.evaluate(() => window.engine.start());
  assert.equal(diagnostics.start, "cold");
  assert.match(diagnostics.trouble, /snapshot was thrown away.*damaged/);
  const { record } = await one.evaluate(() => window.examine("plain.jpg"));
  assert.equal(record.error, undefined);
  await keptSnapshot(one);
});
