// A tab that shows a call, and what the browser needs to share it without a hand on its dialog.

import { readFileSync, rmSync } from "node:fs";
import { mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";

import { python } from "./harness.mjs";

const TITLE = "A call with somebody";

/** The browser's dialog is answered with the tab of this title. */
export const CHOOSES = [`--auto-select-tab-capture-source-by-title=${TITLE}`];
/** There is a camera, and the browser's dialogs are answered with no. */
export const REFUSES = ["--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream=deny"];

/** So much of a call has been followed that there is something to keep. @param {import("playwright-core").Page} page */
export const followed = (page) =>
  page.waitForFunction(() => {
    const lane = document.querySelector('.live .lane[data-test="blink"] svg[role=img]');
    return Number(/(\d+) values/.exec(lane?.getAttribute("aria-label") ?? "")?.[1]) > 4;
  });

/** The film of a face, as an address that asks nothing of anybody. */
export async function face() {
  const folder = await mkdtemp(path.join(tmpdir(), "telltale-call-"));
  const film = path.join(folder, "call.mp4");
  await python("tests/browser/live_media.py", film);
  const address = `data:video/mp4;base64,${readFileSync(film).toString("base64")}`;
  rmSync(folder, { recursive: true, force: true });
  return address;
}

/**
 * Open the tab of the call, playing.
 *
 * @param {import("playwright-core").BrowserContext} context
 * @param {string} film
 */
export async function openCall(context, film) {
  const tab = await context.newPage();
  await tab.setContent(`<title>${TITLE}</title><body style="margin:0;background:#222"><video muted loop autoplay style="width:640px"></video>`);
  await tab.evaluate(async (film) => {
    const video = document.querySelector("video");
    video.src = film;
    await video.play();
  }, film);
  return tab;
}
