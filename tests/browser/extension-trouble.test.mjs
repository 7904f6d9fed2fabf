// What goes wrong on real pages: tabs that close in the midst, protected players, pages that move.
// And what is given to the panel itself.

import assert from "node:assert/strict";
import { after, before, beforeEach, test } from "node:test";

import { build, bytesOf, clear, leavePicker, menu, obtained, openExtension, pickerShown, until } from "./extension-harness.mjs";
import { film, play } from "./extension-film.mjs";
import { openSites } from "./extension-site.mjs";
import { says } from "./harness.mjs";

/** @type {import("./extension-site.mjs").Sites} */
let sites;
/** @type {Awaited<ReturnType<typeof build>>} */
let built;
/** @type {import("./extension-harness.mjs").Extension} */
let extension;
/** @type {import("playwright-core").Page} */
let panel;

before(async () => {
  sites = await openSites();
  built = await build();
  extension = await openExtension(built.target);
  panel = await extension.openPanel();
  for (const [name, black] of /** @type {const} */ ([["clip.webm", false], ["black.webm", true]])) {
    sites.more.set(name, await film({ seconds: 1.5, black }));
  }
});

after(async () => {
  await extension?.close();
  await built?.remove();
  sites?.close();
});

beforeEach(() => {
  sites.release();
  return clear(panel);
});

/** A tab of its own on which the person asked, in front. @param {string} [path] */
async function visit(path = "/") {
  const page = await extension.context.newPage();
  await page.goto(`${sites.here}${path}`);
  await extension.invite(page);
  await leavePicker(page, panel);
  return page;
}

/** What the panel says of how it went. @param {RegExp} pattern */
const told = async (pattern) => {
  await panel.bringToFront();
  await says(panel.locator(".obtained"), pattern);
};

/** A player that a script feeds, as most protected ones are. @param {import("playwright-core").Page} page @param {Omit<Parameters<typeof play>[1], "src">} how @param {string} clip */
const player = (page, how, clip) => play(page, { src: `/media/${clip}`, mse: true, play: true, loop: true, ...how });

test("a tab that closes while its picture is examined costs nothing", async () => {
  const page = await visit();
  await menu(extension, { menu: "examine-image", src: `${sites.here}/media/face.jpg` });
  await until(panel, ([job]) => ["queued", "running"].includes(job?.state));
  await page.close();
  const [done] = await until(panel, ([job]) => ["done", "failed"].includes(job.state));
  assert.equal(done.state, "done");
  const { record } = await panel.evaluate(async (id) => (await import("/extension/jobs.js")).result(id, 0), done.id);
  assert.equal(record.media.rung, "page-bytes");
  assert.ok(record.findings.length > 5);
  assert.equal(record.cancelled ?? false, false);
});

test("a tab that closes before the picture came is told by name", async () => {
  const page = await visit();
  sites.hold("face.jpg");
  await menu(extension, { menu: "examine-image", src: `${sites.here}/media/face.jpg?closing` });
  await sites.asked("closing");
  await page.close();
  const job = await obtained(panel, 1);
  sites.release();
  assert.deepEqual([job.state, job.error], ["failed", "gone"]);
  await told(/no longer on the page/);
});

test("a tab that closes while frames are taken: those that came are examined", async () => {
  const page = await visit("/empty");
  const src = await player(page, { rate: 0.1 }, "clip.webm");
  await menu(extension, { menu: "examine-video", src });
  await until(panel, ([job]) => job?.items.length >= 1);
  await page.close();
  const [done] = await until(panel, ([job]) => ["done", "failed"].includes(job.state));
  assert.deepEqual([done.state, done.rung, ...new Set(done.items.map(({ state }) => state))], ["done", "video-frames", "done"]);
});

test("a tab that closes while the person chooses leaves nothing behind", async () => {
  const page = await extension.context.newPage();
  await page.goto(`${sites.here}/empty`);
  await extension.invite(page);
  await pickerShown(page);
  await page.close();
  await until(panel, (all) => all.length === 0);
});

test("taking the choice back in the panel takes the cover off the page", async () => {
  const page = await extension.context.newPage();
  await page.goto(`${sites.here}/empty`);
  await extension.invite(page);
  await pickerShown(page);
  await panel.evaluate(() => document.dispatchEvent(new KeyboardEvent("keydown", { key: "Escape", bubbles: true })));
  await until(panel, (all) => all.length === 0);
  assert.equal(await page.evaluate(() => document.querySelector(":popover-open")), null);
  await page.close();
});

test("a protected player gives nothing, and that is said with its reason", async () => {
  const page = await visit("/empty");
  const src = await player(page, { locked: true }, "black.webm");
  await menu(extension, { menu: "examine-video", src });
  const job = await obtained(panel, 1);
  assert.deepEqual(job.tried.map((/** @type {any} */ one) => [one.rung, one.why]), [
    ["page-bytes", "no_file"], ["video-frames", "protected"], ["tab-capture", "protected"],
  ]);
  assert.deepEqual([job.state, job.error, job.items.length], ["failed", "protected", 0]);
  await told(/protects this video \(DRM\)/);
  await page.close();
});

test("a dark scene of a player without protection is not called protected", async () => {
  const page = await visit("/empty");
  await menu(extension, { menu: "examine-video", src: await player(page, {}, "black.webm") });
  assert.equal((await obtained(panel, 1)).error, "blank");
  await page.close();
});

test("a protected picture is captured once the page has come to rest; one that never rests is not", async () => {
  const page = await visit();
  const move = (/** @type {number} */ steps) =>
    page.evaluate((steps) => {
      const image = /** @type {HTMLElement} */ (document.getElementById("foreign"));
      let n = 0;
      const timer = setInterval(() => {
        // where it has been it comes again only after so long as no capture takes
        image.style.margin = `${8 + (Math.floor(n / 60) % 90)}px 0 0 ${8 + (n++ % 60)}px`;
        if (n >= steps) clearInterval(timer);
      }, 5);
    }, steps);
  await move(120);
  await menu(extension, { menu: "examine-image", src: `${sites.there}/media/noise.jpg?locked` });
  const rested = await obtained(panel, 1);
  assert.equal(rested.rung, "tab-capture");
  assert.deepEqual([rested.items[0].width, rested.items[0].height], [128, 96]);
  await clear(panel);
  await move(Infinity);
  await menu(extension, { menu: "examine-image", src: `${sites.there}/media/noise.jpg?locked` });
  assert.equal((await obtained(panel, 1)).error, "moving");
  await page.close();
});

test("a file dropped on the panel, a file pasted, and a picture pasted as pixels", async () => {
  await panel.bringToFront();
  /** @param {"drop" | "paste"} type @param {string} name @param {number} age of the file, ms */
  const give = (type, name, age) =>
    panel.evaluate(
      ({ type, name, age, data }) => {
        const transfer = new DataTransfer();
        const bytes = Uint8Array.from(atob(data), (c) => c.charCodeAt(0));
        transfer.items.add(new File([bytes], name, { type: "image/jpeg", lastModified: Date.now() - age }));
        const options = { bubbles: true, cancelable: true };
        const event = type === "drop"
          ? new DragEvent("drop", { ...options, dataTransfer: transfer })
          : new ClipboardEvent("paste", { ...options, clipboardData: transfer });
        document.body.dispatchEvent(event);
      },
      { type, name, age, data: /** @type {Buffer} */ (sites.pictures.get("noise.jpg")).toString("base64") },
    );
  const cases = /** @type {const} */ ([["drop", "dropped.jpg", 9e6, "file"], ["paste", "copied.jpg", 9e6, "file"], ["paste", "image.png", 0, "canvas"]]);
  for (const [type, name, age, rung] of cases) {
    await clear(panel);
    await give(type, name, age);
    const [job] = await until(panel, ([job]) => job?.state === "done");
    assert.deepEqual([job.rung, job.items[0].name, job.source.tabId], [rung, name, -1]);
    assert.deepEqual(await bytesOf(panel, job.id), sites.pictures.get("noise.jpg"));
  }
});
