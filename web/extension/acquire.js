/** From what a person pointed at to a job with bytes: runs in the service worker. */

import { find } from "../acquire/find.js";
import { pick, unpick } from "../acquire/pick.js";
import * as check from "../acquire/validate.js";
import * as door from "./chrome.js";
import { download } from "./download.js";
import { item, takeFrames } from "./film.js";
import * as jobs from "./jobs.js";
import { obtainStill, original, region } from "./ladder.js";

/** How long the invitation of a person may take to reach a page that has just been loaded. */
const INVITED_MS = 300;

/** @typedef {import("./jobs.js").Job} Job */
/** @typedef {import("./ladder.js").Climb} Climb */

/** This run of the service worker: a job owned by an earlier one was interrupted. */
const INSTANCE = crypto.randomUUID();
/** @type {Map<string, Promise<void>>} */
const going = new Map();

/**
 * Acquire a job's picture, once at a time, and queue it for the engine.
 *
 * @param {string} id
 */
export function acquire(id) {
  return once(id, () => attempt(id));
}

/**
 * @param {string} key
 * @param {() => Promise<void>} begin
 */
function once(key, begin) {
  let work = going.get(key);
  if (!work) {
    work = begin().finally(() => going.delete(key));
    going.set(key, work);
  }
  return work;
}

/** @param {string} id */
async function attempt(id) {
  const job = await jobs.update(id, (now) => (now.state === "acquiring" ? { owner: INSTANCE } : null));
  if (!job) return;
  try {
    await obtain(job);
  } catch (error) {
    await fail(id, codeOf(error));
  }
  await start(id);
}

/** Wake the document that owns the engine. @param {string} id */
async function start(id) {
  await door.ensureOffscreen();
  jobs.tell({ type: "queue", id });
}

/** @param {Job} job */
async function obtain(job) {
  const { id, source } = job;
  // a frame of another site may not be entered; the top frame can still ask for the address
  const frames = source.frameId ? [source.frameId, 0] : [0];
  for (const frameId of frames) {
    const reachable = await look(job, frameId);
    if (!reachable) continue;
    const target = reachable.target ?? bare(job);
    if (!target) continue;
    /** @type {Climb} */
    const climb = {
      key: id, tabId: source.tabId, frameId, windowId: source.windowId, target,
      framed: frameId !== source.frameId, tried: [], notes: new Set(), measures: {},
    };
    if (target.kind === "video") return film(job, climb);
    const got = await obtainStill(climb);
    const offer = got?.rung === "page-bytes" ? "" : offerFor(target.urls);
    const learned = { tried: climb.tried, notes: [...climb.notes], measures: climb.measures, offer };
    if (!got) {
      await jobs.update(id, () => learned);
      return fail(id, climb.tried.at(-1)?.why || "nothing");
    }
    return deliver(id, got.picture, { ...learned, rung: got.rung, source: { ...source, url: target.urls[0] ?? "" } });
  }
  return fail(id, frames.length > 1 ? "in_frame" : "gone");
}

/**
 * @param {Job} job
 * @param {Climb} climb
 */
async function film(job, climb) {
  const [url = ""] = climb.target.urls;
  await jobs.update(job.id, () => ({ kind: "video", source: { ...job.source, url }, got: 0, total: 0 }));
  const file = url && !job.instead ? await download(job.id, climb, url) : null;
  if (file) return deliver(job.id, file, { tried: climb.tried, rung: "page-bytes" }, true);
  climb.notes.add("frames_as_stills");
  const offer = climb.tried.some(({ why }) => why === "refused") ? offerFor([url]) : "";
  await jobs.update(job.id, () => ({ tried: climb.tried, offer }));
  await takeFrames(job.id, climb);
  const { tried, notes, measures } = climb;
  await jobs.update(job.id, () => ({ tried, notes: [...notes], measures }));
  if ((await jobs.get(job.id))?.items.length) await queue(job.id, {});
  else await fail(job.id, tried.at(-1)?.why || "nothing");
}

/**
 * @param {Job} job
 * @param {number} frameId
 * @returns {Promise<{target: import("../acquire/find.js").Target | null} | null>} null: not allowed
 */
async function look(job, frameId) {
  try {
    const wanted = frameId === job.source.frameId ? job.wanted : null;
    return { target: check.target(await door.inject(job.source.tabId, frameId, find, [job.id, wanted])) };
  } catch (error) {
    // the top frame's refusal is the answer; a frame's may be got round
    if (frameId === 0) throw error;
    return null;
  }
}

/**
 * A picture known only by its address: its element is in a frame of another site, or gone.
 *
 * @param {Job} job
 * @returns {import("../acquire/find.js").Target | null}
 */
function bare({ wanted }) {
  if (wanted?.kind !== "image" || !check.isAddress(wanted.src)) return null;
  return {
    kind: "background", urls: [wanted.src], shown: wanted.src, width: 0, height: 0,
    referrerPolicy: "", origin: "", locked: false,
  };
}

/**
 * The same picture once more, its bytes this time: the person allowed its site, for this once.
 *
 * @param {string} id of the job that offered it
 */
export function originalWithPermission(id) {
  return once(`original ${id}`, () => fetchAllowed(id));
}

/** @param {string} id */
async function fetchAllowed(id) {
  const before = await jobs.get(id);
  if (!before?.offer || !before.asking) return;
  const { source } = before;
  const target = bare({ ...before, wanted: { kind: "image", src: source.url } });
  const film = before.kind === "video";
  const job = await jobs.add({ kind: film ? "video" : "image", source, owner: INSTANCE });
  try {
    /** @type {Climb} */
    const climb = {
      key: id, tabId: source.tabId, frameId: 0, windowId: source.windowId, framed: false,
      target: /** @type {import("../acquire/find.js").Target} */ (target),
      tried: [], notes: new Set(), measures: {},
    };
    const get = () => (film ? download(job.id, climb, source.url, true) : original(climb, source.url, true));
    const picture = target && (await get());
    const learned = { tried: climb.tried, notes: ["with_permission"] };
    if (picture) await deliver(job.id, picture, { ...learned, rung: "page-bytes" }, film);
    else {
      await jobs.update(job.id, () => learned);
      await fail(job.id, climb.tried.at(-1)?.why ?? "refused");
    }
  } catch (error) {
    await fail(job.id, codeOf(error));
  } finally {
    await door.giveSitesBack();
    await jobs.update(id, () => ({ asking: false, offer: "" }));
  }
  await start(job.id);
}

/**
 * Let the person choose on the page.
 *
 * @param {import("./jobs.js").Source} source
 */
export async function choose(source) {
  const job = await jobs.add({ kind: "pick", source, state: "choosing", owner: INSTANCE });
  const invite = () => door.inject(source.tabId, 0, pick, [job.id, door.message("pick_hint")]);
  try {
    await invite().catch(async (error) => {
      if (codeOf(error) !== "not_invited" || !source.page) throw error;
      // the address is ours to see, so the person did invite us: a page that has just been loaded
      // can be a moment late to hear of it
      await new Promise((resolve) => setTimeout(resolve, INVITED_MS));
      return invite();
    });
  } catch (error) {
    await fail(job.id, codeOf(error));
  }
  return job.id;
}

/**
 * What the person chose; believed only from the tab that was asked, about a job that waits for it.
 *
 * @param {import("../acquire/pick.js").Picked} answer
 * @param {number} tabId
 */
export async function chosen({ id, what, place }, tabId) {
  const job = await jobs.get(id);
  if (job?.state !== "choosing" || job.source.tabId !== tabId) return;
  if (what === "cancelled") return jobs.remove(id);
  if (what === "element") {
    await jobs.update(id, () => ({ state: "acquiring", kind: "image" }));
    return acquire(id);
  }
  if (!place) return;
  await jobs.update(id, () => ({ state: "acquiring", kind: "region", owner: INSTANCE }));
  try {
    const got = await region(job.source.windowId, place);
    if (typeof got === "string") await fail(id, got);
    else {
      const tried = [{ rung: /** @type {const} */ ("screen-crop"), why: "", detail: "" }];
      await deliver(id, got, { rung: "screen-crop", tried, notes: ["screenshot"] });
    }
  } catch (error) {
    await fail(id, codeOf(error));
  }
  await start(id);
}

/** A tab has closed: what was to be chosen on it never will be. @param {number} tabId */
export async function closed(tabId) {
  for (const { id, state, source } of await jobs.all()) {
    if (state === "choosing" && source.tabId === tabId) await jobs.remove(id);
  }
}

/** The person changed their mind in the panel. @param {string} id */
export async function unchoose(id) {
  const job = await jobs.get(id);
  if (job?.state !== "choosing") return;
  // a page that has gone took the cover with it
  await door.inject(job.source.tabId, 0, unpick, []).catch(() => undefined);
  await jobs.remove(id);
}

/** Take up again what an earlier run of this worker left unfinished. */
export async function recover() {
  for (const job of await jobs.all()) {
    if (job.state !== "acquiring" || job.owner === INSTANCE || going.has(job.id)) continue;
    // frames that were obtained are examined; nothing is taken twice
    if (job.items.length) await queue(job.id, { rung: job.rung || "video-frames" });
    else if (job.kind === "region") await fail(job.id, "interrupted");
    else void acquire(job.id);
  }
  const asking = (await jobs.all()).filter((job) => job.asking);
  for (const job of asking) {
    if (await door.hasSite(job.offer)) void originalWithPermission(job.id);
  }
  if (!asking.length) await door.giveSitesBack();
  if ((await jobs.all()).some((job) => job.state === "queued" || job.state === "running")) {
    await door.ensureOffscreen();
  }
}

/**
 * @param {string} id
 * @param {import("./ladder.js").Picture} picture
 * @param {Partial<Job>} learned
 * @param {boolean} [film] it is a video, as a whole
 */
async function deliver(id, picture, learned, film = false) {
  await jobs.addItem(id, item(picture, film), picture.bytes);
  await queue(id, learned);
}

/** @param {string} id @param {Partial<Job>} learned */
function queue(id, learned) {
  return jobs.update(id, (job) => ({ ...learned, state: job.state === "acquiring" ? "queued" : job.state }));
}

/** @param {string} id @param {string} error */
async function fail(id, error) {
  const page = (await jobs.get(id))?.source.page ?? "";
  // a page from the disk is closed to extensions until the person opens it in the browser's settings
  if (/^file:/i.test(page)) error = (await door.mayReadFiles()) ? error : "file_closed";
  await jobs.update(id, (job) => (job.items.length ? { state: "queued" } : { state: "failed", error }));
}

/** @param {string[]} urls */
function offerFor(urls) {
  const url = urls.find((one) => /^https?:/.test(one));
  return (url && door.sitePattern(url)) || "";
}

/** The browser's refusals, told apart by its own words. @param {unknown} error */
function codeOf(error) {
  const words = String(error);
  if (/must request permission|activeTab|Cannot access contents/.test(words)) return "not_invited";
  if (/chrome:\/\/|chrome-extension|extensions gallery|cannot be scripted|Cannot access a/.test(words)) return "forbidden_page";
  if (/No tab with id|Frame with ID|was removed|frame was removed/.test(words)) return "gone";
  if (/quota|QuotaExceeded|storage is full/i.test(words)) return "storage_full";
  console.error(error);
  return "error";
}
