/**
 * Frames of a `<video>` element, for what WebCodecs cannot decode and the browser can play. Needs a
 * document; the element is sought from frame to frame, so nothing is missed however slow the work.
 */

/** Seconds from one place to the next: as often as faces are followed. */
const STEP_S = 1 / 15;
/**
 * So often is a place sought. An element says that it stands there before it shows the frame; when
 * it is sought once more, it has shown it. It must be elsewhere by a little, in seconds, for a player
 * does not seek where it stands.
 */
const MOST_SEEKS = 3;
const ELSEWHERE_S = 0.001;
/** Frames that may wait between here and the worker. */
const ON_THE_WAY = 3;

/** @typedef {{stream: ReadableStream<VideoFrame>, meta: {[field: string]: unknown}}} Played */

/**
 * @param {Blob} file
 * @param {string} why it is not decoded otherwise
 * @returns {Promise<{frames: Played, end: () => void} | null>} `end` lets go of the player, also where the
 *   worker that took the stream died; null where the element cannot play it either
 */
export async function played(file, why) {
  if (typeof document === "undefined") return null;
  const video = document.createElement("video");
  const url = URL.createObjectURL(file);
  const end = () => {
    video.removeAttribute("src");
    video.load();
    URL.revokeObjectURL(url);
  };
  Object.assign(video, { muted: true, preload: "auto", src: url });
  if (!(await happens(video, "loadeddata")) || !video.videoWidth) {
    end();
    return null;
  }
  const until = Number.isFinite(video.duration) ? video.duration : 0;
  /** In steps. */
  let place = 0;
  let last = -1;
  /** @type {VideoFrame[]} copies of them travel, so they are closed here, once that has happened */
  const sent = [];
  const close = (/** @type {number} */ left) => {
    for (const frame of sent.splice(0, Math.max(0, sent.length - left))) frame.close();
  };
  const stream = new ReadableStream(
    {
      async pull(controller) {
        close(ON_THE_WAY);
        for (let tries = 0; place * STEP_S <= until; tries++) {
          if (place > 0) {
            const sought = happens(video, "seeked");
            video.currentTime = place * STEP_S + tries * ELSEWHERE_S;
            if (!(await sought)) break;
          }
          const frame = new VideoFrame(video);
          const shown = frame.timestamp > last;
          // where a frame lasts longer than a step, there may be no other
          if (shown || place === 0 || tries === MOST_SEEKS - 1) {
            place++;
            tries = -1;
          }
          if (!shown) {
            frame.close();
            continue;
          }
          last = frame.timestamp;
          sent.push(frame);
          return controller.enqueue(frame);
        }
        end();
        controller.close();
      },
      cancel: leave,
    },
    { highWaterMark: 1 },
  );
  function leave() {
    close(0);
    end();
  }
  const meta = {
    container: "unknown",
    codec: "unknown",
    width: video.videoWidth,
    height: video.videoHeight,
    duration_s: until,
    rate_fps: 0,
    decoder: {
      decoder: "the browser's video element, sought from frame to frame",
      colour: "RGBA by VideoFrame.copyTo",
      "colour management": "to sRGB, by the browser",
    },
    notes: [`The frames are those of the browser's player, because they could not be decoded one by one: ${why}`],
  };
  return { frames: { stream, meta }, end: leave };
}

/**
 * Whether an event came, and no error before it.
 *
 * @param {HTMLVideoElement} video
 * @param {string} name
 * @returns {Promise<boolean>}
 */
function happens(video, name) {
  return new Promise((resolve) => {
    const settle = (/** @type {boolean} */ came) => () => {
      video.removeEventListener(name, good);
      video.removeEventListener("error", bad);
      resolve(came);
    };
    const [good, bad] = [settle(true), settle(false)];
    video.addEventListener(name, good);
    video.addEventListener("error", bad);
  });
}
