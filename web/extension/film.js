/** Frames of a video: while it plays, or by seeking a detached copy; the player is never touched. */

import { readPixels } from "../acquire/pixels.js";
import { pixels } from "../acquire/validate.js";
import { inject } from "./chrome.js";
import * as jobs from "./jobs.js";
import { captured, nameOf, PATIENCE, seen } from "./ladder.js";

/** @typedef {import("./ladder.js").Climb} Climb */
/** @typedef {import("./ladder.js").Picture} Picture */
/** @typedef {import("../acquire/pixels.js").Moment} Moment */

/** How many frames are taken; each is examined as a still. */
export const FRAMES = 5;
/** Seconds of the video between two frames taken while it plays. */
const SPACING = 1;

/**
 * Take frames until there are enough, the video ends, or the person says it is enough. Each frame
 * is on disk before the next is asked for, so the job can always go on with what it has.
 *
 * @param {string} id of the job
 * @param {Climb} climb
 */
export async function takeFrames(id, climb) {
  /** @type {number[]} */
  const times = [];
  let mode = /** @type {Moment["mode"]} */ ("now");
  let sought = 0;
  for (let asked = 0; asked < 3 * FRAMES && times.length < FRAMES; asked++) {
    if ((await jobs.get(id))?.state !== "acquiring") break;
    const at = mode === "seek" ? (sought++ + 0.5) / FRAMES : (times.at(-1) ?? 0) + SPACING;
    if (mode === "seek" && sought > FRAMES) break;
    const { picture, why, time } = await frame(climb, { mode, at }, times.length === 0);
    if (picture && !times.some((other) => Math.abs(other - time) < 0.02)) {
      times.push(time);
      const { tried, notes, measures } = climb;
      await jobs.addItem(id, item(picture), picture.bytes);
      await jobs.update(id, () => ({ tried, notes: [...notes], measures, rung: climb.tried.at(-1)?.rung ?? "" }));
    }
    if (picture || ((why === "blank" || why === "protected") && times.length)) mode = mode === "now" ? "next" : mode;
    else if (mode === "next" && why !== "tainted" && climb.tried.at(-1)?.rung === "video-frames") mode = "seek";
    else break;
  }
}

/**
 * One frame by canvas, or by capture where the canvas may not be read.
 *
 * @param {Climb} climb
 * @param {Moment} moment
 * @param {boolean} tell put the tries into the job: they are the same for every frame
 * @returns {Promise<{picture: Picture | null, why: string, time: number}>}
 */
async function frame(climb, moment, tell) {
  const answer = pixels(await inject(climb.tabId, climb.frameId, readPixels, [climb.key, moment, PATIENCE]));
  const { time, width, height } = answer;
  const why = seen(climb, answer.why);
  const name = nameOf(climb.target.shown, "png").replace(/\.png$/, ` ${time.toFixed(2)} s.png`);
  if (tell) climb.tried.push({ rung: "video-frames", why, detail: "" });
  if (answer.png && !why) {
    if (answer.perturbed) climb.notes.add("canvas_perturbed");
    return { picture: { bytes: answer.png, name, width, height, time }, why, time };
  }
  if (moment.mode === "seek" || !(why === "tainted" || ((why === "blank" || why === "protected") && tell))) {
    return { picture: null, why, time };
  }
  const picture = await captured(tell ? climb : { ...climb, tried: [] });
  return { picture: picture && { ...picture, name, time }, why, time };
}

/**
 * @param {Picture} picture
 * @param {boolean} [film] a video, as a whole
 * @returns {jobs.Item}
 */
export function item({ name, time, width, height }, film = false) {
  return { name, time, width, height, state: "queued", trouble: "", film };
}
