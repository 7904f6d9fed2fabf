/** Injected: the pixels of a picture, canvas or video as the page's own canvas hands them out. */

/**
 * @typedef {object} Pixels
 * @property {ArrayBuffer | null} png
 * @property {number} width
 * @property {number} height
 * @property {string} why "" or: gone, not_ready, tainted, blank, too_large, paused, ended, no_clone
 * @property {number} time seconds into the video, else 0
 * @property {boolean} perturbed the browser changed a known pattern on read-back
 */
/**
 * @typedef {object} Moment which frame of a video
 * @property {"now" | "next" | "seek"} mode
 * @property {number} at `next`: the media time to wait for; `seek`: fraction of the duration
 */

/**
 * Read one picture or frame through an untainted canvas, as PNG (lossless).
 *
 * @param {string} key under which `find` kept the element
 * @param {Moment} moment
 * @param {number} patience ms to wait for a frame
 * @returns {Promise<Pixels>}
 */
export async function readPixels(key, moment, patience) {
  /** @type {Map<string, any>} */
  const kept = Reflect.get(globalThis, "telltaleTargets") ?? new Map();
  let element = kept.get(key);
  /** @type {Pixels} */
  const none = { png: null, width: 0, height: 0, why: "gone", time: 0, perturbed: false };
  if (!element) return none;
  if (element instanceof HTMLVideoElement) {
    if (moment.mode === "seek") element = await sought(element, moment.at);
    else if (moment.mode === "next") {
      const why = await reached(element, moment.at);
      if (why) return { ...none, why, time: element.currentTime };
    }
    if (!element) return { ...none, why: "no_clone" };
    if (element.readyState < 2) return { ...none, why: "not_ready" };
  }
  const width = element.videoWidth ?? element.naturalWidth ?? element.width;
  const height = element.videoHeight ?? element.naturalHeight ?? element.height;
  const time = element.currentTime ?? 0;
  if (!(width > 0 && height > 0)) return { ...none, why: "not_ready" };
  if (width * height > 1e8) return { ...none, width, height, why: "too_large" };
  try {
    const canvas = element instanceof HTMLCanvasElement ? element : drawn(element, width, height);
    const blob = await new Promise((resolve) => canvas.toBlob(resolve, "image/png"));
    if (!blob) return { ...none, why: "not_ready" };
    const png = await blob.arrayBuffer();
    return { png, width, height, why: blank(canvas) ? "blank" : "", time, perturbed: perturbed() };
  } catch (error) {
    const why = error instanceof DOMException && error.name === "SecurityError" ? "tainted" : "gone";
    return { ...none, width, height, why, time };
  }

  /**
   * @param {CanvasImageSource} source
   * @param {number} width
   * @param {number} height
   */
  function drawn(source, width, height) {
    const canvas = document.createElement("canvas");
    canvas.width = width;
    canvas.height = height;
    canvas.getContext("2d", { colorSpace: "srgb" })?.drawImage(source, 0, 0);
    return canvas;
  }

  /** Protected video reads back as one colour. @param {HTMLCanvasElement} canvas */
  function blank(canvas) {
    const small = document.createElement("canvas");
    small.width = small.height = 32;
    const context = small.getContext("2d");
    context?.drawImage(canvas, 0, 0, 32, 32);
    const values = context?.getImageData(0, 0, 32, 32).data ?? [];
    return values.every((value, i) => value === values[i % 4]);
  }

  /** Anti-fingerprinting noise: a known pattern must come back as it was written. */
  function perturbed() {
    const canvas = document.createElement("canvas");
    canvas.width = canvas.height = 64;
    const context = canvas.getContext("2d");
    if (!context) return true;
    const pattern = context.createImageData(64, 64);
    let state = 12345;
    for (let i = 0; i < pattern.data.length; i++) {
      state = (state * 1103515245 + 12345) & 0x7fffffff;
      pattern.data[i] = i % 4 === 3 ? 255 : (state >> 16) & 255;
    }
    context.putImageData(pattern, 0, 0);
    const read = context.getImageData(0, 0, 64, 64).data;
    return pattern.data.some((value, i) => value !== read[i]);
  }

  /**
   * Wait while the person watches; nothing is sought or paused.
   *
   * @param {HTMLVideoElement} video
   * @param {number} at
   */
  async function reached(video, at) {
    const end = performance.now() + patience;
    let before = video.currentTime;
    // a film that starts again from its beginning never reaches the time
    while (video.currentTime < at && video.currentTime >= before) {
      before = video.currentTime;
      if (video.ended) return "ended";
      if (video.paused) return "paused";
      const left = end - performance.now();
      if (left <= 0) return "not_ready";
      await new Promise((resolve) => {
        const timer = setTimeout(resolve, Math.min(left, 500), 0);
        video.requestVideoFrameCallback(() => {
          clearTimeout(timer);
          resolve(0);
        });
      });
    }
    return "";
  }

  /**
   * A detached copy of the player, sought to a fraction of its length; null where it cannot be
   * copied (Media Source, live) or its frames would be unreadable.
   *
   * @param {HTMLVideoElement} video
   * @param {number} fraction
   */
  async function sought(video, fraction) {
    const src = video.currentSrc || video.src;
    if (!Number.isFinite(video.duration) || !src || video.srcObject) return null;
    /** @type {HTMLVideoElement} */
    let copy = kept.get(`${key} copy`);
    if (!copy) {
      copy = document.createElement("video");
      copy.muted = true;
      copy.preload = "auto";
      copy.crossOrigin = new URL(src, document.baseURI).origin === location.origin ? null : "anonymous";
      kept.set(`${key} copy`, copy);
      copy.src = src;
      if (!(await settled(copy, "loadeddata"))) return null;
    }
    if (copy.error || copy.readyState < 2) return null;
    const done = settled(copy, "seeked");
    copy.currentTime = fraction * copy.duration;
    return (await done) ? copy : null;
  }

  /**
   * @param {HTMLVideoElement} video
   * @param {string} event
   * @returns {Promise<boolean>}
   */
  function settled(video, event) {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, patience, false);
      const end = (/** @type {boolean} */ good) => {
        clearTimeout(timer);
        resolve(good);
      };
      video.addEventListener(event, () => end(true), { once: true });
      video.addEventListener("error", () => end(false), { once: true });
    });
  }
}
