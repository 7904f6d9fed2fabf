/** How a picture was obtained: the rung, every rung above it and why it failed, what that weakens. */

import { h } from "../ui/dom.js";
import { bytes, percent } from "../ui/i18n.js";
import { icon } from "../ui/icons.js";
import { foreign } from "../ui/text.js";
import { askForSite, message, tellWorker } from "./chrome.js";
import { discard } from "./discard.js";
import * as jobs from "./jobs.js";

/**
 * @param {jobs.Job} job
 * @returns {HTMLElement}
 */
export function drawObtained(job) {
  const { rung, state, error, kind, tried } = job;
  const busy = state === "acquiring" || state === "choosing";
  const element = h("section", { class: "obtained", "aria-label": message("obtained") });
  element.dataset.state = state;
  element.dataset.rung = rung;
  if (busy) {
    const loading = job.got !== undefined && !job.instead && !tried.length;
    element.append(h("p", { class: "obtained-head", role: "status" }, h("span", { class: "spin" }), working(job, loading)));
    if (loading) {
      element.append(h("progress", { "aria-label": message("obtaining"), ...(job.total ? { max: job.total, value: job.got } : {}) }));
      const instead = () => jobs.update(job.id, () => ({ instead: true }));
      element.append(h("button", { type: "button", class: "small", onclick: instead }, message("frames_instead")));
    } else if (kind === "video") {
      element.append(h("button", { type: "button", class: "small", onclick: () => enough(job) }, message(job.items.length ? "enough" : "stop")));
    }
  } else if (rung && job.items.length) {
    const strong = rung === "page-bytes" || rung === "file";
    element.append(h("p", { class: "obtained-head" }, icon(strong ? "check" : "warning"), h("strong", null, message(code("rung", rung)))));
    // what weakens the evidence is said at once; that nothing does can be looked up
    if (!strong) element.append(h("p", { class: "soft" }, meaning(job)));
    if (!strong) element.classList.add("weak");
  } else {
    element.classList.add("none");
    element.append(
      h("p", { class: "obtained-head", role: "alert" }, icon("warning"), h("strong", null, message("nothing_obtained"))),
      h("p", null, message(code("error", error || "nothing"))),
    );
  }
  // what the heading and its meaning say already
  const said = rung === "video-frames" ? ["screenshot", "frames_as_stills"] : ["screenshot"];
  const notes = job.notes.filter((note) => !said.includes(note)).map((note) => h("li", null, noteText(note, job.measures)));
  if (notes.length) element.append(h("ul", { class: "obtained-notes" }, notes));
  if (job.offer && !busy) element.append(offer(job));
  element.append(ways(job));
  const drop = () => void discard(job);
  const label = message("remove");
  element.append(h("button", { type: "button", class: "icon-button remove", title: label, "aria-label": label, onclick: drop }, icon("cross")));
  return element;
}

/** What is being done. @param {jobs.Job} job @param {boolean} loading the file of a video */
function working({ state, kind, items, got = 0, total = 0 }, loading) {
  if (state === "choosing") return message("choosing");
  if (loading) return total ? message("loading_of", bytes(got), bytes(total)) : message("loading", bytes(got));
  return kind === "video" ? message("taking_frames", items.length) : message("obtaining");
}

/** @param {jobs.Job} job */
function offer(job) {
  const site = new URL(job.offer.replace("*", "")).hostname;
  return h(
    "div",
    { class: "offer" },
    h("button", { type: "button", class: "get-original", onclick: () => ask(job) }, icon("save"), message("get_original")),
    h("p", { class: "soft" }, message("get_original_means", site)),
  );
}

/** The browser asks; whatever the answer, no permission stays. @param {jobs.Job} job */
async function ask(job) {
  // before the question, not after it: the answer may come when this panel is closed
  const marked = jobs.update(job.id, () => ({ asking: true }));
  const granted = await askForSite(job.offer).catch(() => false);
  await marked;
  if (granted) await tellWorker({ type: "original", id: job.id });
  else await jobs.update(job.id, () => ({ asking: false }));
}

/** @param {jobs.Job} job */
function enough(job) {
  return jobs.update(job.id, (now) =>
    now.state === "acquiring" ? { state: now.items.length ? "queued" : "cancelled" } : null,
  ).then(() => tellWorker({ type: "hello" })).then(() => jobs.tell({ type: "queue", id: job.id }));
}

/** What the rung means for the evidence. @param {jobs.Job} job */
function meaning({ rung, items }) {
  return message(code("rung_means", items[0].film && rung === "page-bytes" ? "film" : rung));
}

/** @param {jobs.Job} job */
function ways(job) {
  const { tried, source, rung } = job;
  const strong = (rung === "page-bytes" || rung === "file") && job.items.length > 0;
  const rows = tried.map(({ rung, why, detail }) =>
    h(
      "li",
      { class: why ? "failed" : "worked" },
      icon(why ? "cross" : "check"),
      h("span", null, message(code("rung", rung)), why ? `: ${message(code("why", why), detail)}` : ""),
    ),
  );
  return h(
    "details",
    { class: "ways", hidden: !tried.length && !source.page },
    h("summary", null, message("how_obtained")),
    strong ? h("p", { class: "soft" }, meaning(job)) : null,
    h("ol", null, rows),
    source.page ? h("p", { class: "soft" }, message("seen_on"), " ", foreign(short(source.page))) : null,
  );
}

/** @param {string} note @param {{[name: string]: number}} measures */
function noteText(note, measures) {
  const places = /** @type {{[note: string]: (string | number)[]}} */ ({
    part: [percent(measures.share ?? 0)],
    scaled: [measures.shown ?? 0, measures.natural ?? 0],
  });
  return message(code("note", note), ...(places[note] ?? []));
}

/** @param {string} prefix @param {string} value */
function code(prefix, value) {
  return `${prefix}_${value.replaceAll("-", "_")}`;
}

/** @param {string} url */
function short(url) {
  return url.length > 90 ? `${url.slice(0, 88)}…` : url;
}
