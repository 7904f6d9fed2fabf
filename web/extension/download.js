/** The file of a video, piece by piece, until it is whole or the person would rather have frames. */

import { closeFile, openFile, readPiece } from "../acquire/pieces.js";
import * as check from "../acquire/validate.js";
import { inject, withReadable } from "./chrome.js";
import * as jobs from "./jobs.js";
import { host, nameOf } from "./ladder.js";

/** @typedef {import("./ladder.js").Climb} Climb */
/** @typedef {import("./ladder.js").Picture} Picture */

/** Largest file fetched, bytes; a larger video is examined by its frames. */
export const LARGEST_FILM = 512 * 2 ** 20;
/** Bytes carried over at a time. */
const PIECE = 8 * 2 ** 20;

/**
 * @param {string} id of the job, whose `got` and `total` tell how far it is and whose `instead` ends it
 * @param {Climb} climb
 * @param {string} url
 * @param {boolean} [allowed] host permission was given for this address
 * @returns {Promise<Picture | null>}
 */
export async function download(id, climb, url, allowed = false) {
  const { tabId, frameId, key, target } = climb;
  // of a page that has gone nothing is left to be closed
  const close = () => inject(tabId, frameId, closeFile, [key]).catch(() => undefined);
  const wanted = async () => {
    const job = await jobs.get(id);
    return job?.state === "acquiring" && !job.instead;
  };
  const watching = new AbortController();
  // also while a slow site keeps everybody waiting
  jobs.hear(async (news) => void (news.id === id && !(await wanted()) && close()), watching.signal);
  const none = async (/** @type {string} */ why, detail = "") => {
    const stopped = !(await wanted());
    climb.tried.push({ rung: "page-bytes", why: stopped ? "stopped" : why, detail: stopped ? "" : detail });
    return null;
  };
  try {
    const open = () => inject(tabId, frameId, openFile, [key, url, target.referrerPolicy, LARGEST_FILM]);
    const { why, status, total } = check.opened(await (allowed ? withReadable(url, tabId, open) : open()));
    if (why) return await none(why, why === "status" ? String(status) : host(url));
    /** @type {Blob[]} the browser keeps these where it has room, not in this worker */
    const parts = [];
    let got = 0;
    for (let done = false; !done; ) {
      const piece = check.piece(await inject(tabId, frameId, readPiece, [key, PIECE]));
      if (!piece.bytes) return await none(piece.why);
      parts.push(new Blob([piece.bytes]));
      got += piece.bytes.byteLength;
      if (got > LARGEST_FILM) return await none("too_large");
      done = piece.done;
      const job = await jobs.update(id, (now) => (now.state === "acquiring" && !now.instead ? { got, total } : null));
      if (!job) return await none("stopped");
    }
    if (!got) return await none("empty");
    climb.tried.push({ rung: "page-bytes", why: "", detail: host(url) });
    return { bytes: new Blob(parts), name: nameOf(url), width: 0, height: 0, time: null };
  } finally {
    watching.abort();
    await close();
  }
}
