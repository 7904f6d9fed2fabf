/** Injected: the bytes of a picture the page already shows, as its server sent them. */

/**
 * @typedef {object} Fetched
 * @property {ArrayBuffer | null} bytes
 * @property {string} type the server's media type
 * @property {string} why "" or: refused, status, too_large, empty, gone
 * @property {number} status
 */

/**
 * Fetch as the page would: its origin, its cookies for its own site only, its referrer policy.
 * The browser's cache first: what was shown is examined, and no second request is made.
 *
 * @param {string} url
 * @param {string} referrerPolicy
 * @param {number} limit bytes
 * @returns {Promise<Fetched>}
 */
export async function readBytes(url, referrerPolicy, limit) {
  const policy = /** @type {ReferrerPolicy} */ (referrerPolicy);
  /** @type {Fetched} */
  let last = { bytes: null, type: "", why: "refused", status: 0 };
  for (const cache of /** @type {RequestCache[]} */ (["force-cache", "reload"])) {
    try {
      const options = /^(data|blob):/.test(url) ? {} : { cache, referrerPolicy: policy };
      const response = await fetch(url, options);
      last = { bytes: null, type: "", why: "status", status: response.status };
      if (!response.ok) continue;
      const type = response.headers.get("content-type") ?? "";
      if (Number(response.headers.get("content-length")) > limit) {
        await response.body?.cancel();
        return { bytes: null, type, why: "too_large", status: response.status };
      }
      const parts = [];
      let size = 0;
      for await (const part of /** @type {any} */ (response.body ?? [])) {
        size += part.byteLength;
        if (size > limit) return { bytes: null, type, why: "too_large", status: response.status };
        parts.push(part);
      }
      if (!size) return { bytes: null, type, why: "empty", status: response.status };
      const bytes = new Uint8Array(size);
      let at = 0;
      for (const part of parts) {
        bytes.set(part, at);
        at += part.byteLength;
      }
      return { bytes: bytes.buffer, type, why: "", status: response.status };
    } catch {
      // a refusal by CORS has no reason that a script may read; the next way is tried
      last = { bytes: null, type: "", why: url.startsWith("blob:") ? "gone" : "refused", status: 0 };
    }
  }
  return last;
}
