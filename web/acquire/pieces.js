/**
 * Injected: the file of a video, read piece by piece, so that nobody ever holds it whole and the
 * person can stop at any piece.
 */

/** @typedef {{why: string, status: number, total: number}} Opened `total` bytes, 0 where unknown */
/** @typedef {{bytes: ArrayBuffer | null, done: boolean, why: string}} Piece */

/**
 * Fetch as the page would, and keep the open answer under `key`.
 *
 * @param {string} key
 * @param {string} url
 * @param {string} referrerPolicy
 * @param {number} limit bytes
 * @returns {Promise<Opened>} `why` is "" or: refused, no_file, status, too_large
 */
export async function openFile(key, url, referrerPolicy, limit) {
  /** @type {Map<string, any>} */
  const kept = Reflect.get(globalThis, "telltaleTargets") ?? new Map();
  Reflect.set(globalThis, "telltaleTargets", kept);
  const stopper = new AbortController();
  const { signal } = stopper;
  kept.set(`${key} file`, { reader: null, stopper });
  const policy = /** @type {ReferrerPolicy} */ (referrerPolicy);
  const options = /^(data|blob):/.test(url) ? { signal } : { signal, referrerPolicy: policy };
  try {
    const response = await fetch(url, options);
    const { status } = response;
    const total = Number(response.headers.get("content-length")) || 0;
    const why = !response.ok || !response.body ? "status" : total > limit ? "too_large" : "";
    if (why) stopper.abort();
    else kept.set(`${key} file`, { reader: response.body?.getReader(), stopper });
    return { why, status, total };
  } catch {
    // a refusal by CORS has no reason that a script may read; a player that is fed by a script has
    // an address that nothing can be fetched from
    return { why: url.startsWith("blob:") ? "no_file" : "refused", status: 0, total: 0 };
  }
}

/**
 * The next bytes: so many, or those that came within a second.
 *
 * @param {string} key
 * @param {number} most
 * @returns {Promise<Piece>} `why` is "" or: gone
 */
export async function readPiece(key, most) {
  const file = Reflect.get(globalThis, "telltaleTargets")?.get(`${key} file`);
  if (!file?.reader) return { bytes: null, done: true, why: "gone" };
  /** @type {Uint8Array[]} */
  const parts = [];
  let size = 0;
  let done = false;
  const end = performance.now() + 1000;
  try {
    while (size < most && !done && performance.now() < end) {
      const read = await file.reader.read();
      done = read.done;
      if (!read.value) continue;
      parts.push(read.value);
      size += read.value.byteLength;
    }
  } catch {
    return { bytes: null, done: true, why: "gone" };
  }
  const bytes = new Uint8Array(size);
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.byteLength;
  }
  return { bytes: bytes.buffer, done, why: "" };
}

/** Let go of the answer. @param {string} key */
export function closeFile(key) {
  const kept = Reflect.get(globalThis, "telltaleTargets");
  kept?.get(`${key} file`)?.stopper.abort();
  kept?.delete(`${key} file`);
}
