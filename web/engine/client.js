/**
 * The engine as pages use it: hand over a picture, get findings as they come and a record at the
 * end. The worker behind it may be stopped, hang or die; what was found stays.
 */

import { examine, Kept } from "./examination.js";
import { WorkerGone } from "./host.js";
import { brought, own } from "./input.js";
import { Workers } from "./workers.js";

/** @typedef {import("../ui/record.js").Finding} Finding */
/** @typedef {import("../ui/record.js").TelltaleRecord} TelltaleRecord */
/** @typedef {import("./examination.js").Hooks} Hooks */
/** @typedef {import("./examination.js").Progress} Progress */
/** @typedef {import("./input.js").Input} Input */
/** @typedef {import("./input.js").Shown} Shown */
/** @typedef {import("./protocol.js").Diagnostics} Diagnostics */
/** @typedef {import("./protocol.js").FromWorker} FromWorker */
/** @typedef {import("./workers.js").Options} Options */
/** @typedef {import("./workers.js").State} State */

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

/**
 * @typedef {object} Report
 * @property {string} [lang]
 * @property {{[field: string]: string}} [custody] what a person filled in
 * @property {(Uint8Array | null)[]} [pictures] JPEG or PNG, where there is one from before
 */
/** @typedef {{field: string, state: "agrees" | "differs" | "not compared", recorded: string,
 *   repeated: string, detail: string}} Row one field of a record and its repetition */
/** @typedef {{agrees: boolean, rows: Row[], circumstances: Row[]}} Compared */

/** So many finished examinations are kept, to be gone on with. */
const MOST_KEPT = 12;

export class Engine {
  /** In private mode the bank is asked, and nothing is written to it. */
  private = false;
  /** @type {Promise<unknown>} */
  #queue = Promise.resolve();
  /** @type {Map<string, Uint8Array>} small pictures for reports, by SHA-256 */
  #thumbnails = new Map();
  /** @type {Map<string, Kept>} quick examinations that ended, by SHA-256 and rung */
  #ended = new Map();
  #workers;

  /** @param {Options} [options] */
  constructor(options = {}) {
    this.#workers = new Workers(options);
  }

  get diagnostics() {
    return this.#workers.diagnostics;
  }

  get snapshot() {
    return this.#workers.snapshot;
  }

  get state() {
    return this.#workers.state;
  }

  /** Start the worker ahead of need. @returns {Promise<Diagnostics>} */
  async start() {
    await this.#workers.ready();
    this.#workers.rest();
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
      const { bytes, name, rung, pixels = null, deep = false, repeat = true, asked = {}, after = "" } = input;
      const given = bytes instanceof Blob ? bytes : own(bytes);
      const kept = (deep && this.#ended.get(`${after}/${rung}`)?.further()) || new Kept();
      const request = { bytes: given, name, rung, pixels, deep, repeat, asked, private: this.private };
      const { record, thumbnail } = await examine(request, kept, hooks, this.#workers);
      if (thumbnail) this.#thumbnails.set(record.media.sha256, thumbnail);
      if (!hooks.signal?.aborted && !deep && !kept.video) this.#keep(`${record.media.sha256}/${rung}`, kept);
      this.#workers.tell("ready");
      return record;
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
      const host = await this.#workers.ready();
      this.#workers.tell("working");
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
        this.#workers.tell("ready");
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
      const host = await this.#workers.ready();
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
      const host = await this.#workers.ready();
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
        const host = await this.#workers.ready();
        try {
          const { answer, refused, bytes: out } = await host.request(message, ({ type }) => type === "banked");
          if (refused) throw new Error(refused);
          return { answer, bytes: out };
        } catch (error) {
          // whatever is asked can be asked twice: what is there already is not added again
          if (!(error instanceof WorkerGone) || this.#workers.closed || tries > 1) throw error;
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
      const host = await this.#workers.ready();
      return JSON.parse((await host.request(message, ({ type }) => type === "agreed")).result);
    });
  }

  /** End the worker; nothing can be asked afterwards. */
  close() {
    this.#workers.close();
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
        const host = await this.#workers.ready();
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
    this.#workers.begin();
    const result = this.#queue.then(work).finally(() => this.#workers.end());
    this.#queue = result.catch(() => {});
    return result;
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
}

/** A record without its maps, which are megabytes. @param {TelltaleRecord} record */
function bare(record) {
  if (!("findings" in record)) return record;
  return { ...record, findings: record.findings.map((one) => ({ ...one, maps: [] })) };
}
