/** The record of one analysis, as `py/telltale/report/schema.json` publishes it. */

export interface Box {
  x: number;
  y: number;
  w: number;
  h: number;
}

export type Status = "ok" | "not_applicable" | "failed" | "cancelled";
export type Family = "learned" | "forensic" | "biological" | "provenance";

export interface Region {
  kind: "whole" | "face" | "box";
  face: number | null;
  box: Box | null;
}

export interface Fact {
  name: string;
  value: number | string | boolean | null;
  unit: string;
}

export interface Score {
  value: number | null;
  name: string;
  direction: "higher_is_suspicious" | "lower_is_suspicious" | "none";
  low: number;
  high: number;
  unit: string;
}

/** `png` is base64: 8-bit grey between `low` and `high` when scalar, RGB as it is otherwise. */
export interface MapImage {
  name: string;
  meaning: string;
  unit: string;
  kind: "scalar" | "colour";
  /** A map in frequency space is a spectrum and has no place in the picture. */
  space?: "picture" | "frequency";
  width: number;
  height: number;
  low: number | null;
  high: number | null;
  box: Box | null;
  png: string;
  /** What is seen through a looking glass: pixels instead of `png`, and in no record. */
  seen?: ImageData;
}

export interface Part {
  region: Region;
  status: Status;
  reason: string | null;
  sentence: string;
  score: number | null;
  facts: Fact[];
}

export interface Reference {
  authors: string;
  title: string;
  venue: string;
  year: number;
  url: string;
}

export interface Card {
  title: string;
  question: string;
  how: string;
  limits: string[];
  weak: boolean;
  references: Reference[];
}

export interface Finding {
  detector: string;
  version: string;
  /** Of the detector's source; absent in records of the first form. */
  sha256?: string;
  parameters?: Record<string, unknown>;
  family: Family;
  status: Status;
  reason: string | null;
  sentence: string;
  score: Score | null;
  llr: number | null;
  region: Region;
  parts: Part[];
  maps: MapImage[];
  facts: Fact[];
  caveats: string[];
  elapsed_ms: number;
  /** Made by a detector from a person's own file; it weighs in no answer. */
  unreviewed?: true;
  card: Card;
}

export interface Face {
  index: number;
  box: Box;
  score: number;
  presence: number;
  /** 68 points [x, y] in the iBUG order. */
  landmarks: [number, number][];
  quality: Record<string, number | null>;
}

export interface Faces {
  looked_for: boolean;
  unavailable: string | null;
  found: Face[];
}

export interface QuantTable {
  id: number;
  precision_bits: number;
  values: number[][];
}

export interface Jpeg {
  tables: QuantTable[];
  components: Record<string, number>[];
  subsampling: string;
  progressive: boolean;
  arithmetic: boolean;
  precision_bits: number;
  restart_interval: number;
  scans: number;
  adobe_transform: number | null;
  has_jfif: boolean;
  has_exif: boolean;
  thumbnails: Record<string, number>[];
  trailing_bytes: number;
  trailing_kind: string;
  comments: string[];
  marker_order: string[];
  quality: number | null;
  quality_exact: boolean;
}

export interface Media {
  name: string;
  sha256: string;
  /** Of the decoded upright pixels; only in a finished record. */
  pixels_sha256?: string;
  size_bytes: number;
  rung: string;
  original_bytes: boolean;
  format: string;
  mime: string;
  width: number;
  height: number;
  mode: string;
  bits: number;
  frames: number;
  has_alpha: boolean;
  orientation: number;
  icc_profile: string | null;
  jpeg: Jpeg | null;
  exif: Record<string, unknown>;
  decoder: Record<string, string>;
  notes: string[];
}

export interface ModelUse {
  id: string;
  sha256: string;
  backend: "cpu" | "wasm" | "webgpu";
  why: string;
  self_test_error: number | null;
}

export interface Runtime {
  kind: "cpython" | "pyodide";
  python: string;
  numpy: string;
  pillow: string;
  libjpeg: string;
  platform: string;
  models: ModelUse[];
  libraries?: Record<string, string>;
  self_test_tolerance?: number;
  /** How the browser's engine started. */
  engine?: { start?: "snapshot" | "cold"; isolated?: boolean; threads?: number };
  [more: string]: unknown;
}

export interface Software {
  name: string;
  version: string;
  build?: string;
  code_sha256?: string;
  detectors: string[];
}

/** How the extension came by a picture; every rung tried, and why it failed (empty: it worked). */
export interface Acquisition {
  by: string;
  asked: string;
  page: string;
  url: string;
  rung: string;
  tried: { rung: string; why: string; detail: string }[];
  notes: string[];
  measures: Record<string, number>;
  time_s: number | null;
}

/** A sentence in every language of the product, by language code. */
export type Words = Record<string, string>;

export type Strength = "inconclusive" | "little" | "some" | "substantial";

/** What one detector brought to an answer; `value` is weight times llr, in log10 units. */
export interface Contribution {
  detector: string;
  llr: number;
  weight: number;
  value: number;
  weak: boolean;
  /** Factor by which the copy was reduced on which it was measured; absent in older records. */
  reduced?: number;
}

/** The answer to one question; `llr` is log10, positive for `manipulated`. */
export interface Answer {
  id: string;
  title: Words;
  manipulated: Words;
  authentic: Words;
  answer: Words;
  strength: Strength;
  side: "manipulated" | "authentic" | "neither";
  llr: number | null;
  interval: [number, number] | null;
  abstention: string | null;
  why_abstained: Words | null;
  contributions: Contribution[];
  silent: { detector: string; why: string }[];
}

/** Verdicts are given only by calibrated detectors; without them there is the sentence alone. */
export interface Assessment {
  status: "none" | "given";
  sentence: string;
  /** Of a video: `sentence` in every language. */
  words?: Words;
  verdict?: Words;
  scale?: { strength: Strength; at_least: number }[];
  questions?: Answer[];
  /** What the file says of itself: lines of their own, never averaged into an answer. */
  provenance?: { code: string; detector: string; words: Words }[];
  warnings?: Words[];
  /** What stands behind each of the `warnings`, in their order: a code and its numbers. */
  circumstances?: { code: string; facts: Record<string, number | string> }[];
  next?: Words[];
  stability?: {
    trials: { change: string; llr: Record<string, number | null> }[];
    missing?: number;
    words?: Words | null;
  } | null;
}

/** What a record quotes of a sample of the bank. */
export interface BankSample {
  id: number;
  sha256: string;
  width: number;
  height: number;
  format: string;
  family: string;
  statements: {
    label: "real" | "fake" | "suspected";
    said_by: string;
    method: string;
    provenance: string;
    stated: string;
    /** False where an imported pack says it. */
    own: boolean;
  }[];
}

export interface BankFamily {
  name: Words;
  distance: number;
  samples?: number;
}

/** Distances of an embedding to what the bank holds by the same model. */
export interface BankNeighbours {
  model: string;
  model_sha256: string;
  /** Number of a face of a video, from 1. */
  face?: number;
  kind: "no_sample" | "few" | "unrelated" | "few_others" | "copies" | "related";
  family: string | null;
  llr: number | null;
  reach: number | null;
  words: Words;
  families: BankFamily[];
  nearest: { sample: BankSample; distance: number }[];
}

/** What the reference bank on this device said of the picture; it has no part in the verdict. */
export interface BankSection {
  status: "asked" | "empty" | "off" | "unavailable";
  words: Words;
  state: string;
  samples: number;
  same_file: BankSample | null;
  same_picture: {
    sample: BankSample;
    distance: number;
    by_chance: number;
    llr: number;
    /** Of a video: how many of its frames are in the sample, and when the nearest of them comes. */
    frames?: number;
    at_s?: number | null;
    /** When it comes in the sample, which is a video. */
    sample_s?: number;
  }[];
  neighbours: BankNeighbours[];
  built_in: {
    model: string;
    model_sha256: string;
    family: string | null;
    /** That the nearest family is the picture's own; absent in older records. */
    llr?: number | null;
    reach: number;
    words: Words;
    families: BankFamily[];
  }[];
  /** Light heads refitted on the bank, not calibrated; absent in older records. */
  heads?: { model: string; model_sha256: string; log_odds: number; auc: number[]; real: number; fake: number; fitted: string; words: Words }[];
  notes: Words[];
}

/** By what a bank can know the picture again: base64 of little-endian numbers. */
export interface Traces {
  phash: { model: string; values: string | null };
  embeddings: { model: string; model_sha256: string; vector: string }[];
  /** Of a video: frames spread over it, and the faces followed through it. */
  parts?: {
    kind: "frame" | "face";
    start_s: number;
    end_s: number;
    values: string | null;
    embeddings: { model: string; model_sha256: string; vector: string }[];
  }[];
}

export type SpanS = [start_s: number, end_s: number];

/** A stretch of a lane without a value. */
export interface Gap {
  start_s: number;
  end_s: number;
  reason: string;
  sentence: string;
}

/** What one test read over time of one face (`track` null: of the whole frame). */
export interface Lane {
  test: string;
  title: string;
  track: number | null;
  every: "geometry" | "full";
  name: string;
  direction: Score["direction"];
  low: number;
  high: number;
  unit: string;
  threshold: number | null;
  times: number[];
  values: (number | null)[];
  gaps: Gap[];
  /** What the test says of this face over the clip; null or absent before it was asked. */
  concluded?: { score: number | null; reason: string | null; sentence: string } | null;
}

/** One face through time. */
export interface Track {
  index: number;
  start_s: number;
  end_s: number;
  frames: number;
  /** In pixels of the upright picture. */
  boxes: [time_s: number, x: number, y: number, w: number, h: number][];
  jitter_px: number | null;
  jitter_smoothed_px: number | null;
  landmarks: number[][];
  keyframe_s: number | null;
  /** A JPEG in base64. */
  keyframe: string | null;
  quality: Record<string, number | null>;
}

/** A point of a lane beyond its limit; `picture` is a JPEG in base64, all of which `map` covers. */
export interface Moment {
  time_s: number;
  test: string;
  track: number | null;
  value: number | null;
  excess: number;
  picture?: string | null;
  map?: MapImage | null;
}

/** What a person asks for of a video; see `telltale.media.sampling.Asked`. */
export interface Asked {
  kind: "auto" | "whole" | "every" | "scenes";
  n: number;
  full: number;
  closer: boolean;
}

/** What was examined of a video, and what was read of it over time. */
export interface VideoSection {
  container: string;
  codec: string;
  duration_s: number;
  rate_fps: number;
  frames: number | null;
  rotation: 0 | 90 | 180 | 270;
  hdr: string;
  has_audio: boolean | null;
  plan: { kind: "whole" | "spread" | "every" | "scenes" | "live"; geometry_fps: number; full_every_s: number; windows: SpanS[]; asked?: Asked };
  second_look: SpanS[];
  examined: { offered: number; followed: number; full: number; until_s: number };
  cancelled: boolean;
  scenes: number[];
  tracks: Track[];
  lanes: Lane[];
  moments: Moment[];
}

/** A file that was examined. */
export interface Analysis {
  schema: string;
  /** The form in which an older record was written. */
  upgraded_from?: string;
  started?: string;
  created: string;
  software: Software;
  runtime: Runtime;
  media: Media;
  faces: Faces;
  propositions: { manipulated: string; authentic: string };
  assessment: Assessment;
  /** Whether the slow tests were asked for too; not said by records of the first form. */
  deep?: boolean;
  findings: Finding[];
  warnings: string[];
  stages_ms: Record<string, number>;
  acquisition?: Acquisition;
  bank?: BankSection;
  traces?: Traces;
  video?: VideoSection;
}

/** A file that could not be examined, and why. */
export interface Refusal {
  schema: string;
  created: string;
  software: Software;
  runtime: Runtime;
  error: { code: string; sentence: string };
  media: { name: string; sha256: string; size_bytes: number };
  acquisition?: Acquisition;
}

export type TelltaleRecord = Analysis | Refusal;
