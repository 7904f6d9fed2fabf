/** What is handed to the engine, and the forms in which its worker takes it. */

/**
 * A picture or a video: the bytes of a file, or, with `pixels`, RGBA or RGB pixels row by row. A
 * video is best given as a `Blob`, which is never read as a whole.
 *
 * @typedef {object} Input
 * @property {ArrayBuffer | Uint8Array | Uint8ClampedArray | Blob} bytes
 * @property {string} name
 * @property {string} rung how they were obtained, as in the record
 * @property {import("./protocol.js").Pixels} [pixels]
 * @property {boolean} [deep] run the slow tests too
 * @property {Partial<import("../ui/record.js").Asked>} [asked] of a video, which frames are examined
 * @property {boolean | number} [repeat] false leaves out the repetitions on changed copies; of a number
 *   so many are made, however long they take
 * @property {string} [after] SHA-256 of this picture, where it was examined before and only the slow
 *   tests are to be added; where the engine no longer has what it found then, it begins anew
 */
/** @typedef {Input & {key: string}} Shown a picture to look at; `key` names it, and never another */

/** @param {ArrayBuffer | Blob} bytes */
export function blobOf(bytes) {
  return bytes instanceof Blob ? bytes : new Blob([bytes]);
}

/**
 * @param {Shown} picture
 * @returns {Promise<import("./protocol.js").Brought>}
 */
export async function brought({ key, name, rung, bytes, pixels }) {
  return { key, name, rung, pixels: pixels ?? null, bytes: bytes instanceof Blob ? await bytes.arrayBuffer() : own(bytes) };
}

/**
 * A buffer that holds these bytes and nothing else.
 *
 * @param {ArrayBuffer | Uint8Array | Uint8ClampedArray} bytes
 * @returns {ArrayBuffer}
 */
export function own(bytes) {
  if (bytes instanceof ArrayBuffer) return bytes;
  return /** @type {ArrayBuffer} */ (bytes.slice().buffer);
}
