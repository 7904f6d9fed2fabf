/** One job in the strip: a small picture, a name, a state. */

import { queueEntry } from "../ui/queue.js";
import { message } from "./chrome.js";
import * as jobs from "./jobs.js";

/** @type {{[state in jobs.JobState]: import("../ui/queue.js").State}} */
const STATES = {
  choosing: "waiting", acquiring: "waiting", queued: "waiting", running: "running",
  done: "done", failed: "failed", cancelled: "cancelled",
};

/**
 * @param {jobs.Job} job
 * @param {() => void} choose
 */
export function entryOf(job, choose) {
  let entry = queueEntry(new File([], nameOf(job)), choose);
  let pictured = false;
  const element = entry.element;
  let state = STATES[job.state];
  let marked = false;
  return {
    element,
    /** @param {jobs.Job} now */
    async update(now) {
      state = STATES[now.state];
      entry.state(state);
      if (pictured || !now.items.length) return;
      // a video is shown by the small picture that its examination ends with
      const { film } = now.items[0];
      if (film && now.state !== "done") return;
      pictured = true;
      const bytes = film ? (await jobs.result(now.id, 0)).thumbnail : await jobs.bytes(now.id, 0);
      if (!bytes) return;
      entry = queueEntry(new File([/** @type {BlobPart} */ (bytes)], nameOf(now)), choose);
      element.replaceChildren(entry.button);
      entry.state(state);
      entry.current(marked);
    },
    /** @param {number} fraction */
    progress(fraction) {
      if (state === "running") entry.state(state, fraction);
    },
    /** @param {boolean} now */
    current(now) {
      marked = now;
      entry.current(now);
    },
  };
}

/** @param {jobs.Job} job */
export function nameOf(job) {
  return job.items[0]?.name ?? job.source.title ?? message(`kind_${job.kind}`);
}
