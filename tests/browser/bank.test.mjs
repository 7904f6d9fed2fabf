// The reference bank in the page: a person's way with it, hostile packs, a worker killed in mid-write.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { after, before, test } from "node:test";

import { browse, engineTab, engineWorker, python, recordRequests, says, serve, watchdog } from "./harness.mjs";
import { examine, openPage, picture, saved } from "./page-harness.mjs";

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
  await keepAsking();
});

after(async () => {
  await browser?.close();
  server?.close();
  await rm(folder, { recursive: true, force: true });
});

/** The second question before a deletion goes away by itself: here it waits, however slow the hand. */
const keepAsking = () => watchdog(tab, 6000);

const latest = async () => (await tab.evaluate(() => window.telltale.records)).at(-1);
const status = () => tab.locator(".library .bank-view > .bank-status");
const library = () => tab.locator(".open-library").click();
const closeLibrary = () => tab.locator(".library-close button").click();

/** The two pictures of a pair, once both are there. */
async function beside(pair) {
  await pair.locator("figure + figure").waitFor();
  return pair.evaluate(async (root) => {
    const figures = [...root.querySelectorAll("figure")];
    await Promise.all(figures.map((figure) => figure.querySelector("img").decode()));
    return figures.map((figure) => {
      const image = figure.querySelector("img");
      const { x, y, width, height } = image.getBoundingClientRect();
      return { x, y, width, height, shown: image.naturalWidth > 0, caption: figure.querySelector("figcaption").textContent };
    });
  });
}

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
  // the examined picture stands beside the small picture of the sample
  const [here, there] = await beside(answer.locator(".bank-pair").first());
  assert.ok(here.shown && there.shown);
  assert.deepEqual([here.y, here.width, here.height], [there.y, there.width, there.height]);
  assert.ok(there.x >= here.x + here.width);
  await answer.getByText("Nearest samples and families").click();
  const near = await beside(answer.locator(".bank-model .bank-pair").first());
  assert.deepEqual(near.map(({ caption, shown }) => [caption, shown]), [["examined", true], ["sample 1", true]]);
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
  await status().filter({ hasText: /Imported: 1 sample, 1 new; 1 new statement\..*key seen for the first time/ }).waitFor();
  await closeLibrary();

  await tab.reload();
  await tab.waitForFunction(() => "telltale" in window);
  await keepAsking();
  await examine(tab, "face.png");
  const again = (await latest()).bank;
  assert.equal(again.same_picture[0].sample.statements[0].own, false);
  assert.match(await tab.locator(".bank-answer").innerText(), /from a pack/);
});

test("a kept analysis is a report again, travels as a file, and waits for its picture", async () => {
  const keeping = tab.locator(".panel-case form");
  await tab.locator(".panel-case > summary").click();
  await keeping.getByLabel("Case").fill("Flood");
  await keeping.getByLabel("Keep a small picture").check();
  await keeping.getByRole("button", { name: "Keep" }).click();
  await keeping.locator(".bank-status", { hasText: "Kept." }).waitFor();
  const wanted = await tab.locator("#results .assessment").innerText();
  const tests = await tab.locator("#results .finding").count();

  await library();
  await tab.getByRole("button", { name: "History and cases" }).click();
  const row = tab.locator(".case-view .bank-sample");
  await row.getByRole("button", { name: "Open" }).click();
  const opened = tab.locator(".case-opened");
  await opened.locator(".finding").first().waitFor();
  assert.equal(await opened.locator(".assessment").innerText(), wanted);
  assert.equal(await opened.locator(".finding").count(), tests);
  assert.equal(await opened.locator(".kept-note img").evaluate((image) => image.decode().then(() => image.naturalWidth > 0)), true);
  // what needs the picture is not offered
  assert.equal(await opened.locator(".panel-case, .deeper:visible").count(), 0);
  if (process.env.TELLTALE_LOOK) {
    for (const [width, height] of [[1280, 900], [390, 844]]) {
      await tab.setViewportSize({ width, height });
      await tab.screenshot({ path: path.join(process.env.TELLTALE_LOOK, `kept-${width}.png`) });
    }
    await tab.setViewportSize({ width: 1280, height: 720 });
  }
  const page = await saved(tab, () => opened.getByRole("button", { name: "Report (HTML)" }).click());
  assert.match(page.text, /face\.png/);
  assert.match(page.text, /Chain of custody/);
  await opened.getByRole("button", { name: "Back to the history" }).click();

  // exported, deleted, imported: the same again
  const [download] = await Promise.all([
    tab.waitForEvent("download"),
    tab.getByRole("button", { name: "Export everything" }).click(),
  ]);
  await download.saveAs(path.join(folder, "cases.zip"));
  await row.getByRole("button", { name: "Delete" }).click();
  await row.getByRole("button", { name: "Delete for good" }).click();
  await tab.locator(".case-view .bank-list", { hasText: "Nothing here." }).waitFor();
  const input = tab.locator(".case-view input[type=file]");
  await input.setInputFiles({ name: "x.zip", mimeType: "application/zip", buffer: Buffer.from("PK nothing") });
  await tab.locator(".case-view .bank-status", { hasText: "no pack" }).waitFor();
  await input.setInputFiles(path.join(folder, "cases.zip"));
  await tab.locator(".case-view .bank-status", { hasText: "1 analysis read, 1 new." }).waitFor();
  assert.match(await row.innerText(), /face\.png[\s\S]*Flood/);

  // from the history to its file, and to what agrees
  await row.getByRole("button", { name: "Open" }).click();
  await opened.getByRole("button", { name: "Examine the file again" }).click();
  const replay = tab.locator(".replay");
  await replay.waitFor();
  assert.equal(await tab.locator(".library-dialog").count(), 0);
  await replay.locator("input[type=file]").setInputFiles(await picture("face.png"));
  await tab.locator('.replay[data-state="done"]').waitFor();
  assert.doesNotMatch(await replay.innerText(), /findings\.[^\n]*score[^\n]*differs/);
  await replay.locator("header button").click();
});

test("a video that was added is known again when it comes back cut and in another format", async () => {
  const make = `import sys; sys.path[:0] = ["tests/py"]
from pathlib import Path
import video_factory as factory
frames = factory.moving(20)
factory.encode(Path(sys.argv[1]) / "first.mp4", frames, fps=10)
factory.encode(Path(sys.argv[1]) / "again.webm", frames[6:], fps=10, codec="libvpx-vp9", crf=40)`;
  await python("-c", make, folder);
  const look = (name) => tab.setInputFiles("main > input[type=file]", path.join(folder, name)).then(() => tab.evaluate(() => window.telltale.whenIdle()));
  await look("first.mp4");
  const film = await latest();
  assert.ok(film.traces.parts.some(({ kind }) => kind === "frame"));
  assert.ok(film.traces.parts.some(({ kind, embeddings }) => kind === "face" && embeddings.length));
  await tab.locator(".entry").last().click();
  await tab.locator(".panel-bank-add > summary").click();
  const form = tab.locator(".panel-bank-add form");
  await form.getByLabel("Fake").check();
  await form.getByLabel("Who says so?").fill("Bo");
  await form.getByLabel("Generator or method").fill("FaceSwap");
  await form.getByRole("button", { name: "Add" }).click();
  await form.locator(".bank-status", { hasText: "Added." }).waitFor();

  await look("again.webm");
  const { bank } = await latest();
  assert.equal(bank.same_file, null);
  const match = bank.same_picture.find(({ sample }) => sample.statements[0].method === "FaceSwap");
  assert.ok(match.frames >= 1 && match.at_s >= 0 && match.sample_s >= 0);
  assert.ok(bank.neighbours.some(({ face }) => face === 1));
  await tab.locator(".entry").last().click();
  assert.match(await tab.locator(".bank-answer").innerText(), /frames that were looked at are in the bank. Bo: fake \(FaceSwap\)/);
  if (process.env.TELLTALE_LOOK) await tab.screenshot({ path: path.join(process.env.TELLTALE_LOOK, "film-bank.png"), fullPage: true });
});

test("all records are saved as one table", async () => {
  await examine(tab, "face.jpg");
  const csv = await saved(tab, () => tab.getByRole("button", { name: "Table (CSV)" }).click());
  assert.match(csv.name, /\.csv$/);
  const lines = csv.text.trim().split("\r\n");
  const records = await tab.evaluate(() => window.telltale.records.map(({ media }) => media));
  assert.equal(lines.length, 1 + records.length);
  assert.match(lines[0], /^file,sha256,error,width,height,faces,/);
  records.forEach(({ name, sha256 }, k) => assert.ok(lines[k + 1].startsWith(`${name},${sha256},`)));
});

test("in private mode the bank answers and this window writes nothing", async () => {
  const alone = await openPage(browser.context, server.url);
  // the history speaks the reader's language, also of what was kept in another
  const kept = (await tab.evaluate(() => window.telltale.records)).find(({ media }) => media.name === "face.png");
  await alone.locator(".masthead select").selectOption("es");
  await alone.locator(".open-library").click();
  await alone.getByRole("button", { name: "Historial y casos" }).click();
  await alone.locator(".case-view .bank-sample", { hasText: kept.assessment.verdict.es }).waitFor();
  await alone.locator(".library-close button").click();
  await alone.locator(".masthead select").selectOption("en");
  await alone.locator(".open-library").click();
  await alone.getByRole("button", { name: "History and cases" }).click();
  await alone.getByLabel("Private: this window writes nothing").check();
  await alone.locator(".masthead .private").waitFor();
  await alone.locator(".library-close button").click();
  await examine(alone, "face.jpg");
  const { bank } = (await alone.evaluate(() => window.telltale.records)).at(-1);
  assert.equal(bank.status, "asked");
  assert.equal(bank.same_file.statements[0].method, "StyleGAN2");
  await alone.locator(".panel-bank-add > summary").click();
  const form = alone.locator(".panel-bank-add form");
  await form.getByLabel("Fake").check();
  await form.getByLabel("Who says so?").fill("Ana");
  await form.getByRole("button", { name: "Add" }).click();
  await form.locator(".bank-status", { hasText: "private mode keeps nothing" }).waitFor();
  await alone.close();

  // where nothing was ever kept, nothing comes to be
  const fresh = await browse();
  try {
    const lone = await engineTab(fresh.context, server.url, { snapshot: false });
    const files = () =>
      lone.evaluate(async () => {
        const names = [];
        for await (const name of (await navigator.storage.getDirectory()).keys()) names.push(name);
        return names;
      });
    const total = () => lone.evaluate(async () => (await window.engine.bank("stats")).answer.samples);
    await lone.evaluate(() => (window.engine.private = true));
    assert.equal(await total(), 0);
    assert.equal((await lone.evaluate(() => window.engine.bank("storage"))).answer.kind, "private");
    assert.deepEqual(await files(), []);
    await lone.evaluate(() => (window.engine.private = false));
    assert.equal(await total(), 0);
    assert.deepEqual(await files(), ["telltale-bank"]);
  } finally {
    await fresh.close();
  }
});

test("a full disk is told as such, and the bank stays as it was", async () => {
  const full = await engineTab(browser.context, server.url, { snapshot: false });
  const samples = () => full.evaluate(async () => (await window.engine.bank("stats")).answer.samples);
  const known = await samples();
  await engineWorker(full).evaluate(() => {
    const { write } = FileSystemSyncAccessHandle.prototype;
    self.mend = () => (FileSystemSyncAccessHandle.prototype.write = write);
    FileSystemSyncAccessHandle.prototype.write = () => {
      throw new DOMException("the quota is exceeded", "QuotaExceededError");
    };
  });
  const record = {
    media: { sha256: "cd".repeat(32), width: 64, height: 64, format: "JPEG" },
    traces: { phash: { model: "telltale.phash/1", values: null }, embeddings: [] },
    findings: [],
  };
  const refused = await full.evaluate(
    (record) => window.engine.bank("add", { record, statement: { label: "real", said_by: "Bo" } }).then(() => "added", (e) => e.message),
    record,
  );
  assert.match(refused, /Nothing was stored: the disk or its quota is full/);
  await engineWorker(full).evaluate(() => self.mend());
  assert.equal(await samples(), known);
  await full.close();
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
    await says(status(), why);
    await says(tab.locator(".bank-summary"), /^2 samples/);
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
        if (--left === 0) {
          console.log("writing");
          for (;;);
        }
        return write.apply(this, what);
      };
    }, nth);
    const writing = bank.waitForEvent("console", (message) => message.text() === "writing");
    const outcome = bank.evaluate((record) => {
      const statement = { label: "real", said_by: "Bo" };
      return window.engine.bank("add", { record, statement }).then(() => "added", (error) => error.message);
    }, record);
    await writing;
    await bank.evaluate(() => window.engine.close());
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
