/** The pictures and videos of this sitting and their analyses, one after the other. No DOM here. */

import { begun } from "../ui/anew.js";
import { keepsAll, slim } from "../ui/keeping.js";
import { repeating } from "../ui/repeat.js";
import { sampling } from "../ui/sampling.js";

/** @typedef {import("../ui/record.js").Media} Media */
/** @typedef {import("../ui/record.js").Faces} Faces */
/** @typedef {import("../ui/record.js").Finding} Finding */
/** @typedef {import("../ui/record.js").TelltaleRecord} TelltaleRecord */
/** @typedef {import("../ui/queue.js").State} State */
/** @typedef {import("../ui/intake.js").Incoming} Incoming */

/**
 * @typedef {object} EngineProgress
 * @property {string} stage `decode`, `faces` or a detector's id
 * @property {number} fraction of the whole analysis, in [0, 1]
 * @property {string} text what is being done, as Python words it
 */

/** @typedef {Pick<import("../engine/client.js").Engine, "analyze" | "bank" | "private">} Engine */
/** @typedef {import("../engine/client.js").Progress} Progress */

/** What an examination found, as far as it is. */
class Found {
  /** @type {Media | null} */
  media = null;
  /** @type {Faces | null} */
  faces = null;
  /** @type {Finding[]} */
  findings = [];
  /** @type {import("../ui/record.js").BankSection | null} */
  bank = null;
  /** @type {import("../ui/record.js").VideoSection | null} what is known of a video so far */
  video = null;
  /** @type {import("../ui/record.js").Assessment | null} the first answer */
  assessment = null;
  /** @type {TelltaleRecord | null} */
  record = null;
}

/** One picture and what is known of it so far. */
export class Item extends Found {
  /** @type {State} */
  state = "waiting";
  /** @type {Progress | null} */
  progress = null;
  /** @type {string} why there is no record, or no new one */
  trouble = "";
  /** Whether the slow tests were asked for. */
  deep = false;
  stopper = new AbortController();
  /** @type {import("../ui/anew.js").Anew} */
  anew = "";
  /** @type {Found | null} of another examination, until it has something to show */
  next = null;
  /** @type {(Found & {state: State}) | null} what the examination before ended with, while another goes on */
  earlier = null;

  /** @param {Incoming} incoming */
  constructor({ file, rung }) {
    super();
    this.file = file;
    this.rung = rung;
    this.url = URL.createObjectURL(file);
  }
}

/** @typedef {"added" | "anew" | "state" | "progress" | "media" | "faces" | "video" | "finding" | "bank" | "assessment" | "idle"} Happening */

export class Session {
  /** @type {Item[]} */
  items = [];
  #running = false;
  #engine;
  #tell;
  /** @type {((records: TelltaleRecord[]) => void)[]} */
  #waiting = [];

  /**
   * @param {Engine} engine
   * @param {(what: Happening, item: Item | null, finding?: Finding) => void} tell
   */
  constructor(engine, tell) {
    this.#engine = engine;
    this.#tell = tell;
  }

  /** Every record so far, in the order in which the pictures were added. */
  get records() {
    return this.items.flatMap((item) => item.record ?? []);
  }

  get idle() {
    return !this.#running && this.items.every((item) => item.state !== "waiting");
  }

  /**
   * Resolves with all records once nothing is waiting or running.
   *
   * @returns {Promise<TelltaleRecord[]>}
   */
  whenIdle() {
    if (this.idle) return Promise.resolve(this.records);
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  /** @param {Incoming[]} files */
  add(files) {
    for (const incoming of files) {
      const item = new Item(incoming);
      this.items.push(item);
      this.#tell("added", item);
    }
    void this.#run();
  }

  /**
   * Add the slow tests to an examination that ended.
   *
   * @param {Item} item
   */
  deepen(item) {
    if (!item.record || item.deep) return;
    item.deep = true;
    item.progress = null;
    item.stopper = new AbortController();
    this.#state(item, "waiting");
    void this.#run();
  }

  /**
   * Examine a video once more, as it is chosen by now.
   *
   * @param {Item} item
   */
  again(item) {
    if (!item.record || item.state === "waiting" || item.state === "running") return;
    const { media, faces, findings, bank, video, assessment, record, state } = item;
    item.earlier = { media, faces, findings, bank, video, assessment, record, state };
    item.next = new Found();
    item.anew = "going";
    item.trouble = "";
    item.progress = null;
    item.stopper = new AbortController();
    this.#state(item, "waiting");
    void this.#run();
  }

  /** @param {Item} item */
  cancel(item) {
    item.stopper.abort();
    if (item.state !== "waiting") return;
    if (item.earlier) this.#back(item, "stopped");
    else this.#state(item, "cancelled");
  }

  cancelAll() {
    for (const item of this.items) {
      if (item.state === "waiting" || item.state === "running") this.cancel(item);
    }
  }

  async #run() {
    if (this.#running) return;
    this.#running = true;
    for (;;) {
      const next = this.items.find((item) => item.state === "waiting");
      if (!next) break;
      await this.#analyze(next);
    }
    this.#running = false;
    this.#tell("idle", null);
    for (const resolve of this.#waiting.splice(0)) resolve(this.records);
  }

  /** @param {Item} item */
  async #analyze(item) {
    const { file, rung, stopper, deep } = item;
    const after = item.record?.media.sha256;
    this.#state(item, "running");
    try {
      const record = await this.#engine.analyze(
        { bytes: file, name: file.name, rung, deep, after, repeat: repeating(), asked: sampling() },
        {
          signal: stopper.signal,
          onPlan: (steps) => this.#planned(item, steps),
          onProgress: (progress) => this.#note(item, "progress", { progress }),
          onMedia: (media) => this.#note(item, "media", { media }),
          onFaces: (faces) => this.#note(item, "faces", { faces }),
          onBank: (bank) => this.#note(item, "bank", { bank }),
          onLanes: (video) => {
            if (begun(video)) this.#show(item);
            this.#note(item, "video", { video });
          },
          onAssessment: (assessment) => this.#note(item, "assessment", { assessment }),
          onFinding: (finding) => {
            (item.next ?? item).findings.push(finding);
            if (!item.next) this.#tell("finding", item, finding);
          },
        },
      );
      if (keepsAll() && !this.#engine.private) void this.#keep(record);
      const stopped = stopper.signal.aborted;
      if (item.earlier && "error" in record) return this.#back(item, stopped ? "stopped" : "failed", record.error.sentence);
      if (item.next && stopped) return this.#back(item, "stopped");
      this.#show(item);
      item.earlier = null;
      item.record = record;
      if ("findings" in record) item.findings = record.findings = told(record, item.findings);
      this.#state(item, "error" in record ? "failed" : stopped ? "cancelled" : "done");
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      if (item.earlier) return this.#back(item, stopper.signal.aborted ? "stopped" : "failed", why);
      item.trouble = why;
      this.#state(item, stopper.signal.aborted ? "cancelled" : "failed");
    }
  }

  /** From now on the new examination is what is shown. @param {Item} item */
  #show(item) {
    if (!item.next) return;
    Object.assign(item, item.next, { next: null, anew: "" });
    this.#tell("anew", item);
  }

  /**
   * The new examination came to nothing: the earlier result is what there is.
   *
   * @param {Item} item
   * @param {"stopped" | "failed"} anew
   * @param {string} [trouble]
   */
  #back(item, anew, trouble = "") {
    if (!item.earlier) return;
    const { state, ...found } = item.earlier;
    const shown = item.next !== null;
    Object.assign(item, found, { next: null, earlier: null, anew, trouble });
    item.state = state;
    this.#tell(shown ? "state" : "anew", item);
  }

  /** In the history, because the person wants every analysis kept. @param {TelltaleRecord} record */
  async #keep(record) {
    await this.#engine.bank("keep", { record: slim(record) }).catch((error) => console.warn(error));
  }

  /**
   * What is found again, because nobody remembers the time before, is not shown twice.
   *
   * @param {Item} item
   * @param {string[]} steps
   */
  #planned(item, steps) {
    const into = item.next ?? item;
    const kept = into.findings.filter((finding) => !steps.includes(finding.detector));
    if (kept.length === into.findings.length) return;
    into.findings = kept;
    if (into === item) this.#tell("anew", item);
  }

  /**
   * @param {Item} item
   * @param {"progress" | "media" | "faces" | "video" | "bank" | "assessment"} what
   * @param {Partial<Item>} news
   */
  #note(item, what, news) {
    Object.assign(what === "progress" ? item : (item.next ?? item), news);
    if (what === "progress" || !item.next) this.#tell(what, item);
  }

  /**
   * @param {Item} item
   * @param {State} state
   */
  #state(item, state) {
    item.state = state;
    this.#tell("state", item);
  }
}

/**
 * The findings of a record as those that were told one by one: one copy of their maps is enough,
 * and what shows a map knows it by its identity.
 *
 * @param {import("../ui/record.js").Analysis} record
 * @param {readonly Finding[]} before
 */
function told(record, before) {
  const known = new Map(before.map((finding) => [finding.detector, finding]));
  return record.findings.map((finding) => {
    const one = known.get(finding.detector);
    return one ? Object.assign(one, finding, { maps: one.maps }) : finding;
  });
}
