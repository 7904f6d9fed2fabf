/**
 * Inside the lab's frame, which has an opaque origin, no network and no storage. PyScript runs here;
 * its worker, in which the person's code runs, gets a fence:
 *
 * - A worker from a blob does not start in an opaque origin, so it is made from a `data:` address.
 * - PyScript lets a worker call functions of its page and, through them, the whole document. The
 *   fence hands on answers to calls from here and nothing else, so that code in the worker has no
 *   document: a document knows ways out (WebRTC, name look-ups) that no policy closes.
 */

(() => {
  const Plain = globalThis.Worker;
  const NotedBlob = globalThis.Blob;
  /** @type {WeakMap<object, string>} */
  const texts = new WeakMap();
  /** @type {Map<string, string>} */
  const scripts = new Map();
  const address = URL.createObjectURL.bind(URL);

  globalThis.Blob = class extends NotedBlob {
    /**
     * @param {BlobPart[]} [parts]
     * @param {BlobPropertyBag} [options]
     */
    constructor(parts, options) {
      super(parts, options);
      if (parts?.every((part) => typeof part === "string")) texts.set(this, parts.join(""));
    }
  };
  URL.createObjectURL = (blob) => {
    const url = address(blob);
    const text = texts.get(blob);
    if (text !== undefined) scripts.set(url, text);
    return url;
  };

  // PyScript looks for the notes of an earlier visit; an opaque origin keeps none
  Object.defineProperty(globalThis, "indexedDB", { value: { open: () => ({}) } });

  /** The shell's end. @type {MessagePort} */
  let shell;
  /** @type {import("./kit.js").Kit} */
  let kit;
  /** @type {Worker | null} the one that runs now */
  let now = null;

  const dataUrl = (/** @type {string} */ text, type = "text/javascript") =>
    `data:${type};charset=utf-8,${encodeURIComponent(text)}`;

  class Fenced extends Plain {
    /** @type {[message: unknown, ports?: readonly MessagePort[]][]} */
    #waiting = [];
    #listening = false;

    /**
     * @param {string | URL} url
     * @param {WorkerOptions} [options]
     */
    constructor(url, options) {
      super(dataUrl(`${kit.prelude}\n${scripts.get(String(url)) ?? ""}`), { ...options, type: "module" });
      now = this;
      super.addEventListener("message", (event) => this.#heard(event));
      super.addEventListener("error", (event) => {
        shell.postMessage({ type: "broken", why: event.message || "the worker did not start" });
      });
      super.postMessage(kit.inside);
    }

    /**
     * Nothing goes in before the worker listens, and no port without a fence.
     *
     * @param {unknown} message
     * @param {any} [ports]
     */
    postMessage(message, ports) {
      if (!this.#listening) return void this.#waiting.push([message, ports]);
      super.postMessage(message, (ports ?? []).map(fence));
    }

    /** @param {MessageEvent} event */
    #heard(event) {
      const { data } = event;
      if (data === "polyscript:done" || data instanceof Error) return;
      event.stopImmediatePropagation();
      if (data?.lab === "listening" && !this.#listening) {
        this.#listening = true;
        for (const [message, ports] of this.#waiting.splice(0)) this.postMessage(message, ports);
      } else if (typeof data?.lab === "string" && this === now) {
        shell.postMessage({ type: "told", kind: data.lab, text: data.text, data: data.data });
      }
    }
  }
  globalThis.Worker = Fenced;

  /**
   * A port that hands on every call inward, and outward only answers to numbered calls.
   *
   * @param {MessagePort} port
   */
  function fence(port) {
    const { port1, port2 } = new MessageChannel();
    port.onmessage = ({ data, ports }) => port1.postMessage(data, [...ports]);
    port1.onmessage = ({ data }) => {
      if (Array.isArray(data) && typeof data[0] === "number") port.postMessage(data);
    };
    return port2;
  }

  /**
   * PyScript's worker and the functions that telltale.lab.room exports in it.
   *
   * @type {{sync: {[name: string]: (...args: unknown[]) => Promise<string>}}}
   */
  let opened;

  async function open() {
    const { PyWorker } = await import(dataUrl(kit.core));
    opened = await PyWorker(dataUrl(kit.start, "text/x-python"), {
      async: true,
      config: { packages_cache: "never" },
      configURL: "https://lab.invalid/config.txt",
    });
  }

  /** @param {any} message from the shell */
  async function handle({ type, id, name, args }) {
    if (type === "open") {
      kit = args;
      await open();
      return shell.postMessage({ type: "ready" });
    }
    if (type === "call") {
      try {
        shell.postMessage({ type: "answer", id, value: await opened.sync[name](...args) });
      } catch (error) {
        // one from the worker is a copy, and no Error of this document
        shell.postMessage({ type: "answer", id, error: String(/** @type {any} */ (error)?.message ?? error) });
      }
    }
  }

  addEventListener(
    "message",
    ({ ports }) => {
      [shell] = ports;
      shell.onmessage = ({ data }) =>
        handle(data).catch((error) => shell.postMessage({ type: "broken", why: String(error) }));
    },
    { once: true },
  );
})();
