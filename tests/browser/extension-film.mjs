// Clips made by the browser's own recorder, and players of every kind that pages have.

/** @typedef {import("playwright-core").Page} Page */

/**
 * A clip in which every frame differs, or a black one.
 *
 * @param {Page} page
 * @param {{ms?: number, black?: boolean}} [how]
 */
export async function film(page, { ms = 4000, black = false } = {}) {
  const text = await page.evaluate(
    async ({ ms, black }) => {
      const canvas = Object.assign(document.createElement("canvas"), { width: 160, height: 120 });
      const paint = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
      const recorder = new MediaRecorder(canvas.captureStream(20), { mimeType: "video/webm;codecs=vp8" });
      /** @type {Blob[]} */
      const parts = [];
      recorder.ondataavailable = ({ data }) => parts.push(data);
      const stopped = new Promise((done) => (recorder.onstop = done));
      recorder.start();
      const start = performance.now();
      for (let now = 0; now < ms; now = performance.now() - start) {
        paint.fillStyle = black ? "#000" : `hsl(${now / 12} 70% 45%)`;
        paint.fillRect(0, 0, 160, 120);
        paint.fillStyle = black ? "#000" : "#fff";
        paint.fillRect((now / 30) % 140, 40, 20, 20);
        await new Promise((next) => requestAnimationFrame(next));
      }
      recorder.stop();
      await stopped;
      const bytes = new Uint8Array(await new Blob(parts).arrayBuffer());
      return btoa(Array.from(bytes, (c) => String.fromCharCode(c)).join(""));
    },
    { ms, black },
  );
  return Buffer.from(text, "base64");
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
