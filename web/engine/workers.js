/** The engine's workers: the one that works, and the one that makes the start-up snapshot when nobody waits. */

import { Host } from "./host.js";

/** @typedef {import("./protocol.js").Diagnostics} Diagnostics */
/** @typedef {import("./host.js").Limits} Limits */

/** @typedef {"idle" | "starting" | "ready" | "working" | "failed"} State */

/**
 * @typedef {object} Options
 * @property {string} [baseUrl] the folder that holds engine/, vendor/, wheels/, models/ and python/
 * @property {import("./protocol.js").WebGpuMode} [webgpu]
 * @property {boolean} [snapshot] keep a start-up snapshot
 * @property {Partial<Limits>} [limits]
 * @property {(state: State) => void} [onState]
 */

/** @type {Limits} */
const LIMITS = { bootMs: 90_000, stepMs: 120_000, graceMs: 1500 };
const BOOT_TRIES = 2;
/** Idle time before the engine prepares itself for later. */
const IDLE_MS = 1500;
const MAKE_TRIES = 3;

export class Workers {
  /** @type {Diagnostics | null} how the engine started; null until it has */
  diagnostics = null;
  /** @type {{state: "none" | "making" | "kept" | "failed", bytes: number, why: string}} */
  snapshot = { state: "none", bytes: 0, why: "" };
  /** @type {State} */
  state = "idle";
  closed = false;
  /** @type {Host | null} */
  #host = null;
  /** @type {Host | null} that is to work, and starts */
  #young = null;
  /** @type {Host | null} makes the snapshot */
  #maker = null;
  /** @type {Promise<Host> | null} */
  #starting = null;
  #waiting = 0;
  #warm = false;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #idle;
  #baseUrl;
  #limits;
  #options;

  /** @param {Options} options */
  constructor(options) {
    this.#options = options;
    this.#baseUrl = new URL(options.baseUrl ?? "../", options.baseUrl ? self.location.href : import.meta.url).href;
    this.#limits = { ...LIMITS, ...options.limits };
  }

  /** Somebody asks for something: they have the whole machine, the snapshot is made another time. */
  begin() {
    clearTimeout(this.#idle);
    this.#maker?.kill("Something else was asked for.");
    this.#waiting++;
  }

  /** They have it. */
  end() {
    if (--this.#waiting === 0) this.rest();
  }

  /** Nobody waits: after a while, prepare for later. */
  rest() {
    clearTimeout(this.#idle);
    if (this.closed || this.#warm || this.#waiting) return;
    this.#idle = setTimeout(() => this.#prepare().catch((error) => console.warn(error)), IDLE_MS);
  }

  /** End them; there will be no more. */
  close() {
    this.closed = true;
    clearTimeout(this.#idle);
    for (const host of [this.#host, this.#young, this.#maker]) host?.kill("The engine was closed.");
  }

  /** A worker that has started. @returns {Promise<Host>} */
  async ready() {
    if (this.closed) throw new Error("the engine was closed");
    if (this.#host && !this.#host.dead) return this.#host;
    this.#starting ??= this.#boot().finally(() => (this.#starting = null));
    return this.#starting;
  }

  /** @param {State} state */
  tell(state) {
    if (state === this.state) return;
    this.state = state;
    this.#options.onState?.(state);
  }

  /** @returns {Promise<Host>} */
  async #boot() {
    this.tell("starting");
    let why = "";
    for (let tries = 0; tries < BOOT_TRIES && !this.closed; tries++) {
      // where the first try failed, the snapshot may be to blame
      const mode = this.#options.snapshot === false || tries > 0 ? "off" : "use";
      const host = (this.#young = this.#spawn(mode, []));
      try {
        const ready = await host.ready;
        if (ready.type !== "ready") throw new Error("the worker did not say that it is ready");
        this.#host = host;
        this.#warm = ready.diagnostics.start === "snapshot";
        const trouble = [why, ready.diagnostics.trouble].filter(Boolean).join(" ");
        this.diagnostics = { ...ready.diagnostics, trouble };
        if (this.#warm) this.snapshot = { state: "kept", bytes: 0, why: "" };
        this.tell("ready");
        return host;
      } catch (error) {
        why = error instanceof Error ? error.message : String(error);
        host.kill(why);
      }
    }
    if (!this.closed) this.tell("failed");
    throw new Error(why);
  }

  /**
   * @param {import("./protocol.js").SnapshotMode} snapshot
   * @param {string[]} libraries
   */
  #spawn(snapshot, libraries) {
    // who looks at the workers of a page can tell the two apart
    const url = new URL(`engine/worker.js${snapshot === "make" ? "#make" : ""}`, this.#baseUrl);
    const webgpu = this.#options.webgpu ?? "auto";
    return new Host(url, { baseUrl: this.#baseUrl, snapshot, webgpu, libraries }, this.#limits);
  }

  /** Import what analyses need, bit by bit, and then make the start-up snapshot. */
  async #prepare() {
    const host = this.#host;
    if (!host || host.dead || this.#waiting || this.closed) return;
    const { more, libraries } = await host.request({ type: "warm" }, ({ type }) => type === "warmed");
    if (this.#waiting) return;
    if (more) {
      this.#idle = setTimeout(() => this.#prepare().catch((error) => console.warn(error)), 0);
      return;
    }
    if (this.#options.snapshot !== false) await this.#makeSnapshot(libraries);
    this.#warm = !this.#waiting;
  }

  /** @param {string[]} libraries that the snapshot is to hold, as far as they are known */
  async #makeSnapshot(libraries) {
    this.snapshot = { state: "making", bytes: 0, why: "" };
    try {
      for (let tries = 0; tries < MAKE_TRIES; tries++) {
        this.#maker = this.#spawn("make", libraries);
        const made = await this.#maker.ready;
        this.#maker.kill("It is done.");
        if (made.type !== "made") throw new Error("the worker made no snapshot");
        if (!made.libraries.length) {
          this.snapshot = { state: "kept", bytes: made.bytes, why: "" };
          return;
        }
        ({ libraries } = made);
      }
      throw new Error("its libraries change from start to start");
    } catch (error) {
      const state = this.#waiting ? "none" : "failed";
      this.snapshot = { state, bytes: 0, why: error instanceof Error ? error.message : String(error) };
    } finally {
      this.#maker = null;
    }
  }
}
