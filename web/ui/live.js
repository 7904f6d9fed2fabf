/**
 * A live call: the faces of a camera or a shared tab over the last seconds. Nothing is recorded. The
 * page shows it in a dialog, the extension in a window of its own.
 */

import { fill, h } from "./dom.js";
import { fromRecord, integer, inWords, number, t } from "./i18n.js";
import { icon } from "./icons.js";
import { createPlayer } from "./player.js";
import { visible } from "./text.js";
import { createTimeline } from "./timeline.js";

/** @typedef {import("./record.js").TelltaleRecord} TelltaleRecord */
/** @typedef {import("./record.js").VideoSection} VideoSection */

/**
 * @typedef {object} World
 * @property {import("../engine/client.js").Engine["live"]} follow
 * @property {() => boolean} busy whether the engine has other work first
 * @property {(record: TelltaleRecord) => HTMLElement[]} actions what can be done with the record
 */

/** More would only cost time: faces are looked at at 15 frames a second and 640 pixels. */
const WANTED = { frameRate: { ideal: 30 }, width: { ideal: 640 }, height: { ideal: 480 } };
const SCREEN = { frameRate: { ideal: 15 }, width: { max: 1280 }, height: { max: 800 } };
/** Seconds over which the rate is counted, and frames a second below which blinks are missed. */
const RATE_S = 5;
const LEAST_FPS = 11.5;

/**
 * The dialog, which fills the window; closing it stops everything.
 *
 * @param {World} world
 */
export function liveDialog(world) {
  const place = h("div", { class: "live" });
  const closing = new AbortController();
  const end = () => {
    closing.abort();
    dialog.remove();
  };
  const dialog = h(
    "dialog",
    { class: "library-dialog live-dialog", "aria-label": t("live.title"), onclose: end },
    h(
      "form",
      { method: "dialog", class: "library-close" },
      h("button", { type: "submit", class: "icon-button", "aria-label": t("live.close"), title: t("live.close") }, "✕"),
    ),
    place,
  );
  document.body.append(dialog);
  dialog.showModal();
  createLive(place, world, closing.signal);
}

/**
 * @param {HTMLElement} root
 * @param {World} world
 * @param {AbortSignal} closing
 */
export function createLive(root, { follow, busy, actions }, closing) {
  const camera = h("button", { type: "button", class: "primary", onclick: () => void begin("camera") }, icon("camera"), t("live.camera"));
  const screen = h("button", { type: "button", onclick: () => void begin("screen") }, icon("beside"), t("live.screen"));
  const stop = h("button", { type: "button", hidden: true }, icon("stop"), t("live.stop"));
  const status = h("p", { class: "live-status", role: "status" });
  const rate = h("p", { class: "soft live-rate" });
  const after = h("div", { class: "actions" });
  const picture = h("section", null);
  const lanes = h("section", { hidden: true });
  root.replaceChildren(
    h("h2", { tabIndex: -1 }, t("live.title")),
    h("p", null, t("live.lead")),
    h("p", { class: "live-private" }, icon("lock"), t("live.private")),
    h("div", { class: "actions" }, camera, screen, stop),
    status,
    rate,
    after,
    h("div", { class: "report live-desk" }, picture, lanes),
  );

  /** @param {boolean} on */
  function going(on) {
    camera.hidden = screen.hidden = on;
    stop.hidden = !on;
  }

  let asking = false;

  /** @param {"camera" | "screen"} from */
  async function begin(from) {
    // the browser's dialog is open already
    if (asking) return;
    fill(after);
    fill(lanes);
    lanes.hidden = true;
    rate.textContent = "";
    if (!("MediaStreamTrackProcessor" in window)) return void (status.textContent = t("live.cannot"));
    /** @type {MediaStream} */
    let stream;
    asking = true;
    try {
      const media = navigator.mediaDevices;
      stream = from === "camera" ? await media.getUserMedia({ video: WANTED }) : await media.getDisplayMedia({ video: SCREEN });
    } catch (error) {
      status.textContent = refusal(from, error);
      return;
    } finally {
      asking = false;
    }
    // given after this was closed: nobody would see that it is followed
    if (closing.aborted) return stream.getTracks().forEach((track) => track.stop());
    let ended = true;
    // where the stream ends the engine concludes; and the light of the camera goes out at once
    const halt = () => {
      ended = false;
      for (const track of stream.getTracks()) track.stop();
      if (!closing.aborted) status.textContent = t("progress.stopping");
    };
    closing.addEventListener("abort", halt);
    stop.onclick = halt;
    going(true);
    stop.focus();
    status.textContent = t(busy() ? "live.busy" : "live.waiting");
    const ending = new AbortController();
    try {
      const record = await watch(stream, t(`live.name.${from}`), from, ending.signal);
      if (!closing.aborted) conclude(record, t(ended ? `live.ended.${from}` : "live.stopped"));
    } catch (error) {
      halt();
      const why = error instanceof Error ? error.message : String(error);
      status.textContent = t("live.failed", { why: visible(why) });
    } finally {
      closing.removeEventListener("abort", halt);
      ending.abort();
      const focused = document.activeElement === stop;
      going(false);
      if (focused) (from === "camera" ? camera : screen).focus();
    }
  }

  /**
   * @param {MediaStream} stream
   * @param {string} name
   * @param {"camera" | "screen"} from
   * @param {AbortSignal} signal
   */
  async function watch(stream, name, from, signal) {
    const [track] = stream.getVideoTracks();
    const player = createPlayer(picture, { name, stream, signal });
    const timeline = createTimeline(lanes, { player: null, signal, live: true });
    /** @type {{at: number, followed: number}[]} */
    let counts = [];
    // old frames are dropped while the engine is busy, so that it always sees the present
    const Processor = /** @type {any} */ (window).MediaStreamTrackProcessor;
    const processor = new Processor({ track, maxBufferSize: 1 });
    return follow(
      { name, rung: from === "camera" ? "video-frames" : "tab-capture", stream: processor.readable },
      {
        onLanes(video) {
          if (track.readyState === "live") status.textContent = "";
          lanes.hidden = false;
          timeline.show(video, true);
          player.faces(video.tracks, video.examined.until_s);
          counts = [...counts, { at: video.examined.until_s, followed: video.examined.followed }].filter(
            ({ at }) => at > video.examined.until_s - RATE_S,
          );
          rate.textContent = pace(counts, video);
          rate.dataset.followed = String(video.examined.followed);
        },
      },
    );
  }

  /**
   * @param {TelltaleRecord} record
   * @param {string} how it came to an end
   */
  function conclude(record, how) {
    if ("error" in record) return void (status.textContent = visible(fromRecord(record.error.sentence).text));
    status.textContent = how;
    const { words, sentence } = record.assessment;
    fill(after, h("p", { class: "live-verdict" }, words ? inWords(words) : sentence), actions(record));
  }
}

/**
 * Why there is no stream: what the browser says by name, in words.
 *
 * @param {"camera" | "screen"} from
 * @param {unknown} error
 */
function refusal(from, error) {
  const { name, message } = /** @type {DOMException} */ (error);
  if (name === "NotAllowedError") return t(`live.denied.${from}`);
  if (name === "NotFoundError") return t("live.none");
  if (name === "NotReadableError") return t("live.taken");
  return t("live.failed", { why: visible(message) });
}

/**
 * How many frames a second are followed now, in words.
 *
 * @param {readonly {at: number, followed: number}[]} counts
 * @param {VideoSection} video
 */
function pace(counts, { examined }) {
  const [first, last] = [counts[0], counts[counts.length - 1]];
  const seconds = last.at - first.at;
  if (seconds < 1) return "";
  const fps = (last.followed - first.followed) / seconds;
  const said = t("live.rate", { rate: number(Math.round(10 * fps) / 10), full: integer(examined.full), followed: integer(examined.followed) });
  return fps < LEAST_FPS ? `${said} ${t("live.slow")}` : said;
}
