/** The document that owns the engine: takes queued jobs one after the other, whoever watches. */

import "../page/trust.js";

import { Engine } from "../engine/client.js";
import { keepsAll, slim } from "../ui/keeping.js";
import { repeating } from "../ui/repeat.js";
import { sampling } from "../ui/sampling.js";
import { acquisition } from "./acquisition.js";
import * as jobs from "./jobs.js";

/** With nothing to do for so long, the engine gives its memory back, ms. */
const IDLE = 5 * 60_000;

const engine = new Engine({ onState: (state) => jobs.tell({ type: "engine", id: "", state }) });
/** @type {{id: string, stopper: AbortController} | null} */
let current = null;
let running = false;
let again = false;
/** @type {ReturnType<typeof setTimeout> | undefined} */
let idle;

jobs.hear((news) => {
  if (news.type === "queue") void run();
  else if (news.type === "cancel" && current?.id === news.id) current.stopper.abort();
  else if (news.type === "engine?") jobs.tell({ type: "engine", id: "", state: engine.state });
  else if (news.type === "question") void answer(news);
});
jobs.tell({ type: "engine", id: "", state: engine.state });
void run();

async function run() {
  again = true;
  if (running) return;
  running = true;
  clearTimeout(idle);
  while (again) {
    again = false;
    for (const job of await jobs.all()) {
      if (job.state !== "queued" && job.state !== "running") continue;
      await examine(job);
      again = true;
    }
  }
  running = false;
  rest();
}

/** @param {jobs.Job} job */
async function examine(job) {
  const stopper = new AbortController();
  current = { id: job.id, stopper };
  const started = await jobs.update(job.id, (now) => (open(now) ? { state: "running" } : null));
  for (const [index, item] of (started?.items ?? []).entries()) {
    if (stopper.signal.aborted) break;
    if (item.state === "queued" || item.state === "running") await examineItem(job.id, index, stopper.signal);
  }
  await jobs.update(job.id, (now) => {
    if (!open(now)) return null;
    const last = now.items.map((item) => item.state);
    // asked for anew while the others were examined
    if (last.includes("queued") && !stopper.signal.aborted) return { state: "queued" };
    return { state: last.includes("done") ? "done" : stopper.signal.aborted ? "cancelled" : "failed" };
  });
  current = null;
}

/**
 * @param {string} id
 * @param {number} index
 * @param {AbortSignal} signal
 */
async function examineItem(id, index, signal) {
  const job = await jobs.updateItem(id, index, { state: "running" });
  const bytes = await jobs.bytes(id, index);
  if (!job || !bytes) return;
  const item = job.items[index];
  const deep = item.deep ?? false;
  // a deeper examination goes on from what the one before found
  const result = await jobs.result(id, index);
  const after = result.record?.media.sha256;
  if (!deep) Object.assign(result, { media: null, faces: null, assessment: null, findings: [], video: null, record: null, thumbnail: null });
  // one write at a time, in order: a panel that opens now finds what is known so far
  let saved = Promise.resolve();
  const keep = (/** @type {string} */ type, /** @type {object} */ more) => {
    saved = saved.then(() => jobs.saveResult(id, index, { ...result }));
    jobs.tell({ type, id, index, ...more });
  };
  /** @type {Partial<jobs.Item>} */
  let end;
  try {
    const record = await engine.analyze(
      { bytes, name: item.name, rung: job.rung || "file", deep, after, repeat: repeating(), asked: sampling() },
      {
        signal,
        onPlan(steps) {
          result.findings = result.findings.filter(({ detector }) => !steps.includes(detector));
        },
        onProgress: (progress) => jobs.tell({ type: "progress", id, index, progress }),
        onMedia(media) {
          result.media = media;
          keep("media", { media });
        },
        onFaces(faces) {
          result.faces = faces;
          keep("faces", { faces });
        },
        onAssessment(assessment) {
          result.assessment = assessment;
          keep("assessment", { assessment });
        },
        onLanes(video) {
          result.video = video;
          keep("lanes", { video });
        },
        onFinding(finding) {
          result.findings = [...result.findings, finding];
          keep("finding", { finding });
        },
      },
    );
    if (keepsAll()) void engine.bank("keep", { record: slim(record) }).catch((error) => console.warn(error));
    result.record = { ...record, acquisition: acquisition(job, index) };
    result.thumbnail = engine.thumbnail(record);
    const state = "error" in record ? "failed" : signal.aborted ? "cancelled" : "done";
    const size = "error" in record ? {} : { width: record.media.width, height: record.media.height };
    end = { state, ...size, trouble: "error" in record ? record.error.sentence : "" };
  } catch (error) {
    const trouble = error instanceof Error ? error.message : String(error);
    end = { state: signal.aborted ? "cancelled" : "failed", trouble };
  }
  keep("result", {});
  await saved;
  await jobs.updateItem(id, index, end);
}

/** @param {jobs.Job} job */
function open({ state }) {
  return state === "queued" || state === "running";
}

/** What may be asked, each with what `question.js` was given. */
const ANSWERS = /** @type {{[what: string]: (about: any) => Promise<unknown>}} */ ({
  async html({ id, index, how }) {
    const { record, thumbnail } = await jobs.result(id, index);
    if (!record) throw new Error("no record");
    return engine.html([record], { ...how, pictures: [thumbnail ?? null] });
  },
  bank: ({ name, args, bytes }) => engine.bank(name, args, bytes),
  look: ({ picture, glass, values }) => engine.look(picture, glass, values),
  compare: ({ picture, other }) => engine.compare(picture, other),
});

/** @param {jobs.News} question */
async function answer({ id, what, about }) {
  clearTimeout(idle);
  try {
    jobs.tell({ type: "answer", id, why: "", answer: await ANSWERS[what](about) });
  } catch (error) {
    jobs.tell({ type: "answer", id, why: error instanceof Error ? error.message : String(error) });
  }
  if (!running) rest();
}

function rest() {
  clearTimeout(idle);
  idle = setTimeout(() => window.close(), IDLE);
}
