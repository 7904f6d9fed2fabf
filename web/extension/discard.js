/** Take a job away, and end what still works on it. */

import { tellWorker } from "./chrome.js";
import * as jobs from "./jobs.js";

/** @param {jobs.Job} job */
export async function discard(job) {
  jobs.tell({ type: "cancel", id: job.id });
  // the cover on the page goes with it
  if (job.state === "choosing") await tellWorker({ type: "unpick", id: job.id });
  await jobs.remove(job.id);
}
