// A live call on the page: a camera (Chromium's fake one, which shows a film) is followed and stopped.

import assert from "node:assert/strict";
import { rmSync } from "node:fs";
import { mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { after, before, test } from "node:test";

import { browse, python, recordRequests, serve } from "./harness.mjs";
import { followed } from "./live-call.mjs";

let folder;
let server;
let browser;
let requests;
let tab;

before(async () => {
  folder = await mkdtemp(path.join(tmpdir(), "telltale-live-"));
  const film = path.join(folder, "camera.y4m");
  await python("tests/browser/live_media.py", film);
  server = await serve();
  const camera = ["--use-fake-ui-for-media-stream", "--use-fake-device-for-media-stream", `--use-file-for-fake-video-capture=${film}`];
  browser = await browse({ flags: ["--disable-gpu", ...camera] });
  requests = recordRequests(browser.context);
  tab = await browser.context.newPage();
  await tab.addInitScript(() => {
    const { getUserMedia } = MediaDevices.prototype;
    MediaDevices.prototype.getUserMedia = async function (...how) {
      return (window.given = await getUserMedia.apply(this, how));
    };
  });
  await tab.goto(server.url);
  await tab.waitForFunction(() => "telltale" in window);
});

after(async () => {
  await browser?.close();
  server?.close();
  rmSync(folder, { recursive: true, force: true });
});

test("a camera is followed while it shows a face, lane by lane, and its frames are counted", async () => {
  await tab.getByRole("button", { name: "Live call" }).click();
  await tab.getByRole("button", { name: "Use the camera" }).click();
  await tab.locator(".live .track").first().waitFor();
  for (const id of ["blink", "mouth_detail", "face_manipulation"]) {
    await tab.locator(`.live .lane[data-test="${id}"] .lane-line`).waitFor({ state: "attached" });
  }
  assert.equal(await tab.locator(".live .track").count(), 1);
  await tab.waitForFunction(() => document.querySelectorAll(".live .player-face").length === 1);
  await tab.locator(".live-rate", { hasText: "frames a second are followed" }).waitFor();
  assert.equal(await tab.locator(".live .timeline-tools").isVisible(), false);
  await followed(tab);
});

test("stopping ends the camera, and the record of the last seconds can be kept", async () => {
  await tab.getByRole("button", { name: "Stop", exact: true }).click();
  await tab.getByText("can be kept as a record").waitFor();
  const again = tab.getByRole("button", { name: "Use the camera" });
  assert.ok(await again.evaluate((button) => button === document.activeElement), "the keyboard goes on from here");
  assert.deepEqual(await tab.evaluate(() => window.given.getTracks().map((track) => track.readyState)), ["ended"]);
  const [download] = await Promise.all([
    tab.waitForEvent("download"),
    tab.locator(".live").getByRole("button", { name: /JSON/ }).click(),
  ]);
  const record = JSON.parse(await (await download.createReadStream()).toArray().then((parts) => Buffer.concat(parts).toString()));
  assert.equal(record.video.plan.kind, "live");
  assert.equal(record.media.rung, "video-frames");
  assert.equal(record.assessment.status, "none");
  assert.ok(record.video.examined.followed > 3);
  assert.equal(record.video.tracks.length, 1);
});

test("closing the dialog in the midst stops everything, and a picture can be examined at once", async () => {
  await tab.getByRole("button", { name: "Use the camera" }).click();
  await tab.locator(".live .track").first().waitFor();
  await tab.getByRole("button", { name: "Close", exact: true }).click();
  await tab.waitForFunction(() => window.given.getTracks().every((track) => track.readyState === "ended"));
  assert.equal(await tab.locator("dialog").count(), 0);
  const record = await tab.evaluate(async () => {
    const canvas = new OffscreenCanvas(64, 64);
    canvas.getContext("2d").fillRect(0, 0, 20, 20);
    window.telltale.add([new File([await canvas.convertToBlob()], "square.png", { type: "image/png" })]);
    return (await window.telltale.whenIdle())[0];
  });
  assert.equal(record.media.format, "PNG");
});

test("a camera is asked for once, and given after the dialog was closed it is put out", async () => {
  await tab.evaluate(() => {
    const { getUserMedia } = MediaDevices.prototype;
    const allowed = new Promise((resolve) => (window.allow = resolve));
    Object.assign(window, { asked: 0, given: null });
    MediaDevices.prototype.getUserMedia = async function (...how) {
      window.asked++;
      await allowed;
      return getUserMedia.apply(this, how);
    };
  });
  await tab.getByRole("button", { name: "Live call" }).click();
  await tab.getByRole("button", { name: "Use the camera" }).click();
  await tab.getByRole("button", { name: "Use the camera" }).click();
  await tab.getByRole("button", { name: "Close", exact: true }).click();
  await tab.evaluate(() => window.allow());
  await tab.waitForFunction(() => window.given?.getTracks().every((track) => track.readyState === "ended"));
  assert.equal(await tab.evaluate(() => window.asked), 1);
});

test("a camera that is not allowed is said, not failed", async () => {
  await tab.evaluate(() => {
    MediaDevices.prototype.getUserMedia = () => Promise.reject(new DOMException("no", "NotAllowedError"));
  });
  await tab.getByRole("button", { name: "Live call" }).click();
  await tab.getByRole("button", { name: "Use the camera" }).click();
  await tab.getByText("the camera was not allowed").waitFor();
  assert.equal(await tab.getByRole("button", { name: "Use the camera" }).isVisible(), true);
});

test("nothing was asked of any other address", () => {
  const elsewhere = requests.filter((url) => !url.startsWith(server.url) && !/^(blob|data):/.test(url));
  assert.deepEqual(elsewhere, []);
});
