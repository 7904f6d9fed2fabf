// One clip through PyAV on CPython and through WebCodecs in Chromium: times, pixels, lanes, scores.

import assert from "node:assert/strict";
import { rmSync } from "node:fs";
import { mkdtemp, readFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { after, before, test } from "node:test";

import { browse, python, serve } from "../browser/harness.mjs";

/** Of the decoded pixels, in grey levels: the browser's blue is off by one, and at coloured edges it
 * takes the nearest chroma where libswscale interpolates. */
const PIXELS = { mean: 1, most: 48 };
/** Of the mean of a sixteenth by a sixteenth of a picture, at whose coloured edges the chroma differs as above. */
const PARTS = { mean: 1, most: 8 };
/** Of boxes and landmarks, in pixels of a face about 90 wide. */
const GEOMETRY_PX = 0.7;
/** Of a lane's values, in shares of its scale: median, and the furthest. */
const LANES = { middle: 0.02, most: 0.15 };

let folder;
let server;
let browser;
let frames;
let native;
let web;
let tab;

before(async () => {
  folder = await mkdtemp(path.join(tmpdir(), "telltale-parity-video-"));
  await python("tests/parity/video_native.py", folder);
  const read = async (/** @type {string} */ name) => JSON.parse(await readFile(path.join(folder, name), "utf8"));
  [frames, native] = [await read("frames.json"), await read("sway.json")];
  server = await serve();
  browser = await browse();
  tab = await browser.context.newPage();
  await tab.route("**/media/*", (route) =>
    route.fulfill({ path: path.join(folder, path.basename(route.request().url())) }),
  );
  await tab.goto(`${server.url}engine/parts.json`);
  web = await tab.evaluate(async () => {
    const bytes = await (await fetch("/media/sway.mp4")).blob();
    const { Film } = await import("/engine/film.js");
    const film = await Film.open(bytes, `${location.origin}/`);
    const frames = [];
    for await (const shot of film.shots(0, Infinity)) {
      const { index, time_s } = shot;
      let pixels = "";
      if (index % 10 === 0) {
        const { rgba } = await shot.pixels();
        for (let k = 0; k < rgba.length; k += 4096) pixels += String.fromCharCode(...rgba.subarray(k, k + 4096));
      }
      frames.push({ index, time_s, pixels: btoa(pixels) });
      shot.close();
    }
    film.close();
    const { Engine } = await import("/engine/client.js");
    const engine = new Engine({ snapshot: false });
    const record = await engine.analyze({ bytes, name: "sway.mp4", rung: "file" });
    engine.close();
    return { frames, record };
  });
});

after(async () => {
  await browser?.close();
  server?.close();
  rmSync(folder, { recursive: true, force: true });
});

test("the same frames at the same times", () => {
  assert.equal(web.frames.length, 40);
  assert.deepEqual(web.frames.map(({ index }) => index), frames.map(({ index }) => index));
  const off = web.frames.map(({ time_s }, k) => Math.abs(time_s - frames[k].time_s));
  assert.ok(Math.max(...off) < 1e-5, `${Math.max(...off)} s`);
});

test("the same pixels within a grey level", async () => {
  const there = await readFile(path.join(folder, "frames.rgb"));
  const here = web.frames.filter(({ pixels }) => pixels).map(({ pixels }) => Buffer.from(pixels, "base64"));
  assert.equal(there.length / 3, here.reduce((sum, one) => sum + one.length / 4, 0));
  let [sum, most, at] = [0, 0, 0];
  const bias = [0, 0, 0];
  for (const rgba of here) {
    for (let k = 0; k < rgba.length; k++) {
      if (k % 4 === 3) continue;
      const off = rgba[k] - there[at++];
      bias[k % 4] += off;
      sum += Math.abs(off);
      most = Math.max(most, Math.abs(off));
    }
  }
  assert.ok(sum / at <= PIXELS.mean && most <= PIXELS.most, `mean ${sum / at}, most ${most}`);
  for (const one of bias) assert.ok(Math.abs((3 * one) / at) <= PIXELS.mean, `bias ${bias.map((b) => (3 * b) / at)}`);
});

test("the record says the same of the file and what was examined", () => {
  const { media, video } = web.record;
  const apart = { decoder: null, pixels_sha256: null };
  assert.deepEqual({ ...media, ...apart }, { ...native.media, ...apart });
  const head = ({ tracks, lanes, moments, second_look, ...rest }) => rest;
  assert.deepEqual(head(video), head(native.video));
  assert.deepEqual(Object.keys(video).toSorted(), Object.keys(native.video).toSorted());
  assert.deepEqual(web.record.warnings, native.warnings);
});

test("the same face is followed, its geometry within a pixel", () => {
  const [one, ...others] = web.record.video.tracks;
  const [other] = native.video.tracks;
  assert.deepEqual([others.length, native.video.tracks.length], [0, 1]);
  assert.equal(one.boxes.length, other.boxes.length);
  for (const [k, row] of one.boxes.entries()) near(row, other.boxes[k], GEOMETRY_PX, `box ${k}`);
  for (const [k, point] of one.landmarks.entries()) near(point, other.landmarks[k], GEOMETRY_PX, `landmark ${k}`);
});

test("every kind of file is read alike, or refused by its name", async () => {
  const formats = JSON.parse(await readFile(path.join(folder, "formats.json"), "utf8"));
  for (const { name, refused, pixels, times, ...native } of formats) {
    const here = await tab.evaluate(async (name) => {
      const { Film } = await import("/engine/film.js");
      const bytes = await (await fetch(`/media/${name}`)).blob();
      const film = await Film.open(bytes, `${location.origin}/`).catch(({ code, message }) => ({ code, message }));
      if ("code" in film) return film;
      const times = [];
      let parts;
      for await (const shot of film.shots(0, Infinity)) {
        times.push(shot.time_s);
        const { rgba, width, height } = await shot.pixels();
        // as numpy.array_split cuts
        const cuts = (n) => [...Array(17).keys()].map((k) => k * Math.floor(n / 16) + Math.min(k, n % 16));
        const [across, down] = [cuts(width), cuts(height)];
        parts = [];
        for (let row = 0; row < 16; row++) {
          for (let column = 0; column < 16; column++) {
            const sum = [0, 0, 0];
            for (let y = down[row]; y < down[row + 1]; y++) {
              for (let x = across[column]; x < across[column + 1]; x++) {
                for (let c = 0; c < 3; c++) sum[c] += rgba[4 * (y * width + x) + c];
              }
            }
            const area = (down[row + 1] - down[row]) * (across[column + 1] - across[column]);
            parts.push(sum.map((value) => value / area));
          }
        }
        shot.close();
      }
      film.close();
      return { meta: film.meta, times, parts };
    }, name);
    assert.equal(here.code ?? "", refused, name);
    if (refused) {
      assert.match(here.message, /no decoder for HEVC/);
      continue;
    }
    const { meta } = here;
    for (const [field, value] of Object.entries(native)) {
      // where frames last differently long, FFmpeg believes the header, and mediabunny counts
      if (field === "duration_s" && name === "varying.mp4") continue;
      if (typeof value === "number") near([meta[field]], [value], 1e-3, `${name}: ${field}`);
      else assert.equal(meta[field], value, `${name}: ${field}`);
    }
    assert.equal(here.times.length, times.length, name);
    near(here.times, times, 1e-3, name);
    // what the browser maps to sRGB is another picture, and it says so
    if (native.hdr) assert.match(meta.notes.join(), /high dynamic range .* the browser maps them to sRGB/);
    else {
      const off = pixels.flatMap((part, k) => part.map((value, c) => Math.abs(here.parts[k][c] - value)));
      const mean = off.reduce((sum, one) => sum + one, 0) / off.length;
      assert.ok(mean <= PARTS.mean && Math.max(...off) <= PARTS.most, `${name}: mean ${mean}, most ${Math.max(...off)}`);
    }
  }
});

test("the same lanes, values, gaps and conclusions", () => {
  const name = (/** @type {any} */ lane) => `${lane.test}/${lane.track}`;
  assert.deepEqual(web.record.video.lanes.map(name), native.video.lanes.map(name));
  for (const [k, lane] of web.record.video.lanes.entries()) {
    const other = native.video.lanes[k];
    assert.deepEqual(lane.times, other.times, name(lane));
    assert.deepEqual(lane.gaps, other.gaps, name(lane));
    const apart = lane.values.map((value, n) => Math.abs(value - other.values[n]) / (lane.high - lane.low)).toSorted((a, b) => a - b);
    if (!apart.length) continue;
    const [middle, most] = [apart[apart.length >> 1], apart.at(-1)];
    assert.ok(middle <= LANES.middle && most <= LANES.most, `${name(lane)}: median ${middle}, most ${most}`);
  }
  for (const [k, { detector, status, reason, score }] of web.record.findings.entries()) {
    const other = native.findings[k];
    assert.deepEqual([detector, status, reason], [other.detector, other.status, other.reason]);
    if (score) near([score.value / (score.high - score.low)], [other.score.value / (score.high - score.low)], LANES.middle, detector);
  }
});

/**
 * @param {number[]} one
 * @param {number[]} other
 * @param {number} within
 * @param {string} what
 */
function near(one, other, within, what) {
  for (const [k, value] of one.entries()) {
    assert.ok(Math.abs(value - other[k]) <= within, `${what}: ${value} against ${other[k]}`);
  }
}
