// A private window: Telltale works there where the person allows it, and what it keeps stays there.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { build, jobs, openExtension, speakTo } from "./extension-harness.mjs";
import { openSites } from "./extension-site.mjs";
import { eventually } from "./harness.mjs";

/** @type {import("./extension-site.mjs").Sites} */
let sites;
/** @type {Awaited<ReturnType<typeof build>>} */
let built;
/** @type {import("./extension-harness.mjs").Extension} */
let extension;

before(async () => {
  sites = await openSites();
  built = await build();
  extension = await openExtension(built.target);
});

after(async () => {
  await extension?.close();
  await built?.remove();
  sites?.close();
});

const filter = [{ type: "tab", exclude: false }, { type: "page", exclude: false }];
/** @param {string} type @param {(url: string) => boolean} is @param {string} [not] a browser context */
async function target(type, is, not = "") {
  const { targetInfos } = await extension.cdp.send("Target.getTargets", { filter });
  return targetInfos.find((one) => one.type === type && is(one.url) && one.browserContextId !== not);
}

test("a picture examined in a private window is known there and nowhere else", async () => {
  const { context, cdp, id } = extension;
  const settings = await context.newPage();
  await settings.goto("chrome://extensions/");
  await settings.evaluate(async (extensionId) => {
    const call = (name, value) => new Promise((done) => chrome.developerPrivate[name](value, () => done(0)));
    await call("updateProfileConfiguration", { inDeveloperMode: true });
    await call("updateExtensionConfiguration", { extensionId, incognitoAccess: true });
  }, id);
  // the extension starts anew with the permission
  const panel = await context.newPage();
  await eventually(() => panel.goto(extension.address("panel.html")).then(() => true, () => null));
  const { browserContextId } = await eventually(() => target("page", (url) => url === panel.url()));
  const url = `${sites.here}/`;
  await panel.evaluate((url) => chrome.windows.create({ incognito: true, url }), url);
  const tab = await eventually(() => target("tab", (one) => one === url));
  const page = await eventually(() => target("page", (one) => one === url));
  assert.notEqual(page.browserContextId, browserContextId);
  const inPage = await speakTo(cdp, page.targetId);
  const evaluate = (/** @type {string} */ expression) => ({ expression, awaitPromise: true, returnByValue: true });
  await eventually(() => inPage("Runtime.evaluate", evaluate("document.readyState === 'complete' || null")));

  await cdp.send("Extensions.triggerAction", { id, targetId: tab.targetId });
  const side = await eventually(() => target("page", (one) => one.endsWith("panel.html"), browserContextId));
  const inPanel = await speakTo(cdp, side.targetId);
  const picker = "document.documentElement?.lastElementChild?.matches(':popover-open') || null";
  await eventually(() => inPage("Runtime.evaluate", evaluate(picker)));
  for (const type of ["mousePressed", "mouseReleased"]) {
    await inPage("Input.dispatchMouseEvent", { type, x: 50, y: 50, button: "left", clickCount: 1 });
  }
  const known = "import('/extension/jobs.js').then((jobs) => jobs.all())";
  const done = await eventually(async () => {
    const [job] = await inPanel("Runtime.evaluate", evaluate(known));
    return job && ["done", "failed"].includes(job.state) ? job : null;
  });
  assert.equal(done.state, "done");
  assert.equal(done.rung, "page-bytes");
  assert.equal(await inPanel("Runtime.evaluate", evaluate("chrome.extension.inIncognitoContext")), true);
  assert.deepEqual(await jobs(panel), []);
});
