// Videos in the engine and on the page: frames by WebCodecs, lanes as they grow, a record.

import assert from "node:assert/strict";
import { rmSync } from "node:fs";
import { mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { after, before, test } from "node:test";

import { browse, dies, ends, engineWorker, holdFrame, python, recordRequests, serve } from "./harness.mjs";

/** Where screenshots go, to be looked at; nowhere unless asked for. */
const LOOK = process.env.TELLTALE_LOOK;

let folder;
let server;
let browser;
let requests;
let tab;

before(async () => {
  folder = await mkdtemp(path.join(tmpdir(), "telltale-video-"));
  const made = python("tests/browser/video_media.py", folder);
  server = await serve();
  browser = await browse();
  requests = recordRequests(browser.context);
  await made;
  tab = await open();
});

after(async () => {
  await browser?.close();
  server?.close();
  rmSync(folder, { recursive: true, force: true });
});

/** A tab with `watch(name, {asked})`, which examines a clip and notes what is told; `stopper` ends it. */
async function open() {
  const page = await browser.context.newPage();
  await page.route("**/media/*", (route) =>
    route.fulfill({ path: path.join(folder, path.basename(route.request().url())) }),
  );
  await page.goto(`${server.url}engine/parts.json`);
  await page.evaluate(async () => {
    const { Engine } = await import("/engine/client.js");
    window.engine = new Engine({ snapshot: false, limits: { graceMs: 120_000 } });
    await window.engine.start();
    window.watch = async (name, { asked = {} } = {}) => {
      const told = { media: null, lanes: [], findings: [], progress: [] };
      window.stopper = new AbortController();
      const bytes = await (await fetch(`/media/${name}`)).blob();
      const record = await window.engine.analyze(
        { bytes, name, rung: "file", asked },
        {
          signal: window.stopper.signal,
          onMedia: (media) => (told.media = media),
          onFinding: (finding) => told.findings.push(finding),
          onProgress: (progress) => told.progress.push(progress),
          onLanes: (video) => told.lanes.push(video),
        },
      );
      return { record, told };
    };
  });
  return page;
}

/** @param {string} name @param {object} [how] */
const watch = (name, how = {}) => tab.evaluate(([name, how]) => window.watch(name, how), [name, how]);

/** @param {any} video @param {string} test */
const lane = (video, test) => video.lanes.find((/** @type {any} */ one) => one.test === test);

let sway;

test("an MP4 is examined frame by frame, and its lanes are told while they grow", async () => {
  // lanes are told so often a second: here, by the worker's clock, a frame takes nearly half of one
  await engineWorker(tab).evaluate(() => {
    let now = performance.now();
    performance.now = () => (now += 100);
  });
  const { record, told } = await watch("sway.mp4");
  await engineWorker(tab).evaluate(() => void delete performance.now);
  sway = record;
  const { video, media } = record;
  assert.equal(record.schema, "telltale-record/2");
  assert.deepEqual([media.format, media.mime, media.width, media.height, media.frames], ["MP4", "video/mp4", 240, 240, 50]);
  assert.match(media.decoder.decoder, /WebCodecs in Chromium \d+/);
  assert.match(media.decoder.colour, /RGBA by VideoFrame\.copyTo, from matrix \w+.* range/);
  assert.deepEqual([video.codec, video.duration_s, video.rate_fps, video.has_audio], ["h264", 2, 25, false]);
  assert.deepEqual([video.tracks.length, video.cancelled, record.warnings], [1, false, []]);
  assert.equal(video.examined.followed, 25);
  // 15 of 25 frames a second: every frame but some, at the times of the file
  assert.deepEqual(lane(video, "mouth_detail").times.slice(0, 4), [0, 0.08, 0.16, 0.24]);
  assert.ok(video.lanes.every(({ times, values }) => times.length === values.length));
  assert.deepEqual(record.findings.filter(({ status }) => status === "failed"), []);
  assert.equal(lane(video, "face_manipulation").times.length, video.examined.full);

  assert.deepEqual({ ...media, pixels_sha256: undefined }, { ...told.media, pixels_sha256: undefined });
  assert.ok(told.lanes.length >= 3, `${told.lanes.length} times`);
  const grown = told.lanes.map((one) => one.examined.until_s);
  assert.deepEqual(grown, grown.toSorted((a, b) => a - b));
  assert.ok(grown[0] < 1);
  assert.deepEqual(Object.keys(told.lanes[0]), Object.keys(video));
  assert.deepEqual(told.lanes.at(-1), video);
  assert.deepEqual(told.findings, record.findings);
  const fractions = told.progress.map(({ fraction }) => fraction);
  assert.deepEqual(fractions, fractions.toSorted((a, b) => a - b));
  assert.deepEqual([...new Set(told.progress.map(({ stage }) => stage))], ["decode", "frames", "assess"]);
});

test("WebM, odd sizes, turned pictures and a varying frame rate", async () => {
  const webm = (await watch("sway.webm")).record;
  assert.deepEqual([webm.media.format, webm.video.codec, webm.video.tracks.length], ["WebM", "vp9", 1]);
  const odd = (await watch("odd.webm")).record;
  assert.deepEqual([odd.media.width, odd.media.height, odd.video.tracks.length], [241, 239, 1]);
  const turned = (await watch("turned.mp4")).record;
  assert.deepEqual([turned.media.width, turned.media.height, turned.video.rotation], [160, 120, 90]);
  // the face stands upright only where the rotation was applied
  assert.equal(turned.video.tracks.length, 1);
  assert.ok(Math.abs(turned.video.tracks[0].quality.roll_deg) < 20);
  const varying = (await watch("varying.mkv", { asked: { kind: "every", n: 1 } })).record;
  assert.deepEqual(lane(varying.video, "generated_image").times, [0, 0.3, 0.9]);
});

test("what is high dynamic range or AV1 is examined, and the record says what it is", async () => {
  const { record } = await watch("pq.mp4", { asked: { kind: "every", n: 12 } });
  assert.equal(record.error, undefined);
  assert.deepEqual([record.media.format, record.video.codec, record.video.hdr], ["MP4", "av1", "PQ (SMPTE ST 2084)"]);
  assert.match(record.media.notes.join(), /high dynamic range \(PQ \(SMPTE ST 2084\)\)/);
  assert.match(record.media.decoder.colour, /I420P10 .* transfer pq/);
  assert.equal(record.video.tracks.length, 1);
});

test("a record is repeated on its file, and a report shows the first picture", async () => {
  const { result, html } = await tab.evaluate(async () => {
    const first = (await window.watch("sway.gif")).record;
    const { record } = await window.watch("sway.gif");
    const result = await window.engine.agreement(first, record);
    return { result, html: await window.engine.html([record]) };
  });
  assert.equal(result.agrees, true, JSON.stringify(result.rows?.filter(({ state }) => state === "differs")));
  assert.ok(result.rows.length > 10);
  assert.match(html, /<img[^>]+src="data:image\/jpeg/);
});

test("animations are followed in time, by Pillow", async () => {
  for (const name of ["sway.gif", "sway.webp"]) {
    const { record } = await watch(name);
    assert.match(record.media.decoder.decoder, /^Pillow/);
    assert.deepEqual([record.video.duration_s, record.video.tracks.length], [0.56, 1], name);
    assert.equal(record.video.examined.followed, 8);
  }
});

test("what cannot be decoded is refused with its reason, hashed all the same", async () => {
  const cases = { "hevc.mp4": "codec_unsupported", "no-index.mp4": "damaged", "sound.mp4": "audio_only" };
  for (const [name, code] of Object.entries(cases)) {
    const { record, told } = await watch(name);
    assert.equal(record.error?.code, code, name);
    assert.ok(record.error.sentence.length > 30);
    assert.match(record.media.sha256, /^[0-9a-f]{64}$/);
    assert.ok(record.media.size_bytes > 1000);
    assert.deepEqual(told.lanes, []);
  }
});

test("a clip that ends early is examined as far as it goes, and that is said", async () => {
  const { record } = await watch("cut.mkv");
  assert.match(record.warnings.join(), /not complete|damaged or missing/);
  assert.ok(lane(record.video, "face_manipulation").values.length > 0);
});

test("stopping keeps what was read, to the last frame", async () => {
  const held = await holdFrame(engineWorker(tab), 0.5);
  const going = watch("whole.mkv");
  await held();
  await tab.evaluate(() => window.stopper.abort());
  const { record, told } = await going;
  const { video } = record;
  assert.equal(video.cancelled, true);
  assert.ok(video.examined.until_s > 0.4 && video.examined.until_s < 0.6, `${video.examined.until_s}`);
  assert.deepEqual(lane(video, "mouth_detail").times.slice(0, 6), [0, 0.08, 0.16, 0.24, 0.32, 0.4]);
  assert.deepEqual(told.lanes.at(-1), video);
  assert.match(record.warnings.join(), /stopped before the end/);
  assert.ok(record.findings.length > 5);
  assert.equal((await watch("sway.gif")).record.video.cancelled, false);
});

test("a worker that dies at a frame is replaced by one that passes that frame over, and no more", async () => {
  const fatal = [0.56, 1.4];
  const first = engineWorker(tab);
  const held = await holdFrame(first, fatal[0]);
  const going = watch("sway.mp4");
  await held();
  const heldAgain = await dies(tab, first, (next) => holdFrame(next, fatal[1]));
  await heldAgain();
  await dies(tab, engineWorker(tab));
  const { record, told } = await going;
  const { times } = lane(record.video, "mouth_detail");
  // the half second from either frame is passed over, and what lies between is looked at again
  assert.deepEqual(times, [0, 0.08, 0.16, 0.24, 0.32, 0.4, 0.48, 1.08, 1.16, 1.24, 1.32, 1.92]);
  assert.equal(record.warnings.length, 1);
  assert.match(record.warnings[0], /engine broke down/i);
  assert.deepEqual([record.video.tracks.length, record.video.cancelled], [1, false]);
  assert.ok(told.media && record.runtime.models.length > 3);
});

test("a video whose worker dies before it is opened is tried once more by another; then it is refused", async () => {
  /** Let a worker wait for ever while it opens a video. */
  const holdOpening = async (worker) => {
    await worker.evaluate(() => {
      self.held = new Promise((reached) => {
        VideoDecoder.isConfigSupported = () => (reached(), new Promise(() => {}));
      });
    });
    return () => worker.evaluate(() => self.held);
  };
  const held = await holdOpening(engineWorker(tab));
  const going = watch("sway.mp4");
  await held();
  await dies(tab, engineWorker(tab));
  const { record } = await going;
  assert.deepEqual([record.video, record.warnings], [sway.video, []]);

  const first = engineWorker(tab);
  const heldThen = await holdOpening(first);
  const refused = watch("sway.mp4");
  await heldThen();
  const heldAgain = await dies(tab, first, holdOpening);
  await heldAgain();
  await dies(tab, engineWorker(tab));
  const { record: none, told } = await refused;
  assert.equal(none.error?.code, "engine_stopped");
  assert.deepEqual([none.media.sha256, told.lanes, told.media], [sway.media.sha256, [], null]);
});

test("a worker that dies while it concludes costs no more than time; one that dies idle, nothing", async () => {
  await ends(engineWorker(tab));
  await tab.evaluate(() => window.engine.start());
  const worker = engineWorker(tab);
  // the bank is asked for last, under a lock
  await worker.evaluate(() => {
    self.held = new Promise((reached) => {
      LockManager.prototype.request = () => (reached(), new Promise(() => {}));
    });
  });
  const going = watch("sway.mp4");
  await worker.evaluate(() => self.held);
  await dies(tab, worker);
  const { record, told } = await going;
  assert.equal(new Set(told.findings.map(({ detector }) => detector)).size, told.findings.length);
  assert.equal(record.warnings.length, 1);
  assert.match(record.warnings[0], /engine broke down/i);
  assert.deepEqual(record.video, sway.video);
  assert.deepEqual(record.findings.map(({ score }) => score), sway.findings.map(({ score }) => score));
});

test("of a ten-minute film only few frames are held at once", async () => {
  await engineWorker(tab).evaluate(() => {
    const counted = { now: 0, most: 0, all: 0 };
    const open = new WeakSet();
    const Decoder = self.VideoDecoder;
    const { close } = VideoFrame.prototype;
    VideoFrame.prototype.close = function () {
      if (open.delete(this)) counted.now--;
      return close.call(this);
    };
    self.VideoDecoder = class extends Decoder {
      constructor(how) {
        const output = (frame) => {
          open.add(frame);
          counted.most = Math.max(counted.most, ++counted.now);
          counted.all++;
          how.output(frame);
        };
        super({ ...how, output });
      }
    };
    Object.assign(self, { counted });
  });
  const { record } = await watch("long.mp4", { asked: { kind: "every", n: 1500 } });
  const counted = await engineWorker(tab).evaluate(() => self.counted);
  assert.deepEqual([record.video.duration_s, record.video.examined.offered], [600, 3000]);
  assert.deepEqual(lane(record.video, "generated_image").times.length + lane(record.video, "generated_image").gaps.length > 0, true);
  assert.ok(counted.all >= 3000, `${counted.all} frames were counted`);
  assert.ok(counted.most <= 50, `${counted.most} frames were held at once`);
  assert.equal(counted.now, 0, "every frame is closed at the end");
});

test("what WebCodecs does not decode is taken from the player, frame by frame", async () => {
  // as on a device where only the player has a decoder
  await engineWorker(tab).evaluate(() => {
    const { isConfigSupported } = VideoDecoder;
    VideoDecoder.isConfigSupported = async (config) => ({ config, supported: false });
    self.mend = () => (VideoDecoder.isConfigSupported = isConfigSupported);
  });
  const { record, told } = await watch("sway.webm");
  await engineWorker(tab).evaluate(() => void self.mend());
  assert.match(record.media.decoder.decoder, /video element/);
  assert.match(record.media.notes.join(), /no decoder for VP9/);
  assert.deepEqual([record.media.format, record.media.width, record.video.tracks.length], ["WebM", 240, 1]);
  const { times } = lane(record.video, "mouth_detail");
  // of the frames that a fifteenth of a second apart are shown, those that the plan asks for, at their own times
  assert.deepEqual(times, [0, 0.12, 0.2, 0.32, 0.4, 0.52, 0.6, 0.64, 0.72, 0.8, 0.92, 1, 1.12]);
  assert.ok(told.lanes.length >= 1);
});

test("a live stream is followed and judged until it is stopped", async () => {
  const { record, told } = await tab.evaluate(async () => {
    const face = await createImageBitmap(await (await fetch("/media/face.png")).blob());
    const canvas = new OffscreenCanvas(240, 240);
    const paint = canvas.getContext("2d");
    let n = 0;
    const stream = new ReadableStream(
      {
        pull(controller) {
          paint.drawImage(face, 6 * Math.sin(n / 5), 3 * Math.cos(n / 7));
          controller.enqueue(new VideoFrame(canvas, { timestamp: n++ * 66_667 }));
        },
      },
      { highWaterMark: 0 },
    );
    const stopper = new AbortController();
    const told = { lanes: 0, findings: [] };
    const record = await window.engine.live(
      { name: "camera", rung: "video-frames", stream },
      {
        signal: stopper.signal,
        onLanes: () => told.lanes++,
        onFindings: (findings) => {
          told.findings.push(findings.map(({ detector }) => detector));
          if (told.findings.length === 2) stopper.abort();
        },
      },
    );
    return { record, told };
  });
  assert.equal(record.video.plan.kind, "live");
  assert.equal(record.media.original_bytes, false);
  assert.equal(record.video.tracks.length, 1);
  assert.ok(told.lanes >= 2);
  assert.ok(told.findings.every((ids) => ids.includes("blink") && ids.includes("face_manipulation")));
  assert.equal(record.video.cancelled, false);
});

test("the page takes a video and shows what was read over time", async () => {
  const page = await browser.context.newPage();
  await page.goto(server.url);
  await page.waitForFunction(() => "telltale" in window);
  await page.locator("input[type=file]").setInputFiles(path.join(folder, "sway.mp4"));
  const [record] = await page.evaluate(() => window.telltale.whenIdle());
  assert.equal(record.video.tracks.length, 1);
  await page.locator(".lanes").first().waitFor();
  assert.equal(await page.locator(".lanes .lane[data-test]").count(), record.video.lanes.length);
  assert.ok((await page.locator(".finding").count()) > 5);
  assert.deepEqual(record.video.plan.asked, { kind: "auto", n: 10, full: 16, closer: true });

  // how much of it is examined is chosen beside it, and it is examined again so
  await page.locator(".sampling > summary").click();
  await page.getByRole("radio", { name: "Every n-th frame" }).check();
  assert.equal(await page.getByLabel("Frames that the networks examine, about").isDisabled(), true);
  await page.getByLabel("n: examine every n-th frame").fill("25");
  if (LOOK) await page.screenshot({ path: path.join(LOOK, "sampling.png"), fullPage: true });
  const anew = page.getByRole("button", { name: "Examine this video again" });
  const earlier = page.locator(".earlier");
  const lanes = page.locator(".lanes .lane[data-test]");

  // what was found stays, marked, until there is something new; stopped before that, it is the result
  const held = await holdFrame(engineWorker(page), 0);
  await anew.click();
  assert.equal(await page.evaluate(() => document.activeElement?.matches("#results h2")), true);
  await held();
  assert.match(await earlier.innerText(), /result of the examination before/);
  assert.deepEqual([await lanes.count(), await anew.isVisible()], [record.video.lanes.length, false]);
  if (LOOK) await page.screenshot({ path: path.join(LOOK, "anew.png"), fullPage: true });
  await page.locator("#results .cancel").click();
  assert.deepEqual(await page.evaluate(() => window.telltale.whenIdle()), [record]);
  assert.match(await earlier.innerText(), /was stopped/);
  assert.equal(await lanes.count(), record.video.lanes.length);

  // nor is it lost where the file can be read no more
  await engineWorker(page).evaluate(() => {
    const { readAsArrayBuffer } = FileReaderSync.prototype;
    FileReaderSync.prototype.readAsArrayBuffer = () => {
      throw new DOMException("the file was moved", "NotReadableError");
    };
    self.mend = () => (FileReaderSync.prototype.readAsArrayBuffer = readAsArrayBuffer);
  });
  await page.locator(".sampling > summary").click();
  await anew.click();
  assert.deepEqual(await page.evaluate(() => window.telltale.whenIdle()), [record]);
  assert.match(await earlier.innerText(), /failed[^]*the file was moved/);
  assert.equal(await lanes.count(), record.video.lanes.length);
  await engineWorker(page).evaluate(() => void self.mend());

  await page.locator(".sampling > summary").click();
  await anew.click();
  const [again, ...none] = await page.evaluate(() => window.telltale.whenIdle());
  assert.deepEqual(none, []);
  assert.deepEqual(again.video.plan.asked, { kind: "every", n: 25, full: 16, closer: true });
  assert.deepEqual(lane(again.video, "generated_image").times, [0, 1]);
  assert.match(await page.locator(".timeline-summary").innerText(), /Every n-th frame was examined/);
  assert.equal(await earlier.isVisible(), false);
  // the report was laid out anew meanwhile
  assert.equal(await page.evaluate(() => document.activeElement?.matches("#results h2")), true);

  // the moment in sight becomes a picture of its own, with its maps
  await page.getByRole("button", { name: "Examine this moment as a picture, with maps" }).click();
  await page.locator(".entry").nth(1).waitFor();
  const [, still] = await page.evaluate(() => window.telltale.whenIdle());
  assert.deepEqual([still.media.name, still.media.rung], ["sway.mp4 0-00.0.png", "video-frames"]);
  assert.deepEqual([still.media.width, still.media.height, still.faces.found.length], [240, 240, 1]);
  assert.ok(still.findings.some(({ maps }) => maps.length > 0));
  await page.close();
});

test("nothing was asked of any other address", () => {
  assert.ok(requests.length > 20);
  const elsewhere = requests.filter((url) => !url.startsWith(server.url) && !/^(blob|data):/.test(url));
  assert.deepEqual(elsewhere, []);
});
