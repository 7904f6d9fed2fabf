/** Ways in: pick, drop, paste. Hands over files with the rung that says what was obtained. */

/** @typedef {{file: File, rung: "file" | "canvas" | "video-frames"}} Incoming */

/** What the file chooser offers first, records too; any file can be examined or refused by name. */
export const ACCEPT = "image/*,video/*,.mkv,application/json";

/**
 * Take what is dropped on or pasted into the document.
 *
 * @param {(files: Incoming[]) => void} take
 * @param {AbortSignal} signal
 */
export function listen(take, signal) {
  let depth = 0;
  const over = (/** @type {boolean} */ on) => {
    document.documentElement.dataset.dropping = String(on);
  };
  const carries = (/** @type {DragEvent} */ event) => event.dataTransfer?.types.includes("Files");
  document.addEventListener("dragenter", (event) => carries(event) && over(++depth > 0), { signal });
  document.addEventListener("dragleave", (event) => carries(event) && over(--depth > 0), { signal });
  document.addEventListener("dragover", (event) => carries(event) && event.preventDefault(), {
    signal,
  });
  document.addEventListener(
    "drop",
    async (event) => {
      if (!event.dataTransfer || !carries(event)) return;
      event.preventDefault();
      over((depth = 0) > 0);
      const files = await dropped(event.dataTransfer);
      if (files.length) take(files.map((file) => ({ file, rung: "file" })));
    },
    { signal },
  );
  document.addEventListener(
    "paste",
    (event) => {
      const files = pasted(event.clipboardData, Date.now());
      if (!files.length) return;
      event.preventDefault();
      take(files);
    },
    { signal },
  );
}

/**
 * The files of a paste. A copied *picture* arrives as a PNG that the browser made of its pixels;
 * a copied *file* keeps its bytes and its date.
 *
 * @param {DataTransfer | null} clipboard
 * @param {number} now ms since the epoch
 * @returns {Incoming[]}
 */
export function pasted(clipboard, now) {
  return [...(clipboard?.files ?? [])].map((file) => {
    const made = file.name === "image.png" && now - file.lastModified < 5000;
    return { file, rung: made ? "canvas" : "file" };
  });
}

/**
 * The files of a drop, those inside dropped folders too.
 *
 * @param {DataTransfer} transfer
 */
async function dropped(transfer) {
  const items = [...transfer.items].filter((item) => item.kind === "file");
  // entries must be asked for before the first await: the list dies with the event
  const entries = items.map((item) => ({ entry: item.webkitGetAsEntry?.(), file: item.getAsFile() }));
  if (!items.length) return [...transfer.files];
  const lists = await Promise.all(
    entries.map(({ entry, file }) =>
      entry?.isDirectory ? inside(/** @type {FileSystemDirectoryEntry} */ (entry)) : file ? [file] : [],
    ),
  );
  return lists.flat();
}

/**
 * @param {FileSystemDirectoryEntry} folder
 * @returns {Promise<File[]>}
 */
async function inside(folder) {
  const reader = folder.createReader();
  /** @type {File[]} */
  const files = [];
  for (;;) {
    /** @type {FileSystemEntry[]} */
    const batch = await new Promise((resolve, reject) => reader.readEntries(resolve, reject));
    if (!batch.length) return files;
    for (const entry of batch) {
      if (entry.isDirectory) files.push(...(await inside(/** @type {any} */ (entry))));
      else if (!entry.name.startsWith(".")) files.push(await asFile(/** @type {any} */ (entry)));
    }
  }
}

/**
 * @param {FileSystemFileEntry} entry
 * @returns {Promise<File>}
 */
function asFile(entry) {
  return new Promise((resolve, reject) => entry.file(resolve, reject));
}
