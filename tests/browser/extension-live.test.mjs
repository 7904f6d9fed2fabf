// A live call in the extension: from the panel, in a window beside the call, without any permission.

import assert from "node:assert/strict";
import { mkdir } from "node:fs/promises";
import path from "node:path";
import { after, before, test } from "node:test";

import { build, openExtension } from "./extension-harness.mjs";
import { recordRequests } from "./harness.mjs";
import { CHOOSES, face, openCall } from "./live-call.mjs";

/** A folder for pictures of the window, for who wants to look at it. */
const LOOK = process.env.TELLTALE_LOOK;

let built;
let extension;
let requests;
let call;
let panel;
let beside;

before(async () => {
  const [film, made] = await Promise.all([face(), build()]);
  built = made;
  extension = await openExtension(built.target, { flags: CHOOSES });
  requests = recordRequests(extension.context);
  call = await openCall(extension.context, film);
  panel = await extension.openPanel();
  await extension.context.setOffline(true);
  if (LOOK) await mkdir(LOOK, { recursive: true });
});

after(async () => {
  await extension?.close();
  await built?.remove();
});

const granted = () => panel.evaluate(() => chrome.permissions.getAll());

test("the panel opens a window in which a shared tab is followed, and no permission was asked for", async () => {
  const before = await granted();
  assert.ok(!before.permissions.some((name) => ["tabCapture", "desktopCapture", "tabs"].includes(name)));
  if (LOOK) await panel.screenshot({ path: path.join(LOOK, "panel-hello.png") });
  [beside] = await Promise.all([
    extension.context.waitForEvent("page"),
    panel.getByRole("button", { name: "Live call" }).click(),
  ]);
  await beside.getByRole("button", { name: "Choose a tab or window" }).click();
  await beside.locator(".live .track").first().waitFor();
  for (const id of ["blink", "face_manipulation"]) {
    await beside.locator(`.live .lane[data-test="${id}"] .lane-line`).waitFor({ state: "attached" });
  }
  if (LOOK) await beside.screenshot({ path: path.join(LOOK, "extension-live.png"), fullPage: true });
  assert.deepEqual(await granted(), before);
});

test("what was there when the call's tab closes is kept, and can be saved as record and report", async () => {
  await call.close();
  await beside.getByText("is shared no more").waitFor();
  const save = async (name) => {
    const [download] = await Promise.all([
      beside.waitForEvent("download"),
      beside.locator(".live").getByRole("button", { name }).click(),
    ]);
    return Buffer.concat(await (await download.createReadStream()).toArray()).toString();
  };
  const record = JSON.parse(await save(/JSON/));
  assert.equal(record.media.rung, "tab-capture");
  assert.equal(record.video.tracks.length, 1);
  assert.match(await save(/HTML|report/i), /Shared tab or window/);
});

test("all of it went without a network, and nothing was asked of any address but the extension's own", () => {
  const elsewhere = requests.filter((url) => !url.startsWith(`chrome-extension://${extension.id}/`) && !/^(blob|data|about):/.test(url));
  assert.deepEqual(elsewhere, []);
});
