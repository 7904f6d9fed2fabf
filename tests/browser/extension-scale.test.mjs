// A dense screen, and a reader of Spanish: captures are whole device pixels, every word is known.

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import path from "node:path";
import { after, before, test } from "node:test";

import { build, bytesOf, clear, leavePicker, menu, obtained, openExtension, pickerShown } from "./extension-harness.mjs";
import { openSites } from "./extension-site.mjs";

const LOOK = process.env.TELLTALE_LOOK;
const SCALE = 1.5;

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

before(async () => {
  sites = await openSites();
  built = await build();
  extension = await openExtension(built.target, { flags: [`--force-device-scale-factor=${SCALE}`] });
  panel = await extension.openPanel();
  site = await extension.context.newPage();
  await site.goto(`${sites.here}/`);
  await extension.invite(site);
  await leavePicker(site, panel);
});

after(async () => {
  await extension?.close();
  await built?.remove();
  sites?.close();
});

test("a protected picture on a dense screen is captured at device pixels, and the scale is told", async () => {
  assert.equal(await site.evaluate(() => devicePixelRatio), SCALE);
  await menu(extension, { menu: "examine-image", src: `${sites.there}/media/noise.jpg?locked` });
  const job = await obtained(panel, 1);
  assert.deepEqual([job.items[0].width, job.items[0].height], [128 * SCALE, 96 * SCALE]);
  assert.ok(job.notes.includes("scaled"));
  assert.deepEqual(job.measures, { shown: 128 * SCALE, natural: 128 });
  const png = await bytesOf(panel, job.id);
  assert.equal(png.readUInt32BE(16), 128 * SCALE);
});

test("a zoomed page is captured where the picture is", async () => {
  await clear(panel);
  const [worker] = extension.context.serviceWorkers();
  await worker.evaluate(async () => {
    const [tab] = await chrome.tabs.query({ active: true, lastFocusedWindow: true });
    await chrome.tabs.setZoom(tab.id, 1.25);
  });
  await site.waitForFunction((wanted) => devicePixelRatio === wanted, SCALE * 1.25);
  await site.evaluate(() => {
    const box = document.createElement("div");
    box.style.cssText = "position:absolute;left:160px;top:16px;width:80px;height:40px;background:linear-gradient(red,blue)";
    box.id = "mark";
    document.body.append(box);
  });
  await menu(extension, { menu: "examine-image", src: `${sites.there}/media/noise.jpg?locked` });
  const job = await obtained(panel, 1);
  assert.deepEqual([job.items[0].width, job.items[0].height], [128 * SCALE * 1.25, 96 * SCALE * 1.25]);
});

test("the panel speaks Spanish, also about what went wrong", async () => {
  // a browser has Spanish only where its language pack is installed: its answers are stood in for
  const strings = JSON.parse(await readFile(path.join(built.target, "_locales/es/messages.json"), "utf8"));
  await panel.addInitScript((strings) => {
    chrome.i18n.getUILanguage = () => "es-MX";
    chrome.i18n.getMessage = (key, places) => strings[key]?.message.replace(/\$(\d)/g, (_, n) => places?.[n - 1] ?? "") ?? "";
  }, strings);
  await panel.reload();
  await panel.bringToFront();
  await panel.locator(".obtained").waitFor();
  assert.equal(await panel.evaluate(() => document.documentElement.lang), "es");
  await panel.locator(".obtained summary").click();
  const words = await panel.locator("body").innerText();
  assert.match(words, /Captura de la pestaña/);
  assert.match(words, /el sitio no permite que una página lo lea/);
  assert.doesNotMatch(words, /\b(the|Screenshot|Original file)\b/);
  if (LOOK) {
    await panel.emulateMedia({ colorScheme: "dark" });
    await panel.screenshot({ path: path.join(LOOK, "panel-spanish-dark.png"), fullPage: true });
    await site.bringToFront();
    await extension.invite(site);
    await pickerShown(site);
    await site.mouse.move(60, 60);
    await site.screenshot({ path: path.join(LOOK, "picker.png") });
    await site.keyboard.press("Escape");
  }
});
