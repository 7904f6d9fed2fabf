/** One job on the desk: how it was obtained, its frames, the picture and the report as it grows. */

import { h } from "../ui/dom.js";
import { custody, custodyFields } from "../ui/custody.js";
import { fromRecord, named, spoken, t } from "../ui/i18n.js";
import { icon } from "../ui/icons.js";
import { Overlay } from "../ui/overlay.js";
import { createPlayer, stillOf } from "../ui/player.js";
import { createReport } from "../ui/report.js";
import { making, nameFor, recordText, saveText } from "../ui/save.js";
import { visible } from "../ui/text.js";
import { createViewer } from "../ui/viewer.js";
import { ask } from "./bank.js";
import { ensureOffscreen, message } from "./chrome.js";
import { eyeOf } from "./eye.js";
import { addFiles } from "./files.js";
import { drawFrames } from "./frames.js";
import { htmlOf } from "./html.js";
import * as jobs from "./jobs.js";
import { drawObtained } from "./obtained.js";

/**
 * @param {HTMLElement} root
 * @param {{open: ((id: string, index: number) => void) | null}} can
 */
export function createDesk(root, { open }) {
  const obtained = h("div", null);
  const frames = h("div", { hidden: true });
  const picture = h("section", { "aria-label": t("viewer.title") });
  const results = h("section", { id: "results", "aria-label": t("results") });
  const paper = h("div", { class: "desk", hidden: true }, picture, results);
  root.replaceChildren(obtained, frames, paper);
  let id = "";
  let index = -1;
  let drawn = "";
  let ending = new AbortController();
  /** @type {ReturnType<typeof lay> | null} */
  let sheet = null;

  /** @param {string} next */
  function choose(next, at = -1) {
    ending.abort();
    ending = new AbortController();
    sheet = null;
    id = next;
    index = at;
    drawn = "";
    obtained.replaceChildren();
    frames.hidden = true;
    paper.hidden = true;
  }

  /** @param {jobs.Job} job */
  function update(job) {
    if (job.id !== id) return;
    const { state, rung, tried, notes, offer, error, items, got, total, instead } = job;
    const now = JSON.stringify([state, rung, tried, notes, offer, error, items.length, got, total, instead]);
    if (now !== drawn) {
      const open = obtained.querySelector("details")?.open ?? false;
      obtained.replaceChildren(drawObtained(job));
      const details = obtained.querySelector("details");
      if (details) details.open = open;
      drawn = now;
    }
    if (index < 0 && items.length) show(0);
    frames.hidden = items.length < 2;
    if (!frames.hidden) drawFrames(frames, job, index, show);
    sheet?.item(items[index]);
  }

  /** @param {number} at */
  function show(at) {
    ending.abort();
    ending = new AbortController();
    index = at;
    // until this one is read from disk nothing stands there, least of all what was found in another
    picture.replaceChildren();
    results.replaceChildren();
    paper.hidden = false;
    sheet = lay({ picture, results }, { id, index, signal: ending.signal, open, anew: () => show(at) });
    void jobs.get(id).then((job) => job && update(job));
  }

  return {
    choose,
    update,
    show,
    get index() {
      return index;
    },
  };
}

/**
 * Picture and report of one item, kept up to date until `signal` ends them.
 *
 * @param {{picture: HTMLElement, results: HTMLElement}} places
 * @param {object} what
 * @param {string} what.id
 * @param {number} what.index
 * @param {AbortSignal} what.signal
 * @param {((id: string, index: number) => void) | null} what.open
 * @param {() => void} what.anew lays it out from the start
 */
function lay({ picture, results }, { id, index, signal, open, anew }) {
  /** @type {ReturnType<typeof createReport> | null} */
  let report = null;
  /** @type {jobs.Item | undefined} */
  let latest;
  let finished = false;
  void start();
  return {
    /** @param {jobs.Item | undefined} item */
    item(item) {
      latest = item;
      void settle();
    },
  };

  async function start() {
    const [job, bytes] = await Promise.all([jobs.get(id), jobs.bytes(id, index)]);
    if (!job || !bytes || signal.aborted) return;
    latest = job.items[index];
    const { name, film } = job.items[index];
    const url = URL.createObjectURL(bytes instanceof Blob ? bytes : new Blob([bytes]));
    const overlay = new Overlay();
    const player = film ? createPlayer(picture, { name, url, signal }) : null;
    const viewer = player?.viewer ?? createViewer(picture, { name, url, overlay, eye: eyeOf(id, index) });
    signal.addEventListener("abort", () => {
      viewer.close();
      URL.revokeObjectURL(url);
    });
    const made = createReport(results, {
      name, overlay, signal, player, image: viewer.image,
      still: player ? () => void still(player, name) : undefined,
      cancel() {
        made.stopping();
        jobs.tell({ type: "cancel", id });
      },
      actions: (record) => actions(record, name),
      deepen: () => void deepen(id, index),
      again: () => void again(id, index),
      bank: ask,
      bytes: async () => new Uint8Array(await new Blob([bytes]).arrayBuffer()),
    });
    /** @type {Set<string>} */
    const seen = new Set();
    /** @type {jobs.Finding[]} */
    const findings = [];
    const media = (/** @type {jobs.Media} */ now) => (made.media(now), viewer.media(now));
    const faces = (/** @type {jobs.Faces} */ now) => (made.faces(now), viewer.faces(now.found));
    const finding = (/** @type {jobs.Finding} */ now) => {
      // what is read from disk and what is heard may be the same
      if (seen.has(now.detector)) return;
      seen.add(now.detector);
      findings.push(now);
      made.finding(now);
      viewer.findings(findings);
    };
    jobs.hear((news) => {
      if (news.id !== id || news.index !== index) return;
      if (news.type === "anew") anew();
      else if (news.type === "media") media(news.media);
      else if (news.type === "faces") faces(news.faces);
      else if (news.type === "lanes") made.video(news.video, true);
      else if (news.type === "finding") finding(news.finding);
      else if (news.type === "assessment" && !finished) made.answer(news.assessment);
      else if (news.type === "progress" && !finished) made.progress({ label: stageName(news.progress), fraction: news.progress.fraction });
    }, signal);
    const known = await jobs.result(id, index);
    if (signal.aborted) return;
    if (known.media) media(known.media);
    if (known.faces) faces(known.faces);
    if (known.video) made.video(known.video, !known.record);
    known.findings.forEach(finding);
    if (known.assessment) made.answer(known.assessment);
    report = made;
    await settle();
  }

  /** Say what has become of it, once. */
  async function settle() {
    if (!report || !latest || signal.aborted) return;
    // what had ended may be examined more deeply
    if (latest.state === "queued" || latest.state === "running") finished = false;
    if (finished) return;
    if (latest.state === "queued") report.waiting(t("state.waiting"));
    if (latest.state === "queued" || latest.state === "running") return;
    finished = true;
    const { record } = await jobs.result(id, index);
    if (signal.aborted) return;
    if (record && "video" in record && record.video) report.video(record.video);
    if (record) report.done(record, latest.trouble);
    else report.stopped(latest.trouble || named("state", latest.state));
  }

  /**
   * @param {jobs.TelltaleRecord} record
   * @param {string} name
   */
  function actions(record, name) {
    const page = making(t("save.html"), async () => {
      saveText(await htmlOf(id, index, { lang: spoken(), custody: custody() }), "text/html", nameFor(name, ".html"));
    });
    const json = () => saveText(recordText(record), "application/json", nameFor(name, ".json"));
    return [
      ...(open ? [h("button", { type: "button", class: "open-full", onclick: () => open(id, index) }, icon("fit"), message("open_full"))] : []),
      ...page,
      h("button", { type: "button", onclick: json }, icon("save"), t("save.json")),
      custodyFields(),
    ];
  }
}

/**
 * Examine the frame that a player shows as a picture, with every test and its maps.
 *
 * @param {import("../ui/player.js").Player} player
 * @param {string} name
 */
async function still({ video }, name) {
  await addFiles([{ file: await stillOf(video, name), rung: "video-frames" }]);
}

/**
 * Ask for the slow tests of an item that was examined.
 *
 * @param {string} id
 * @param {number} index
 */
async function deepen(id, index) {
  await queue(id, index, { deep: true });
}

/**
 * Examine a video once more, as it is chosen by now.
 *
 * @param {string} id
 * @param {number} index
 */
async function again(id, index) {
  await jobs.saveResult(id, index, { media: null, faces: null, findings: [], record: null });
  await queue(id, index, { deep: false });
  // who shows what was found before begins anew, in every window
  jobs.tell({ type: "anew", id, index });
}

/**
 * @param {string} id
 * @param {number} index
 * @param {Partial<jobs.Item>} how
 */
async function queue(id, index, how) {
  await jobs.update(id, (job) => {
    const items = job.items.with(index, { ...job.items[index], ...how, state: "queued", trouble: "" });
    return { items, state: job.state === "running" ? "running" : "queued" };
  });
  await ensureOffscreen();
  jobs.tell({ type: "queue", id });
}

/** @param {{stage: string, text: string}} now */
function stageName({ stage, text }) {
  return text ? visible(fromRecord(text).text) : named("stage", stage);
}
