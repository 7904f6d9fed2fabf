// Clips, and players of every kind that pages have.

import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";

import { python } from "./harness.mjs";

/** @typedef {import("playwright-core").Page} Page */

/**
 * A clip in which every frame differs, or a black one.
 *
 * @param {{seconds?: number, black?: boolean}} [how]
 */
export async function film({ seconds = 4, black = false } = {}) {
  const folder = await mkdtemp(path.join(tmpdir(), "telltale-clip-"));
  const file = path.join(folder, "clip.webm");
  await python("tests/browser/extension_media.py", file, String(seconds), ...(black ? ["black"] : []));
  const bytes = await readFile(file);
  await rm(folder, { recursive: true });
  return bytes;
}

/**
 * Put a player on the page; what happens to it is written down in `window.touched`.
 *
 * @param {Page} page
 * @param {{src: string, play?: boolean, mse?: boolean, locked?: boolean, loop?: boolean, rate?: number}} how
 *   mse: fed by a script; locked: with media keys, as protected players have
 * @returns {Promise<string>} its address
 */
export function play(page, { src, play = false, mse = false, locked = false, loop = false, rate = 1 }) {
  return page.evaluate(
    async ({ src, play, mse, locked, loop, rate }) => {
      document.body.replaceChildren();
      const video = Object.assign(document.createElement("video"), { muted: true, loop, width: 320, height: 240 });
      document.body.append(video);
      if (locked) {
        const config = { initDataTypes: ["webm"], videoCapabilities: [{ contentType: 'video/webm; codecs="vp8"' }] };
        const access = await navigator.requestMediaKeySystemAccess("org.w3.clearkey", [config]);
        await video.setMediaKeys(await access.createMediaKeys());
      }
      if (mse) {
        const source = new MediaSource();
        video.src = URL.createObjectURL(source);
        await new Promise((done) => source.addEventListener("sourceopen", done, { once: true }));
        const buffer = source.addSourceBuffer('video/webm; codecs="vp8"');
        buffer.appendBuffer(await (await fetch(src)).arrayBuffer());
        await new Promise((done) => buffer.addEventListener("updateend", done, { once: true }));
        source.endOfStream();
      } else video.src = src;
      if (video.readyState < 2) await new Promise((done) => video.addEventListener("loadeddata", done, { once: true }));
      video.playbackRate = rate;
      if (play) await video.play();
      window.touched = [];
      for (const type of ["seeking", "pause", "ratechange", "volumechange", "emptied"]) {
        video.addEventListener(type, () => video.ended || window.touched.push(type));
      }
      return video.currentSrc;
    },
    { src, play, mse, locked, loop, rate },
  );
}
