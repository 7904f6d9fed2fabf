/** The video itself: the person's own file, played by the browser, with the faces framed. */

import { h, svg } from "./dom.js";
import { t } from "./i18n.js";
import { clockTime, nearest } from "./series.js";
import { visible } from "./text.js";

/** @typedef {import("./record.js").Track} Track */

/** A frame is drawn while the nearest known box is not further away than this. */
const NEAR_S = 0.4;

/** Whether a file is shown by a player; what it holds is told by the engine alone. @param {File} file */
export function isFilm({ type, name }) {
  return type.startsWith("video/") || /\.(mp4|m4v|mov|webm|mkv|avi|mpe?g|ts|3gp|wmv|flv|ogv)$/i.test(name);
}

/**
 * @param {HTMLElement} root
 * @param {{name: string, url?: string, stream?: MediaStream, signal: AbortSignal}} what `url` of the
 *   file itself, or a stream that goes on
 */
export function createPlayer(root, { name, url, stream, signal }) {
  const video = h("video", {
    controls: !stream,
    muted: true,
    playsInline: true,
    autoplay: Boolean(stream),
    preload: "auto",
    "aria-label": visible(name),
  });
  const boxes = svg("svg", { class: "player-faces", "aria-hidden": "true" });
  const message = h("p", { class: "player-message", hidden: true }, t("player.cannot"));
  const frame = h("div", { class: "player-frame" }, video, boxes);
  root.classList.remove("viewer");
  root.classList.add("player");
  root.replaceChildren(frame, message);
  /** @type {readonly {index: number, boxes: number[][]}[]} */
  let tracks = [];

  video.addEventListener("error", fail, { signal });
  video.addEventListener("loadedmetadata", size, { signal });
  video.addEventListener("resize", size, { signal });
  signal.addEventListener("abort", () => {
    video.srcObject = null;
    video.removeAttribute("src");
    video.load();
  });
  if (stream) video.srcObject = stream;
  else if (url) video.src = url;

  function fail() {
    frame.hidden = true;
    message.hidden = false;
  }

  function size() {
    // a file whose pictures the browser cannot decode plays its sound alone
    if (!video.videoWidth) return fail();
    boxes.setAttribute("viewBox", `0 0 ${video.videoWidth} ${video.videoHeight}`);
    frame.style.aspectRatio = `${video.videoWidth} / ${video.videoHeight}`;
  }

  const player = {
    video,
    /**
     * @param {readonly {index: number, boxes: number[][]}[]} known rows of time, x, y, w, h
     * @param {number} [time_s] of the stream, whose times are not those of the player
     */
    faces(known, time_s = video.currentTime) {
      tracks = known;
      player.at(time_s);
    },
    /** Frame the faces of a moment. @param {number} time_s */
    at(time_s) {
      if (!video.videoWidth) return boxes.replaceChildren();
      const stroke = Math.max(video.videoWidth, video.videoHeight) / 300;
      boxes.replaceChildren(...tracks.flatMap(({ index, boxes: rows }) => framed(index, rows, time_s, stroke)));
    },
    /** What the window asks of a picture's viewer, of which a player needs nothing. */
    viewer: {
      image: new Image(),
      media() {},
      faces() {},
      findings() {},
      close() {},
    },
  };
  return player;
}

/** @typedef {ReturnType<typeof createPlayer>} Player */

/**
 * The frame that a video shows, as a PNG named after its moment.
 *
 * @param {HTMLVideoElement} video
 * @param {string} name
 * @returns {Promise<File>}
 */
export async function stillOf(video, name) {
  const canvas = new OffscreenCanvas(video.videoWidth, video.videoHeight);
  const pen = canvas.getContext("2d");
  if (!pen) throw new Error("no 2D canvas");
  const at = clockTime(video.currentTime).replaceAll(":", "-");
  pen.drawImage(video, 0, 0);
  return new File([await canvas.convertToBlob()], `${name} ${at}.png`, { type: "image/png" });
}

/**
 * @param {number} index
 * @param {number[][]} rows
 * @param {number} time_s
 * @param {number} stroke
 */
function framed(index, rows, time_s, stroke) {
  const k = nearest(rows, time_s);
  if (k < 0 || Math.abs(rows[k][0] - time_s) > NEAR_S) return [];
  const [, x, y, width, height] = rows[k];
  const size = 7 * stroke;
  const box = { x, y, width, height, rx: stroke };
  const name = { x: x + 1.5 * stroke, y: Math.max(size, y - 2 * stroke), "font-size": size, "stroke-width": stroke };
  return [
    svg("rect", { ...box, class: "player-halo", "stroke-width": 2.4 * stroke }),
    svg("rect", { ...box, class: "player-face", "stroke-width": stroke }),
    svg("text", { ...name, class: "player-name" }, String(index + 1)),
  ];
}
