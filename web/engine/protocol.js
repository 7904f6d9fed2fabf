/**
 * The one list of messages between a page and the engine's worker. Everything is plain data;
 * nothing else is sent.
 *
 * @module
 */

/**
 * `use` restores the start-up snapshot where there is one, `make` makes it and stops.
 * @typedef {"use" | "make" | "off"} SnapshotMode
 */

/**
 * `auto` takes WebGPU on a real adapter only, `force` (tests) on a software one too.
 * @typedef {"auto" | "off" | "force"} WebGpuMode
 */

/**
 * First message to a worker. `control` is shared memory: byte 0 interrupts Python (2 means stop),
 * byte 4 says that the analysis is cancelled; null where the page is not cross-origin isolated.
 * `libraries` are the shared libraries that a snapshot to be made should hold. The worker holds
 * the Web Lock `alive` for as long as it lives.
 *
 * @typedef {{type: "boot", baseUrl: string, snapshot: SnapshotMode, webgpu: WebGpuMode,
 *   control: SharedArrayBuffer | null, libraries: string[], alive: string}} Boot
 */

/**
 * What a dead worker left, for the one that goes on. `findings` is a JSON list, `done` the steps
 * that are finished, `broken` the step in which the worker died and why, `deaths` how many have,
 * `fatal` the frames of a video at which they did.
 *
 * @typedef {{checkpoint: Uint8Array | null, findings: string, done: string[], deaths: number,
 *   fatal: Place[], broken: {step: string, sentence: string} | null, cancelled: boolean}} Resume
 */
/** A frame of the first or the second look. @typedef {{second: boolean, time_s: number}} Place */

/**
 * `bytes` are RGBA or RGB pixels row by row, which `decoder` (words for the record) decoded.
 * @typedef {{width: number, height: number, decoder: {[name: string]: string}}} Pixels
 */

/** `bytes` are those of a file, unless `pixels` says that they are pixels. `deep` asks for the slow
 * tests too, `repeat` for the repetitions on changed copies; `earlier` are steps that an examination before has done and `resume` holds.
 * Of a video or an animation, which are told by the first bytes, the frames that are `asked` for are examined; it is answered by `lanes` in place of `step`. `played` are frames of a player (transferred), where nothing else decodes it.
 * With `private` the bank is asked and nothing is written.
 * @typedef {{type: "analyze", id: number, name: string, rung: string, bytes: ArrayBuffer | Blob,
 *   pixels: Pixels | null, deep: boolean, repeat: boolean | number, private: boolean, asked: Partial<import("../ui/record.js").Asked>, earlier: string[], resume: Resume | null, played: import("./played.js").Played | null}} Analyze */
/** Follow the frames of a stream (transferred) until it ends or is cancelled, and judge the last seconds again and again. Answered by `media`, `lanes`, and at last `done`.
 * @typedef {{type: "live", id: number, name: string, rung: string, private: boolean, stream: ReadableStream<VideoFrame>}} Live */
/** @typedef {{type: "cancel", id: number}} Cancel */
/** Load and import a little of what a later analysis needs; answered by `warmed`.
 * @typedef {{type: "warm", id: number}} Warm */
/** `how` is the JSON of `{lang, custody}`: the report's language, what a person filled in.
 * @typedef {{type: "html", id: number, records: string, pictures: (Uint8Array | null)[],
 *   how: string}} Html */
/** Several records as one table; answered by `tabled`.
 * @typedef {{type: "table", id: number, records: string}} Table */
/** Two records of one file; answered by `agreed`.
 * @typedef {{type: "agree", id: number, recorded: string, repeated: string}} Agree */

/** A picture to look at; the worker holds the last two by `key`.
 * @typedef {{key: string, name: string, rung: string, bytes: ArrayBuffer, pixels: Pixels | null}} Brought */
/**
 * Look at the picture `key` through a glass with `values` (JSON) or, with `glass` empty, compare
 * it with the picture `other`. Answered by `missing`, or by `sights`.
 *
 * @typedef {{type: "look", id: number, glass: string, packages: string[], values: string,
 *   key: string, other: string, bring: Brought[]}} Look
 */

/** Something is wanted of the bank: `name` of `telltale.bank.desk`, `args` as JSON; or, with the
 * name `storage`, how the bank is kept. `bytes` belong to `add` (a medium) and `import` (a pack).
 * With `private` nothing is written.
 * @typedef {{type: "bank", id: number, name: string, args: string, bytes: Uint8Array | null,
 *   private: boolean}} BankMessage */

/** @typedef {Boot | Analyze | Live | Cancel | Warm | Html | Table | Agree | Look | BankMessage} ToWorker */

/**
 * How the engine started. `start` is `snapshot` or `cold`; `trouble` says why a snapshot was
 * thrown away.
 *
 * @typedef {{start: "snapshot" | "cold", isolated: boolean, threads: number, boot_ms: number,
 *   trouble: string}} Diagnostics
 */

/** @typedef {{type: "booting", stage: string}} Booting */
/** @typedef {{type: "ready", diagnostics: Diagnostics}} Ready */
/** The snapshot is stored (`libraries` empty), or these must be given and it be tried again.
 * @typedef {{type: "made", bytes: number, libraries: string[]}} Made */
/** @typedef {{type: "plan", id: number, steps: string[]}} Plan */
/** `stage` is `decode` or a step's id; `fraction` of the whole analysis, in [0, 1].
 * @typedef {{type: "progress", id: number, stage: string, fraction: number, text: string}} Progress */
/** @typedef {{type: "media", id: number, media: import("../ui/record.js").Media}} MediaMessage */
/** One step is finished.
 * @typedef {{type: "step", id: number, step: string, checkpoint: Uint8Array,
 *   finding?: import("../ui/record.js").Finding, faces?: import("../ui/record.js").Faces,
 *   bank?: import("../ui/record.js").BankSection,
 *   assessment?: import("../ui/record.js").Assessment}} Step */
/** The frame that is looked at next. @typedef {{type: "frame", id: number, place: Place}} FrameMessage */
/** What is known of a video so far, in the form of the record. `findings` are null until something was concluded; those of a live stream are told again and again. `checkpoint` is null for a live stream.
 * @typedef {{type: "lanes", id: number, video: import("../ui/record.js").VideoSection,
 *   faces: import("../ui/record.js").Faces, findings: import("../ui/record.js").Finding[] | null,
 *   checkpoint: Uint8Array | null}} Lanes */
/** @typedef {{type: "done", id: number, record: import("../ui/record.js").TelltaleRecord,
 *   thumbnail: Uint8Array | null}} Done */
/** @typedef {{type: "warmed", id: number, more: boolean, libraries: string[]}} Warmed */
/** @typedef {{type: "page", id: number, html: string}} PageMessage */
/** @typedef {{type: "tabled", id: number, csv: string}} Tabled */
/** These pictures must be brought, and it be asked again.
 * @typedef {{type: "missing", id: number, keys: string[]}} Missing */
/** What is seen: JSON of a header, and values row by row. `why` says why there is nothing.
 * @typedef {{type: "sights", id: number, why: string, sights: [string, Uint8Array][]}} Sights */
/** `refused` says why nothing was done; it is empty where it was.
 * @typedef {{type: "banked", id: number, answer: any, refused: string, bytes: Uint8Array | null}} Banked */
/** @typedef {{type: "agreed", id: number, result: string}} Agreed */
/** A request failed, and the worker goes on.
 * @typedef {{type: "trouble", id: number, message: string}} Trouble */
/** The worker cannot go on.
 * @typedef {{type: "dead", message: string}} Dead */

/** @typedef {Booting | Ready | Made | Plan | Progress | MediaMessage | FrameMessage | Step | Lanes | Done | Warmed
 *   | PageMessage | Tabled | Agreed | Missing | Sights | Banked | Trouble | Dead} FromWorker */

/** Places of the flags in `Boot.control`. */
export const INTERRUPT = 0;
export const CANCELLED = 4;
export const CONTROL_BYTES = 8;
/** Written to `INTERRUPT`: SIGINT, which Python raises as KeyboardInterrupt. */
export const SIGINT = 2;

/** The step that asks the bank, which the worker opens for it. */
export const BANK = "bank";
/** The stage before the steps: hashing and decoding. */
export const DECODE = "decode";
/** The stage of a video in which its frames are examined. */
export const FRAMES = "frames";
/** The last step, which weighs the findings of all others. */
export const ASSESS = "assess";
