/** One analysis, over as many workers as it takes: what was found outlives the worker that found it. */

import { WorkerGone } from "./host.js";
import { blobOf } from "./input.js";
import { played } from "./played.js";
import { ASSESS, BANK, DECODE, FRAMES } from "./protocol.js";

/** @typedef {import("../ui/record.js").Media} Media */
/** @typedef {import("../ui/record.js").Faces} Faces */
/** @typedef {import("../ui/record.js").Finding} Finding */
/** @typedef {import("../ui/record.js").TelltaleRecord} TelltaleRecord */
/** @typedef {import("./protocol.js").FromWorker} FromWorker */
/** @typedef {import("./protocol.js").Done} Done */
/** @typedef {import("./protocol.js").Resume} Resume */
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
 * @property {(video: import("../ui/record.js").VideoSection) => void} [onLanes] what is known of a video so far, again and again
 * @property {(assessment: import("../ui/record.js").Assessment) => void} [onAssessment] the first
 *   answer, while the tests that do not weigh and the repetitions are still to come
 * @property {AbortSignal} [signal] stops the analysis; its record is then of what was found
 */

/**
 * What every worker is asked that works on it.
 *
 * @typedef {object} Asked
 * @property {ArrayBuffer | Blob} bytes
 * @property {string} name
 * @property {string} rung
 * @property {import("./protocol.js").Pixels | null} pixels
 * @property {boolean} deep
 * @property {boolean | number} repeat
 * @property {Partial<import("../ui/record.js").Asked>} asked
 * @property {boolean} private
 */

/** A step that breaks the worker is given up; this many may before the analysis is. */
const MOST_LIVES = 6;
/** What is said of a video that a player may show all the same. */
const UNDECODED = ["codec_unsupported", "no_frames"];

/** What is known of an analysis outside the worker. */
export class Kept {
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
  /** How many workers died over it, and of them before it was opened. */
  deaths = 0;
  unopened = 0;
  video = false;
  /** @type {Set<string>} tests of a video whose findings were told */
  concluded = new Set();
  /** @type {import("./protocol.js").Place | null} the frame in hand */
  place = null;
  /** @type {import("./protocol.js").Place[]} frames at which workers died */
  fatal = [];

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
    // what was opened once is opened again, and what was not is tried once more
    const refused = this.stage === DECODE && !this.media && this.unopened++ > 0;
    if (this.stage !== DECODE || refused) this.broken = { step: this.stage, sentence };
    if (this.stage === FRAMES && this.place) this.fatal.push(this.place);
    this.stage = DECODE;
    this.place = null;
  }

  /** @param {boolean} cancelled @returns {Resume | null} */
  resume(cancelled) {
    if (!this.broken && !this.media && !cancelled) return null;
    const { checkpoint, done, deaths, fatal, broken } = this;
    return { checkpoint, findings: JSON.stringify(this.findings), done, deaths, fatal, broken, cancelled };
  }
}

/**
 * @param {Asked} asked
 * @param {Kept} kept what is known already, and grows
 * @param {Hooks} hooks
 * @param {import("./workers.js").Workers} workers
 * @returns {Promise<Done>}
 */
export async function examine(asked, kept, hooks, workers) {
  const stopped = () => hooks.signal?.aborted ?? false;
  /** Why the frames are asked of a player. */
  let undecoded = "";
  for (let lives = MOST_LIVES; ; lives--) {
    const host = await workers.ready();
    workers.tell("working");
    let stop = () => {};
    const player = undecoded ? await played(blobOf(asked.bytes), undecoded) : null;
    try {
      const { earlier } = kept;
      const resume = kept.resume(stopped());
      const request = { type: "analyze", ...asked, earlier, resume, played: player?.frames ?? null };
      const done = await host.request(request, (message, id) => {
        if (message.type === "plan") {
          stop = () => host.stop(id);
          hooks.signal?.addEventListener("abort", stop);
          if (stopped() && !request.resume?.cancelled) stop();
        }
        return hear(message, kept, hooks);
      }, player ? [player.frames.stream] : []);
      if (!undecoded && (await playable(done.record, asked.bytes)) && !stopped()) {
        undecoded = done.record.error.sentence;
        lives++;
        continue;
      }
      return done;
    } catch (error) {
      if (!(error instanceof WorkerGone) || workers.closed || lives <= 1) {
        if (!workers.closed) workers.tell("ready");
        throw error;
      }
      kept.gone(error.message);
    } finally {
      hooks.signal?.removeEventListener("abort", stop);
      player?.end();
    }
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
    case "frame":
      kept.place = message.place;
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
      for (const finding of message.findings ?? []) {
        // a worker that concludes in place of one that died says all of it again
        if (kept.concluded.has(finding.detector)) continue;
        kept.concluded.add(finding.detector);
        hooks.onFinding?.(finding);
      }
      return false;
    default:
      return message.type === "done";
  }
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
  player?.end();
  return player !== null;
}
