/** One video in the worker: its frames one by one, lanes as they grow, a record at the end. */

import { isInterrupt, taken, unbroken } from "./calls.js";
import { Film, Refused } from "./film.js";
import { blobOf } from "./input.js";
import { LiveStream } from "./live.js";
import { ASSESS, DECODE, FRAMES } from "./protocol.js";
import { plain } from "./wheels.js";

/** @typedef {import("./protocol.js").Analyze} Analyze */
/** @typedef {import("./protocol.js").Live} Live */
/** @typedef {import("./protocol.js").Lanes} Lanes */
/** @typedef {import("./protocol.js").FromWorker} FromWorker */
/** @typedef {import("./worker.js").Engine} Engine */
/** @typedef {[start_s: number, end_s: number]} Span */

/** Progress is told no more often than this. */
const TELL_EVERY_MS = 50;
/** Lanes are told no more often than this, and so that telling them costs a twentieth at most. */
const LANES_EVERY_MS = 800;
const LANES_SHARE = 20;
/** Of a live stream, what was seen is judged so often. */
const JUDGE_EVERY_MS = 3000;
/** After so many workers died over one video, what is known of it is concluded; after one more, it is given up. */
const MOST_DEATHS = 3;
/** Seconds that are passed over from a frame that broke a worker: it would break the next one too. */
const STRIDE_S = 0.5;
const STOPPED = "The analysis was stopped before the video was opened.";

export class VideoJob {
  #message;
  #engine;
  #tell;
  #animation;
  /** @type {import("./protocol.js").Place[]} */
  #fatal;
  /** @type {any} `telltale.runtime.browser_video.Film` */
  #session = null;
  #stage = DECODE;
  #fraction = 0;
  #toldAt = 0;
  #lanesDue = 0;
  /** Waited for frames and their pixels. */
  #decodeMs = 0;
  #judgeDue = 0;

  /**
   * @param {Analyze | Live} message
   * @param {Engine} engine
   * @param {(message: FromWorker) => void} tell
   * @param {boolean} animation whether Pillow decodes it
   */
  constructor(message, engine, tell, animation = false) {
    this.#message = message;
    this.#engine = engine;
    this.#tell = tell;
    this.#animation = animation;
    this.#fatal = (message.type === "analyze" && message.resume?.fatal) || [];
  }

  get id() {
    return this.#message.id;
  }

  async run() {
    const { bridge, python, session } = this.#engine;
    const resume = this.#message.type === "analyze" ? this.#message.resume : null;
    bridge.stopped = resume?.cancelled ?? false;
    bridge.calm();
    bridge.onProgress = (_, text) => this.#progress(this.#fraction, text);
    this.#tell({ type: "plan", id: this.id, steps: [FRAMES, ASSESS] });
    this.#enter(DECODE, 0);
    const code = python.pyodide.pyimport("telltale.runtime.browser_video");
    await python.install(JSON.parse(code.packages()));
    this.#session = code.film(session);
    try {
      if (resume?.broken && (resume.broken.step === DECODE || resume.deaths > MOST_DEATHS)) {
        const stopped = resume.cancelled;
        throw new Refused(stopped ? "cancelled" : "engine_stopped", stopped ? STOPPED : resume.broken.sentence);
      }
      await this.#examine(resume);
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      const record = await this.#ask("refuse", this.#message.name, ...this.#file(), error.code, error.message);
      this.#done(record, null);
    } finally {
      this.#session.close();
      this.#session.destroy();
    }
  }

  /** @param {import("./protocol.js").Resume | null} resume */
  async #examine(resume) {
    const source = await this.#open();
    try {
      const { record, media, plan, at_s, windows } = await this.#begin(source, resume);
      if (record) return this.#done(record, null);
      this.#tell({ type: "media", id: this.id, media });
      this.#enter(FRAMES, 0.02);
      if (resume?.broken && !resume.cancelled) await this.#ask("trouble", `The engine broke down and was started anew: ${resume.broken.sentence}`);
      if ((resume?.deaths ?? 0) < MOST_DEATHS) {
        await this.#looks(source, { first: plan.windows, second: windows, after: at_s ?? -Infinity });
      } else if (resume?.broken?.step === FRAMES) {
        await this.#ask("trouble", "The engine broke down again and again, so the frames that were left were not examined.");
      }
      if (this.#engine.bridge.cancelled && this.#message.type === "analyze") {
        await this.#ask("cancel");
        // to conclude may take longer than one who stops is willing to wait
        await this.#lanes("so_far");
      }
    } finally {
      source?.close();
    }
    this.#enter(ASSESS, 0.96);
    if (this.#decodeMs) await this.#ask("took", "decode", this.#decodeMs);
    await this.#lanes("finish");
    await this.#bank();
    const record = await this.#ask("record");
    this.#done(record, taken(await this.#call(() => this.#session.thumbnail.callPromising())));
  }

  /** What hands out frames; null for an animation, which Python reads itself. */
  async #open() {
    const message = this.#message;
    if (message.type === "live") return LiveStream.open(message.stream);
    if (this.#animation) return null;
    if (message.played) return LiveStream.open(message.played.stream, message.played.meta);
    return Film.open(blobOf(message.bytes), this.#engine.python.baseUrl);
  }

  /**
   * @param {Film | LiveStream | null} source
   * @param {import("./protocol.js").Resume | null} resume
   */
  async #begin(source, resume) {
    const { name, rung } = this.#message;
    const kept = resume?.checkpoint ?? null;
    const asked = this.#message.type === "analyze" ? this.#message.asked : {};
    if (source) return this.#ask("begin_video", name, rung, ...this.#file(), JSON.stringify({ ...source.meta, asked }), kept);
    const { bytes } = /** @type {Analyze} */ (this.#message);
    return this.#ask("begin_animation", new Uint8Array(await blobOf(bytes).arrayBuffer()), name, rung, JSON.stringify(asked), kept);
  }

  /**
   * The first look by the plan, then the second where it was worth one.
   *
   * @param {Film | LiveStream | null} source
   * @param {{first: Span[], second: Span[] | null, after: number}} what `after` skips what was seen
   *   by an earlier worker in the look that was in hand
   */
  async #looks(source, { first, second, after }) {
    const seen = second ? null : after;
    /** @type {Span[]} */
    const whole = [[0, Infinity]];
    if (seen !== null) {
      for (const span of first.length ? first : whole) await this.#look(source, span, { after: seen, second: false });
      if (source?.trouble) await this.#ask("trouble", source.trouble);
      // a stream gives no frame twice
      if (this.#engine.bridge.cancelled || source instanceof LiveStream) return;
      second = (await this.#ask("again")).windows;
      after = -Infinity;
    }
    for (const [k, span] of (second ?? []).entries()) {
      const fraction = 0.86 + (0.1 * k) / (second?.length ?? 1);
      await this.#look(source, span, { after, second: true, fraction });
    }
  }

  /**
   * @param {Film | LiveStream | null} source
   * @param {Span} span
   * @param {{after: number, second: boolean, fraction?: number}} how `fraction` is fixed where time
   *   does not tell how far the work is
   */
  async #look(source, [start_s, end_s], { after, second, fraction }) {
    if (end_s <= after || this.#engine.bridge.cancelled) return;
    if (!source) return this.#animate([start_s, end_s], fraction);
    let since = performance.now();
    for await (const shot of source.shots(start_s, end_s)) {
      try {
        if (this.#engine.bridge.cancelled) return;
        const place = { second, time_s: shot.time_s };
        if (shot.time_s <= after || this.#breaks(place) || !this.#wants(shot.time_s)) {
          this.#progress(this.#fraction, "");
          continue;
        }
        this.#tell({ type: "frame", id: this.id, place });
        const { rgba, width, height } = await shot.pixels();
        this.#decodeMs += performance.now() - since;
        await this.#pushed(await this.#push("push_frame", rgba, width, height, shot.time_s, shot.index), fraction);
        since = performance.now();
      } finally {
        shot.close();
      }
    }
  }

  /** @param {Span} span @param {number} [fraction] */
  async #animate([start_s, end_s], fraction) {
    await this.#ask("go", start_s, end_s);
    while (!this.#engine.bridge.cancelled) {
      const news = await this.#push("push_next");
      if (!news) return;
      await this.#pushed(news, fraction);
    }
  }

  /** Whether a worker died of this frame, or of one just before it. @param {import("./protocol.js").Place} place */
  #breaks({ second, time_s }) {
    return this.#fatal.some((one) => one.second === second && one.time_s <= time_s && time_s < one.time_s + STRIDE_S);
  }

  /** @param {number} time_s */
  #wants(time_s) {
    try {
      return this.#session.wants_next(time_s) !== "";
    } catch (error) {
      if (!isInterrupt(error, this.#engine.bridge)) throw error;
      this.#engine.bridge.stopped = true;
      return false;
    }
  }

  /**
   * Hand Python a frame; the person may stop it in the midst.
   *
   * @param {string} name
   * @param {unknown[]} rest
   * @returns {Promise<{time_s: number, fraction: number | null} | null>}
   */
  async #push(name, ...rest) {
    const { bridge } = this.#engine;
    try {
      return JSON.parse(await this.#session[name].callPromising(...rest));
    } catch (error) {
      if (!isInterrupt(error, bridge)) throw error;
      bridge.stopped = true;
      return null;
    } finally {
      bridge.calm();
    }
  }

  /**
   * @param {{time_s: number, fraction: number | null} | null} news
   * @param {number} [fraction]
   */
  async #pushed(news, fraction) {
    if (!news) return;
    this.#progress(fraction ?? 0.02 + 0.84 * (news.fraction ?? 0), `Frame at ${news.time_s.toFixed(1)} s`);
    const now = performance.now();
    const live = this.#message.type === "live";
    if (now < this.#lanesDue || this.#engine.bridge.cancelled) return;
    const judge = live && now > this.#judgeDue;
    if (judge) this.#judgeDue = now + JUDGE_EVERY_MS;
    await this.#lanes(judge ? "finish" : "so_far");
    const cost = performance.now() - now;
    this.#lanesDue = performance.now() + Math.max(live ? LANES_EVERY_MS / 2 : LANES_EVERY_MS, LANES_SHARE * cost);
  }

  /** @param {"so_far" | "finish"} name */
  async #lanes(name) {
    const { video, faces, findings = null } = await this.#ask(name);
    const live = this.#message.type === "live";
    const checkpoint = live ? null : taken(await this.#call(() => this.#session.checkpoint.callPromising()));
    this.#tell({ type: "lanes", id: this.id, video, faces, findings, checkpoint });
  }

  /** What the bank says goes into the record; where it cannot be opened, that does. */
  async #bank() {
    const { session, vault } = this.#engine;
    const alone = this.#message.private;
    session.keep_nothing(alone);
    await vault.hold(() => this.#ask("ask_bank"), !alone).catch((error) => this.#ask("unasked", plain(error)));
  }

  /**
   * A method of `telltale.runtime.browser_video.Film` that answers JSON.
   *
   * @param {string} name
   * @param {unknown[]} rest
   * @returns {Promise<any>}
   */
  async #ask(name, ...rest) {
    return JSON.parse(await this.#call(() => this.#session[name].callPromising(...rest)));
  }

  /**
   * @template T
   * @param {() => Promise<T>} work
   */
  #call(work) {
    return unbroken(this.#engine.bridge, work);
  }

  /** Size of the file and a function that reads it at once, as `begin_video` takes them. */
  #file() {
    if (this.#message.type === "live") return [0, null];
    const blob = blobOf(this.#message.bytes);
    const reader = new FileReaderSync();
    const read = (/** @type {number} */ offset, /** @type {number} */ length) =>
      new Uint8Array(reader.readAsArrayBuffer(blob.slice(offset, offset + length)));
    return [blob.size, read];
  }

  /** @param {string} stage @param {number} fraction */
  #enter(stage, fraction) {
    this.#stage = stage;
    this.#toldAt = 0;
    this.#progress(fraction, "");
  }

  /** @param {number} fraction of the whole @param {string} text */
  #progress(fraction, text) {
    const now = performance.now();
    this.#fraction = Math.max(this.#fraction, Math.min(1, fraction));
    if (now - this.#toldAt < TELL_EVERY_MS) return;
    this.#toldAt = now;
    this.#tell({ type: "progress", id: this.id, stage: this.#stage, fraction: this.#fraction, text });
  }

  /**
   * @param {any} record
   * @param {Uint8Array | null} thumbnail
   */
  #done(record, thumbnail) {
    this.#tell({ type: "done", id: this.id, record, thumbnail: thumbnail?.length ? thumbnail : null });
  }
}

/**
 * Whether a file is a "video", an "animation" or a "picture", by its first bytes.
 *
 * @param {Analyze} message
 * @param {Engine} engine
 * @returns {Promise<"video" | "animation" | "picture">}
 */
export async function kindOf({ bytes, pixels }, { python }) {
  if (pixels) return "picture";
  const blob = blobOf(bytes);
  const head = new Uint8Array(await blob.slice(0, 1024).arrayBuffer());
  const whole = () => new Uint8Array(new FileReaderSync().readAsArrayBuffer(blob));
  const { kind } = python.pyodide.pyimport("telltale.runtime.browser_video");
  return kind(head, whole);
}
