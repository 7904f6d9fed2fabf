/**
 * Where the start-up snapshot is kept: the interpreter's memory and the files it may read, in the
 * origin private file system, under a key that changes with the engine's parts. It is made from
 * program files alone and never holds anything of a person's.
 */

/** @typedef {import("./unzip.js").Member} Member */

/**
 * @typedef {object} Snapshot
 * @property {Uint8Array<ArrayBuffer>} heap as Pyodide makes it
 * @property {Member[]} files relative to site-packages
 * @property {string[]} libraries linked before the interpreter started, in order
 * @property {[string, string][]} handles of libraries that the interpreter opened
 * @property {string[]} packages whose files are among `files`
 */

/**
 * @typedef {object} Meta
 * @property {number} heapSum
 * @property {number} filesSum
 * @property {[string, number][]} index name and size of each file, in order
 * @property {string[]} libraries
 * @property {[string, string][]} handles
 * @property {string[]} packages
 */

const FOLDER = "telltale-engine";

/**
 * @param {string} key
 * @returns {Promise<Snapshot | null>} null where none is kept
 * @throws where what is kept cannot be used
 */
export async function load(key) {
  const folder = await open(key, false);
  if (!folder) return null;
  const text = await read(folder, "meta.json");
  const [heap, all] = await Promise.all([read(folder, "heap"), read(folder, "files")]);
  /** @type {Meta} */
  const meta = JSON.parse(new TextDecoder().decode(text));
  if (sum(heap) !== meta.heapSum || sum(all) !== meta.filesSum) {
    throw new Error("the start-up snapshot is damaged");
  }
  let at = 0;
  const files = meta.index.map(([name, size]) => ({ name, data: all.subarray(at, (at += size)) }));
  const { libraries, handles, packages } = meta;
  return { heap, files, libraries, handles, packages };
}

/**
 * Keep a snapshot and drop those of other keys.
 *
 * @param {string} key
 * @param {Snapshot} snapshot
 * @returns {Promise<number>} bytes written
 */
export async function save(key, { heap, files, libraries, handles, packages }) {
  await drop();
  const folder = await open(key, true);
  if (!folder) throw new Error("this browser keeps no files for the page");
  const all = new Uint8Array(files.reduce((size, file) => size + file.data.length, 0));
  let at = 0;
  for (const { data } of files) {
    all.set(data, at);
    at += data.length;
  }
  const meta = /** @type {Meta} */ ({
    heapSum: sum(heap),
    filesSum: sum(all),
    index: files.map(({ name, data }) => [name, data.length]),
    libraries,
    handles,
    packages,
  });
  await write(folder, "heap", heap);
  await write(folder, "files", all);
  // last: without it nothing is found
  await write(folder, "meta.json", new TextEncoder().encode(JSON.stringify(meta)));
  return heap.length + all.length;
}

/** Forget every snapshot. */
export async function drop() {
  const root = await navigator.storage.getDirectory();
  await root.removeEntry(FOLDER, { recursive: true }).catch(() => {});
}

/**
 * @param {string} key
 * @param {boolean} create
 */
async function open(key, create) {
  if (!navigator.storage?.getDirectory) return null;
  try {
    const root = await navigator.storage.getDirectory();
    const folder = await root.getDirectoryHandle(FOLDER, { create });
    const own = await folder.getDirectoryHandle(key, { create });
    if (!create) await own.getFileHandle("meta.json");
    return own;
  } catch (error) {
    if (create) throw error;
    return null;
  }
}

/**
 * @param {FileSystemDirectoryHandle} folder
 * @param {string} name
 * @returns {Promise<Uint8Array<ArrayBuffer>>}
 */
async function read(folder, name) {
  const file = await folder.getFileHandle(name);
  // several pages may read at once
  const access = await /** @type {any} */ (file).createSyncAccessHandle({ mode: "read-only" });
  try {
    const data = new Uint8Array(access.getSize());
    access.read(data, { at: 0 });
    return data;
  } finally {
    access.close();
  }
}

/**
 * @param {FileSystemDirectoryHandle} folder
 * @param {string} name
 * @param {Uint8Array<ArrayBuffer>} data
 */
async function write(folder, name, data) {
  const file = await folder.getFileHandle(name, { create: true });
  const access = await /** @type {any} */ (file).createSyncAccessHandle();
  try {
    access.truncate(0);
    if (access.write(data, { at: 0 }) !== data.length) throw new Error("the disk is full");
    access.flush();
  } finally {
    access.close();
  }
}

/**
 * A checksum against damaged files (not against malice, which could change the page as well).
 *
 * @param {Uint8Array<ArrayBuffer>} data
 */
function sum(data) {
  const words = new Uint32Array(data.buffer, data.byteOffset, data.length >> 2);
  let hash = data.length | 0;
  for (let i = 0; i < words.length; i++) hash = Math.imul(hash ^ words[i], 0x01000193);
  for (let i = words.length << 2; i < data.length; i++) hash = Math.imul(hash ^ data[i], 0x01000193);
  return hash;
}
