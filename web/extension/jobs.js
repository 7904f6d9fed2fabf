/**
 * The jobs of this profile, on disk: what was asked for, what was obtained, what was found.
 *
 * Every context of the extension opens the same database and hears of changes on one channel, so
 * any of them may be stopped at any time. A private window has a database of its own, in memory.
 */

/** @typedef {import("../ui/record.js").TelltaleRecord} TelltaleRecord */
/** @typedef {import("../ui/record.js").Media} Media */
/** @typedef {import("../ui/record.js").Faces} Faces */
/** @typedef {import("../ui/record.js").Finding} Finding */
/** @typedef {import("../ui/record.js").VideoSection} VideoSection */

/** @typedef {"choosing" | "acquiring" | "queued" | "running" | "done" | "failed" | "cancelled"} JobState */
/** @typedef {"file" | "page-bytes" | "canvas" | "video-frames" | "tab-capture" | "screen-crop"} Rung */
/** @typedef {{rung: Rung, why: string, detail: string}} Try  `why` is "" where it worked */

/**
 * @typedef {object} Source where the picture was seen
 * @property {string} page
 * @property {string} title
 * @property {string} url of the picture; "" where it has none
 * @property {number} tabId -1 for a file
 * @property {number} frameId
 * @property {number} windowId
 */
/**
 * @typedef {object} Item one picture of a job; a video has several
 * @property {string} name
 * @property {number | null} time seconds into the video
 * @property {number} width 0 until decoded
 * @property {number} height
 * @property {JobState} state
 * @property {string} trouble why it could not be examined, as a sentence
 * @property {boolean} [deep] the slow tests were asked for too
 * @property {boolean} [film] a video, as a whole
 */
/**
 * @typedef {object} Job
 * @property {string} id
 * @property {number} created ms since 1970
 * @property {JobState} state
 * @property {"image" | "video" | "region" | "file" | "pick"} kind
 * @property {import("../acquire/find.js").Wanted | null} wanted
 * @property {Source} source
 * @property {Rung | ""} rung that worked
 * @property {Try[]} tried
 * @property {string[]} notes codes of what weakens the evidence
 * @property {{[name: string]: number}} measures numbers that the notes speak of
 * @property {string} offer match pattern of the site whose permission would give the original
 * @property {boolean} asking the person is being asked, or said yes and it is being fetched
 * @property {number} [got] bytes of a video's file that are there
 * @property {number} [total] bytes that it has, 0 where unknown
 * @property {boolean} [instead] the person would rather have frames than wait for the file
 * @property {string} error code of why nothing was obtained
 * @property {Item[]} items
 * @property {string} owner the instance of the service worker that acquires it
 */
/**
 * @typedef {object} Result of one item
 * @property {Media | null} media
 * @property {Faces | null} faces
 * @property {Finding[]} findings
 * @property {import("../ui/record.js").Assessment | null} [assessment] the first answer
 * @property {VideoSection | null} [video] what is known of a video so far
 * @property {TelltaleRecord | null} record
 * @property {Uint8Array | null} [thumbnail] for reports; another engine than the one that made it may show it
 */
/** @typedef {{type: string, id: string, [more: string]: any}} News */

const STORES = ["jobs", "bytes", "results"];
const channel = new BroadcastChannel("telltale");
/** A channel does not speak to the context that speaks. */
const here = new EventTarget();
/** @type {Promise<IDBDatabase> | null} */
let opened = null;

/** @returns {Promise<IDBDatabase>} */
function database() {
  opened ??= new Promise((resolve, reject) => {
    const request = indexedDB.open("telltale", 1);
    request.onupgradeneeded = () => {
      for (const name of STORES) request.result.createObjectStore(name);
    };
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
  return opened;
}

/**
 * @template T
 * @param {string[]} stores
 * @param {IDBTransactionMode} mode
 * @param {(transaction: IDBTransaction, give: (value: T) => void) => void} body
 * @returns {Promise<T>}
 */
async function transact(stores, mode, body) {
  const transaction = (await database()).transaction(stores, mode);
  return new Promise((resolve, reject) => {
    /** @type {any} */
    let answer;
    transaction.oncomplete = () => resolve(answer);
    transaction.onabort = () => reject(transaction.error ?? new Error("storage is full"));
    body(transaction, (value) => (answer = value));
  });
}

/**
 * @template T
 * @param {string} store
 * @param {string} key
 * @returns {Promise<T | undefined>}
 */
function read(store, key) {
  return transact([store], "readonly", (transaction, give) => {
    const request = transaction.objectStore(store).get(key);
    request.onsuccess = () => give(request.result);
  });
}

/**
 * @param {Partial<Job> & Pick<Job, "kind" | "source">} known
 * @returns {Promise<Job>}
 */
export async function add(known) {
  /** @type {Job} */
  const job = {
    id: crypto.randomUUID(), created: Date.now(), state: "acquiring", wanted: null, rung: "",
    tried: [], notes: [], measures: {}, offer: "", asking: false, error: "", items: [], owner: "", ...known,
  };
  await transact(["jobs"], "readwrite", (transaction) => {
    transaction.objectStore("jobs").add(job, job.id);
  });
  tell({ type: "job", id: job.id });
  return job;
}

/** @param {string} id @returns {Promise<Job | undefined>} */
export function get(id) {
  return read("jobs", id);
}

/** @returns {Promise<Job[]>} the oldest first */
export async function all() {
  const jobs = await transact(["jobs"], "readonly", (transaction, /** @type {(v: Job[]) => void} */ give) => {
    const request = transaction.objectStore("jobs").getAll();
    request.onsuccess = () => give(request.result);
  });
  return jobs.sort((a, b) => a.created - b.created);
}

/**
 * Change a job in one transaction; nothing happens where it was removed.
 *
 * @param {string} id
 * @param {(job: Job) => Partial<Job> | null} change null: leave it
 * @returns {Promise<Job | null>} what it has become; null where it was left or is gone
 */
export async function update(id, change) {
  const changed = await transact(["jobs"], "readwrite", (transaction, /** @type {(v: Job | null) => void} */ give) => {
    const store = transaction.objectStore("jobs");
    const request = store.get(id);
    give(null);
    request.onsuccess = () => {
      const news = request.result && change(request.result);
      if (!news) return;
      const job = { ...request.result, ...news };
      store.put(job, id);
      give(job);
    };
  });
  if (changed) tell({ type: "job", id });
  return changed;
}

/**
 * Add a picture to a job, bytes and all, so that nothing obtained is lost.
 *
 * @param {string} id
 * @param {Item} item
 * @param {ArrayBuffer | Blob} bytes
 */
export async function addItem(id, item, bytes) {
  await transact(["jobs", "bytes"], "readwrite", (transaction) => {
    const store = transaction.objectStore("jobs");
    const request = store.get(id);
    request.onsuccess = () => {
      const job = request.result;
      // removed, or the person had enough while this was on its way
      if (job?.state !== "acquiring") return;
      transaction.objectStore("bytes").put(bytes, `${id}/${job.items.length}`);
      store.put({ ...job, items: [...job.items, item] }, id);
    };
  });
  tell({ type: "job", id });
}

/** @param {string} id @param {number} index @param {Partial<Item>} news */
export function updateItem(id, index, news) {
  return update(id, (job) => ({ items: job.items.with(index, { ...job.items[index], ...news }) }));
}

/** @param {string} id @param {number} index @returns {Promise<ArrayBuffer | Blob | undefined>} */
export function bytes(id, index) {
  return read("bytes", `${id}/${index}`);
}

/** @param {string} id @param {number} index @returns {Promise<Result>} */
export async function result(id, index) {
  return (await read("results", `${id}/${index}`)) ?? { media: null, faces: null, findings: [], record: null };
}

/** @param {string} id @param {number} index @param {Result} value */
export async function saveResult(id, index, value) {
  await transact(["results"], "readwrite", (transaction) => {
    transaction.objectStore("results").put(value, `${id}/${index}`);
  });
}

/** Remove a job, its pictures and its results. @param {string} id */
export async function remove(id) {
  await transact(STORES, "readwrite", (transaction) => {
    transaction.objectStore("jobs").delete(id);
    const range = IDBKeyRange.bound(`${id}/`, `${id}/\uffff`);
    for (const store of ["bytes", "results"]) transaction.objectStore(store).delete(range);
  });
  tell({ type: "job", id });
}

/** @param {News} news */
export function tell(news) {
  channel.postMessage(news);
  here.dispatchEvent(new MessageEvent("message", { data: news }));
}

/**
 * Hear what any context of the extension says.
 *
 * @param {(news: News) => void} listener
 * @param {AbortSignal} [signal]
 */
export function hear(listener, signal) {
  for (const target of [channel, here]) {
    target.addEventListener("message", (event) => listener(/** @type {MessageEvent} */ (event).data), { signal });
  }
}
