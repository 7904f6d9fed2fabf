/**
 * The one door to decoded frames of a video file: mediabunny reads the container, WebCodecs decodes.
 * Frames come in presentation order with their own times, and few are held at once.
 */

import { plain } from "./wheels.js";

/** @typedef {typeof import("mediabunny")} Mediabunny */
/** @typedef {import("mediabunny").VideoSample} VideoSample */

/** What `telltale.media.video.VideoMeta` asks for. @typedef {{[field: string]: unknown}} Meta */

/**
 * One decoded frame, to be closed; its pixels are made only where they are asked for.
 *
 * @typedef {object} Shot
 * @property {number} time_s
 * @property {number} index
 * @property {() => Promise<Stored>} pixels RGBA as stored, before any rotation; valid until the next call
 * @property {() => void} close
 */
/** @typedef {{rgba: Uint8Array, width: number, height: number}} Stored */

/** FFmpeg's names of the codecs, and those that people know. */
const CODECS = /** @type {{[id: string]: [string, string]}} */ ({
  avc: ["h264", "H.264"],
  hevc: ["hevc", "HEVC (H.265)"],
  vp8: ["vp8", "VP8"],
  vp9: ["vp9", "VP9"],
  av1: ["av1", "AV1"],
});
const CONTAINERS = /** @type {{[name: string]: string}} */ ({
  "QuickTime File Format": "QuickTime",
  "MPEG Transport Stream": "MPEG-TS",
});
/** Transfer functions beyond standard dynamic range. */
const HDR = /** @type {{[id: string]: string}} */ ({ pq: "PQ (SMPTE ST 2084)", hlg: "HLG (ARIB STD-B67)" });
/** Packets whose times give the frame rate where counting all means reading the whole file. */
const RATE_PACKETS = 300;

/** A video that cannot be examined; `code` is one of the record's. */
export class Refused extends Error {
  /** @param {string} code @param {string} sentence */
  constructor(code, sentence) {
    super(sentence);
    this.code = code;
  }
}

export class Film {
  /** Why decoding ended early, or "". */
  trouble = "";
  #bunny;
  #input;
  #track;
  #origin;
  #software = false;
  #pixels = new Pixels();

  /**
   * @param {Mediabunny} bunny
   * @param {import("mediabunny").Input} input
   * @param {import("mediabunny").InputVideoTrack} track
   * @param {number} origin seconds of the first frame
   * @param {Meta} meta
   */
  constructor(bunny, input, track, origin, meta) {
    this.#bunny = bunny;
    this.#input = input;
    this.#track = track;
    this.#origin = origin;
    this.meta = meta;
  }

  /**
   * Read the container and decode one frame; rejects with `Refused`.
   *
   * @param {Blob} file
   * @param {string} baseUrl
   */
  static async open(file, baseUrl) {
    /** @type {Mediabunny} */
    const bunny = await import(new URL("vendor/mediabunny/mediabunny.min.mjs", baseUrl).href);
    // no HLS, which would fetch
    const formats = [bunny.MP4, bunny.QTFF, bunny.MATROSKA, bunny.WEBM, bunny.MPEG_TS];
    const input = new bunny.Input({ source: new bunny.BlobSource(file), formats });
    try {
      return await read(bunny, input);
    } catch (error) {
      input.dispose();
      if (error instanceof Refused) throw error;
      throw new Refused("damaged", `The video's container cannot be read; the file is damaged or not complete (${plain(error)}).`);
    }
  }

  /**
   * The frames in [start_s, end_s), in order. Where decoding fails, frames end and `trouble` says why.
   *
   * @param {number} start_s
   * @param {number} end_s
   * @returns {AsyncGenerator<Shot, void, void>}
   */
  async *shots(start_s, end_s) {
    const { duration_s, rate_fps } = /** @type {{duration_s: number, rate_fps: number}} */ (this.meta);
    const rate = rate_fps || 25;
    let last = -Infinity;
    let count = 0;
    for (;;) {
      // a hardware decoder that fails may be followed by a software one
      const from = Math.max(start_s, last);
      try {
        for await (const sample of this.#sink().samples(from + this.#origin, end_s + this.#origin)) {
          const time_s = sample.timestamp - this.#origin;
          if (time_s < start_s || time_s <= last) {
            sample.close();
            continue;
          }
          last = time_s;
          const index = start_s > 0 ? Math.round(time_s * rate) : count;
          count++;
          yield { time_s, index, pixels: () => this.#pixels.of(sample), close: () => sample.close() };
        }
        break;
      } catch (error) {
        if (!this.#software) {
          this.#software = true;
          continue;
        }
        this.trouble = `Decoding ended at ${Math.max(last, 0).toFixed(1)} s: the rest of the file is damaged or missing.`;
        console.warn(error);
        return;
      }
    }
    if (start_s === 0 && end_s === Infinity && duration_s - last > 1 + 2 / rate) {
      this.trouble = `The container promises ${duration_s.toFixed(1)} s of video, and pictures end at ${Math.max(last, 0).toFixed(1)} s: the file is not complete.`;
    }
  }

  close() {
    this.#input.dispose();
  }

  #sink() {
    const how = this.#software ? /** @type {const} */ ("prefer-software") : /** @type {const} */ ("no-preference");
    return new this.#bunny.VideoSampleSink(this.#track, { hardwareAcceleration: how });
  }
}

/** Pixels of frames, in one buffer that is used again and again. */
export class Pixels {
  #buffer = new Uint8Array(0);

  /**
   * @param {VideoSample | VideoFrame} frame
   * @returns {Promise<Stored>}
   */
  async of(frame) {
    const { width, height } = sizeOf(frame);
    const bytes = width * height * 4;
    if (this.#buffer.length !== bytes) this.#buffer = new Uint8Array(bytes);
    // frames that stay in a graphics card have no format, and only a canvas reads them
    if (frame.format === null) drawn(frame, width, height, this.#buffer);
    else await frame.copyTo(this.#buffer, { format: "RGBA", colorSpace: "srgb" });
    return { rgba: this.#buffer, width, height };
  }
}

/** @param {VideoSample | VideoFrame} frame */
export function sizeOf(frame) {
  const { width = frame.codedWidth, height = frame.codedHeight } = frame.visibleRect ?? {};
  return { width, height };
}

/**
 * @param {VideoSample | VideoFrame} frame
 * @param {number} width
 * @param {number} height
 * @param {Uint8Array} into
 */
function drawn(frame, width, height, into) {
  const context = new OffscreenCanvas(width, height).getContext("2d", { willReadFrequently: true });
  if (!context) throw new Error("there is no canvas to read the frame with");
  if (frame instanceof VideoFrame) context.drawImage(frame, 0, 0, width, height);
  else {
    frame.setRotation(0);
    frame.draw(context, 0, 0, width, height);
  }
  into.set(context.getImageData(0, 0, width, height).data);
}

/**
 * @param {Mediabunny} bunny
 * @param {import("mediabunny").Input} input
 */
async function read(bunny, input) {
  const format = await input.getFormat();
  const track = await input.getPrimaryVideoTrack();
  const sounds = (await input.getAudioTracks()).length > 0;
  if (!track) {
    if (!(await input.getTracks()).length) throw new Error("it lists no track");
    if (sounds) throw new Refused("audio_only", "This file holds sound but no pictures.");
    throw new Refused("no_frames", "This file holds no video.");
  }
  const codec = (await track.getCodec()) ?? "";
  const [name, known] = CODECS[codec] ?? [String((await track.getInternalCodecId()) ?? "unknown"), ""];
  if (!known || !(await track.canDecode())) throw unsupported(known || name, codec);
  const origin = Math.max(0, await track.getFirstTimestamp());
  // where the container has no table of all frames, counting them would read the whole file
  const table = format instanceof bunny.IsobmffInputFormat;
  const stats = await track.computePacketStats(table ? undefined : RATE_PACKETS);
  // what the track's header says takes no heed of its edit list
  const until = (table ? null : await track.getDurationFromMetadata()) ?? (await track.computeDuration());
  const first = await decoded(bunny, track, origin, known);
  const { width, height } = sizeOf(first);
  const colour = first.colorSpace.toJSON();
  const [pixel, stored] = [first.format, { width, height }];
  first.close();
  const rotation = await track.getRotation();
  const upright = rotation % 180 ? { width: height, height: width } : stored;
  const transfer = (await track.getColorSpace()).transfer ?? colour.transfer ?? "";
  const hdr = HDR[transfer] ?? "";
  const aspect = await track.getPixelAspectRatio();
  const meta = {
    container: CONTAINERS[format.name] ?? format.name,
    codec: name,
    ...upright,
    duration_s: Math.max(0, until - origin),
    rate_fps: stats.averagePacketRate,
    frames: table ? stats.packetCount : null,
    rotation,
    hdr,
    has_audio: sounds,
    decoder: {
      decoder: `WebCodecs in ${browser()}, hardware or software as it chooses; container by mediabunny`,
      codec: (await track.getCodecParameterString()) ?? codec,
      colour: `${pixel ?? "opaque"} to RGBA by ${pixel ? "VideoFrame.copyTo" : "a canvas"}, from ${described(colour)}`,
      "colour management": "to sRGB, by the browser",
    },
    notes: notes({ rotation, hdr, aspect, flip: await track.getFlip() }),
  };
  return new Film(bunny, input, track, origin, meta);
}

/**
 * The first frame; refuses a file without one.
 *
 * @param {Mediabunny} bunny
 * @param {import("mediabunny").InputVideoTrack} track
 * @param {number} origin
 * @param {string} known name of the codec
 */
async function decoded(bunny, track, origin, known) {
  let why = "";
  for (const hardwareAcceleration of /** @type {const} */ (["no-preference", "prefer-software"])) {
    try {
      const frames = new bunny.VideoSampleSink(track, { hardwareAcceleration }).samples(origin);
      const { value } = await frames.next();
      await frames.return();
      if (value) return value;
    } catch (error) {
      why = ` (${plain(error)})`;
    }
  }
  throw new Refused("no_frames", `Not one picture of this ${known} video can be decoded${why}; the file is damaged or not complete.`);
}

/** @param {string} known @param {string} codec */
function unsupported(known, codec) {
  const hint = codec === "hevc" ? " It is decoded only where the device has a decoder for it." : "";
  return new Refused("codec_unsupported", `This browser has no decoder for ${known} video on this device.${hint}`);
}

/**
 * @param {{rotation: number, hdr: string, aspect: {num: number, den: number}, flip: boolean}} what
 * @returns {string[]}
 */
function notes({ rotation, hdr, aspect, flip }) {
  const all = [];
  if (rotation) all.push(`Turned upright by ${rotation} degrees as the file says.`);
  if (flip) all.push("The file asks for mirrored pictures; they are examined as stored.");
  if (aspect.num !== aspect.den) {
    all.push(`The pixels are not square (${aspect.num}/${aspect.den}); they are examined as stored, so faces look stretched.`);
  }
  if (hdr) all.push(`The pictures are high dynamic range (${hdr}); the browser maps them to sRGB, and no test was validated on that.`);
  return all;
}

/** @param {VideoColorSpaceInit} colour */
function described({ matrix, primaries, transfer, fullRange }) {
  return `matrix ${matrix ?? "unsaid"}, primaries ${primaries ?? "unsaid"}, transfer ${transfer ?? "unsaid"}, ${fullRange ? "full" : "limited"} range`;
}

/** The browser and its version, as it says them. */
function browser() {
  const found = /(Chrom(?:e|ium)|Firefox|Version)\/([\d.]+)/.exec(navigator.userAgent);
  return found ? `${found[1] === "Chrome" ? "Chromium" : found[1]} ${found[2]}` : "a browser";
}
