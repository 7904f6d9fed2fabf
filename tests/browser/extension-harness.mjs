// What the extension's tests share: the built extension in Chromium, a real invitation to a tab,
// and waiting for what stands in the extension's own database.

import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";

import { browse, python } from "./harness.mjs";

/** @typedef {import("playwright-core").Page} Page */
/** @typedef {Awaited<ReturnType<typeof openExtension>>} Extension */

/** Build the extension into a folder of its own; the sources as they are now. */
export async function build() {
  const folder = await mkdtemp(path.join(tmpdir(), "telltale-extension-"));
  const target = path.join(folder, "extension");
  const script = "import sys, pathlib; from buildtools.extension import build_extension; build_extension(pathlib.Path.cwd(), pathlib.Path(sys.argv[1]))";
  await python("-c", script, target);
  return { target, remove: () => rm(folder, { recursive: true, force: true }) };
}

/**
 * @param {string} folder the built extension
 * @param {{flags?: string[]}} [options]
 */
export async function openExtension(folder, { flags = [] } = {}) {
  const browser = await browse({
    extension: folder,
    flags: ["--disable-gpu", "--enable-unsafe-extension-debugging", "--autoplay-policy=no-user-gesture-required", ...flags],
  });
  const { context } = browser;
  const worker = context.serviceWorkers()[0] ?? (await context.waitForEvent("serviceworker"));
  const id = new URL(worker.url()).host;
  const page = (/** @type {string} */ name) => `chrome-extension://${id}/extension/${name}`;
  const cdp = await /** @type {import("playwright-core").Browser} */ (context.browser()).newBrowserCDPSession();

  /** The panel's document as a tab, at the width of a side panel. */
  async function openPanel() {
    const panel = await context.newPage();
    await panel.setViewportSize({ width: 400, height: 860 });
    await panel.goto(page("panel.html"));
    await panel.waitForSelector(".side-tools");
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

  return { ...browser, id, page, cdp, openPanel, invite };
}

/** The picker is on the page: the person can click or drag. @param {Page} site */
export async function pickerShown(site) {
  await site.waitForFunction(() => document.documentElement.lastElementChild?.matches(":popover-open"));
}

/** Leave the picker that the toolbar button brought up. @param {Page} site @param {Page} panel */
export async function leavePicker(site, panel) {
  await pickerShown(site);
  await site.keyboard.press("Escape");
  await until(panel, (jobs) => jobs.every((job) => job.state !== "choosing"));
}

/** All jobs, the oldest first. @param {Page} panel @returns {Promise<any[]>} */
export function jobs(panel) {
  return panel.evaluate(async () => (await import("/extension/jobs.js")).all());
}

/**
 * Wait until the jobs fulfil a condition; the jobs then.
 *
 * @param {Page} panel
 * @param {(jobs: any[]) => boolean} good closes over nothing
 */
export async function until(panel, good) {
  const handle = await panel.waitForFunction(
    async (text) => {
      const all = await (await import("/extension/jobs.js")).all();
      // the extension's policy forbids eval: conditions are looked at outside
      window.telltaleJobs = all;
      return text === JSON.stringify(all) ? null : JSON.stringify(all);
    },
    "",
    { polling: 100 },
  );
  let text = await handle.jsonValue();
  while (!good(JSON.parse(text))) {
    const next = await panel.waitForFunction(
      async (before) => {
        const now = JSON.stringify(await (await import("/extension/jobs.js")).all());
        return now === before ? null : now;
      },
      text,
      { polling: 100 },
    );
    text = await next.jsonValue();
  }
  return JSON.parse(text);
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
      const bytes = await (await import("/extension/jobs.js")).bytes(id, index);
      return btoa(Array.from(new Uint8Array(bytes), (c) => String.fromCharCode(c)).join(""));
    },
    /** @type {const} */ ([id, index]),
  );
  return Buffer.from(text, "base64");
}

/**
 * Choose an entry of the context menu, as the browser reports it. It gives no access to the tab by
 * itself here: the test invites first.
 *
 * @param {Page} panel any page of the extension
 * @param {{menu: string, src?: string, url: string, frameId?: number}} click
 */
export async function menu(panel, { menu: menuItemId, src: srcUrl, url, frameId = 0 }) {
  await panel.evaluate(
    async ([menuItemId, srcUrl, url, frameId]) => {
      // the event is dispatched in the worker, where its listener is
      const [tab] = (await chrome.tabs.query({})).filter((one) => one.url === url);
      await chrome.runtime.sendMessage({ type: "hello" });
      return { menuItemId, srcUrl, url, frameId, tab };
    },
    /** @type {const} */ ([menuItemId, srcUrl ?? "", url, frameId]),
  );
}

export { once };
