/** The frames of a stream (a camera, a tab, a player), in the form of a film's; none comes twice. */

import { Pixels, Refused, sizeOf } from "./film.js";

/** @typedef {import("./film.js").Shot} Shot */

export class LiveStream {
  trouble = "";
  #reader;
  #first;
  #pixels = new Pixels();
  #origin;

  /**
   * @param {ReadableStreamDefaultReader<VideoFrame>} reader
   * @param {VideoFrame} first
   * @param {import("./film.js").Meta | null} meta where the stream is that of a file
   */
  constructor(reader, first, meta) {
    this.#reader = reader;
    this.#first = /** @type {VideoFrame | null} */ (first);
    this.#origin = first.timestamp;
    const { width, height } = sizeOf(first);
    this.meta = meta ?? {
      container: "stream", codec: "", width, height, duration_s: 0, rate_fps: 0, live: true,
      decoder: {
        decoder: "frames as the browser hands them out",
        colour: `${first.format ?? "opaque"} to RGBA by ${first.format ? "VideoFrame.copyTo" : "a canvas"}`,
        "colour management": "to sRGB, by the browser",
      },
    };
  }

  /**
   * Wait for the first frame; rejects with `Refused` where none comes.
   *
   * @param {ReadableStream<VideoFrame>} stream
   * @param {import("./film.js").Meta | null} [meta]
   */
  static async open(stream, meta = null) {
    const reader = stream.getReader();
    const { value } = await reader.read();
    if (!value) throw new Refused("no_frames", "The stream ended before its first picture.");
    return new LiveStream(reader, value, meta);
  }

  /**
   * Frames as they come; the stream itself drops those that nobody fetched in time.
   *
   * @returns {AsyncGenerator<Shot, void, void>}
   */
  async *shots() {
    for (let index = 0; ; index++) {
      const frame = this.#first ?? (await this.#reader.read()).value;
      this.#first = null;
      if (!frame) return;
      const time_s = (frame.timestamp - this.#origin) / 1e6;
      yield { time_s, index, pixels: () => this.#pixels.of(frame), close: () => frame.close() };
    }
  }

  close() {
    this.#first?.close();
    void this.#reader.cancel().catch(() => {});
  }
}
