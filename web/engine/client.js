/**
 * The engine as pages use it: hand over a picture, get findings as they come and a record at the
 * end. The worker behind it may be stopped, hang or die; what was found stays.
 */

import { Host, WorkerGone } from "./host.js";
import { played } from "./played.js";
import { ASSESS, BANK, DECODE } from "./protocol.js";

/** @typedef {import("../ui/record.js").Media} Media */
/** @typedef {import("../ui/record.js").Faces} Faces */
/** @typedef {import("../ui/record.js").Finding} Finding */
/** @typedef {import("../ui/record.js").TelltaleRecord} TelltaleRecord */
/** @typedef {import("../ui/record.js").VideoSection} VideoSection */
/** @typedef {import("./protocol.js").Diagnostics} Diagnostics */
/** @typedef {import("./protocol.js").FromWorker} FromWorker */
/** @typedef {import("./protocol.js").Resume} Resume */
/** @typedef {import("./host.js").Limits} Limits */

/**
 * A picture or a video: the bytes of a file, or, with `pixels`, RGBA or RGB pixels row by row. A
 * video is best given as a `Blob`, which is never read as a whole.
 *
 * @typedef {object} Input
 * @property {ArrayBuffer | Uint8Array | Uint8ClampedArray | Blob} bytes
 * @property {string} name
 * @property {string} rung how they were obtained, as in the record
 * @property {import("./protocol.js").Pixels} [pixels]
 * @property {boolean} [deep] run the slow tests too
 * @property {number | "scenes"} [every] of a video, examine every n-th frame, or the first of each scene
 * @property {boolean} [repeat] false leaves out the repetitions on changed copies
 * @property {string} [after] SHA-256 of this picture, where it was examined before and only the slow
 *   tests are to be added; where the engine no longer has what it found then, it begins anew
 */
/** @typedef {Input & {key: string}} Shown a picture to look at; `key` names it, and never another */
/**
 * What is seen through a glass: `values` are those of a map, one or (`colour`) three a pixel.
 *
 * @typedef {object} Sight
 * @property {"scalar" | "colour"} kind
 * @property {number} width
 * @property {number} height
 * @property {number} low
 * @property {number} high
 * @property {string} unit
 * @property {string} meaning
 * @property {"picture" | "figure"} space
 * @property {import("../ui/record.js").Fact[]} facts
 * @property {string} [sentence]
 * @property {Uint8Array} values
 */
/** @typedef {{stage: string, fraction: number, text: string}} Progress */

/**
 * What a caller hears of one analysis.
 *
 * @typedef {object} Hooks
 * @property {(steps: string[]) => void} [onPlan] ids of the steps, in order
 * @property {(progress: Progress) => void} [onProgress]
 * @property {(media: Media) => void} [onMedia]
 * @property {(faces: Faces) => void} [onFaces]
 * @property {(finding: Finding) => void} [onFinding]
 * @property {(bank: import("../ui/record.js").BankSection) => void} [onBank]
 * @property {(video: VideoSection) => void} [onLanes] what is known of a video so far, again and again
 * @property {(assessment: import("../ui/record.js").Assessment) => void} [onAssessment] the first
 *   answer, while the tests that do not weigh and the repetitions are still to come
 * @property {AbortSignal} [signal] stops the analysis; its record is then of what was found
 */

/** @typedef {"idle" | "starting" | "ready" | "working" | "failed"} State */

/**
 * @typedef {object} Options
 * @property {string} [baseUrl] the folder that holds engine/, vendor/, wheels/, models/ and python/
 * @property {import("./protocol.js").WebGpuMode} [webgpu]
 * @property {boolean} [snapshot] keep a start-up snapshot
 * @property {Partial<Limits>} [limits]
 * @property {(state: State) => void} [onState]
 */

/**
 * @typedef {object} Report
 * @property {string} [lang]
 * @property {{[field: string]: string}} [custody] what a person filled in
 * @property {(Uint8Array | null)[]} [pictures] JPEG or PNG, where there is one from before
 */
/** @typedef {{field: string, state: "agrees" | "differs" | "not compared", recorded: string,
 *   repeated: string, detail: string}} Row one field of a record and its repetition */
/** @typedef {{agrees: boolean, rows: Row[], circumstances: Row[]}} Compared */

/** @type {Limits} */
const LIMITS = { bootMs: 90_000, stepMs: 120_000, graceMs: 1500 };
/** A step that breaks the worker is given up; this many may before the analysis is. */
const MOST_LIVES = 6;
/** What is said of a video that a player may show all the same. */
const UNDECODED = ["codec_unsupported", "no_frames"];
const BOOT_TRIES = 2;
/** Idle time before the engine prepares itself for later. */
const IDLE_MS = 1500;
const MAKE_TRIES = 3;
/** So many finished examinations are kept, to be gone on with. */
const MOST_KEPT = 12;

/** What is known of an analysis outside the worker. */
class Kept {
  /** @type {Finding[]} */
  findings = [];
  /** @type {string[]} */
  done = [];
  /** @type {Uint8Array | null} */
  checkpoint = null;
  /** @type {{step: string, sentence: string} | null} */
  broken = null;
  stage = DECODE;
  media = false;
  /** @type {string[]} done by an examination before this one */
  earlier = [];
  /** How many workers died over it. */
  deaths = 0;
  video = false;

  /** What a deeper examination of the same picture starts from. */
  further() {
    const next = new Kept();
    const earlier = this.done.filter((step) => step !== ASSESS && step !== BANK);
    const { findings, checkpoint } = this;
    return Object.assign(next, { findings: [...findings], done: [...earlier], earlier, checkpoint, media: true });
  }

  /** The worker died. @param {string} sentence */
  gone(sentence) {
    this.deaths++;
    // a picture that was decoded once is decoded again
    if (this.stage !== DECODE || !this.media) this.broken = { step: this.stage, sentence };
    this.stage = DECODE;
  }

  /** @param {boolean} cancelled @returns {Resume | null} */
  resume(cancelled) {
    if (!this.broken && !this.media && !cancelled) return null;
    const { checkpoint, done, deaths, broken } = this;
    return { checkpoint, findings: JSON.stringify(this.findings), done, deaths, broken, cancelled };
  }
}

export class Engine {
  /** @type {Diagnostics | null} how the engine started; null until it has */
  diagnostics = null;
  /** @type {{state: "none" | "making" | "kept" | "failed", bytes: number, why: string}} */
  snapshot = { state: "none", bytes: 0, why: "" };
  /** In private mode the bank is asked, and nothing is written to it. */
  private = false;
  /** @type {State} */
  state = "idle";
  /** @type {Host | null} */
  #host = null;
  /** @type {Host | null} makes the snapshot */
  #maker = null;
  /** @type {Promise<Host> | null} */
  #starting = null;
  /** @type {Promise<unknown>} */
  #queue = Promise.resolve();
  #waiting = 0;
  #closed = false;
  #warm = false;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #idle;
  /** @type {Map<string, Uint8Array>} small pictures for reports, by SHA-256 */
  #thumbnails = new Map();
  /** @type {Map<string, Kept>} quick examinations that ended, by SHA-256 and rung */
  #ended = new Map();
  #baseUrl;
  #limits;
  #options;

  /** @param {Options} [options] */
  constructor(options = {}) {
    this.#options = options;
    this.#baseUrl = new URL(options.baseUrl ?? "../", options.baseUrl ? self.location.href : import.meta.url).href;
    this.#limits = { ...LIMITS, ...options.limits };
  }

  /** Start the worker ahead of need. @returns {Promise<Diagnostics>} */
  async start() {
    await this.#ready();
    this.#rest();
    return /** @type {Diagnostics} */ (this.diagnostics);
  }

  /**
   * Examine one picture; several calls are answered one after the other.
   *
   * @param {Input} input
   * @param {Hooks} [hooks]
   * @returns {Promise<TelltaleRecord>} also for what could not be examined: its record says why
   */
  analyze(input, hooks = {}) {
    return this.#enqueue(async () => {
      hooks.signal?.throwIfAborted();
      const { bytes, name, rung, pixels = null, deep = false, repeat = true, every = 0, after = "" } = input;
      const given = bytes instanceof Blob ? bytes : own(bytes);
      const kept = (deep && this.#ended.get(`${after}/${rung}`)?.further()) || new Kept();
      return this.#examine({ bytes: given, name, rung, pixels, deep, repeat, every }, kept, hooks);
    });
  }

  /**
   * Follow the frames of a stream, which is given away, until it ends or `hooks.signal` stops it.
   * What is known of the last seconds is told by `onLanes`, `onFaces` and `onFindings`.
   *
   * @param {{name: string, rung: string, stream: ReadableStream<VideoFrame>}} input
   * @param {Hooks & {onFindings?: (findings: Finding[]) => void}} [hooks]
   * @returns {Promise<TelltaleRecord>} rejects where the engine breaks down
   */
  live({ name, rung, stream }, hooks = {}) {
    return this.#enqueue(async () => {
      hooks.signal?.throwIfAborted();
      const host = await this.#ready();
      this.#tell("working");
      let stop = () => {};
      const hear = (/** @type {FromWorker} */ message, /** @type {number} */ id) => {
        if (message.type === "plan") {
          stop = () => host.stop(id);
          hooks.signal?.addEventListener("abort", stop);
          if (hooks.signal?.aborted) stop();
        }
        if (message.type === "media") hooks.onMedia?.(message.media);
        if (message.type === "lanes") {
          hooks.onLanes?.(message.video);
          hooks.onFaces?.(message.faces);
          if (message.findings) hooks.onFindings?.(message.findings);
        }
        return message.type === "done";
      };
      try {
        return (await host.request({ type: "live", name, rung, private: this.private, stream }, hear, [stream])).record;
      } finally {
        hooks.signal?.removeEventListener("abort", stop);
        this.#tell("ready");
      }
    });
  }

  /**
   * One HTML document for the records, with a small picture beside each that was examined here.
   *
   * @param {TelltaleRecord[]} records
   * @param {Report} [how]
   * @returns {Promise<string>}
   */
  html(records, { lang = "en", custody = {}, pictures = [] } = {}) {
    const shown = records.map((record, n) => pictures[n] ?? this.thumbnail(record));
    const how = JSON.stringify({ lang, custody });
    const message = { type: "html", records: JSON.stringify(records), pictures: shown, how };
    return this.#enqueue(async () => {
      const host = await this.#ready();
      return (await host.request(message, ({ type }) => type === "page")).html;
    });
  }

  /**
   * The records as a table in CSV, a row per file.
   *
   * @param {TelltaleRecord[]} records
   * @returns {Promise<string>}
   */
  table(records) {
    const message = { type: "table", records: JSON.stringify(records.map(bare)) };
    return this.#enqueue(async () => {
      const host = await this.#ready();
      return (await host.request(message, ({ type }) => type === "tabled")).csv;
    });
  }

  /**
   * Ask something of the bank, or change it. What can be asked stands in `telltale.bank.desk`.
   *
   * @param {string} name
   * @param {object} [args]
   * @param {Uint8Array | null} [bytes]
   * @returns {Promise<{answer: any, bytes: Uint8Array | null}>} rejects, with a sentence, where it
   *   was refused; then the bank is as it was
   */
  bank(name, args = {}, bytes = null) {
    const message = { type: "bank", name, args: JSON.stringify(args), bytes, private: this.private };
    return this.#enqueue(async () => {
      for (let tries = 1; ; tries++) {
        const host = await this.#ready();
        try {
          const { answer, refused, bytes: out } = await host.request(message, ({ type }) => type === "banked");
          if (refused) throw new Error(refused);
          return { answer, bytes: out };
        } catch (error) {
          // whatever is asked can be asked twice: what is there already is not added again
          if (!(error instanceof WorkerGone) || this.#closed || tries > 1) throw error;
        }
      }
    });
  }

  /**
   * Look at a picture through a glass of `ui/glasses.json`.
   *
   * @param {Shown} picture
   * @param {{id: string, packages: string[]}} glass
   * @param {{[name: string]: string | number}} values of its parameters
   * @returns {Promise<Sight>} rejected with a sentence where nothing can be seen
   */
  async look(picture, { id, packages }, values) {
    const ask = { glass: id, packages, values: JSON.stringify(values) };
    return (await this.#see(ask, [picture]))[0];
  }

  /**
   * Lay a second picture over the first.
   *
   * @param {Shown} picture
   * @param {Shown} other
   * @returns {Promise<Sight[]>} the second over the first, and the difference
   */
  compare(picture, other) {
    const packages = ["scipy", "scikit-image"];
    return this.#see({ glass: "", packages, values: "{}" }, [picture, other]);
  }
  /**
   * The small picture of a record that was made here; null for any other.
   *
   * @param {TelltaleRecord} record
   */
  thumbnail(record) {
    return this.#thumbnails.get(record.media.sha256) ?? null;
  }

  /**
   * What agrees between a record and the record of its repetition, field by field.
   *
   * @param {unknown} recorded what was read from a file
   * @param {TelltaleRecord} repeated
   * @returns {Promise<Compared | {refused: string}>}
   */
  agreement(recorded, repeated) {
    const message = { type: "agree", recorded: JSON.stringify(recorded), repeated: JSON.stringify(repeated) };
    return this.#enqueue(async () => {
      const host = await this.#ready();
      return JSON.parse((await host.request(message, ({ type }) => type === "agreed")).result);
    });
  }

  /** End the worker; nothing can be asked afterwards. */
  close() {
    this.#closed = true;
    clearTimeout(this.#idle);
    this.#host?.kill("The engine was closed.");
    this.#maker?.kill("The engine was closed.");
  }

  /**
   * @param {{glass: string, packages: string[], values: string}} ask
   * @param {Shown[]} pictures
   * @returns {Promise<Sight[]>}
   */
  #see(ask, pictures) {
    const [key, other = ""] = pictures.map((picture) => picture.key);
    return this.#enqueue(async () => {
      /** @type {import("./protocol.js").Brought[]} */
      let bring = [];
      // a worker that is new, or has let go of a picture, asks for it once
      for (let tries = 0; tries < 2; tries++) {
        const host = await this.#ready();
        const message = { type: "look", ...ask, key, other, bring };
        const answer = await host.request(message, ({ type }) => type === "sights" || type === "missing");
        if (answer.type === "sights") {
          if (answer.why) throw new Error(answer.why);
          return answer.sights.map((/** @type {[string, Uint8Array]} */ [header, values]) => ({
            ...JSON.parse(header),
            values,
          }));
        }
        const wanted = pictures.filter((picture) => answer.keys.includes(picture.key));
        bring = await Promise.all(wanted.map(brought));
      }
      throw new Error("the engine did not keep the picture");
    });
  }

  /**
   * @template T
   * @param {() => Promise<T>} work
   * @returns {Promise<T>}
   */
  #enqueue(work) {
    clearTimeout(this.#idle);
    // whoever asks for something has the whole machine; the snapshot is made another time
    this.#maker?.kill("Something else was asked for.");
    this.#waiting++;
    const result = this.#queue.then(work).finally(() => {
      if (--this.#waiting === 0) this.#rest();
    });
    this.#queue = result.catch(() => {});
    return result;
  }

  /**
   * @param {{bytes: ArrayBuffer | Blob, name: string, rung: string,
   *   pixels: import("./protocol.js").Pixels | null, deep: boolean, repeat: boolean, every: number | "scenes"}} input
   * @param {Kept} kept
   * @param {Hooks} hooks
   * @returns {Promise<TelltaleRecord>}
   */
  async #examine(input, kept, hooks) {
    const stopped = () => hooks.signal?.aborted ?? false;
    /** Why the frames are asked of a player. */
    let undecoded = "";
    for (let lives = MOST_LIVES; ; lives--) {
      const host = await this.#ready();
      this.#tell("working");
      let stop = () => {};
      try {
        const { earlier } = kept;
        const player = undecoded ? await played(blobOf(input.bytes), undecoded) : null;
        const resume = kept.resume(stopped());
        const request = { type: "analyze", ...input, private: this.private, earlier, resume, played: player };
        const done = await host.request(request, (message, id) => {
          if (message.type === "plan") {
            stop = () => host.stop(id);
            hooks.signal?.addEventListener("abort", stop);
            if (stopped() && !request.resume?.cancelled) stop();
          }
          return hear(message, kept, hooks);
        }, player ? [player.stream] : []);
        if (!undecoded && (await playable(done.record, input.bytes)) && !stopped()) {
          undecoded = done.record.error.sentence;
          lives++;
          continue;
        }
        if (done.thumbnail) this.#thumbnails.set(done.record.media.sha256, done.thumbnail);
        if (!stopped() && !input.deep && !kept.video) this.#keep(`${done.record.media.sha256}/${input.rung}`, kept);
        this.#tell("ready");
        return done.record;
      } catch (error) {
        if (!(error instanceof WorkerGone) || this.#closed || lives <= 1) throw error;
        kept.gone(error.message);
      } finally {
        hooks.signal?.removeEventListener("abort", stop);
      }
    }
  }

  /**
   * Keep what was found for a deeper examination, and forget the oldest.
   *
   * @param {string} key
   * @param {Kept} kept
   */
  #keep(key, kept) {
    this.#ended.delete(key);
    this.#ended.set(key, kept);
    for (const old of [...this.#ended.keys()].slice(0, -MOST_KEPT)) this.#ended.delete(old);
  }

  /** A worker that has started. @returns {Promise<Host>} */
  async #ready() {
    if (this.#closed) throw new Error("the engine was closed");
    if (this.#host && !this.#host.dead) return this.#host;
    this.#starting ??= this.#boot().finally(() => (this.#starting = null));
    return this.#starting;
  }

  /** @returns {Promise<Host>} */
  async #boot() {
    this.#tell("starting");
    let why = "";
    for (let tries = 0; tries < BOOT_TRIES; tries++) {
      // where the first try failed, the snapshot may be to blame
      const mode = this.#options.snapshot === false || tries > 0 ? "off" : "use";
      const host = this.#spawn(mode, []);
      try {
        const ready = await host.ready;
        if (ready.type !== "ready") throw new Error("the worker did not say that it is ready");
        this.#host = host;
        this.#warm = ready.diagnostics.start === "snapshot";
        const trouble = [why, ready.diagnostics.trouble].filter(Boolean).join(" ");
        this.diagnostics = { ...ready.diagnostics, trouble };
        if (this.#warm) this.snapshot = { state: "kept", bytes: 0, why: "" };
        this.#tell("ready");
        return host;
      } catch (error) {
        why = error instanceof Error ? error.message : String(error);
        host.kill(why);
      }
    }
    this.#tell("failed");
    throw new Error(why);
  }

  /**
   * @param {import("./protocol.js").SnapshotMode} snapshot
   * @param {string[]} libraries
   */
  #spawn(snapshot, libraries) {
    const url = new URL("engine/worker.js", this.#baseUrl);
    const webgpu = this.#options.webgpu ?? "auto";
    return new Host(url, { baseUrl: this.#baseUrl, snapshot, webgpu, libraries }, this.#limits);
  }

  /** Nobody waits: after a while, prepare for later. */
  #rest() {
    clearTimeout(this.#idle);
    if (this.#closed || this.#warm || this.#waiting) return;
    this.#idle = setTimeout(() => this.#prepare().catch((error) => console.warn(error)), IDLE_MS);
  }

  /** Import what analyses need, bit by bit, and then make the start-up snapshot. */
  async #prepare() {
    const host = this.#host;
    if (!host || host.dead || this.#waiting || this.#closed) return;
    const { more, libraries } = await host.request({ type: "warm" }, ({ type }) => type === "warmed");
    if (this.#waiting) return;
    if (more) {
      this.#idle = setTimeout(() => this.#prepare().catch((error) => console.warn(error)), 0);
      return;
    }
    if (this.#options.snapshot !== false) await this.#makeSnapshot(libraries);
    this.#warm = !this.#waiting;
  }

  /** @param {string[]} libraries that the snapshot is to hold, as far as they are known */
  async #makeSnapshot(libraries) {
    this.snapshot = { state: "making", bytes: 0, why: "" };
    try {
      for (let tries = 0; tries < MAKE_TRIES; tries++) {
        this.#maker = this.#spawn("make", libraries);
        const made = await this.#maker.ready;
        this.#maker.kill("It is done.");
        if (made.type !== "made") throw new Error("the worker made no snapshot");
        if (!made.libraries.length) {
          this.snapshot = { state: "kept", bytes: made.bytes, why: "" };
          return;
        }
        ({ libraries } = made);
      }
      throw new Error("its libraries change from start to start");
    } catch (error) {
      const state = this.#waiting ? "none" : "failed";
      this.snapshot = { state, bytes: 0, why: error instanceof Error ? error.message : String(error) };
    } finally {
      this.#maker = null;
    }
  }

  /** @param {State} state */
  #tell(state) {
    if (state === this.state) return;
    this.state = state;
    this.#options.onState?.(state);
  }
}

/**
 * Take what the worker says of an analysis and pass it on.
 *
 * @param {FromWorker} message
 * @param {Kept} kept
 * @param {Hooks} hooks
 * @returns {boolean} whether this was the last of it
 */
function hear(message, kept, hooks) {
  switch (message.type) {
    case "plan":
      if (!kept.broken) hooks.onPlan?.(message.steps);
      return false;
    case "progress":
      kept.stage = message.stage;
      hooks.onProgress?.({ stage: message.stage, fraction: message.fraction, text: message.text });
      return false;
    case "media":
      if (!kept.media) hooks.onMedia?.(message.media);
      kept.media = true;
      return false;
    case "step":
      kept.done.push(message.step);
      kept.checkpoint = message.checkpoint;
      if (message.finding) {
        kept.findings.push(message.finding);
        hooks.onFinding?.(message.finding);
      }
      if (message.faces) hooks.onFaces?.(message.faces);
      if (message.bank) hooks.onBank?.(message.bank);
      if (message.assessment) hooks.onAssessment?.(message.assessment);
      return false;
    case "lanes":
      kept.video = true;
      kept.checkpoint = message.checkpoint;
      hooks.onLanes?.(message.video);
      hooks.onFaces?.(message.faces);
      for (const finding of message.findings ?? []) hooks.onFinding?.(finding);
      return false;
    default:
      return message.type === "done";
  }
}

/** A record without its maps, which are megabytes. @param {TelltaleRecord} record */
function bare(record) {
  if (!("findings" in record)) return record;
  return { ...record, findings: record.findings.map((one) => ({ ...one, maps: [] })) };
}

/**
 * Whether what could not be decoded can be played.
 *
 * @param {TelltaleRecord} record
 * @param {ArrayBuffer | Blob} bytes
 */
async function playable(record, bytes) {
  if (!("error" in record) || !UNDECODED.includes(record.error.code)) return false;
  const player = await played(blobOf(bytes), "");
  await player?.stream.cancel();
  return player !== null;
}

/** @param {ArrayBuffer | Blob} bytes */
function blobOf(bytes) {
  return bytes instanceof Blob ? bytes : new Blob([bytes]);
}

/**
 * @param {Shown} picture
 * @returns {Promise<import("./protocol.js").Brought>}
 */
async function brought({ key, name, rung, bytes, pixels }) {
  return { key, name, rung, pixels: pixels ?? null, bytes: bytes instanceof Blob ? await bytes.arrayBuffer() : own(bytes) };
}

/**
 * A buffer that holds these bytes and nothing else.
 *
 * @param {ArrayBuffer | Uint8Array | Uint8ClampedArray} bytes
 * @returns {ArrayBuffer}
 */
function own(bytes) {
  if (bytes instanceof ArrayBuffer) return bytes;
  return /** @type {ArrayBuffer} */ (bytes.slice().buffer);
}
