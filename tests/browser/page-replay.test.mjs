// A record is repeated on the page, whichever runtime made it; its report prints and opens from disk.

import assert from "node:assert/strict";
import { copyFile, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { after, afterEach, before, test } from "node:test";
import { pathToFileURL } from "node:url";

import { ROOT, browse, python, serve } from "./harness.mjs";

const LOOK = process.env.TELLTALE_LOOK;
const GOLDEN = path.join(ROOT, "tests/py/report/golden");

let folder = "";
/** @type {Awaited<ReturnType<typeof serve>>} */
let server;
/** @type {Awaited<ReturnType<typeof browse>>} */
let browser;
/** @type {import("playwright-core").Page} */
let tab;

/** @param {string} name */
const at = (name) => path.join(folder, name);
const input = () => tab.locator("main > input[type=file]");
const section = () => tab.locator(".replay");

before(async () => {
  folder = await mkdtemp(path.join(tmpdir(), "telltale-replay-"));
  await copyFile(path.join(GOLDEN, "coffee.jpg"), at("coffee.jpg"));
  await writeFile(at("other.jpg"), Buffer.concat([await readFile(at("coffee.jpg")), Buffer.from([0])]));
  await python("-m", "telltale.cli", "analyze", at("coffee.jpg"), "--json", at("native.json"));
  server = await serve();
  browser = await browse();
  tab = await browser.context.newPage();
  await tab.goto(server.url);
  await tab.waitForFunction(() => "telltale" in window);
});

after(async () => {
  await browser?.close();
  server?.close();
  await rm(folder, { recursive: true, force: true });
});

afterEach(putAway);

async function putAway() {
  const buttons = section().locator("header button");
  while (await buttons.count()) await buttons.first().click();
}

test("a record made natively waits for its file, takes no other, and agrees in every field", async () => {
  await input().setInputFiles(at("native.json"));
  await section().waitFor();
  assert.equal(await section().getAttribute("data-state"), "waiting");
  assert.match(await section().innerText(), /coffee\.jpg/);
  await section().locator("input[type=file]").setInputFiles(at("other.jpg"));
  await tab.locator('.replay[data-state="failed"]').waitFor();
  assert.match(await section().innerText(), /another file/);
  await putAway();

  // both at once: which is which is told by the hash
  await input().setInputFiles([at("coffee.jpg"), at("native.json")]);
  await tab.locator('.replay[data-state="done"]').waitFor();
  const words = await section().innerText();
  assert.match(words, /Everything that can be compared agrees/);
  assert.match(words, /runtime\.kind\s+cpython\s+pyodide/);
  assert.doesNotMatch(words, /media\.pixels_sha256/, "both decoders give the same pixels");
  // the rows that agree are made when they are asked for
  await section().locator("details summary").last().click();
  await section().locator("details tbody tr").nth(200).waitFor({ state: "attached" });
  assert.doesNotMatch(words, /software\.code_sha256/, "the same code, by the same hash");
  // the file was the record's, and is not examined a second time
  assert.equal(await tab.evaluate(() => /** @type {any} */ (window).telltale.records.length), 0);
  if (LOOK) await tab.screenshot({ path: path.join(LOOK, "page-replay.png"), fullPage: true });
});

test("a record of the first form is repeated too, and what was changed in it is named", async () => {
  const changed = JSON.parse(await readFile(path.join(GOLDEN, "cpython-1.json"), "utf8"));
  changed.media.jpeg.quality = 40;
  changed.media.name = "<img src=x onerror=alert(1)>.jpg";
  await writeFile(at("changed.json"), JSON.stringify(changed));
  await input().setInputFiles([at("changed.json"), at("coffee.jpg")]);
  await tab.locator('.replay[data-state="done"]').waitFor();
  const rows = await section().locator("table").first().innerText();
  assert.match(rows, /media\.jpeg\.quality[^]*?40\s+85/);
  assert.equal(await section().locator("h2 img").count(), 0);
});

test("what only looks like a record is refused with a reason", async () => {
  const sha256 = await tab.evaluate(async (bytes) => {
    const sum = new Uint8Array(await crypto.subtle.digest("SHA-256", new Uint8Array(bytes)));
    return Array.from(sum, (byte) => byte.toString(16).padStart(2, "0")).join("");
  }, [...(await readFile(at("coffee.jpg")))]);
  await writeFile(at("later.json"), JSON.stringify({ schema: "telltale-record/9", media: { name: "x", sha256 } }));
  await input().setInputFiles([at("later.json"), at("coffee.jpg")]);
  await tab.locator('.replay[data-state="failed"]').waitFor();
  assert.match(await section().innerText(), /a later version of Telltale wrote it/);
});

test("a record made on the page is repeated natively, and its report prints, in Spanish too", async () => {
  await tab.locator("header select, select").first().selectOption("es");
  await input().setInputFiles(at("coffee.jpg"));
  await tab.evaluate(() => /** @type {any} */ (window).telltale.whenIdle());
  await tab.locator("#results .custody summary").click();
  await tab.locator("#results .custody input").first().fill("2026/117");
  const saved = [];
  for (const n of [0, 1]) {
    const coming = tab.waitForEvent("download");
    await tab.locator("#results .actions > button").nth(n).click();
    saved.push(await readFile(await (await coming).path(), "utf8"));
  }
  const [html, json] = saved;
  await writeFile(at("page.json"), json);
  const told = String(await python("-m", "telltale.cli", "replay", at("page.json"), at("coffee.jpg")));
  assert.match(told, /, 0 differs,/);
  assert.match(told, /runtime\.kind: pyodide, now cpython/);

  assert.match(html, /<html lang="es">/);
  assert.match(html, /Cadena de custodia/);
  assert.match(html, /2026\/117/);
  await writeFile(at("report.html"), html);
  const paper = await browser.context.newPage();
  // of the report alone: the page beside it may start another worker at any time
  /** @type {string[]} */
  const asked = [];
  paper.on("request", (request) => asked.push(request.url()));
  /** @type {string[]} */
  const complaints = [];
  paper.on("console", (message) => complaints.push(message.text()));
  await paper.goto(pathToFileURL(at("report.html")).href);
  const broken = await paper.evaluate(() => [...document.images].filter((image) => !image.naturalWidth).length);
  assert.equal(broken, 0);
  const pdf = await paper.pdf({ preferCSSPageSize: true });
  const pages = pdf.toString("latin1").match(/\/Type\s*\/Page\b(?!s)/g)?.length ?? 0;
  assert.ok(pages >= 4 && pages <= 40, `${pages} pages`);
  assert.deepEqual(complaints, []);
  assert.deepEqual(asked.filter((url) => !/^(file|data):/.test(url)), []);
  if (LOOK) await writeFile(path.join(LOOK, "report.pdf"), pdf);
  await paper.close();
});
