// What the extension's tests share: the built extension in Chromium, a real invitation to a tab,
// and waiting for what stands in the extension's own database.

import { createHash } from "node:crypto";
import { mkdtemp, realpath, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";

import { browse, eventually, python } from "./harness.mjs";

/** @typedef {import("playwright-core").Page} Page */
/** @typedef {Awaited<ReturnType<typeof openExtension>>} Extension */

/** Build the extension into a folder of its own; the sources as they are now. */
export async function build() {
  const folder = await realpath(await mkdtemp(path.join(tmpdir(), "telltale-extension-")));
  const target = path.join(folder, "extension");
  const script = "import sys, pathlib; from buildtools.extension import build_extension; build_extension(pathlib.Path.cwd(), pathlib.Path(sys.argv[1]))";
  await python("-c", script, target);
  return { target, remove: () => rm(folder, { recursive: true, force: true }) };
}

/** The id that Chromium gives to an unpacked extension: a hash of its path. @param {string} folder */
function idOf(folder) {
  const digest = createHash("sha256").update(folder).digest("hex").slice(0, 32);
  return digest.replace(/./g, (digit) => "abcdefghijklmnop"[parseInt(digit, 16)]);
}

/** The service worker, which the panel wakes. @param {import("playwright-core").BrowserContext} context */
async function serviceWorker(context) {
  return context.serviceWorkers()[0] ?? context.waitForEvent("serviceworker");
}

/**
 * @param {string} folder the built extension
 * @param {{flags?: string[], display?: string}} [options] display: of an X server, for a browser with a window
 */
export async function openExtension(folder, { flags = [], display } = {}) {
  const browser = await browse({
    extension: folder,
    display,
    // captures of a tab are of its window: an emulated size would be another
    viewport: null,
    flags: ["--disable-gpu", "--enable-unsafe-extension-debugging", "--window-size=1100,1300", "--autoplay-policy=no-user-gesture-required", ...flags],
  });
  const { context } = browser;
  const id = idOf(folder);
  const address = (/** @type {string} */ name) => `chrome-extension://${id}/extension/${name}`;
  const cdp = await /** @type {import("playwright-core").Browser} */ (context.browser()).newBrowserCDPSession();

  /** The panel's document as a tab, at the width of a side panel. */
  async function openPanel() {
    const panel = await context.newPage();
    await panel.setViewportSize({ width: 400, height: 860 });
    await panel.goto(address("panel.html"));
    await panel.waitForSelector(".side-tools");
    await serviceWorker(context);
    return panel;
  }

  /** Press the toolbar button on a page: the only thing that gives the extension access to it. */
  async function invite(/** @type {Page} */ site) {
    await site.bringToFront();
    const { targetInfos } = await cdp.send("Target.getTargets", { filter: [{ type: "tab", exclude: false }] });
    const tab = targetInfos.find((one) => one.url === site.url());
    if (!tab) throw new Error(`no tab shows ${site.url()}`);
    await cdp.send("Extensions.triggerAction", { id, targetId: tab.targetId });
  }

  return { ...browser, id, address, cdp, openPanel, invite };
}

/** The picker is on the page: the person can click or drag. @param {Page} site */
export async function pickerShown(site) {
  await site.waitForFunction(() => document.documentElement.lastElementChild?.matches(":popover-open"));
}

/** Leave the picker that the toolbar button brought up. @param {Page} site @param {Page} panel */
export async function leavePicker(site, panel) {
  await pickerShown(site).catch(async (error) => {
    throw new Error(`no picker came; the jobs are ${JSON.stringify(await jobs(panel))}`, { cause: error });
  });
  await site.keyboard.press("Escape");
  await until(panel, (jobs) => jobs.every((job) => job.state !== "choosing"));
}

/**
 * Speak to a page that the test's own tools do not see: one of a private window, the side panel.
 *
 * @param {Extension["cdp"]} cdp
 * @param {string} targetId
 */
export async function speakTo(cdp, targetId) {
  const { sessionId } = await cdp.send("Target.attachToTarget", { targetId, flatten: false });
  let last = 0;
  return (/** @type {string} */ method, /** @type {object} */ params) =>
    new Promise((/** @type {(value: any) => void} */ resolve, reject) => {
      const id = ++last;
      const hear = (/** @type {any} */ { sessionId: from, message }) => {
        const { id: of, result, error } = JSON.parse(message);
        if (from !== sessionId || of !== id) return;
        cdp.off("Target.receivedMessageFromTarget", hear);
        if (error || result.exceptionDetails) reject(new Error(JSON.stringify(error ?? result.exceptionDetails)));
        else resolve(result.result?.value);
      };
      cdp.on("Target.receivedMessageFromTarget", hear);
      void cdp.send("Target.sendMessageToTarget", { sessionId, message: JSON.stringify({ id, method, params }) });
    });
}

/**
 * Press a button of the panel by its words, once they are there: what storage says is shown a moment
 * later, and until then another button stands in its place. What is in front stays there, since a hidden
 * page shows no frames.
 *
 * @param {Page} panel
 * @param {string} name
 */
export function press(panel, name) {
  return panel.getByRole("button", { name, exact: true }).dispatchEvent("click");
}

/** All jobs, the oldest first. @param {Page} panel @returns {Promise<any[]>} */
export function jobs(panel) {
  return panel.evaluate(async () => (await import("/extension/jobs.js")).all());
}

/**
 * Wait until the jobs fulfil a condition; the jobs then.
 *
 * @param {Page} panel
 * @param {(jobs: any[]) => boolean} good
 */
export function until(panel, good) {
  return eventually(() => jobs(panel), good, String(good));
}

/** The newest job once it has been obtained or failed. @param {Page} panel @param {number} count how many jobs there are then */
export async function obtained(panel, count) {
  const all = await until(panel, (jobs) => jobs.length >= count && !["choosing", "acquiring"].includes(jobs.at(-1).state));
  return all.at(-1);
}

/** Remove every job, running or not, so that the engine is free for the next test. @param {Page} panel */
export async function clear(panel) {
  await panel.evaluate(async () => {
    const jobs = await import("/extension/jobs.js");
    for (const job of await jobs.all()) {
      jobs.tell({ type: "cancel", id: job.id });
      await jobs.remove(job.id);
    }
  });
}

/** The bytes of a job's picture, as base 64. @param {Page} panel @param {string} id @param {number} [index] */
export async function bytesOf(panel, id, index = 0) {
  const text = await panel.evaluate(
    async ([id, index]) => {
      const kept = await (await import("/extension/jobs.js")).bytes(id, index);
      const bytes = await new Blob([kept]).arrayBuffer();
      return btoa(Array.from(new Uint8Array(bytes), (c) => String.fromCharCode(c)).join(""));
    },
    /** @type {const} */ ([id, index]),
  );
  return Buffer.from(text, "base64");
}

/**
 * Choose an entry of the context menu, as the browser reports it to the service worker. It gives no
 * access to the tab by itself here: the test invites first.
 *
 * @param {Extension} extension
 * @param {{menu: string, src?: string, frameId?: number, page?: string}} click page: its address, where the tab keeps it to itself
 */
export async function menu({ context }, { menu: menuItemId, src, frameId = 0, page = "" }) {
  const worker = context.serviceWorkers().at(-1);
  await worker.evaluate(async (click) => {
    const [tab] = await chrome.tabs.query({ active: true, lastFocusedWindow: true });
    chrome.contextMenus.onClicked.dispatch({ ...click, editable: false, pageUrl: tab.url ?? click.page }, tab);
  }, { menuItemId, srcUrl: src, frameId, page });
}
