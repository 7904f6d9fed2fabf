// The reference bank in the page: a person's way with it, hostile packs, a worker killed in mid-write.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { after, before, test } from "node:test";

import { browse, engineTab, engineWorker, python, recordRequests, serve } from "./harness.mjs";
import { examine, openPage, picture } from "./page-harness.mjs";

let server;
let browser;
let tab;
let requests;
let folder;

before(async () => {
  server = await serve();
  browser = await browse();
  requests = recordRequests(browser.context);
  folder = await mkdtemp(path.join(tmpdir(), "telltale-bank-"));
  tab = await openPage(browser.context, server.url);
});

after(async () => {
  await browser?.close();
  server?.close();
  await rm(folder, { recursive: true, force: true });
});

const latest = async () => (await tab.evaluate(() => window.telltale.records)).at(-1);
const status = () => tab.locator(".library .bank-view > .bank-status");
const library = () => tab.locator(".open-library").click();
const closeLibrary = () => tab.locator(".library-close button").click();

test("what is added as fake is recognised in a recompressed copy, after a reload, and from a pack", async () => {
  await examine(tab, "face.jpg");
  assert.equal((await latest()).bank.status, "empty");
  await tab.locator(".panel-bank-add > summary").click();
  const form = tab.locator(".panel-bank-add form");
  await form.getByLabel("Fake").check();
  await form.getByLabel("Who says so?").fill("Ana");
  await form.getByLabel("Generator or method").fill("StyleGAN2");
  await form.getByLabel("Note").fill("<img src=x onerror=alert(1)>'; DROP TABLE sample; --");
  await form.getByLabel("Keep a small picture").check();
  await form.getByRole("button", { name: "Add" }).click();
  await tab.locator(".bank-status", { hasText: "Added." }).waitFor();

  // the very next analysis knows it
  await examine(tab, "face.png");
  const copy = (await latest()).bank;
  assert.equal(copy.same_file, null);
  assert.equal(copy.same_picture[0].sample.statements[0].method, "StyleGAN2");
  await tab.locator(".entry").last().click();
  const answer = tab.locator(".bank-answer");
  assert.match(await answer.innerText(), /The same picture, recompressed, resized or cropped.*Ana: fake \(StyleGAN2\)/s);
  await answer.locator(".bank-tile img").first().waitFor();
  assert.equal((await latest()).assessment.questions?.some(({ contributions }) =>
    contributions.some(({ detector }) => detector === "bank")) ?? false, false);

  // kept in a case
  await tab.locator(".panel-case > summary").click();
  const keeping = tab.locator(".panel-case form");
  await keeping.getByLabel("Case").fill("<b>Flood</b>");
  await keeping.getByLabel("Tags").fill("press, river");
  await keeping.getByRole("button", { name: "Keep" }).click();
  await keeping.locator(".bank-status", { hasText: "Kept." }).waitFor();
  await library();
  await tab.getByRole("button", { name: "History and cases" }).click();
  const kept = tab.locator(".case-view .bank-sample");
  await kept.first().waitFor();
  assert.match(await kept.innerText(), /face\.png[\s\S]*‹b›Flood‹\/b›[\s\S]*press/);
  await kept.getByRole("button", { name: "Delete" }).click();
  await kept.getByRole("button", { name: "Delete for good" }).click();
  await tab.locator(".case-view .bank-status", { hasText: "1 analysis deleted for good." }).waitFor();
  await closeLibrary();

  // its content, shown as text and found by search
  await library();
  const sample = tab.locator(".bank-list .bank-sample");
  await sample.first().waitFor();
  assert.match(await sample.innerText(), /‹img src=x onerror=alert\(1\)›'; DROP TABLE sample; --/);
  await tab.getByLabel("Search in methods").fill("nothing like it");
  await tab.locator(".bank-list", { hasText: "Nothing here." }).waitFor();
  await tab.getByLabel("Search in methods").fill("stylegan");
  await sample.first().waitFor();

  // exported, wiped, imported
  const [download] = await Promise.all([
    tab.waitForEvent("download"),
    tab.getByRole("button", { name: "Export a pack" }).click(),
  ]);
  const pack = path.join(folder, "pack.zip");
  await download.saveAs(pack);
  await status().filter({ hasText: "Signed with the key" }).waitFor();
  await tab.getByRole("button", { name: "Wipe the bank" }).click();
  await tab.getByRole("button", { name: "Wipe everything for good" }).click();
  await status().filter({ hasText: "1 sample deleted." }).waitFor();
  await tab.getByLabel("Search in methods").fill("");
  await tab.locator(".bank-list", { hasText: "Nothing here." }).waitFor();
  await tab.locator(".library input[type=file]").setInputFiles(pack);
  await status().filter({ hasText: /Imported: 1 samples, 1 of them new.*key seen for the first time/ }).waitFor();
  await closeLibrary();

  await tab.reload();
  await tab.waitForFunction(() => "telltale" in window);
  await examine(tab, "face.png");
  const again = (await latest()).bank;
  assert.equal(again.same_picture[0].sample.statements[0].own, false);
  assert.match(await tab.locator(".bank-answer").innerText(), /from a pack/);
});

test("a pack that is damaged or hostile is refused with its reason, and changes nothing", async () => {
  const pack = readFileSync(path.join(folder, "pack.zip"));
  const bent = Buffer.from(pack);
  bent[bent.indexOf("StyleGAN2".slice(0, 4)) > 0 ? 200 : 100] ^= 0xff;
  await python("-c", `import zipfile; z = zipfile.ZipFile(${JSON.stringify(path.join(folder, "bomb.zip"))}, "w", zipfile.ZIP_DEFLATED); z.writestr("samples.json", b"0" * 30_000_000); z.close()`);
  await library();
  const input = tab.locator(".library input[type=file]");
  for (const [buffer, why] of [
    [bent, /refused|damaged|no pack/],
    [Buffer.from("PK\x03\x04 nothing"), /no pack/],
    [readFileSync(path.join(folder, "bomb.zip")), /far more than it says/],
  ]) {
    await input.setInputFiles({ name: "pack.zip", mimeType: "application/zip", buffer });
    await tab.locator(".library .bank-view > .bank-status .icon-warning").waitFor();
    assert.match(await status().innerText(), why);
    assert.match(await tab.locator(".bank-summary").innerText(), /^1 sample/);
    await tab.getByLabel("Which samples").selectOption("");
    await tab.evaluate(() => document.querySelector(".library .bank-view > .bank-status").replaceChildren());
  }
  await closeLibrary();
});

test("a worker killed in the midst of a write leaves the bank as it was", async () => {
  const bank = await engineTab(browser.context, server.url, { snapshot: false });
  const samples = () => bank.evaluate(async () => (await window.engine.bank("stats")).answer.samples);
  const known = await samples();
  const record = {
    media: { sha256: "ab".repeat(32), width: 64, height: 64, format: "JPEG" },
    traces: { phash: { model: "telltale.phash/1", values: null }, embeddings: [] },
    findings: [],
  };
  for (const nth of [2, 7]) {
    await engineWorker(bank).evaluate((nth) => {
      const { write } = FileSystemSyncAccessHandle.prototype;
      let left = nth;
      FileSystemSyncAccessHandle.prototype.write = function (...what) {
        if (--left === 0) for (;;);
        return write.apply(this, what);
      };
    }, nth);
    const outcome = bank.evaluate(async (record) => {
      const statement = { label: "real", said_by: "Bo" };
      const added = window.engine.bank("add", { record, statement }).then(() => "added", (error) => error.message);
      await new Promise((resolve) => setTimeout(resolve, 1500));
      window.engine.close();
      return added;
    }, record);
    assert.match(await outcome, /closed/);
    await bank.evaluate(async () => {
      const { Engine } = await import("/engine/client.js");
      window.engine = new Engine({ snapshot: false });
    });
    assert.equal(await samples(), known, `killed in write ${nth}`);
  }
  const { answer } = await bank.evaluate(
    (record) => window.engine.bank("add", { record, statement: { label: "real", said_by: "Bo" } }),
    record,
  );
  assert.equal(answer.new_sample, true);
  assert.equal(await samples(), known + 1);
  // another window sees it at once
  await library();
  await tab.locator(".bank-summary", { hasText: `${known + 1} sample` }).waitFor();
  await closeLibrary();
  await bank.close();
});

test("a browser that keeps no files says what is lost", async () => {
  const closed = await engineTab(browser.context, server.url, { snapshot: false });
  await closed.evaluate(async () => {
    await window.engine.start();
  });
  await engineWorker(closed).evaluate(() => {
    StorageManager.prototype.getDirectory = () => Promise.reject(new Error("private window"));
  });
  const { answer } = await closed.evaluate(() => window.engine.bank("storage"));
  assert.deepEqual([answer.kind, answer.why], ["memory", "private window"]);
  assert.equal((await closed.evaluate(() => window.engine.bank("stats"))).answer.samples, 0);
  await closed.close();
});

test("in all of this nothing was asked of another origin, and nothing broke", () => {
  const outside = requests.filter(
    (url) => !url.startsWith(server.url) && !url.startsWith("blob:") && !url.startsWith("data:"),
  );
  assert.deepEqual(outside, []);
  assert.deepEqual(tab.problems, []);
});
