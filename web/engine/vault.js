/**
 * Where the bank lies: the one door to the browser's storage for it.
 *
 * SQLite writes its file and its rollback journal as it does on a disk, through this file system
 * of two files in the origin-private file system. A worker that dies in the midst of a write
 * leaves the journal behind, and whoever opens the bank next is put back to the state before.
 * The two files are open only while the bank is in use, under a lock that all tabs share.
 */

/** Emscripten's numbers of the errors that SQLite can make sense of. */
const ERRNO = { ENOENT: 44, EIO: 29, ENOSPC: 51, EPERM: 63 };
const FOLDER = "telltale-bank";
const PLACE = "/bank";
const MAIN = "bank.sqlite";
const NAMES = [MAIN, `${MAIN}-journal`];
const LOCK = "telltale-bank";
/** A worker that was ended lets go of its files a little later. */
const PATIENCE_MS = 5000;
/** How long to wait for another tab that is at the bank. */
const LOCK_MS = 60_000;

/**
 * `kept`: on disk. `memory`: until this engine ends; `why` says what the browser said. `private`:
 * nothing is written.
 *
 * @typedef {{kind: "kept" | "memory" | "private", why: string, persisted: boolean, usage: number,
 *   quota: number}} Storage
 */

/** @typedef {{read(to: Uint8Array, at: {at: number}): number, write(from: Uint8Array, at: {at: number}): number,
 *   truncate(size: number): void, getSize(): number, flush(): void, close(): void}} Access */

export class Vault {
  #fs;
  /** @type {FileSystemDirectoryHandle | null} */
  #folder = null;
  /** @type {Map<string, Access>} */
  #open = new Map();
  /** The file written last and not flushed: it must reach the disk before the other is written. */
  #unsafe = "";
  /** @type {Promise<void> | null} */
  #found = null;
  #why = "";
  /** Nothing was ever kept, and the one who looked makes nothing. */
  #absent = false;

  /** @param {any} fs Emscripten's file system */
  constructor(fs) {
    this.#fs = fs;
  }

  /**
   * Do something with the bank's files open, while no other tab has them.
   *
   * @template T
   * @param {() => Promise<T>} work
   * @param {boolean} [make] whether files that are not there are made; in private mode none are
   * @returns {Promise<T>}
   */
  async hold(work, make = true) {
    await this.#look(make);
    if (!this.#folder) return work();
    let mine = false;
    const signal = AbortSignal.timeout(LOCK_MS);
    const held = navigator.locks.request(LOCK, { signal }, async () => {
      mine = true;
      try {
        for (const name of NAMES) {
          const access = await this.#access(name, make);
          if (access) this.#open.set(name, access);
        }
        return await work();
      } finally {
        for (const access of this.#open.values()) access.close();
        this.#open.clear();
        this.#unsafe = "";
      }
    });
    return held.catch((error) => {
      throw mine ? error : new Error("another window has been using the bank for too long");
    });
  }

  /**
   * What becomes of the bank, and how much room there is.
   *
   * @param {boolean} [make] as of `hold`
   * @returns {Promise<Storage>}
   */
  async state(make = true) {
    await this.#look(make);
    const kind = this.#folder ? "kept" : "memory";
    const { usage = 0, quota = 0 } = (await navigator.storage?.estimate?.().catch(() => null)) ?? {};
    const persisted = (await navigator.storage?.persisted?.().catch(() => false)) ?? false;
    return { kind, why: this.#why, persisted, usage, quota };
  }

  /** Find the folder once; whoever makes nothing leaves it to others to look again. @param {boolean} make */
  async #look(make) {
    if (!this.#folder && this.#absent && make) this.#found = null;
    this.#found ??= this.#find(make);
    await this.#found;
  }

  /** @param {boolean} make */
  async #find(make) {
    this.#fs.mkdirTree(PLACE);
    this.#absent = false;
    this.#why = "";
    try {
      if (!navigator.locks) throw new Error("this address has no locks between tabs");
      const root = await navigator.storage.getDirectory();
      const folder = await root.getDirectoryHandle(FOLDER, { create: make });
      if (!("createSyncAccessHandle" in FileSystemFileHandle.prototype)) throw new Error("no access to files");
      this.#folder = folder;
      this.#fs.mount(twoFiles(this.#fs, this), {}, PLACE);
    } catch (error) {
      this.#folder = null;
      this.#absent = !make && /** @type {any} */ (error)?.name === "NotFoundError";
      this.#why = error instanceof Error ? error.message : String(error);
    }
  }

  /**
   * @param {string} name
   * @param {boolean} make
   * @returns {Promise<Access | null>} null where there is no such file and none is to be made
   */
  async #access(name, make) {
    const folder = /** @type {FileSystemDirectoryHandle} */ (this.#folder);
    const until = performance.now() + PATIENCE_MS;
    for (;;) {
      try {
        const file = await folder.getFileHandle(name, { create: make });
        return await /** @type {any} */ (file).createSyncAccessHandle();
      } catch (error) {
        if (!make && /** @type {any} */ (error)?.name === "NotFoundError") return null;
        const busy = /** @type {any} */ (error)?.name === "NoModificationAllowedError";
        if (!busy || performance.now() > until) throw error;
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
    }
  }

  /** @param {string} name @returns {Access} */
  #of(name) {
    const access = this.#open.get(name);
    if (!access) throw new this.#fs.ErrnoError(ERRNO.EIO);
    return access;
  }

  /** An empty file is none: SQLite makes its files by writing to them. @param {string} name */
  has(name) {
    return NAMES.includes(name) && this.#open.has(name) && this.#of(name).getSize() > 0;
  }

  /** @param {string} name */
  size(name) {
    return this.#open.get(name)?.getSize() ?? 0;
  }

  /** @param {string} name @param {Uint8Array} to @param {number} at */
  read(name, to, at) {
    return this.#of(name).read(to, { at });
  }

  /** @param {string} name @param {Uint8Array} from @param {number} at */
  write(name, from, at) {
    this.#settle(name);
    try {
      const written = this.#of(name).write(from, { at });
      if (written !== from.length) throw new this.#fs.ErrnoError(ERRNO.ENOSPC);
      return written;
    } catch (error) {
      if (error instanceof this.#fs.ErrnoError) throw error;
      throw new this.#fs.ErrnoError(/** @type {any} */ (error)?.name === "QuotaExceededError" ? ERRNO.ENOSPC : ERRNO.EIO);
    }
  }

  /** @param {string} name @param {number} size */
  truncate(name, size) {
    this.#settle(name);
    this.#of(name).truncate(size);
  }

  /** @param {string} name */
  flush(name) {
    this.#of(name).flush();
    if (this.#unsafe === name) this.#unsafe = "";
  }

  /**
   * The order of writes to the two files is what makes the journal safe, and Emscripten passes on
   * only one of the two calls by which SQLite asks for it.
   *
   * @param {string} name to be written now
   */
  #settle(name) {
    if (this.#unsafe && this.#unsafe !== name) this.#of(this.#unsafe).flush();
    this.#unsafe = name;
  }
}

/**
 * A file system for Emscripten with the vault's files in its only folder.
 *
 * @param {any} fs
 * @param {Vault} vault
 */
function twoFiles(fs, vault) {
  const FILE = 0o100600;
  const DIRECTORY = 0o040700;
  const attributes = (/** @type {any} */ node) => {
    const size = fs.isDir(node.mode) ? 4096 : vault.size(node.name);
    const time = new Date(0);
    return {
      dev: 77, ino: node.id, mode: node.mode, nlink: 1, uid: 0, gid: 0, rdev: 0, size,
      atime: time, mtime: time, ctime: time, blksize: 4096, blocks: Math.ceil(size / 4096),
    };
  };
  const stream_ops = {
    open() {},
    close() {},
    read: (/** @type {any} */ stream, /** @type {any} */ buffer, /** @type {number} */ offset, /** @type {number} */ length, /** @type {number} */ position) =>
      vault.read(stream.node.name, bytes(buffer, offset, length), position),
    write: (/** @type {any} */ stream, /** @type {any} */ buffer, /** @type {number} */ offset, /** @type {number} */ length, /** @type {number} */ position) =>
      vault.write(stream.node.name, bytes(buffer, offset, length), position),
    llseek(/** @type {any} */ stream, /** @type {number} */ offset, /** @type {number} */ whence) {
      if (whence === 1) return stream.position + offset;
      return whence === 2 ? vault.size(stream.node.name) + offset : offset;
    },
    fsync(/** @type {any} */ stream) {
      vault.flush(stream.node.name);
      return 0;
    },
  };
  const setattr = (/** @type {any} */ node, /** @type {any} */ wanted) => {
    if (wanted.size !== undefined) vault.truncate(node.name, wanted.size);
  };
  const refuse = () => {
    throw new fs.ErrnoError(ERRNO.EPERM);
  };
  const file_ops = { getattr: attributes, setattr };
  const folder_ops = {
    getattr: attributes,
    setattr() {},
    lookup(/** @type {any} */ parent, /** @type {string} */ name) {
      if (!vault.has(name)) throw new fs.ErrnoError(ERRNO.ENOENT);
      return node(parent, name, FILE);
    },
    mknod(/** @type {any} */ parent, /** @type {string} */ name) {
      if (!NAMES.includes(name)) refuse();
      return node(parent, name, FILE);
    },
    unlink(/** @type {any} */ parent, /** @type {string} */ name) {
      void parent;
      vault.truncate(name, 0);
    },
    readdir: () => [".", "..", ...NAMES.filter((name) => vault.has(name))],
    rename: refuse,
    rmdir: refuse,
    symlink: refuse,
  };

  /** @param {any} parent @param {string} name @param {number} mode */
  function node(parent, name, mode) {
    const made = fs.createNode(parent, name, mode, 0);
    made.node_ops = fs.isDir(mode) ? folder_ops : file_ops;
    made.stream_ops = stream_ops;
    return made;
  }

  return { mount: () => node(null, "/", DIRECTORY) };
}

/** @param {any} buffer of bytes @param {number} offset @param {number} length */
function bytes(buffer, offset, length) {
  return new Uint8Array(buffer.buffer, buffer.byteOffset + offset, length);
}
