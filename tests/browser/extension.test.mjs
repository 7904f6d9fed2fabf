// The extension on real pages: every way to point at a picture, every rung, and what it says of it.

import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { after, before, beforeEach, test } from "node:test";

import { readPixels } from "../../web/acquire/pixels.js";
import {
  build, bytesOf, clear, jobs, leavePicker, menu, obtained, openExtension, pickerShown, until,
} from "./extension-harness.mjs";
import { openSites } from "./extension-site.mjs";
import { eventually, recordRequests, says } from "./harness.mjs";

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

before(async () => {
  sites = await openSites();
  built = await build();
  extension = await openExtension(built.target);
  requests = recordRequests(extension.context);
  panel = await extension.openPanel();
  site = await extension.context.newPage();
  await site.addInitScript(() => {
    // exact pixels of a picture, as text
    window.decoded = async (/** @type {string} */ src) => {
      const image = Object.assign(new Image(), { src });
      await image.decode();
      const canvas = Object.assign(document.createElement("canvas"), { width: image.width, height: image.height });
      const context = canvas.getContext("2d");
      context.drawImage(image, 0, 0);
      return `${image.width} ${image.height} ${context.getImageData(0, 0, image.width, image.height).data.join()}`;
    };
  });
  await site.goto(`${sites.here}/`);
  await extension.invite(site);
  await leavePicker(site, panel);
});

after(async () => {
  await extension?.close();
  await built?.remove();
  sites?.close();
});

beforeEach(async () => {
  await clear(panel);
  await site.bringToFront();
});

/** @param {string} name */
const picture = (name) => /** @type {Buffer} */ (sites.pictures.get(name));

/** Ask for an image by the context menu. @param {string} src @param {number} [frameId] */
async function ask(src, frameId = 0) {
  await menu(extension, { menu: "examine-image", src, frameId });
  return obtained(panel, 1);
}

/** @param {any} job */
const ladder = (job) => job.tried.map((/** @type {any} */ one) => `${one.rung} ${one.why}`.trim());

test("installs with no host permission and no resource that a page could probe", async () => {
  const { origins, manifest, warnings } = await panel.evaluate(async () => ({
    origins: (await chrome.permissions.getAll()).origins,
    manifest: chrome.runtime.getManifest(),
    warnings: await chrome.management.getPermissionWarningsByManifest(
      JSON.stringify({ ...chrome.runtime.getManifest(), name: "x", description: "x", default_locale: undefined }),
    ),
  }));
  assert.deepEqual(origins, []);
  assert.deepEqual(warnings, []);
  assert.equal(manifest.host_permissions, undefined);
  assert.equal(manifest.content_scripts, undefined);
  assert.equal(manifest.web_accessible_resources, undefined);
  assert.equal(manifest.externally_connectable, undefined);
  const probe = await site.evaluate(
    (url) => fetch(url).then(() => "read", () => "refused"),
    extension.address("panel.html"),
  );
  assert.equal(probe, "refused");
});

test("the original bytes of a picture of the page's own site", async () => {
  const job = await ask(`${sites.here}/media/face.jpg`);
  assert.equal(job.rung, "page-bytes");
  assert.deepEqual(ladder(job), ["page-bytes"]);
  assert.deepEqual(await bytesOf(panel, job.id), picture("face.jpg"));
  assert.equal(job.items[0].name, "face.jpg");
});

test("the original bytes where another site lets pages read them", async () => {
  const job = await ask(`${sites.there}/cors/small.jpg`);
  assert.equal(job.rung, "page-bytes");
  assert.deepEqual(await bytesOf(panel, job.id), picture("small.jpg"));
});

test("the largest version of a responsive picture", async () => {
  const shown = await site.$eval("#set", (image) => /** @type {HTMLImageElement} */ (image).currentSrc);
  assert.match(shown, /small\.jpg$/);
  const job = await ask(shown);
  assert.deepEqual(await bytesOf(panel, job.id), picture("large.jpg"));
  assert.deepEqual(job.notes, ["larger_than_shown"]);
});

test("a picture that its site protects becomes a screenshot, exact at device pixels, and says so", async () => {
  const job = await ask(`${sites.there}/media/noise.jpg?locked`);
  assert.deepEqual(ladder(job), ["page-bytes refused", "canvas tainted", "tab-capture"]);
  assert.equal(job.rung, "tab-capture");
  assert.ok(job.notes.includes("screenshot"));
  assert.equal(job.offer, "http://localhost/*");
  assert.deepEqual([job.items[0].width, job.items[0].height], [128, 96]);
  const expected = await site.evaluate(() => decoded("/media/noise.jpg"));
  const got = await site.evaluate((data) => decoded(`data:image/png;base64,${data}`), (await bytesOf(panel, job.id)).toString("base64"));
  assert.equal(got, expected);
});

test("a protected picture that is half out of view is examined in part, or by its share", async () => {
  const box = await site.$eval("#foreign", (e) => e.getBoundingClientRect().top + scrollY + 48);
  await site.evaluate((y) => scrollTo(0, y), box);
  // the page must be long enough to scroll
  await site.addStyleTag({ content: "body { padding-bottom: 3000px }" });
  await site.evaluate((y) => scrollTo(0, y), box);
  const job = await ask(`${sites.there}/media/noise.jpg?locked`);
  await site.evaluate(() => scrollTo(0, 0));
  assert.equal(job.rung, "tab-capture");
  assert.ok(job.notes.includes("part"));
  assert.ok(Math.abs(job.measures.share - 0.5) < 0.03, `share ${job.measures.share}`);
  assert.equal(job.items[0].height, 48);
});

test("data: and blob: addresses", async () => {
  const data = `data:image/jpeg;base64,${picture("noise.jpg").toString("base64")}`;
  const blob = await site.evaluate(async (data) => {
    const url = URL.createObjectURL(await (await fetch(data)).blob());
    for (const src of [data, url]) document.body.append(Object.assign(new Image(), { src }));
    return url;
  }, data);
  for (const src of [data, blob]) {
    await clear(panel);
    const job = await ask(src);
    assert.equal(job.rung, "page-bytes");
    assert.deepEqual(await bytesOf(panel, job.id), picture("noise.jpg"));
  }
});

test("a blob: address that was revoked still gives its pixels", async () => {
  const src = await site.evaluate(async () => {
    const url = URL.createObjectURL(await (await fetch("/media/noise.jpg")).blob());
    const image = Object.assign(new Image(), { src: url });
    document.body.append(image);
    await image.decode();
    URL.revokeObjectURL(url);
    return url;
  });
  const job = await ask(src);
  assert.deepEqual(ladder(job), ["page-bytes gone", "canvas"]);
  assert.deepEqual([job.items[0].width, job.items[0].height], [128, 96]);
});

test("an element that was removed meanwhile is still asked for by its address", async () => {
  await site.evaluate(() => document.getElementById("same")?.remove());
  const job = await ask(`${sites.here}/media/face.jpg`);
  assert.equal(job.rung, "page-bytes");
  assert.deepEqual(await bytesOf(panel, job.id), picture("face.jpg"));
});

test("a picture that is gone altogether is refused by name", async () => {
  const job = await ask(`${sites.here}/media/never.jpg`);
  assert.equal(job.state, "failed");
  assert.equal(job.error, "gone");
  assert.equal(job.tried[0].why, "status");
  await panel.bringToFront();
  await says(panel.locator(".obtained"), /no longer on the page/);
});

test("a picture in a frame of the same site, and in a frame of another", async () => {
  const frames = site.frames();
  const near = frames.find((frame) => frame.url() === `${sites.here}/inner`);
  assert.ok(near);
  const ids = await extension.context.serviceWorkers()[0].evaluate(async () => {
    const [tab] = await chrome.tabs.query({ active: true, lastFocusedWindow: true });
    const results = await chrome.scripting.executeScript({ target: { tabId: tab.id, allFrames: true }, func: () => location.pathname });
    return results.map((one) => [one.frameId, one.result]);
  });
  const nearId = ids.find(([, path]) => path === "/inner")?.[0];
  const job = await ask(`${sites.here}/media/small.jpg?inner`, nearId);
  assert.equal(job.rung, "page-bytes");
  assert.deepEqual(await bytesOf(panel, job.id), picture("small.jpg"));

  await clear(panel);
  const far = await ask(`${sites.there}/media/small.jpg?inner`, 4096);
  assert.equal(far.error, "in_frame");
  assert.equal(far.offer, "http://localhost/*");
});

test("the picker: a click takes what is under it, also a background, a canvas and a shadow tree", async () => {
  const cases = [
    { selector: "#bg", rung: "page-bytes", bytes: picture("small.jpg") },
    { selector: "#canvas", rung: "canvas", bytes: null },
    { selector: "#shadow", rung: "page-bytes", bytes: picture("small.jpg") },
  ];
  for (const { selector, rung, bytes } of cases) {
    await clear(panel);
    await extension.invite(site);
    await pickerShown(site);
    const box = await site.locator(selector).boundingBox();
    assert.ok(box);
    await site.mouse.click(box.x + 30, box.y + 30);
    const job = await obtained(panel, 1);
    assert.equal(job.rung, rung, selector);
    if (bytes) assert.deepEqual(await bytesOf(panel, job.id), bytes);
    else assert.deepEqual([job.items[0].width, job.items[0].height], [64, 48]);
  }
});

test("the picker: a dragged rectangle is captured as drawn, without the picker in it", async () => {
  await menu(extension, { menu: "examine-region" });
  await pickerShown(site);
  const box = await site.locator("#cors").boundingBox();
  assert.ok(box);
  await site.mouse.move(box.x, box.y);
  await site.mouse.down();
  await site.mouse.move(box.x + 40, box.y + 40);
  await site.mouse.move(box.x + 80, box.y + 60);
  await site.mouse.up();
  const job = await obtained(panel, 1);
  assert.equal(job.rung, "screen-crop");
  assert.deepEqual([job.items[0].width, job.items[0].height], [80, 60]);
  const got = await site.evaluate((data) => decoded(`data:image/png;base64,${data}`), (await bytesOf(panel, job.id)).toString("base64"));
  const shot = await site.screenshot({ clip: { x: box.x, y: box.y, width: 80, height: 60 } });
  const seen = await site.evaluate((data) => decoded(`data:image/png;base64,${data}`), shot.toString("base64"));
  assert.equal(got, seen);
});

test("a hostile page can neither choose for the person nor speak to the extension", async () => {
  await extension.invite(site);
  await pickerShown(site);
  const reached = await site.evaluate(() => {
    const cover = document.documentElement.lastElementChild;
    for (const type of ["pointerdown", "pointerup"]) {
      cover?.dispatchEvent(new PointerEvent(type, { clientX: 40, clientY: 40, bubbles: true }));
    }
    window.dispatchEvent(new KeyboardEvent("keydown", { key: "Escape" }));
    const answer = { type: "picked", id: "0", what: "region", place: { x: 0, y: 0 } };
    window.postMessage(answer, "*");
    new BroadcastChannel("telltale").postMessage({ type: "queue", id: "" });
    return { chrome: typeof globalThis.chrome?.runtime?.sendMessage, targets: "telltaleTargets" in globalThis };
  });
  assert.deepEqual(reached, { chrome: "undefined", targets: false });
  const [job] = await jobs(panel);
  assert.equal(job.state, "choosing");
  await site.keyboard.press("Escape");
  await until(panel, (all) => all.length === 0);
});

test("words from a page that are out of shape or not asked for change nothing", async () => {
  const worker = extension.context.serviceWorkers()[0];
  const said = await worker.evaluate(async () => {
    const [tab] = await chrome.tabs.query({ active: true, lastFocusedWindow: true });
    const say = (value) =>
      chrome.scripting.executeScript({ target: { tabId: tab.id }, args: [value], func: (value) => chrome.runtime.sendMessage(value) });
    const id = crypto.randomUUID();
    const place = { x: 0, y: 0, width: 90, height: 90, viewWidth: 1000, viewHeight: 1000, ratio: 1, share: 1, covered: false };
    const results = [];
    for (const value of [
      null, "picked", { type: "original", id }, { type: "choose" }, { type: "picked", id, what: "region", place },
      { type: "picked", id, what: "region", place: { ...place, width: Number.MAX_VALUE } }, { type: "picked", id: "../x", what: "element" },
    ]) {
      results.push((await say(value))[0].result);
    }
    return results;
  });
  assert.ok(said.every((answer) => answer === null));
  assert.deepEqual(await jobs(panel), []);
});

test("a page that overrides what it can gives nothing but refusals", async () => {
  const page = await extension.context.newPage();
  await page.goto(`${sites.here}/empty`);
  await page.evaluate(() => {
    // the page's own world; the extension's functions run in another
    window.fetch = () => Promise.reject(new Error("no"));
    HTMLCanvasElement.prototype.toBlob = () => undefined;
    Element.prototype.getBoundingClientRect = () => ({ x: 1e9, width: -5 });
    document.body.append(Object.assign(new Image(), { src: "/media/noise.jpg?hostile" }));
  });
  await extension.invite(page);
  await leavePicker(page, panel);
  const job = await ask(`${sites.here}/media/noise.jpg?hostile`);
  assert.deepEqual(await bytesOf(panel, job.id), picture("noise.jpg"));
  await page.close();
});

test("a page the person did not ask on stays closed, and the panel says what to do", async () => {
  const page = await extension.context.newPage();
  await page.goto(`${sites.there}/empty`);
  await panel.evaluate(() => undefined);
  await menu(extension, { menu: "examine-image", src: `${sites.there}/media/noise.jpg` });
  const job = await obtained(panel, 1);
  assert.equal(job.error, "not_invited");
  await page.close();
  await panel.bringToFront();
  await says(panel.locator(".obtained"), /press the Telltale button/);
});

test("with permission the original comes, by the page's own fetch, and the permission goes back", async () => {
  const shot = await ask(`${sites.there}/media/noise.jpg?locked`);
  assert.equal(shot.rung, "tab-capture");
  // what the person's "Allow" does; the browser's own dialog cannot be pressed by a test
  const settings = await extension.context.newPage();
  await settings.goto("chrome://extensions/");
  await settings.evaluate(
    (id) => new Promise((done) => chrome.developerPrivate.addHostPermission(id, "http://localhost/*", () => done(0))),
    extension.id,
  );
  await settings.close();
  await panel.bringToFront();
  await panel.locator(".get-original").click();
  await site.bringToFront();
  const job = await obtained(panel, 2);
  assert.equal(job.rung, "page-bytes");
  assert.deepEqual(job.notes, ["with_permission"]);
  assert.deepEqual(await bytesOf(panel, job.id), picture("noise.jpg"));
  await until(panel, ([first]) => first.asking === false && first.offer === "");
  const left = await panel.evaluate(async () => ({
    origins: (await chrome.permissions.getAll()).origins,
    rules: (await chrome.declarativeNetRequest.getSessionRules()).length,
  }));
  assert.deepEqual(left, { origins: [], rules: 0 });
});

/** A page of its own, invited, in front. @param {string} path */
async function visit(path) {
  const page = await extension.context.newPage();
  await page.goto(`${sites.here}${path}`);
  await extension.invite(page);
  await leavePicker(page, panel);
  return page;
}

test("a picture that its site gives only to pages that say where they are", async () => {
  const page = await visit("/strict");
  const job = await ask(`${sites.here}/referred/noise.jpg`);
  assert.deepEqual(await bytesOf(panel, job.id), picture("noise.jpg"));
  await page.close();
});

test("a protected picture in a frame of the page's own site is cut out where it is", async () => {
  const page = await visit("/wrapped");
  const box = await page.frameLocator("iframe").locator("#held").boundingBox();
  assert.ok(box);
  const [worker] = extension.context.serviceWorkers();
  const frameId = await worker.evaluate(async () => {
    const [tab] = await chrome.tabs.query({ active: true, lastFocusedWindow: true });
    const results = await chrome.scripting.executeScript({ target: { tabId: tab.id, allFrames: true }, func: () => location.pathname });
    return results.find((one) => one.result === "/holder").frameId;
  });
  const job = await ask(`${sites.there}/media/noise.jpg?held`, frameId);
  assert.equal(job.rung, "tab-capture");
  assert.deepEqual([job.items[0].width, job.items[0].height], [128, 96]);
  const got = await site.evaluate((data) => decoded(`data:image/png;base64,${data}`), (await bytesOf(panel, job.id)).toString("base64"));
  assert.equal(got, await site.evaluate(() => decoded("/media/noise.jpg")));
  await page.close();
});

test("a file that is too large is not fetched, and the screen is examined instead", async () => {
  await site.evaluate(() => {
    const image = Object.assign(new Image(), { src: "/media/noise.jpg?x" });
    document.body.prepend(image);
    return image.decode();
  });
  const [worker] = extension.context.serviceWorkers();
  assert.ok(worker);
  // the page shows it under an address that now answers with 300 megabytes
  await site.evaluate(() => document.querySelector("img")?.setAttribute("srcset", "/media/huge.jpg 9000w, /media/noise.jpg?x 1w"));
  await site.waitForFunction(() => /huge/.test(document.querySelector("img")?.currentSrc ?? ""));
  const job = await ask(`${sites.here}/media/huge.jpg`);
  assert.equal(job.tried[0].why, "too_large");
  await site.evaluate(() => document.querySelector("img")?.remove());
});

test("several tabs at once", async () => {
  const other = await visit("/strict");
  await menu(extension, { menu: "examine-image", src: `${sites.here}/referred/noise.jpg` });
  await site.bringToFront();
  await menu(extension, { menu: "examine-image", src: `${sites.here}/media/small.jpg?shadow` });
  const all = await until(panel, (all) => all.length === 2 && all.every((job) => job.items.length === 1));
  assert.notEqual(all[0].source.tabId, all[1].source.tabId);
  assert.deepEqual(await bytesOf(panel, all[0].id), picture("noise.jpg"));
  assert.deepEqual(await bytesOf(panel, all[1].id), picture("small.jpg"));
  await other.close();
});

test("a browser that changes pixels on read-back is found out by a known pattern", async () => {
  const read = (/** @type {boolean} */ noisy) =>
    site.evaluate(
      async ([source, noisy]) => {
        const canvas = Object.assign(document.createElement("canvas"), { width: 40, height: 40 });
        const paint = canvas.getContext("2d");
        paint.fillRect(0, 0, 20, 20);
        globalThis.telltaleTargets = new Map([["k", canvas]]);
        const { getImageData } = CanvasRenderingContext2D.prototype;
        if (noisy) {
          CanvasRenderingContext2D.prototype.getImageData = function (...args) {
            const image = getImageData.apply(this, args);
            image.data[40] ^= 1;
            return image;
          };
        }
        const script = Object.assign(document.createElement("script"), { textContent: `globalThis.readPixels = ${source}` });
        document.head.append(script);
        const { png, ...rest } = await globalThis.readPixels("k", { mode: "now", at: 0 }, 1000);
        CanvasRenderingContext2D.prototype.getImageData = getImageData;
        return rest;
      },
      /** @type {const} */ ([String(readPixels), noisy]),
    );
  assert.deepEqual(await read(false), { width: 40, height: 40, why: "", time: 0, perturbed: false });
  assert.equal((await read(true)).perturbed, true);
});

test("the keyboard shortcut is the toolbar button's", async () => {
  const [command] = await panel.evaluate(() => chrome.commands.getAll());
  assert.deepEqual([command.name, command.shortcut], ["_execute_action", "Alt+Shift+E"]);
});

/**
 * Switch "Allow access to file URLs" as a person does on the browser's own page. The browser then
 * starts the extension anew, in its own time.
 *
 * @param {boolean} fileAccess
 */
async function letIntoFiles(fileAccess) {
  const settings = await extension.context.newPage();
  await settings.goto("chrome://extensions/");
  await settings.evaluate(async ([extensionId, fileAccess]) => {
    const call = (name, value) => new Promise((done) => chrome.developerPrivate[name](value, () => done(0)));
    await call("updateProfileConfiguration", { inDeveloperMode: true });
    await call("updateExtensionConfiguration", { extensionId, fileAccess });
  }, /** @type {const} */ ([extension.id, fileAccess]));
  await settings.close();
  panel = await eventually(async () => {
    const opened = await extension.openPanel().catch(() => null);
    if (opened && (await opened.evaluate(() => chrome.extension.isAllowedFileSchemeAccess()).catch(() => null)) === fileAccess) return opened;
    await opened?.close();
  });
}

test("a page opened from the disk: the panel says to drop the file, or how to open it; then a screenshot is had", async () => {
  const folder = await mkdtemp(path.join(tmpdir(), "telltale-file-"));
  await writeFile(path.join(folder, "noise.jpg"), picture("noise.jpg"));
  await writeFile(path.join(folder, "page.html"), '<img src="noise.jpg">');
  // an extension from the command line has the access to files that an installed one has not
  await letIntoFiles(false);
  const page = await extension.context.newPage();
  await page.goto(`file://${folder}/page.html`);
  const click = { menu: "examine-image", src: `file://${folder}/noise.jpg`, page: page.url() };
  await menu(extension, click);
  assert.equal((await obtained(panel, 1)).error, "file_closed");
  await panel.bringToFront();
  const words = await says(panel.locator(".obtained"), /Drop the file itself here/);
  assert.match(words, /Details for Telltale, switch on “Allow access to file URLs/);

  await letIntoFiles(true);
  await clear(panel);
  await extension.invite(page);
  await leavePicker(page, panel);
  await menu(extension, click);
  const job = await obtained(panel, 1);
  assert.equal(job.rung, "tab-capture");
  assert.deepEqual(job.tried.map((/** @type {any} */ { rung, why }) => [rung, why]), [["page-bytes", "refused"], ["canvas", "tainted"], ["tab-capture", ""]]);
  assert.ok(job.notes.includes("screenshot"));
  // there is no site whose permission would help
  assert.equal(job.offer, "");
  await page.close();
  await rm(folder, { recursive: true });
});

test("nothing was asked of any address but the two sites and the extension itself", () => {
  const ours = [sites.here, sites.there, `chrome-extension://${extension.id}`, "chrome-extension://invalid/", "chrome://", "data:", "blob:", "file:"];
  assert.ok(requests.length > 20);
  assert.deepEqual(requests.filter((url) => !ours.some((start) => url.startsWith(start))), []);
});
