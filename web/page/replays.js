/** Records that were given back: each waits for its file, repeats the analysis, and is compared. */

/** @typedef {import("../ui/intake.js").Incoming} Incoming */
/** @typedef {import("../engine/client.js").Compared} Compared */
/** @typedef {Pick<import("../engine/client.js").Engine, "analyze" | "agreement">} Engine */

/** A record with its maps is some megabytes; beyond this a file is none. */
const LARGEST = 256 * 2 ** 20;
/** Of a file with many records, so many wait at a time. */
const MOST = 50;
const RUNGS = ["file", "page-bytes", "canvas", "video-frames", "tab-capture", "screen-crop"];

/**
 * @typedef {object} Replayed
 * @property {any} record as it was read; believed only by the engine, which checks it
 * @property {string} name
 * @property {string} sha256
 * @property {string} made when and with which version
 * @property {"waiting" | "running" | "done" | "failed"} state
 * @property {number} fraction
 * @property {Compared | null} result
 * @property {string} why it failed
 * @property {AbortController} stopper
 */

export class Replays {
  /** @type {Replayed[]} */
  items = [];
  #engine;
  #tell;

  /**
   * @param {Engine} engine
   * @param {(item: Replayed | null) => void} tell what changed; null: the list itself
   */
  constructor(engine, tell) {
    this.#engine = engine;
    this.#tell = tell;
  }

  /**
   * Take the records out of what was given, and the files that they wait for.
   *
   * @param {Incoming[]} given
   * @returns {Promise<Incoming[]>} the rest, to be examined for the first time
   */
  async sort(given) {
    /** @type {Incoming[]} */
    const rest = [];
    for (const incoming of given) {
      const records = await recordsOf(incoming.file);
      if (!records) rest.push(incoming);
      else this.items.push(...records.slice(0, MOST).map(waiting));
    }
    if (rest.length < given.length) this.#tell(null);
    if (!this.items.some(({ state }) => state === "waiting")) return rest;
    /** @type {Incoming[]} */
    const others = [];
    for (const incoming of rest) {
      const bytes = await incoming.file.arrayBuffer();
      const sha256 = await digest(bytes);
      const item = this.items.find((one) => one.state === "waiting" && one.sha256 === sha256);
      if (item) void this.#run(item, bytes);
      else others.push(incoming);
    }
    return others;
  }

  /**
   * The person says that this is the file of the record.
   *
   * @param {Replayed} item
   * @param {File} file
   */
  async give(item, file) {
    const bytes = await file.arrayBuffer();
    if ((await digest(bytes)) === item.sha256) return this.#run(item, bytes);
    item.state = "failed";
    item.why = "other_file";
    return this.#tell(item);
  }

  /** A record whose file the person will give. @param {any} record */
  wait(record) {
    this.items.push(waiting(record));
    this.#tell(null);
  }

  /** @param {Replayed} item */
  remove(item) {
    item.stopper.abort();
    this.items = this.items.filter((one) => one !== item);
    this.#tell(null);
  }

  /**
   * @param {Replayed} item
   * @param {ArrayBuffer} bytes
   */
  async #run(item, bytes) {
    item.state = "running";
    this.#tell(item);
    const { record, name, stopper } = item;
    const rung = RUNGS.includes(record.media.rung) ? record.media.rung : "file";
    try {
      const again = await this.#engine.analyze(
        { bytes, name, rung, deep: record.deep === true, repeat: copiesOf(record), asked: askedOf(record) },
        {
          signal: stopper.signal,
          onProgress: ({ fraction }) => {
            item.fraction = fraction;
            this.#tell(item);
          },
        },
      );
      if (stopper.signal.aborted) return;
      const result = await this.#engine.agreement(record, again);
      item.state = "refused" in result ? "failed" : "done";
      if ("refused" in result) item.why = result.refused;
      else item.result = result;
    } catch (error) {
      item.state = "failed";
      item.why = error instanceof Error ? error.message : String(error);
    }
    this.#tell(item);
  }
}

/** On how many changed copies its answers were repeated, as `telltale.report.replay`. @param {any} record */
function copiesOf({ assessment }) {
  const stability = assessment?.stability;
  if (stability === null) return false;
  return stability?.trials?.length || (stability?.missing ? 0 : true);
}

/** Which frames of a video were asked for; older records tell the plan alone. @param {any} record */
function askedOf({ video }) {
  const plan = video?.plan;
  if (plan?.asked) return plan.asked;
  if (plan?.kind === "every") {
    return { kind: "every", n: Math.max(1, Math.round(Number(video.rate_fps) / Number(plan.geometry_fps)) || 1) };
  }
  return plan?.kind === "scenes" ? { kind: "scenes" } : {};
}

/**
 * The records in a file; null where it is no file of records.
 *
 * @param {File} file
 * @returns {Promise<any[] | null>}
 */
async function recordsOf(file) {
  if (!/\.json$/i.test(file.name) || file.size > LARGEST) return null;
  try {
    const document = JSON.parse(await file.text());
    const list = Array.isArray(document) ? document : [document];
    return list.length && list.every(isRecord) ? list : null;
  } catch {
    return null;
  }
}

/** @param {any} value */
function isRecord(value) {
  return (
    /^telltale-record\/\d{1,6}$/.test(value?.schema) &&
    /^[0-9a-f]{64}$/.test(value.media?.sha256) &&
    typeof value.media.name === "string"
  );
}

/** @param {any} record @returns {Replayed} */
function waiting(record) {
  const { media, software, created } = record;
  const made = [created, software?.name, software?.version].filter((word) => typeof word === "string");
  return {
    record, name: media.name, sha256: media.sha256, made: made.join(" · ").slice(0, 200),
    state: "waiting", fraction: 0, result: null, why: "", stopper: new AbortController(),
  };
}

/** @param {ArrayBuffer} bytes */
async function digest(bytes) {
  const sum = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
  return Array.from(sum, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
