// A real window, a real mouse and real keys: the gestures that a headless browser does not know, and
// the dialog in which the browser itself asks the person.

import assert from "node:assert/strict";
import { after, before, beforeEach, test } from "node:test";

import { build, bytesOf, clear, jobs, obtained, openExtension, pickerShown, speakTo, until } from "./extension-harness.mjs";
import { film, play } from "./extension-film.mjs";
import { openSites } from "./extension-site.mjs";
import { eventually, recordRequests } from "./harness.mjs";
import { lacking, openScreen } from "./screen.mjs";

const skip = (await lacking()) ?? false;

/** @type {import("./screen.mjs").Screen} */
let screen;
/** @type {import("./extension-site.mjs").Sites} */
let sites;
/** @type {Awaited<ReturnType<typeof build>>} */
let built;
/** @type {import("./extension-harness.mjs").Extension} */
let extension;
/** @type {import("playwright-core").Page} watches the jobs from another tab */
let watch;
/** @type {import("playwright-core").Page} */
let site;
/** @type {string[]} */
let requests;

before(async () => {
  if (skip) return;
  screen = await openScreen();
  sites = await openSites();
  built = await build();
  extension = await openExtension(built.target, { display: screen.display, flags: ["--window-position=0,0", "--lang=en-US"] });
  requests = recordRequests(extension.context);
  watch = await extension.context.newPage();
  await watch.goto(extension.address("privacy.html"));
  site = await extension.context.newPage();
});

after(async () => {
  await extension?.close();
  await built?.remove();
  sites?.close();
  screen?.close();
});

beforeEach(async () => {
  if (skip) return;
  await closePanel();
  await clear(watch);
  // nothing that was allowed on an earlier page holds on this one
  await site.goto(`${sites.here}/?${crypto.randomUUID()}`);
  await site.bringToFront();
});

/** @param {{x: number, y: number}} at of the page @returns where that is on the screen */
async function onScreen({ x, y }) {
  const top = await site.evaluate(() => ({ x: screenX, y: screenY + outerHeight - innerHeight }));
  return { x: top.x + x, y: top.y + y };
}

/** The middle of an element, on the screen. @param {string} selector */
async function middle(selector) {
  const box = await site.locator(selector).boundingBox();
  assert.ok(box);
  return onScreen({ x: box.x + box.width / 2, y: box.y + box.height / 2 });
}

/** Right-click an element and choose the first entry of ours. @param {string} selector */
async function chooseFromMenu(selector) {
  const windows = await screen.windows();
  await screen.click(await middle(selector), "right");
  await screen.shows(windows + 1);
  // the last entry is the browser's "Inspect", the one above it is ours and opens two of its own, of
  // which the same keys choose the first; a menu that has just opened may not hear them yet
  await actUntil(async () => (await screen.windows()) === windows + 2, () => screen.keys("End", "Up", "Right"));
  await screen.keys("Return");
  await screen.shows(windows);
}

/** The side panel's own page, which is no tab. */
async function sidePanel() {
  const { targetInfos } = await extension.cdp.send("Target.getTargets");
  return targetInfos.find(({ url }) => url === extension.address("panel.html"));
}

/** The side panel once it is open, to speak to. */
async function openedPanel() {
  const { targetId } = await eventually(sidePanel);
  return speakTo(extension.cdp, targetId);
}

async function closePanel() {
  for (let side = await sidePanel(); side; side = await sidePanel()) {
    await extension.cdp.send("Target.closeTarget", { targetId: side.targetId }).catch(() => undefined);
  }
}

/** Evaluate in the side panel until there is something. @param {Awaited<ReturnType<typeof speakTo>>} panel @param {string} expression */
const ask = (panel, expression) =>
  eventually(() => panel("Runtime.evaluate", { expression, awaitPromise: true, returnByValue: true }), Boolean, expression);

/** Do something again and again until it has come to what is wanted. @param {() => Promise<boolean>} done @param {() => Promise<unknown>} act */
const actUntil = (done, act) => eventually(async () => (await done()) || (await act(), false), Boolean, String(act));

/** Press a button in the side panel, as a gesture. @param {Awaited<ReturnType<typeof speakTo>>} panel @param {string} selector */
async function press(panel, selector) {
  const find = `document.querySelector(${JSON.stringify(selector)})`;
  const { x, y } = await ask(
    panel,
    `(() => { ${find}?.scrollIntoView({ block: "center" }); const b = ${find}?.getBoundingClientRect();
      return b && { x: b.x + b.width / 2, y: b.y + b.height / 2 } })()`,
  );
  for (const type of ["mousePressed", "mouseReleased"]) {
    await panel("Input.dispatchMouseEvent", { type, x, y, button: "left", clickCount: 1 });
  }
}

test("the keyboard shortcut opens the side panel and lets the person choose a picture", { skip }, async () => {
  await screen.click(await onScreen({ x: 600, y: 700 }));
  await screen.keys("alt+shift+e");
  const panel = await openedPanel();
  await pickerShown(site);
  await screen.click(await middle("#same"));
  const job = await obtained(watch, 1);
  assert.equal(job.rung, "page-bytes");
  assert.deepEqual(await bytesOf(watch, job.id), sites.pictures.get("face.jpg"));
  await ask(panel, `document.querySelector('.obtained[data-rung="page-bytes"]') !== null`);

  // closed and opened again, it still knows
  await closePanel();
  await screen.keys("alt+shift+e");
  const again = await openedPanel();
  await pickerShown(site);
  // where the keys go, page or panel, is the browser's to say: both end it
  await actUntil(() => site.evaluate(() => !document.querySelector(":popover-open")), () => screen.keys("Escape"));
  await ask(again, `document.querySelector('.obtained[data-rung="page-bytes"]') !== null`);
});

test("the entry of the browser's own context menu opens the side panel and gives access to the page", { skip }, async () => {
  await chooseFromMenu("#same");
  const job = await obtained(watch, 1);
  assert.equal(job.kind, "image");
  assert.equal(job.rung, "page-bytes");
  assert.deepEqual(await bytesOf(watch, job.id), sites.pictures.get("face.jpg"));
  await openedPanel();
});

test("a video's entry of the context menu brings the video", { skip }, async () => {
  sites.more.set("clip.webm", await film({ seconds: 1.5 }));
  await play(site, { src: "/media/clip.webm", play: true, loop: true });
  await chooseFromMenu("video");
  const job = await obtained(watch, 1);
  assert.deepEqual([job.kind, job.rung], ["video", "page-bytes"]);
  assert.deepEqual(await bytesOf(watch, job.id), sites.more.get("clip.webm"));
});

test("the browser's question about a site: refused, nothing stays; allowed, the original comes", { skip }, async () => {
  await chooseFromMenu("#foreign");
  const shot = await obtained(watch, 1);
  assert.equal(shot.rung, "tab-capture", JSON.stringify(shot.tried));
  const panel = await openedPanel();
  await press(panel, ".get-original");
  await until(watch, ([job]) => job.asking);
  // the dialog comes in its own time: until it is there a key does nothing
  await actUntil(async () => !(await jobs(watch))[0].asking, () => screen.keys("Escape"));
  const origins = () => watch.evaluate(async () => (await chrome.permissions.getAll()).origins);
  assert.deepEqual(await origins(), []);

  // "Deny" has the focus at first, "Allow" is beside it. The dialog takes what is pressed within half a
  // second of its coming, or of the last press, for an accident; who denied is asked again.
  let tries = 1;
  await actUntil(async () => (await jobs(watch)).length === 2, async () => {
    if (!(await jobs(watch))[0].asking) await press(panel, ".get-original");
    await new Promise((resolve) => setTimeout(resolve, 1000));
    for (let step = tries++ % 3; step > 0; step--) await screen.keys("Tab");
    await screen.keys("Return");
  });
  const job = await obtained(watch, 2);
  assert.equal(job.rung, "page-bytes");
  assert.deepEqual(await bytesOf(watch, job.id), sites.pictures.get("noise.jpg"));
  await until(watch, ([first]) => first.asking === false && first.offer === "");
  assert.deepEqual(await origins(), []);
});

test("nothing was asked of any address but the two sites and the extension itself", { skip }, () => {
  const ours = [sites.here, sites.there, `chrome-extension://${extension.id}`, "chrome://", "data:", "blob:"];
  assert.ok(requests.length > 10);
  assert.deepEqual(requests.filter((url) => !ours.some((start) => url.startsWith(start))), []);
});
