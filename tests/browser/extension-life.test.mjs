// Nothing is lost: two analyses in a row, a service worker that is killed, a panel that is reloaded.
// And the record is the one that page and command line make.

import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { after, before, test } from "node:test";

import { build, clear, jobs, leavePicker, menu, openExtension, until } from "./extension-harness.mjs";
import { openSites } from "./extension-site.mjs";
import { engineTab, eventually, python, recordRequests, says, serve } from "./harness.mjs";

/** Where screenshots go, to be looked at; nowhere unless asked for. */
const LOOK = process.env.TELLTALE_LOOK;

/** @type {import("./extension-site.mjs").Sites} */
let sites;
/** @type {Awaited<ReturnType<typeof build>>} */
let built;
/** @type {import("./extension-harness.mjs").Extension} */
let extension;
/** @type {import("playwright-core").Page} */
let panel;
/** @type {import("playwright-core").Page} */
let site;
/** @type {string[]} */
let requests;
let folder = "";
/** @type {any} what the extension found in face.jpg */
let found = null;

before(async () => {
  folder = await mkdtemp(path.join(tmpdir(), "telltale-life-"));
  sites = await openSites();
  built = await build();
  extension = await openExtension(built.target, { flags: [`--log-net-log=${path.join(folder, "net.json")}`] });
  requests = recordRequests(extension.context);
  panel = await extension.openPanel();
  if (LOOK) await panel.screenshot({ path: path.join(LOOK, "panel-empty.png") });
  site = await extension.context.newPage();
  await site.goto(`${sites.here}/`);
  await extension.invite(site);
  await leavePicker(site, panel);
});

after(async () => {
  await extension?.close().catch(() => undefined);
  await built?.remove();
  sites?.close();
  await rm(folder, { recursive: true, force: true });
});

/** @param {string} id @param {number} [index] */
const resultOf = (id, index = 0) =>
  panel.evaluate(async ([id, index]) => (await import("/extension/jobs.js")).result(id, index), /** @type {const} */ ([id, index]));

/** Every finding has its place in the panel. @param {any[]} findings */
async function shown(findings) {
  for (const { card } of findings) await panel.locator("#results", { hasText: card.title }).waitFor();
}

/** Let every analysis wait for the bank until `window.release()` is called in the panel. */
const holdBank = () =>
  panel.evaluate(
    () => new Promise((held) => {
      void navigator.locks.request("telltale-bank", () => new Promise((resolve) => held((window.release = resolve))));
    }).then(() => 0),
  );

/** End the service worker as the browser does when it is idle. */
async function killWorker() {
  const workers = async () => {
    const { targetInfos } = await extension.cdp.send("Target.getTargets");
    return targetInfos.filter(({ type }) => type === "service_worker").map(({ targetId }) => targetId);
  };
  const before = await workers();
  const session = await extension.context.newCDPSession(panel);
  await session.send("ServiceWorker.enable");
  await session.send("ServiceWorker.stopAllWorkers");
  await eventually(workers, (now) => !now.some((id) => before.includes(id)));
  await session.detach();
}

test("two analyses asked for at once; the service worker is killed and the panel reloaded meanwhile", async () => {
  // the first analysis waits for the bank as long as this panel is there
  await holdBank();
  await menu(extension, { menu: "examine-image", src: `${sites.here}/media/face.jpg` });
  await menu(extension, { menu: "examine-image", src: `${sites.there}/media/noise.jpg?locked` });
  await until(panel, (all) => all.length === 2 && all.every((job) => job.items.length === 1) && all[0].state === "running");
  await killWorker();
  await panel.reload();
  await panel.waitForSelector(".side-tools");
  const [first, second] = await until(panel, (all) => all.every((job) => job.state === "done"));
  const [one, two] = [await resultOf(first.id), await resultOf(second.id)];
  found = one.record;
  assert.equal(one.record.media.rung, "page-bytes");
  assert.equal(two.record.media.rung, "tab-capture");
  assert.deepEqual(one.record.findings, one.findings);
  assert.ok(one.findings.length >= 3);
  assert.equal(one.record.media.sha256, createHash("sha256").update(/** @type {Buffer} */ (sites.pictures.get("face.jpg"))).digest("hex"));
  assert.deepEqual(two.record.acquisition.tried.map((/** @type {any} */ one) => one.why), ["refused", "tainted", ""]);
  assert.ok(two.record.findings.some((/** @type {any} */ one) => one.reason === "needs_original_bytes" || one.reason === "not_jpeg"));
});

test("the panel shows both, what was obtained, and the findings", async () => {
  await panel.bringToFront();
  await panel.locator(".entries .entry").nth(1).waitFor();
  assert.equal(await panel.locator(".entries .entry").count(), 2);
  // the one asked for last is on the desk
  await panel.locator('.obtained[data-rung="tab-capture"]').waitFor();
  await says(panel.locator(".obtained"), /Screenshot of the tab/);
  await panel.locator(".open-full").waitFor();
  if (LOOK) await panel.screenshot({ path: path.join(LOOK, "panel-screenshot-rung.png"), fullPage: true });
  await panel.locator(".entries .entry").nth(1).click();
  await panel.locator('.obtained[data-rung="page-bytes"]').waitFor();
  await panel.locator(".open-full").waitFor();
  await shown(found.findings);
  const wide = await panel.evaluate(() => document.documentElement.scrollWidth - innerWidth);
  assert.ok(wide <= 0, `the panel is ${wide} pixels too wide`);
  if (LOOK) await panel.screenshot({ path: path.join(LOOK, "panel-done.png"), fullPage: true });
});

test("the panel looks at a picture through a glass, and beside another picture of the panel and a file", async () => {
  await panel.bringToFront();
  await panel.locator(".entries .entry").nth(1).click();
  await panel.locator('.obtained[data-rung="page-bytes"]').waitFor();
  const heat = () =>
    panel.evaluate(() => {
      const canvas = /** @type {HTMLCanvasElement} */ (document.querySelector(".heat"));
      return { hidden: canvas.hidden, width: canvas.width, height: canvas.height };
    });
  const choice = panel.locator(".glasses select").first();
  const drawn = () => panel.waitForFunction(() => document.querySelector(".glass-state")?.textContent === "");
  await panel.getByRole("button", { name: "Looking glasses" }).click();
  await choice.locator("option[value=level_sweep]").waitFor({ state: "attached" });
  await choice.selectOption("level_sweep");
  await drawn();
  assert.deepEqual(await heat(), { hidden: false, width: 192, height: 192 });
  if (LOOK) await panel.screenshot({ path: path.join(LOOK, "panel-glass.png"), fullPage: true });

  // the other picture of the panel, by its name
  const other = choice.locator("optgroup option", { hasText: "noise.png" });
  await choice.selectOption(await other.getAttribute("value"));
  await drawn();
  assert.match((await panel.locator(".glass-about").textContent()) ?? "", /picture/);
  await panel.getByRole("button", { name: "Blink" }).waitFor();
  if (LOOK) await panel.screenshot({ path: path.join(LOOK, "panel-compared.png"), fullPage: true });

  // the same face again, from the disk: there is no difference
  const file = path.join(folder, "again.jpg");
  await writeFile(file, /** @type {Buffer} */ (sites.pictures.get("face.jpg")));
  const choosing = panel.waitForEvent("filechooser");
  await choice.selectOption("=file");
  await (await choosing).setFiles(file);
  await drawn();
  assert.match((await panel.locator(".glass-about").textContent()) ?? "", /lie over each other as they are/);
  assert.match((await panel.locator(".glass-facts").textContent()) ?? "", /share that differs\s*0(\D|$)/i);
  await panel.getByRole("button", { name: "Looking glasses" }).click();
  assert.equal((await heat()).hidden, true);
});

test("the result opens at full size in a tab, and is saved as JSON and as HTML", async () => {
  const opening = extension.context.waitForEvent("page");
  await panel.locator(".open-full").click();
  const tab = await opening;
  await tab.waitForSelector("#results .actions button");
  const words = await tab.locator("#results").innerText();
  assert.ok(words.includes(found.findings[0].card.title));
  if (LOOK) {
    await tab.setViewportSize({ width: 1280, height: 900 });
    await tab.screenshot({ path: path.join(LOOK, "result-full.png") });
  }
  // one after the other: a browser asks before it lets a page save two files at once
  const saved = [];
  for (const n of [0, 1]) {
    const coming = tab.waitForEvent("download");
    await tab.locator("#results .actions button").nth(n).click();
    saved.push(await readFile(await (await coming).path(), "utf8"));
  }
  const [html, json] = saved;
  assert.deepEqual(JSON.parse(json), found);
  assert.match(html, /^<!doctype html>/);
  assert.ok(html.includes(found.media.sha256));
  assert.doesNotMatch(html, /<script/i);
  await tab.close();
});

test("every record is valid by the published schema", async () => {
  const file = path.join(folder, "records.json");
  const all = await Promise.all((await jobs(panel)).map(async (job) => (await resultOf(job.id)).record));
  await writeFile(file, JSON.stringify(all));
  const check = [
    "import json, sys, jsonschema",
    "from importlib.resources import files",
    "schema = json.loads(files('telltale.report').joinpath('schema.json').read_text('utf-8'))",
    "records = json.load(open(sys.argv[1], encoding='utf-8'))",
    "[jsonschema.validate(one, schema) for one in records]; print(len(records))",
  ].join("\n");
  assert.equal(String(await python("-c", check, file)).trim(), "2");
});

test("the same picture gives the same record in the extension, on CPython and in the page", async () => {
  const picture = path.join(folder, "face.jpg");
  const native = path.join(folder, "native.json");
  const bytes = /** @type {Buffer} */ (sites.pictures.get("face.jpg"));
  await writeFile(picture, bytes);
  await python("-m", "telltale.cli", "analyze", picture, "--json", native);
  same(found, JSON.parse(await readFile(native, "utf8")), 1e-3);

  // the page's engine, from the same build: the extension's folder served as a site
  const server = await serve(built.target);
  try {
    const tab = await engineTab(extension.context, server.url);
    const inPage = await tab.evaluate(async (base64) => {
      const bytes = Uint8Array.from(atob(base64), (c) => c.charCodeAt(0)).buffer;
      return window.engine.analyze({ bytes, name: "face.jpg", rung: "page-bytes" });
    }, bytes.toString("base64"));
    await tab.close();
    same(found, inPage, 1e-9);
  } finally {
    server.close();
  }
});

/**
 * @param {any} a
 * @param {any} b
 * @param {number} tolerance as a share of each score's scale
 */
function same(a, b, tolerance) {
  // the build of libjpeg is each runtime's own, and stands in the record
  const named = (/** @type {any} */ media) => ({ ...media, rung: "", decoder: { ...media.decoder, library: "" } });
  assert.deepEqual(named(a.media), named(b.media));
  assert.equal(a.faces.found.length, b.faces.found.length);
  assert.deepEqual(a.findings.map((/** @type {any} */ f) => f.detector).sort(), b.findings.map((/** @type {any} */ f) => f.detector).sort());
  for (const one of a.findings) {
    const other = b.findings.find((/** @type {any} */ f) => f.detector === one.detector);
    assert.deepEqual([one.detector, one.status, one.reason], [other.detector, other.status, other.reason]);
    if (!one.score) continue;
    const span = one.score.high - one.score.low;
    const gap = Math.abs(one.score.value - other.score.value) / span;
    assert.ok(gap <= tolerance, `${one.detector}: ${one.score.value} against ${other.score.value}`);
  }
}

test("the panel adds the slow tests to what was found", async () => {
  await panel.bringToFront();
  const entry = panel.locator(".entries .entry").nth(1);
  await entry.click();
  const button = panel.getByRole("button", { name: "Examine thoroughly" });
  await button.click();
  const [first] = await until(panel, (all) => all[0].items[0].deep && all[0].state === "done");
  const { record, findings } = await resultOf(first.id);
  assert.equal(record.deep, true);
  assert.deepEqual(record.findings, findings);
  const before = found.findings.length;
  assert.ok(findings.length > before);
  assert.deepEqual(findings.slice(0, before), found.findings);
  await panel.locator(".open-full").waitFor();
  await button.waitFor({ state: "hidden" });
  await shown(findings);
});

test("the panel fits from 320 pixels up, in both languages, by day and by night", async () => {
  const strings = JSON.parse(await readFile(path.join(built.target, "_locales/es/messages.json"), "utf8"));
  for (const language of ["en", "es"]) {
    const page = await extension.context.newPage();
    // a browser speaks Spanish only where its language pack is installed: its answers are stood in for
    await page.addInitScript(
      ({ language, strings }) => {
        if (language === "en") return;
        chrome.i18n.getUILanguage = () => language;
        chrome.i18n.getMessage = (key, places) => strings[key]?.message.replace(/\$(\d)/g, (_, n) => places?.[n - 1] ?? "") ?? "";
      },
      { language, strings },
    );
    await page.goto(extension.address("panel.html"));
    const entries = page.locator(".entries .entry");
    for (const [n, rung] of ["tab-capture", "page-bytes"].entries()) {
      await entries.nth(n).click();
      await page.locator(`.obtained[data-rung="${rung}"]`).waitFor();
      await page.locator(".open-full").waitFor();
      await page.locator(".obtained summary").click();
      for (const width of [320, 360, 420, 620]) {
        await page.setViewportSize({ width, height: 860 });
        const colorScheme = width === 360 ? "dark" : "light";
        await page.emulateMedia({ colorScheme });
        const out = await page.evaluate(() =>
          [...document.querySelectorAll("body *")]
            .filter((e) => e.checkVisibility() && !e.closest(".entries, .unseen, svg, .stage") && e.getBoundingClientRect().right > document.documentElement.clientWidth + 0.5)
            .map((e) => `${e.tagName}.${e.className}`),
        );
        assert.deepEqual(out, [], `${language}, ${width} pixels`);
        if (LOOK) await page.screenshot({ path: path.join(LOOK, `panel-${language}-${rung}-${width}-${colorScheme}.png`) });
        if (LOOK && width === 360) await page.screenshot({ path: path.join(LOOK, `panel-${language}-${rung}-whole.png`), fullPage: true });
      }
    }
    await page.close();
  }
});

test("a report saved after the engine has gone still shows the picture, and what was filled in", async () => {
  const [first] = await jobs(panel);
  await panel.evaluate(() => chrome.offscreen.closeDocument());
  const html = await panel.evaluate(async (id) => {
    const { htmlOf } = await import("/extension/html.js");
    return htmlOf(id, 0, { lang: "es", custody: { case: "2026/117" } });
  }, first.id);
  assert.match(html, /<figure class=examined><img[^>]+src="data:image\/jpeg;base64,/);
  assert.match(html, /Cadena de custodia/);
  assert.match(html, /2026\/117/);
});

test("a service worker killed while it fetches takes the picture up again", async () => {
  await clear(panel);
  await site.bringToFront();
  sites.hold("noise.jpg");
  await menu(extension, { menu: "examine-image", src: `${sites.here}/media/noise.jpg?held` });
  await until(panel, ([job]) => job?.owner !== "");
  await sites.asked("held");
  await killWorker();
  sites.release();
  await panel.reload();
  const [job] = await until(panel, ([job]) => Boolean(job?.items.length));
  assert.equal(job.rung || "page-bytes", "page-bytes");
});

test("a file opened in the panel, and stopping it", async () => {
  await clear(panel);
  await panel.bringToFront();
  // the analysis waits for the bank, which it asks before its last step
  await holdBank();
  await panel.getByLabel("Open a file").setInputFiles({
    name: "dropped.jpg", mimeType: "image/jpeg", buffer: /** @type {Buffer} */ (sites.pictures.get("large.jpg")),
  });
  await until(panel, ([job]) => job?.state === "running");
  await panel.locator(".progress button").click();
  const [job] = await until(panel, ([job]) => !["queued", "running"].includes(job.state));
  await panel.evaluate(() => window.release());
  assert.equal(job.state, "cancelled");
  const { record, findings } = await resultOf(job.id);
  assert.deepEqual(record.findings.filter((/** @type {any} */ f) => f.status !== "cancelled").length <= findings.length, true);
});

test("a frame that is asked for anew while its neighbour is examined is examined after it", async () => {
  await clear(panel);
  await holdBank();
  const id = await panel.evaluate(async (text) => {
    const jobs = await import("/extension/jobs.js");
    const bytes = Uint8Array.from(atob(text), (c) => c.charCodeAt(0)).buffer;
    const { id } = await jobs.add({ kind: "file", rung: "file", source: { page: "", title: "", url: "", tabId: -1, frameId: 0, windowId: -1 } });
    const item = { name: "frame.jpg", time: null, width: 0, height: 0, trouble: "" };
    await jobs.addItem(id, { ...item, state: "done" }, bytes);
    await jobs.addItem(id, { ...item, state: "queued" }, bytes);
    await jobs.update(id, () => ({ state: "queued" }));
    await (await import("/extension/chrome.js")).ensureOffscreen();
    jobs.tell({ type: "queue", id });
    return id;
  }, /** @type {Buffer} */ (sites.pictures.get("noise.jpg")).toString("base64"));
  await until(panel, ([job]) => job.items[1]?.state === "running");
  await panel.evaluate(async (id) => (await import("/extension/jobs.js")).updateItem(id, 0, { state: "queued" }), id);
  await panel.evaluate(() => window.release());
  await until(panel, ([job]) => job.state === "done" && job.items.every(({ state }) => state === "done"));
  assert.equal((await resultOf(id, 0)).record.media.format, "JPEG");
});

test("a result is added to the bank from the panel, and the next analysis knows it", async () => {
  assert.equal(found.bank.status, "empty");
  await clear(panel);
  await site.bringToFront();
  await menu(extension, { menu: "examine-image", src: `${sites.here}/media/face.jpg` });
  await until(panel, (all) => all.length === 1 && all[0].state === "done");
  await panel.bringToFront();
  await panel.locator(".panel-bank-add > summary").click();
  const form = panel.locator(".panel-bank-add form");
  await form.getByLabel("Fake").check();
  await form.getByLabel("Who says so?").fill("Ana");
  await form.getByLabel("Keep a small picture").check();
  await form.getByRole("button", { name: "Add" }).click();
  await panel.locator(".bank-status", { hasText: "Added." }).waitFor();
  if (LOOK) await panel.screenshot({ path: path.join(LOOK, "panel-bank.png"), fullPage: true });

  const before = (await jobs(panel)).length;
  await site.bringToFront();
  await menu(extension, { menu: "examine-image", src: `${sites.here}/media/face.jpg` });
  const all = await until(panel, (all) => all.length === before + 1 && all.at(-1).state === "done");
  const again = (await resultOf(all.at(-1).id)).record;
  assert.equal(again.bank.same_file.statements[0].said_by, "Ana");
  await panel.bringToFront();
  await panel.locator(".bank-answer", { hasText: "Ana" }).waitFor();
  // both pictures fit into the panel, side by side
  const pair = panel.locator(".bank-answer .bank-pair").first();
  await pair.locator("figure + figure").waitFor();
  const boxes = await pair.locator("img").evaluateAll(async (images) => {
    await Promise.all(images.map((image) => image.decode()));
    return images.map((image) => image.getBoundingClientRect().toJSON());
  });
  assert.equal(boxes[0].y, boxes[1].y);
  assert.ok(boxes[0].right <= boxes[1].left && boxes[1].right <= 400, JSON.stringify(boxes));

  const opening = extension.context.waitForEvent("page");
  await panel.locator(".open-library").click();
  const library = await opening;
  await library.locator(".bank-sample").first().waitFor();
  if (LOOK) await library.screenshot({ path: path.join(LOOK, "library.png") });
  await library.close();
});

test("nothing but the two sites was asked for, by whatever part of the extension", async () => {
  await extension.close();
  const net = await readFile(path.join(folder, "net.json"), "utf8");
  // the network's own log: the offscreen document and its worker are in it too
  const asked = [...net.matchAll(/"initiator":"([^"]*)"[^\n]*?"url":"(\w+:[^"]*)"/g)].map((m) => ({ by: m[1], url: m[2] }));
  // what has no origin is the browser's own housekeeping; pages and extensions always have one
  const ours = asked.filter(({ by }) => by !== "not an origin");
  assert.ok(ours.some(({ url }) => url.includes("noise.jpg")), "the log holds what the pages asked for");
  assert.deepEqual(ours.filter(({ url }) => !/^http:\/\/(127\.0\.0\.1|localhost):/.test(url)), []);
  const local = [`chrome-extension://${extension.id}/`, "http://127.0.0.1:", "http://localhost:", "data:", "blob:"];
  assert.deepEqual(requests.filter((url) => !local.some((start) => url.startsWith(start))), []);
});
