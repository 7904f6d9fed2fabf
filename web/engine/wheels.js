/** Wheels by name, through the lock file: fetched once, checked, and unpacked. */

import { unzip } from "./unzip.js";

/** @typedef {import("./unzip.js").Member} Member */
/** @typedef {{file_name: string, sha256: string, depends: string[]}} Locked */

/** What Python never reads of a wheel. */
const UNREAD = /^[^/]+\.dist-info\/|\/tests\//;

export class Wheels {
  /** @type {Map<string, Promise<Member[]>>} */
  #fetched = new Map();
  /** @type {{[name: string]: Locked}} */
  #locked;
  #baseUrl;

  /**
   * @param {string} baseUrl of the page
   * @param {{packages: {[name: string]: Locked}}} lock
   */
  constructor(baseUrl, lock) {
    this.#baseUrl = baseUrl;
    this.#locked = lock.packages;
  }

  get names() {
    return Object.keys(this.#locked);
  }

  /**
   * Names with all that they depend on, dependencies first.
   *
   * @param {string[]} names
   * @returns {string[]}
   */
  closure(names) {
    /** @type {Set<string>} */
    const found = new Set();
    const visit = (/** @type {string} */ name) => {
      const locked = this.#locked[name];
      if (!locked) throw new Error(`no wheel of ${name} in the lock file`);
      locked.depends.forEach(visit);
      found.add(name);
    };
    names.forEach(visit);
    return [...found];
  }

  /**
   * The files of one wheel; fetched at the first call.
   *
   * @param {string} name
   * @returns {Promise<Member[]>}
   */
  files(name) {
    let files = this.#fetched.get(name);
    if (!files) {
      files = this.#fetch(this.#locked[name]);
      this.#fetched.set(name, files);
      // asked for again where it is needed; until then a failure is nobody's
      files.catch(() => this.#fetched.delete(name));
    }
    return files;
  }

  /** Let go of a wheel's files, which Python has by now. @param {string} name */
  forget(name) {
    this.#fetched.delete(name);
  }

  /** @param {Locked} locked */
  async #fetch(locked) {
    const data = await fetchBytes(new URL(`wheels/${locked.file_name}`, this.#baseUrl));
    await check(data, locked.sha256, locked.file_name);
    return unzip(data, (name) => !UNREAD.test(name));
  }
}

/**
 * @param {URL} url
 * @returns {Promise<Uint8Array<ArrayBuffer>>}
 */
export async function fetchBytes(url) {
  const response = await fetch(url);
  if (!response.ok) throw new Error(`${url.pathname}: ${response.status} ${response.statusText}`);
  return new Uint8Array(await response.arrayBuffer());
}

/**
 * @param {Uint8Array<ArrayBuffer>} data
 * @param {string} sha256 lower-case hexadecimal
 * @param {string} name
 */
export async function check(data, sha256, name) {
  if (!crypto.subtle) return; // not a secure context: nothing to check with
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", data));
  const hex = [...digest].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  if (hex !== sha256) throw new Error(`${name} is damaged: its checksum differs`);
}

/** The last line of an error: Python's own words where it comes from Python. @param {unknown} error */
export function plain(error) {
  if (!(error instanceof Error)) return String(error);
  return error.message.trim().split("\n").at(-1) || error.name;
}
