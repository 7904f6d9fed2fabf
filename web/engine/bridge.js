/** What Python may call: models, progress, and the question whether to stop. */

import { CANCELLED, INTERRUPT } from "./protocol.js";

/** @typedef {import("./inference.js").Inference} Inference */

const channel = new MessageChannel();

export class Bridge {
  /** Whether the person stopped the analysis, told by message. */
  stopped = false;
  /** @type {(fraction: number, text: string) => void} */
  onProgress = () => {};
  /** @type {Uint8Array | null} */
  #control;
  #inference;

  /**
   * @param {Inference} inference
   * @param {SharedArrayBuffer | null} control
   */
  constructor(inference, control) {
    this.#inference = inference;
    this.#control = control && new Uint8Array(control);
  }

  /** The plain functions handed to Python. */
  get functions() {
    const inference = this.#inference;
    return {
      open: (/** @type {string} */ id, /** @type {"auto" | "wasm"} */ backend) =>
        inference.open(id, backend),
      run: (/** @type {number} */ key, /** @type {import("./inference.js").Feed[]} */ feeds) =>
        inference.run(key, feeds),
      close: (/** @type {number} */ key) => inference.close(key),
      progress: (/** @type {number} */ fraction, /** @type {string} */ text) =>
        this.onProgress(fraction, text),
      cancelled: () => this.cancelled,
      shared: this.#control !== null,
      breathe,
    };
  }

  get cancelled() {
    return this.stopped || (this.#control !== null && Atomics.load(this.#control, CANCELLED) !== 0);
  }

  /** Take an interrupt back that came too late for the step it was meant for. */
  calm() {
    if (this.#control) Atomics.store(this.#control, INTERRUPT, 0);
  }
}

/** Let the worker read its messages once. @returns {Promise<void>} */
function breathe() {
  return new Promise((resolve) => {
    channel.port1.onmessage = () => resolve();
    channel.port2.postMessage(null);
  });
}
