/** One analysis in the worker: open, then step after step, telling what each found. */

import { isInterrupt, taken, unbroken } from "./calls.js";
import { BANK, DECODE } from "./protocol.js";
import { plain } from "./wheels.js";

/** @typedef {import("./protocol.js").Analyze} Analyze */
/** @typedef {import("./protocol.js").FromWorker} FromWorker */
/** @typedef {import("./worker.js").Engine} Engine */

/** Progress is told no more often than this. */
const TELL_EVERY_MS = 50;
const STOPPED = "The analysis was stopped before the picture was decoded.";

export class Job {
  #message;
  #engine;
  #plan;
  #tell;
  #stage = DECODE;
  #stagesDone = 0;
  #fraction = 0;
  #told = 0;

  /**
   * @param {Analyze} message
   * @param {Engine} engine
   * @param {(message: FromWorker) => void} tell
   */
  constructor(message, engine, tell) {
    this.#message = message;
    this.#engine = engine;
    const { deep, earlier } = message;
    this.#plan = engine.plan.filter((step) => (deep || !step.deep) && !earlier.includes(step.id));
    this.#tell = tell;
  }

  get id() {
    return this.#message.id;
  }

  async run() {
    const { bridge, session } = this.#engine;
    const { id, name, resume } = this.#message;
    bridge.stopped = resume?.cancelled ?? false;
    bridge.calm();
    bridge.onProgress = (fraction, text) => this.#progress(fraction, text);
    this.#tell({ type: "plan", id, steps: this.#plan.map((step) => step.id) });
    this.#enter(DECODE, 0);
    session.repeating(this.#message.repeat);
    if (resume?.broken?.step === DECODE) {
      const code = resume.cancelled ? "cancelled" : "engine_stopped";
      const sentence = resume.cancelled ? STOPPED : resume.broken.sentence;
      return this.#finish(await this.#python("refuse", name, code, sentence), false);
    }
    const { rung, pixels } = this.#message;
    const what = pixels ? JSON.stringify(pixels) : "";
    const opened = await this.#python("open_picture", name, rung, what, resume ?? undefined);
    if (opened.record) return this.#finish(opened.record, false);
    this.#tell({ type: "media", id, media: opened.media });
    const left = this.#plan.filter((step) => !resume?.done.includes(step.id));
    for (const step of left) {
      this.#enter(step.id, this.#plan.indexOf(step));
      await this.#step(step);
    }
    await this.#finish(JSON.parse(await this.#call(() => session.record.callPromising())), true);
    session.close();
  }

  /** @param {{id: string, packages: string[]}} step */
  async #step({ id, packages }) {
    const { bridge, python, session, vault } = this.#engine;
    const broken = this.#message.resume?.broken;
    // even a step that will not run needs its wheels: the finding shows its detector's card
    await python.install(packages);
    let answer;
    if (broken?.step === id && !bridge.cancelled) {
      answer = await this.#call(() => session.fail.callPromising(id, broken.sentence));
    } else if (bridge.cancelled) {
      answer = await this.#call(() => session.cancel.callPromising(id));
    } else if (id === BANK) {
      const alone = this.#message.private;
      session.keep_nothing(alone);
      const ask = () => session.run.callPromising(id);
      answer = await this.#call(() => vault.hold(ask, !alone)).catch((error) =>
        this.#call(() => session.unasked.callPromising(plain(error))),
      );
    } else {
      answer = await this.#interruptible(id);
    }
    const found = JSON.parse(answer);
    const checkpoint = taken(await this.#call(() => session.checkpoint.callPromising()));
    this.#tell({ type: "step", id: this.id, step: id, checkpoint, ...found });
  }

  /** @param {string} id @returns {Promise<string>} */
  async #interruptible(id) {
    const { bridge, session } = this.#engine;
    try {
      return await session.run.callPromising(id);
    } catch (error) {
      if (!isInterrupt(error, bridge)) throw error;
      bridge.stopped = true;
      return this.#call(() => session.cancel.callPromising(id));
    } finally {
      bridge.calm();
    }
  }

  /**
   * @template T
   * @param {() => Promise<T>} work
   */
  #call(work) {
    return unbroken(this.#engine.bridge, work);
  }

  /**
   * A function of telltale.runtime.browser that takes the picture's bytes.
   *
   * @param {string} name
   * @param {unknown[]} rest
   */
  async #python(name, ...rest) {
    const { python, session } = this.#engine;
    const code = python.pyodide.pyimport("telltale.runtime.browser");
    const bytes = new Uint8Array(/** @type {ArrayBuffer} */ (this.#message.bytes));
    return JSON.parse(await this.#call(() => code[name].callPromising(session, bytes, ...rest)));
  }

  /** @param {string} stage @param {number} done */
  #enter(stage, done) {
    this.#stage = stage;
    this.#stagesDone = done;
    this.#fraction = 0;
    this.#told = 0;
    this.#progress(0, "");
  }

  /** @param {number} fraction of the stage @param {string} text */
  #progress(fraction, text) {
    const now = performance.now();
    if (now - this.#told < TELL_EVERY_MS) return;
    this.#told = now;
    // the assessment repeats detectors, each of which counts from the start again
    this.#fraction = Math.max(this.#fraction, fraction);
    const done = this.#stage === DECODE ? 0 : this.#stagesDone + 1 + this.#fraction;
    this.#tell({
      type: "progress",
      id: this.id,
      stage: this.#stage,
      fraction: Math.min(1, done / (this.#plan.length + 1)),
      text,
    });
  }

  /**
   * @param {any} record
   * @param {boolean} opened
   */
  async #finish(record, opened) {
    let thumbnail = null;
    if (opened) {
      thumbnail = taken(await this.#call(() => this.#engine.session.thumbnail.callPromising()));
    }
    this.#tell({ type: "done", id: this.id, record, thumbnail });
  }
}
