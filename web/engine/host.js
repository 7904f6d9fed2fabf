/** One worker and its watchdogs, seen from the page. */

import { CANCELLED, CONTROL_BYTES, INTERRUPT, SIGINT } from "./protocol.js";

/** @typedef {import("./protocol.js").FromWorker} FromWorker */
/** @typedef {import("./protocol.js").ToWorker} ToWorker */
/** @typedef {import("./protocol.js").Boot} Boot */

/** The worker is gone; what it was doing can be taken up by another. */
export class WorkerGone extends Error {
  name = "WorkerGone";
}

/**
 * @typedef {object} Limits
 * @property {number} bootMs longest silence while starting
 * @property {number} stepMs longest silence while working
 * @property {number} graceMs from asking to stop until the worker is ended
 */

/** @typedef {{take: (message: any) => void, fail: (error: Error) => void}} Listener */

export class Host {
  /** @type {Promise<import("./protocol.js").Ready | import("./protocol.js").Made>} */
  ready;
  dead = false;
  #worker;
  /** @type {Uint8Array | null} */
  #control = null;
  /** @type {Map<number, Listener>} */
  #listeners = new Map();
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #watchdog;
  #mourning = new AbortController();
  #limits;
  /** @type {(error: Error) => void} */
  #failBoot = () => {};
  #stopping = false;
  #next = 1;

  /**
   * @param {URL} workerUrl
   * @param {Omit<Boot, "type" | "control" | "alive">} boot
   * @param {Limits} limits
   */
  constructor(workerUrl, boot, limits) {
    this.#limits = limits;
    const shared = self.crossOriginIsolated ? new SharedArrayBuffer(CONTROL_BYTES) : null;
    this.#control = shared && new Uint8Array(shared);
    this.#worker = new Worker(workerUrl, { type: "module", name: "telltale-engine" });
    this.#worker.onerror = (event) => {
      event.preventDefault();
      this.kill(`The engine stopped: ${event.message || "its script could not be loaded"}.`);
    };
    this.ready = new Promise((resolve, reject) => {
      this.#failBoot = reject;
      this.#worker.onmessage = (/** @type {MessageEvent<FromWorker>} */ { data }) => {
        if (data.type === "ready" || data.type === "made") {
          clearTimeout(this.#watchdog);
          resolve(data);
        }
        this.#receive(data);
      };
    });
    this.ready.catch(() => {});
    this.#watchBoot();
    const alive = `telltale-engine-${crypto.getRandomValues(new Uint32Array(2)).join("-")}`;
    this.#send({ type: "boot", ...boot, control: shared, alive });
    this.ready.then(() => this.#mourn(alive)).catch(() => {});
  }

  /** Whether it is at work. */
  get busy() {
    return this.#listeners.size > 0;
  }

  /**
   * Send a request and listen to its answers until `done` says that one is the last.
   *
   * @param {any} message without its id
   * @param {(message: any, id: number) => boolean} done
   * @param {Transferable[]} [given] parts of the message that are given away
   * @returns {Promise<any>} the last message
   */
  request(message, done, given = []) {
    if (this.dead) return Promise.reject(new WorkerGone("the engine had stopped"));
    const id = this.#next++;
    return new Promise((resolve, reject) => {
      const settle = () => {
        this.#listeners.delete(id);
        if (!this.busy) clearTimeout(this.#watchdog);
      };
      this.#listeners.set(id, {
        take: (answer) => {
          if (!done(answer, id)) return;
          settle();
          resolve(answer);
        },
        fail: (error) => {
          settle();
          reject(error);
        },
      });
      this.#control?.fill(0);
      this.#stopping = false;
      this.#watchWork();
      this.#send({ ...message, id }, given);
    });
  }

  /**
   * Ask the worker to stop what it does; it is ended where it does not answer.
   *
   * @param {number} id of the request
   */
  stop(id) {
    if (this.#control) {
      Atomics.store(this.#control, CANCELLED, 1);
      Atomics.store(this.#control, INTERRUPT, SIGINT);
    }
    this.#send({ type: "cancel", id });
    this.#stopping = true;
    this.#watchWork();
  }

  /**
   * Learn of the worker's death by the lock that it held.
   *
   * @param {string} alive
   */
  async #mourn(alive) {
    await navigator.locks?.request(alive, { signal: this.#mourning.signal }, () => {
      this.kill("The engine stopped unexpectedly.");
    });
  }

  /** End the worker. @param {string} why */
  kill(why) {
    if (this.dead) return;
    this.dead = true;
    clearTimeout(this.#watchdog);
    this.#mourning.abort();
    this.#worker.terminate();
    const error = new WorkerGone(why);
    this.#failBoot(error);
    for (const listener of [...this.#listeners.values()]) listener.fail(error);
  }

  /** @param {FromWorker} message */
  #receive(message) {
    if (this.dead) return;
    if (message.type === "dead") return this.kill(message.message);
    if (message.type === "booting") return this.#watchBoot();
    if (!("id" in message)) return;
    this.#watchWork();
    const listener = this.#listeners.get(message.id);
    if (message.type === "trouble") listener?.fail(new Error(message.message));
    else listener?.take(message);
  }

  #watchBoot() {
    this.#watch(this.#limits.bootMs, "The engine did not start in time.");
  }

  #watchWork() {
    const { graceMs, stepMs } = this.#limits;
    if (this.#stopping) this.#watch(graceMs, "The analysis was stopped.");
    else this.#watch(stepMs, "It took too long and was stopped.");
  }

  /** @param {number} ms @param {string} why */
  #watch(ms, why) {
    clearTimeout(this.#watchdog);
    this.#watchdog = setTimeout(() => this.kill(why), ms);
  }

  /** @param {ToWorker} message @param {Transferable[]} [given] */
  #send(message, given = []) {
    this.#worker.postMessage(message, given);
  }
}
