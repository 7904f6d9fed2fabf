// The timeline of a video: what it says, how it moves, and that it keeps in step with the player.

import assert from "node:assert/strict";
import { readFileSync, rmSync } from "node:fs";
import { mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { after, before, test } from "node:test";

import { at, beyond, clockTime, latest, points, runs, sight, tickStep } from "../../web/ui/series.js";
import { browse, python, serve } from "./harness.mjs";

const lane = {
  test: "face_warping",
  title: "Face warping artifacts",
  track: 0,
  every: "full",
  name: "mean of the five highest regions",
  direction: "higher_is_suspicious",
  low: 0,
  high: 1,
  unit: "",
  threshold: 0.6,
  times: [0, 0.5, 1, 1.5],
  values: [0.2, 0.9, 0.4, 0.7],
  gaps: [{ start_s: 1.8, end_s: 2, reason: "face_turned_away", sentence: "" }],
};
const blink = {
  ...lane,
  test: "blink",
  title: "Blinks",
  every: "geometry",
  name: "eye aspect ratio",
  direction: "none",
  threshold: null,
  times: [0, 0.1, 0.2, 1.4, 1.5],
  values: [0.3, 0.3, 0.1, 0.3, 0.3],
  gaps: [],
  concluded: { score: null, reason: "too_short", sentence: "The face is seen for 2.0 s, in which it blinks 1 times; a rate needs at least 20 s." },
};
const whole = { ...lane, test: "generated_image", title: "Traces of image generators", track: null, threshold: null, gaps: [] };
const moment = (time_s, value) => ({ time_s, test: "face_warping", track: 0, value, excess: value - 0.6 });
const section = {
  container: "MP4", codec: "vp9", duration_s: 2, rate_fps: 25, frames: 50, rotation: 0, hdr: "", has_audio: false,
  plan: { kind: "whole", geometry_fps: 15, full_every_s: 0.5, windows: [] },
  second_look: [[0.2, 0.8]],
  examined: { offered: 50, followed: 30, full: 4, until_s: 1.96 },
  cancelled: false,
  scenes: [1.2],
  tracks: [{
    index: 0, start_s: 0, end_s: 1.96, frames: 30, boxes: [[0, 60, 50, 90, 100], [1, 70, 50, 90, 100]], jitter_px: 0.4,
    jitter_smoothed_px: 0.2, landmarks: [], keyframe_s: 0.5, keyframe: null, quality: { width_px: 92, yaw_deg: -12 },
  }],
  lanes: [whole, lane, blink],
  moments: [moment(0.5, 0.9), moment(1.5, 0.7)],
};
/** Where screenshots go, to be looked at; nowhere unless asked for. */
const LOOK = process.env.TELLTALE_LOOK;

let folder;
let server;
let browser;
let tab;

before(async () => {
  folder = await mkdtemp(path.join(tmpdir(), "telltale-timeline-"));
  const made = python("tests/browser/timeline_media.py", path.join(folder, "sway.webm"));
  server = await serve();
  browser = await browse();
  await made;
  tab = await open("en");
});

after(async () => {
  await browser?.close();
  server?.close();
  rmSync(folder, { recursive: true, force: true });
});

/** A tab under the page's own policy with `line` (a timeline) and `player`, and no engine. */
async function open(language) {
  const page = await browser.context.newPage();
  await page.goto(`${server.url}engine/parts.json`);
  const bytes = readFileSync(path.join(folder, "sway.webm")).toString("base64");
  await page.evaluate(
    async ({ bytes, section, language }) => {
      const { speak } = await import("/ui/i18n.js");
      await speak(language);
      const { createTimeline } = await import("/ui/timeline.js");
      const { createPlayer } = await import("/ui/player.js");
      const sheets = ["tokens", "base", "report"].map((name) => {
        const link = document.createElement("link");
        Object.assign(link, { rel: "stylesheet", href: `/ui/${name}.css` });
        document.head.append(link);
        return new Promise((resolve) => (link.onload = resolve));
      });
      await Promise.all(sheets);
      const root = document.createElement("main");
      const [screen, sheet] = [document.createElement("section"), document.createElement("section")];
      // as it stands in a report, which knows its width
      sheet.className = "lanes";
      const report = document.createElement("div");
      report.className = "report";
      report.append(sheet);
      root.append(screen, report);
      document.body.replaceChildren(root);
      const file = new Blob([Uint8Array.from(atob(bytes), (c) => c.charCodeAt(0))], { type: "video/webm" });
      const { signal } = new AbortController();
      const player = createPlayer(screen, { name: "sway.webm", url: URL.createObjectURL(file), signal });
      const still = async () => {
        const { stillOf } = await import("/ui/player.js");
        window.still = await stillOf(player.video, "sway.webm");
      };
      const line = createTimeline(sheet, { player: player.video, signal, still });
      line.clock.addEventListener("change", () => player.at(line.clock.time));
      player.faces(section.tracks);
      line.show(section);
      Object.assign(window, { player, line, section });
    },
    { bytes, section, language },
  );
  await page.waitForFunction(() => window.player.video.readyState >= 2);
  return page;
}

const now = () => tab.evaluate(() => window.player.video.currentTime);
/** Wait until the player stands at a moment, and the timeline has heard of it. */
const stands = (time_s) =>
  tab.waitForFunction((t) => {
    const { seeking, currentTime } = window.player.video;
    const said = document.querySelector("[role=slider]").getAttribute("aria-valuenow");
    return !seeking && Math.abs(currentTime - t) < 0.06 && said === t.toFixed(1);
  }, time_s);
/** Where the needle stands on the lanes, in [0, 1]. */
const needle = () =>
  tab.evaluate(() => {
    const hand = document.querySelector(".timeline-hand").getBoundingClientRect();
    const { left, width } = document.querySelector(".timeline-needle").getBoundingClientRect();
    return (left + width / 2 - hand.left) / hand.width;
  });

test("a lane's arithmetic: stretches, what stands at a moment, what lies beyond", () => {
  const list = points(blink);
  assert.deepEqual(runs(list).map((run) => run.length), [3, 2]);
  // what is in sight, and on either side the point that the line comes from and goes to
  assert.deepEqual(sight(list, 0.12, 0.15).map(([time]) => time), [0.1, 0.2]);
  assert.deepEqual(sight(list, 0.3, 9).map(([time]) => time), [0.2, 1.4, 1.5]);
  assert.equal(at(blink, list, 0.16).value, 0.1);
  assert.deepEqual(at(blink, list, 0.8), { value: null, gap: null });
  assert.equal(at(lane, points(lane), 2.5).gap?.reason, "face_turned_away");
  assert.deepEqual(points({ ...lane, values: [null, 1, null, 2] }), [[0.5, 1], [1.5, 2]]);
  assert.deepEqual([0.9, 0.6, 0.2].map((value) => beyond(lane, value)), [true, false, false]);
  assert.ok(beyond({ ...lane, direction: "lower_is_suspicious" }, 0.2));
  assert.ok(!beyond(blink, 9));
  assert.equal(latest(blink, points(blink)).value, 0.3);
  assert.equal(latest(lane, points(lane)).gap?.reason, "face_turned_away");
  assert.deepEqual([0, 59.96, 61.24, 3723].map((s) => clockTime(s)), ["0:00.0", "1:00.0", "1:01.2", "1:02:03.0"]);
  assert.deepEqual([tickStep(2, 8), tickStep(60, 8), tickStep(5000, 8)], [0.5, 10, 1800]);
});

test("every test has its lane with limit, gaps with reasons, and words for who does not see it", async () => {
  assert.equal(await tab.locator(".lane[data-test]").count(), 3);
  const warping = tab.locator('.lane[data-test="face_warping"]');
  const spoken = await warping.locator("svg[role=img]").getAttribute("aria-label");
  assert.equal(spoken, "Face 1, Face warping artifacts: 4 values, most suspicious 0.9 at 0:00.5; limit 0.6, 2 beyond it");
  assert.equal(await warping.locator(".lane-limit").count(), 1);
  assert.equal((await warping.locator(".lane-over").getAttribute("d")).match(/M/g).length, 2);
  await warping.locator("summary").click();
  assert.match(await warping.locator(".lane-gaps").innerText(), /0:01\.8.0:02\.0: face turned away/i);
  await warping.locator("summary").click();
  const blinks = tab.locator('.lane[data-test="blink"]');
  assert.equal(await blinks.locator(".lane-limit").count(), 0);
  await blinks.locator("summary").click();
  assert.match(await blinks.innerText(), /a rate needs at least 20 s/);
  await blinks.locator("summary").click();
  assert.match(await tab.locator(".track").innerText(), /Face 1\s+0:00\.0.0:02\.0 · 92 pixels wide · turned by 12°/);
});

test("scrubbing moves the video, and the video moves the needle", async () => {
  const box = await tab.locator('.lane[data-test="blink"] .lane-field').boundingBox();
  await tab.mouse.move(box.x + 0.25 * box.width, box.y + 10);
  await tab.mouse.down();
  await stands(0.5);
  await tab.mouse.move(box.x + 0.75 * box.width, box.y + 90, { steps: 4 });
  await tab.mouse.up();
  await stands(1.5);
  await tab.evaluate(() => (window.player.video.currentTime = 1));
  await stands(1);
  const at = await needle();
  assert.ok(Math.abs(at - 0.5) < 0.03, String(at));
  assert.equal(await tab.locator(".player-face").count(), 1);
  const label = tab.locator('.lane[data-test="face_warping"] .lane-now');
  assert.equal(await label.innerText(), "0.4");
});

test("it works by keys alone: steps, ends, playing", async () => {
  const slider = tab.getByRole("slider", { name: "Position in the video" });
  await slider.focus();
  await tab.keyboard.press("Home");
  await stands(0);
  await tab.keyboard.press("ArrowRight");
  await stands(0.1);
  await tab.keyboard.press("Shift+ArrowRight");
  await stands(1.1);
  assert.match(await slider.getAttribute("aria-valuetext"), /^1\.1 of 2(\.\d)? seconds$/);
  await tab.keyboard.press("End");
  assert.ok((await now()) > 1.8);
  await tab.keyboard.press("Home");
  await stands(0);
  // a clip of two seconds would be at its end before a slow hand has paused it
  await tab.evaluate(() => (window.player.video.loop = true));
  await tab.keyboard.press(" ");
  await tab.waitForFunction(() => window.player.video.currentTime > 0.2);
  await tab.getByRole("button", { name: "Pause", exact: true }).click();
  await tab.getByRole("button", { name: "Play", exact: true }).waitFor();
  assert.equal(await tab.evaluate(() => window.player.video.paused), true);
  await tab.evaluate(() => (window.player.video.loop = false));
});

test("the most suspicious moments are gone to by click and by key", async () => {
  await tab.locator(".moment").first().click();
  await stands(0.5);
  assert.equal(await tab.locator(".moments [aria-current=true]").count(), 1);
  await tab.keyboard.press("n");
  await stands(1.5);
  await tab.keyboard.press("p");
  await stands(0.5);
  assert.match(await tab.locator('.lane[data-test="face_warping"] .lane-now').innerText(), /0\.9 beyond/);
  assert.equal(await tab.getByRole("button", { name: "Suspicious moment before" }).isDisabled(), true);
});

test("a moment has its picture under its map", async () => {
  const [picture, map] = await tab.evaluate(async () => {
    const canvas = new OffscreenCanvas(4, 4);
    const pen = canvas.getContext("2d");
    const text = async (type) => {
      const bytes = new Uint8Array(await (await canvas.convertToBlob({ type })).arrayBuffer());
      return btoa(String.fromCharCode(...bytes));
    };
    pen.fillStyle = "#808080";
    pen.fillRect(0, 0, 4, 4);
    const picture = await text("image/jpeg");
    pen.fillStyle = "#fff";
    pen.fillRect(0, 0, 2, 4);
    const png = await text("image/png");
    const map = { name: "m", meaning: "", unit: "", kind: "scalar", width: 4, height: 4, low: 0, high: 1, box: null, png };
    const [first, ...others] = [{ time_s: 0.5, test: "face_warping", track: 0, value: 0.9, excess: 0.3, picture, map }];
    window.line.show({ ...window.section, moments: [first, ...others] });
    return [picture, map];
  });
  assert.ok((await tab.locator(".moment img").getAttribute("src")).endsWith(picture));
  // the map's values are 1 on the left and 0.5 on the right, which cividis paints yellow and grey
  await tab.waitForFunction(() => document.querySelector(".moment-map")?.width === 4);
  const [left, right] = await tab.locator(".moment-map").evaluate((canvas) => {
    const pen = canvas.getContext("2d");
    return [0, 3].map((x) => [...pen.getImageData(x, 1, 1, 1).data.slice(0, 3)]);
  });
  assert.ok(left[0] - left[2] > 150 && Math.abs(right[0] - right[2]) < 20, `${left} and ${right}`);
  assert.equal(map.width, 4);
  await tab.evaluate(() => window.line.show(window.section));
});

test("the moment in sight becomes a picture, pixel by pixel, named after its time", async () => {
  await tab.evaluate(() => (window.player.video.currentTime = 0.5));
  await stands(0.5);
  await tab.getByRole("button", { name: "Examine this moment as a picture, with maps" }).click();
  await tab.waitForFunction(() => window.still);
  const same = await tab.evaluate(async () => {
    const { video } = window.player;
    const bitmap = await createImageBitmap(window.still);
    const read = (source) => {
      const canvas = new OffscreenCanvas(video.videoWidth, video.videoHeight);
      const pen = canvas.getContext("2d");
      pen.drawImage(source, 0, 0);
      return pen.getImageData(0, 0, canvas.width, canvas.height).data;
    };
    const [one, other] = [read(bitmap), read(video)];
    const size = [bitmap.width, bitmap.height].join() === [video.videoWidth, video.videoHeight].join();
    return { name: window.still.name, type: window.still.type, size, same: one.every((v, k) => v === other[k]), colours: new Set(one).size };
  });
  const { colours, ...rest } = same;
  assert.deepEqual(rest, { name: "sway.webm 0-00.5.png", type: "image/png", size: true, same: true });
  assert.ok(colours > 100, "it shows something");
});

test("a shorter time can be shown, about where the video stands", async () => {
  const window_ = () => tab.locator('.lane[data-test="blink"] svg[role=img]').getAttribute("viewBox");
  const all = await window_();
  await tab.getByRole("button", { name: "Show a shorter time" }).click();
  const [from, , span] = (await window_()).split(" ").map(Number);
  assert.ok(Math.abs(span - 1) < 0.1 && from >= 0 && from <= 0.5);
  await tab.keyboard.press("0");
  assert.equal(await window_(), all);
});

test("results that come in while the work goes on leave the reader where he is", async () => {
  const blinks = tab.locator('.lane[data-test="blink"]');
  await blinks.locator("summary").click();
  await blinks.locator("summary").focus();
  await tab.evaluate(
    ([section, lane]) => {
      const tracks = [...section.tracks, { ...section.tracks[0], index: 1, start_s: 1 }];
      window.line.show({ ...section, tracks, moments: [], lanes: [...section.lanes, { ...lane, track: 1, values: [0.1, 0.1, 0.1, 0.1] }] }, true);
    },
    [section, lane],
  );
  assert.equal(await tab.locator(".lane[data-test]").count(), 4);
  assert.equal(await tab.locator(".track").count(), 2);
  assert.match(await tab.locator(".moments-box").innerText(), /So far no value/);
  assert.equal(await blinks.locator("details").getAttribute("open"), "");
  assert.equal(await tab.evaluate(() => document.activeElement?.closest(".lane")?.dataset.test), "blink");
});

test("the needle crosses no word, in a window of any width", async () => {
  const needles = (visibility) =>
    tab.locator(".timeline-needle").evaluateAll((all, visibility) => all.forEach((one) => (one.style.visibility = visibility)), visibility);
  for (const width of [1280, 600, 360]) {
    await tab.setViewportSize({ width, height: 900 });
    for (const time_s of [0, 0.1, 1, 1.9]) {
      await tab.evaluate((time_s) => (window.line.show(window.section), window.line.clock.seek(time_s)), time_s);
      await stands(time_s);
      for (const words of await tab.locator(".timeline .lane-label:visible, .timeline .track, .ruler-ticks span").all()) {
        await words.scrollIntoViewIfNeeded();
        const { x, y, width: wide, height } = await words.boundingBox();
        const clip = { x: x + 1, y: y + 1, width: wide - 2, height: height - 2 };
        const withNeedle = await tab.screenshot({ clip });
        await needles("hidden");
        const bare = await tab.screenshot({ clip });
        await needles("");
        assert.ok(withNeedle.equals(bare), `${await words.innerText()} at ${time_s} s in ${width} pixels`);
      }
    }
    if (LOOK) await tab.screenshot({ path: path.join(LOOK, `needle-${width}.png`), fullPage: true });
  }
  await tab.setViewportSize({ width: 1280, height: 900 });
});

test("a long video seen closely is drawn no further than it is in sight", async () => {
  const gaps = [{ start_s: 10, end_s: 3900, reason: "face_turned_away", sentence: "" }];
  await tab.evaluate(([section, lane, gaps]) => {
    window.line.show({ ...section, duration_s: 4000, second_look: [], moments: [], lanes: [{ ...lane, gaps }] });
    for (let k = 0; k < 13; k++) document.querySelector('[data-icon="in"]').click();
  }, [section, lane, gaps]);
  const wide = await tab.locator('.lane[data-test="face_warping"] svg').evaluate((svg) => {
    const most = svg.getBoundingClientRect().width;
    return [...svg.children].map((part) => [part.getAttribute("class"), part.getBoundingClientRect().width / most]);
  });
  assert.ok(wide.some(([name]) => name === "lane-beyond") && wide.some(([name]) => name === "lane-line"));
  assert.deepEqual(wide.filter(([, share]) => share > 2), []);
  await tab.evaluate(() => window.line.show(window.section));
  await tab.locator('[data-icon="out"]').evaluate((out) => {
    while (!out.disabled) out.click();
  });
});

test("in Spanish nothing stays English, and numbers are Spanish", async () => {
  const spanish = await open("es");
  const text = await spanish.locator(".timeline").innerText();
  assert.match(text, /Momentos más sospechosos/);
  assert.match(text, /0,9 · límite 0,6/);
  assert.doesNotMatch(text, /\b(the|face|limit|beyond|frames|blinks)\b/i);
  await spanish.close();
});

test("a narrow window needs no sideways scrolling, and the ruler's words stand apart in any", async () => {
  for (const width of [1280, 600, 360]) {
    await tab.setViewportSize({ width, height: 740 });
    for (const duration_s of [2, 14, 119, 4000]) {
      await tab.evaluate((duration_s) => window.line.show({ ...window.section, duration_s }), duration_s);
      // the ruler hears of a new width before the next frame is painted
      await tab.evaluate(() => new Promise((painted) => requestAnimationFrame(() => requestAnimationFrame(painted))));
      const boxes = await tab.locator(".ruler-ticks span").evaluateAll((ticks) =>
        ticks.map((tick) => tick.getBoundingClientRect()).map(({ left, right }) => [left, right]),
      );
      assert.ok(boxes.length >= 2, `${boxes.length} marks on ${duration_s} s in ${width} pixels`);
      for (const [k, [left]] of boxes.slice(1).entries()) {
        assert.ok(left - boxes[k][1] >= 4, `${duration_s} s in ${width} pixels: ${JSON.stringify(boxes)}`);
      }
    }
    await tab.evaluate(() => window.line.show(window.section));
    assert.ok(await tab.evaluate(() => document.documentElement.scrollWidth <= innerWidth));
    if (LOOK) await tab.screenshot({ path: path.join(LOOK, `timeline-${width}.png`), fullPage: true });
  }
  await tab.setViewportSize({ width: 1280, height: 900 });
});
