/** Files dropped on, pasted into or chosen in an extension page become jobs. */

import { isFilm } from "../ui/player.js";
import * as door from "./chrome.js";
import { item } from "./film.js";
import * as jobs from "./jobs.js";

/** @param {import("../ui/intake.js").Incoming[]} files */
export async function addFiles(files) {
  for (const { file, rung } of files) {
    const source = { page: "", title: file.name, url: "", tabId: -1, frameId: 0, windowId: -1 };
    const job = await jobs.add({ kind: "file", source, rung, owner: "panel" });
    // kept as the file it is: a video is never read as a whole
    const picture = { bytes: file, name: file.name, width: 0, height: 0, time: null };
    await jobs.addItem(job.id, item(picture, isFilm(file)), file);
    await jobs.update(job.id, () => ({ state: "queued", tried: [{ rung, why: "", detail: "" }] }));
    await door.ensureOffscreen();
    jobs.tell({ type: "queue", id: job.id });
  }
}
