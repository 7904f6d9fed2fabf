// A live call on the page, of a tab that the browser really shares: followed, stopped, closed, refused.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { browse, recordRequests, serve } from "./harness.mjs";
import { CHOOSES, REFUSES, face, followed, openCall } from "./live-call.mjs";

let server;
let browser;
let requests;
let film;
let call;
let tab;

before(async () => {
  [film, server] = await Promise.all([face(), serve()]);
  browser = await browse({ flags: ["--disable-gpu", ...CHOOSES] });
  requests = recordRequests(browser.context);
});

after(async () => {
  await browser?.close();
  server?.close();
});

async function openPage(context) {
  const page = await context.newPage();
  await page.addInitScript(() => {
    const { getDisplayMedia } = MediaDevices.prototype;
    MediaDevices.prototype.getDisplayMedia = async function (...how) {
      return (window.given = await getDisplayMedia.apply(this, how));
    };
  });
  await page.goto(server.url);
  await page.waitForFunction(() => "telltale" in window);
  await page.getByRole("button", { name: "Live call" }).click();
  return page;
}

const share = (page) => page.getByRole("button", { name: "Choose a tab or window" }).click();
const states = (page) => page.evaluate(() => window.given.getTracks().map((track) => track.readyState));

async function saved(page) {
  const [download] = await Promise.all([
    page.waitForEvent("download"),
    page.locator(".live").getByRole("button", { name: /JSON/ }).click(),
  ]);
  return JSON.parse(Buffer.concat(await (await download.createReadStream()).toArray()).toString());
}

test("a shared tab is followed like a camera, lane by lane", async () => {
  call = await openCall(browser.context, film);
  tab = await openPage(browser.context);
  await share(tab);
  await tab.locator(".live .track").first().waitFor();
  for (const id of ["blink", "mouth_detail", "face_manipulation"]) {
    await tab.locator(`.live .lane[data-test="${id}"] .lane-line`).waitFor({ state: "attached" });
  }
  assert.equal(await tab.locator(".live .track").count(), 1);
  await tab.locator(".live-rate", { hasText: "frames a second are followed" }).waitFor();
  await followed(tab);
});

test("stopping gives the tab back and keeps what was there", async () => {
  await tab.getByRole("button", { name: "Stop", exact: true }).click();
  await tab.getByText("can be kept as a record").waitFor();
  assert.deepEqual(await states(tab), ["ended"]);
  await tab.locator(".live-verdict", { hasText: "We cannot tell" }).waitFor();
  const record = await saved(tab);
  assert.equal(record.media.rung, "tab-capture");
  assert.equal(record.video.plan.kind, "live");
  assert.equal(record.video.tracks.length, 1);
  assert.ok(record.video.lanes.some(({ test, values }) => test === "blink" && values.length > 3));
  assert.equal(record.assessment.status, "none");
});

test("a call whose tab is closed has ended, and that is said", async () => {
  await share(tab);
  await tab.locator(".live .track").first().waitFor();
  await call.close();
  await tab.getByText("is shared no more").waitFor();
  assert.deepEqual(await states(tab), ["ended"]);
  assert.ok((await saved(tab)).video.examined.followed > 0);
  assert.equal(await tab.getByRole("button", { name: "Choose a tab or window" }).isVisible(), true);
});

test("nothing was asked of any other address", () => {
  const elsewhere = requests.filter((url) => !url.startsWith(server.url) && !/^(blob|data|about):/.test(url));
  assert.deepEqual(elsewhere, []);
});

test("a person who shares nothing is told so, and may choose again", async () => {
  const refusing = await browse({ flags: ["--disable-gpu", ...REFUSES] });
  try {
    const page = await openPage(refusing.context);
    await share(page);
    await page.getByText("no tab or window was chosen").waitFor();
    assert.equal(await page.getByRole("button", { name: "Choose a tab or window" }).isVisible(), true);
    await page.getByRole("button", { name: "Use the camera" }).click();
    await page.getByText("the camera was not allowed").waitFor();
  } finally {
    await refusing.close();
  }
});
