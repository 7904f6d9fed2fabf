/** Read ZIP archives (wheels) with what the browser has; no ZIP64, no encryption. */

/** @typedef {{name: string, data: Uint8Array}} Member */

const END = 0x06054b50;
const END_SIZE = 22;
const ENTRY_SIZE = 46;
const LOCAL_SIZE = 30;

/**
 * Every file of an archive.
 *
 * @param {Uint8Array} archive
 * @param {(name: string) => boolean} wanted
 * @returns {Promise<Member[]>}
 */
export async function unzip(archive, wanted = () => true) {
  const view = new DataView(archive.buffer, archive.byteOffset, archive.byteLength);
  const text = new TextDecoder();
  let end = archive.length - END_SIZE;
  while (end >= 0 && view.getUint32(end, true) !== END) end--;
  if (end < 0) throw new Error("not a ZIP archive");
  /** @type {Promise<Member>[]} */
  const members = [];
  let at = view.getUint32(end + 16, true);
  for (let left = view.getUint16(end + 10, true); left > 0; left--) {
    const method = view.getUint16(at + 10, true);
    const size = view.getUint32(at + 20, true);
    const nameSize = view.getUint16(at + 28, true);
    const skip = view.getUint16(at + 30, true) + view.getUint16(at + 32, true);
    const local = view.getUint32(at + 42, true);
    const name = text.decode(archive.subarray(at + ENTRY_SIZE, at + ENTRY_SIZE + nameSize));
    at += ENTRY_SIZE + nameSize + skip;
    if (name.endsWith("/") || !wanted(name)) continue;
    const extra = view.getUint16(local + 26, true) + view.getUint16(local + 28, true);
    const start = local + LOCAL_SIZE + extra;
    members.push(member(name, archive.subarray(start, start + size), method));
  }
  return Promise.all(members);
}

/**
 * @param {string} name
 * @param {Uint8Array} packed
 * @param {number} method
 * @returns {Promise<Member>}
 */
async function member(name, packed, method) {
  if (method === 0) return { name, data: packed.slice() };
  if (method !== 8) throw new Error(`${name}: unknown ZIP method ${method}`);
  const stream = new Blob([/** @type {BlobPart} */ (packed)])
    .stream()
    .pipeThrough(new DecompressionStream("deflate-raw"));
  return { name, data: new Uint8Array(await new Response(stream).arrayBuffer()) };
}
