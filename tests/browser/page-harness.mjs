// What the page's tests share: its pictures, its start, and reading it as a person would.

import { readFileSync, rmSync } from "node:fs";
import { mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";

import { media, python } from "./harness.mjs";

/** @type {Promise<string> | undefined} */
let made;

/** The path of a picture that `page_media.py` or `media.py` makes. */
export async function picture(name) {
  made ??= (async () => {
    const folder = await mkdtemp(path.join(tmpdir(), "telltale-page-media-"));
    await python("tests/browser/page_media.py", folder);
    process.once("exit", () => rmSync(folder, { recursive: true, force: true }));
    return folder;
  })();
  const own = ["hostile.jpg", "placed.jpg", "turned.jpg", "turned.webp"].includes(name);
  return path.join(own ? await made : await media(), name);
}

/** A tab with the page, ready for pictures. */
export async function openPage(context, url) {
  const tab = await context.newPage();
  tab.problems = [];
  tab.on("pageerror", (error) => tab.problems.push(error.stack || error.message));
  await tab.goto(url);
  await tab.waitForFunction(() => "telltale" in window);
  return tab;
}

/** Pick files through the page's file input and wait for their records. */
export async function examine(tab, ...names) {
  await tab.setInputFiles("input[type=file]", await Promise.all(names.map(picture)));
  return tab.evaluate(() => window.telltale.whenIdle());
}

/** A file as the arguments of `new File` inside a tab. */
export async function fileFor(name, as = name, type = "image/jpeg") {
  return { bytes: [...readFileSync(await picture(name))], name: as, type };
}

/** The downloaded text that a click brings. */
export async function saved(tab, click) {
  const [download] = await Promise.all([tab.waitForEvent("download"), click()]);
  return { name: download.suggestedFilename(), text: readFileSync(await download.path(), "utf-8") };
}

/** Press Tab until an element that matches has the focus; fails after too many. */
export async function tabTo(tab, selector, most = 120) {
  for (let k = 0; k < most; k++) {
    await tab.keyboard.press("Tab");
    if (await tab.evaluate((s) => document.activeElement?.matches(s), selector)) return;
  }
  throw new Error(`Tab never reached ${selector}`);
}
