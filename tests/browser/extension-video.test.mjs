// Videos: the file itself where the site gives it, else frames; the player is never touched, and what
// was obtained is never lost.

import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import path from "node:path";
import { after, before, beforeEach, test } from "node:test";

import { build, bytesOf, clear, leavePicker, menu, obtained, openExtension, press, until } from "./extension-harness.mjs";
import { film, play } from "./extension-film.mjs";
import { openSites } from "./extension-site.mjs";
import { says } from "./harness.mjs";

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

before(async () => {
  sites = await openSites();
  built = await build();
  extension = await openExtension(built.target);
  panel = await extension.openPanel();
  site = await extension.context.newPage();
  await site.goto(`${sites.here}/empty`);
  await extension.invite(site);
  await leavePicker(site, panel);
  sites.more.set("clip.webm", await film());
});

after(async () => {
  await extension?.close();
  await built?.remove();
  sites?.close();
});

beforeEach(async () => {
  sites.release();
  await clear(panel);
  await site.bringToFront();
});

/** Put a player on the page. @param {Parameters<typeof play>[1]} how */
const player = (how) => play(site, how);

/** @param {string} src */
async function ask(src) {
  await menu(extension, { menu: "examine-video", src });
  return obtained(panel, 1);
}

const touched = () => site.evaluate(() => window.touched);
/** @param {any} job @returns {number[]} */
const times = (job) => job.items.map((/** @type {any} */ item) => item.time);

test("the video's own file is examined over time, and the player is not touched", async () => {
  const job = await ask(await player({ src: "/media/clip.webm", play: true }));
  assert.equal(job.rung, "page-bytes");
  assert.deepEqual(job.notes, []);
  assert.deepEqual([job.items.length, job.items[0].film, job.items[0].name], [1, true, "clip.webm"]);
  assert.deepEqual(await bytesOf(panel, job.id), sites.more.get("clip.webm"));
  assert.deepEqual(await touched(), []);
  const [done] = await until(panel, ([job]) => job.state === "done");
  assert.deepEqual([done.items[0].width, done.items[0].height], [160, 120]);
  const { record, video } = await panel.evaluate(async (id) => (await import("/extension/jobs.js")).result(id, 0), job.id);
  assert.equal(record.media.sha256, createHash("sha256").update(/** @type {Buffer} */ (sites.more.get("clip.webm"))).digest("hex"));
  assert.equal(record.media.rung, "page-bytes");
  assert.deepEqual([record.video.codec, record.video.cancelled], ["vp8", false]);
  assert.ok(record.video.examined.until_s > 3);
  assert.deepEqual(video, record.video);
  await panel.bringToFront();
  await panel.locator(".lanes").waitFor();
  if (LOOK) await panel.screenshot({ path: path.join(LOOK, "panel-film.png"), fullPage: true });
});

test("how much of a video is examined is chosen in the panel, and the record says it", async () => {
  await ask(await player({ src: "/media/clip.webm" }));
  await until(panel, ([job]) => job.state === "done");
  await panel.bringToFront();
  await panel.locator(".sampling > summary").click();
  await panel.getByLabel("The first picture of each scene").check();
  await panel.getByLabel("Go back to the suspicious moments").uncheck();
  await panel.getByRole("button", { name: "Examine this video again" }).click();
  await panel.locator(".timeline-summary", { hasText: "The first picture of each scene was examined" }).waitFor();
  const [job] = await until(panel, ([job]) => job.state === "done");
  const { record } = await panel.evaluate(async (id) => (await import("/extension/jobs.js")).result(id, 0), job.id);
  assert.deepEqual(record.video.plan.asked, { kind: "scenes", n: 10, full: 16, closer: false });
  assert.deepEqual([record.video.plan.kind, record.acquisition.rung], ["scenes", "page-bytes"]);
  await panel.evaluate(() => localStorage.removeItem("telltale.sampling"));
});

test("a playing video whose file nobody gets gives frames as it plays, and is not touched", async () => {
  const job = await ask(await player({ src: "/media/clip.webm?player", play: true }));
  assert.deepEqual(job.tried[0], { rung: "page-bytes", why: "status", detail: "403" });
  assert.equal(job.rung, "video-frames");
  assert.ok(job.items.length >= 3, `${job.items.length} frames`);
  assert.equal(new Set(times(job)).size, job.items.length);
  assert.deepEqual([job.items[0].width, job.items[0].height], [160, 120]);
  assert.ok(job.notes.includes("frames_as_stills"));
  assert.deepEqual(await touched(), []);
  const [first, second] = await Promise.all([bytesOf(panel, job.id, 0), bytesOf(panel, job.id, 1)]);
  assert.notDeepEqual(first, second);
});

test("a paused video stays where it is: the frames come from a copy of the player", async () => {
  const src = await player({ src: "/media/clip.webm?player" });
  await site.evaluate(() => {
    const video = /** @type {HTMLVideoElement} */ (document.querySelector("video"));
    return new Promise((done) => {
      video.addEventListener("seeked", () => ((window.touched = []), done(0)), { once: true });
      video.currentTime = 1.5;
    });
  });
  const job = await ask(src);
  assert.equal(job.items.length, 5);
  assert.equal(times(job)[0], 1.5);
  assert.ok(Math.max(...times(job)) > 2.5 && Math.min(...times(job)) < 1);
  assert.deepEqual(await touched(), []);
  assert.equal(await site.$eval("video", (video) => /** @type {HTMLVideoElement} */ (video).currentTime), 1.5);
});

test("a player fed by Media Source gives frames too", async () => {
  // slowly: of what has ended before it was asked for there is but one frame
  const job = await ask(await player({ src: "/media/clip.webm", mse: true, play: true, rate: 0.3 }));
  assert.equal(job.tried[0].why, "no_file");
  assert.equal(job.rung, "video-frames");
  assert.ok(job.items.length >= 2);
  assert.deepEqual(await touched(), []);
});

test("a video that its site protects is captured from the tab, and that is said", async () => {
  const job = await ask(await player({ src: `${sites.there}/media/clip.webm`, play: true }));
  assert.equal(job.rung, "tab-capture");
  assert.deepEqual(job.tried.map((/** @type {any} */ one) => one.why), ["refused", "tainted", ""]);
  assert.equal(job.offer, "http://localhost/*");
  assert.ok(job.items.length >= 1);
  assert.ok(job.notes.includes("screenshot") && job.notes.includes("scaled"));
  assert.deepEqual([job.items[0].width, job.items[0].height], [320, 240]);
});

/** A clip made longer by an EBML Void element, which players step over. @param {Buffer} clip @param {number} size */
function padded(clip, size) {
  const head = Buffer.alloc(9);
  head[0] = 0xec;
  head.writeBigUInt64BE(2n ** 56n + BigInt(size), 1);
  return Buffer.concat([clip, head, Buffer.alloc(size)]);
}

test("a film of 200 MB comes piece by piece and is examined", async () => {
  const long = padded(/** @type {Buffer} */ (sites.more.get("clip.webm")), 200 * 2 ** 20);
  sites.more.set("long.webm", long);
  const src = await player({ src: "/media/long.webm", play: true });
  await menu(extension, { menu: "examine-video", src });
  const [loading] = await until(panel, ([job]) => job?.got > 0);
  assert.equal(loading.total, long.length);
  const [done] = await until(panel, ([job]) => job?.state === "done");
  assert.deepEqual([done.rung, done.got], ["page-bytes", long.length]);
  assert.deepEqual(await touched(), []);
  const { record } = await panel.evaluate(async (id) => (await import("/extension/jobs.js")).result(id, 0), done.id);
  assert.equal(record.media.size_bytes, long.length);
  assert.ok(record.video.examined.until_s > 3);
  sites.more.delete("long.webm");
});

test("a film too large to be fetched gives frames, and that is said", async () => {
  const job = await ask(await player({ src: "/media/clip.webm?huge", play: true }));
  assert.deepEqual(job.tried.map((/** @type {any} */ one) => [one.rung, one.why]), [["page-bytes", "too_large"], ["video-frames", ""]]);
  assert.ok(job.items.length >= 3 && job.got === 0, `${job.items.length} frames, ${job.got} bytes`);
  assert.ok(job.notes.includes("frames_as_stills"));
  assert.deepEqual(await touched(), []);
  await panel.bringToFront();
  await panel.locator(".obtained .ways > summary").click();
  await says(panel.locator(".obtained"), /Tests over time need the video’s file[\s\S]*Original file from the page: too large/);
  await site.bringToFront();
});

test("who does not want to wait for the file has frames instead", async () => {
  const src = await player({ src: "/media/clip.webm", play: true, rate: 0.3 });
  sites.hold("clip.webm");
  await menu(extension, { menu: "examine-video", src });
  await press(panel, "Take frames instead");
  const job = await obtained(panel, 1);
  sites.release();
  assert.deepEqual(job.tried.map((/** @type {any} */ one) => [one.rung, one.why]), [["page-bytes", "stopped"], ["video-frames", ""]]);
  assert.ok(job.items.length >= 1);
  assert.deepEqual(await touched(), []);
});

test("the person may say that it is enough: what was taken is examined", async () => {
  // a quarter of a minute from one frame to the next
  const src = await player({ src: "/media/clip.webm?player", play: true, rate: 0.07 });
  await menu(extension, { menu: "examine-video", src });
  await press(panel, "Examine what there is");
  const [done] = await until(panel, ([job]) => job.state === "done");
  assert.ok(done.items.length >= 1 && done.items.length < 5, `${done.items.length} frames`);
  assert.deepEqual(new Set(done.items.map((/** @type {any} */ item) => item.state)), new Set(["done"]));
});
