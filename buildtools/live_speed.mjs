// How many frames a second a live call follows in this machine's Chromium: docs/live-speed.md.
//
//     node buildtools/live_speed.mjs [SECONDS]
//
// A fake camera shows a portrait that sways; the page's own dialog follows it. What is counted
// stands in the record that the person could keep.

import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { cpus, loadavg, tmpdir } from "node:os";
import path from "node:path";

import { PYTHON, ROOT, browse, serve } from "./browser.mjs";

const seconds = Number(process.argv[2] ?? 30);
const folder = mkdtempSync(path.join(tmpdir(), "telltale-live-speed-"));
const film = path.join(folder, "camera.y4m");
spawnSync(PYTHON, ["tests/browser/live_media.py", film, "640", "480"], { cwd: ROOT, stdio: "inherit" });
const server = await serve();
const camera = ["--use-fake-ui-for-media-stream", "--use-fake-device-for-media-stream", `--use-file-for-fake-video-capture=${film}`];
const { context, profile, close } = await browse({ flags: ["--disable-gpu", ...camera] });

/** Seconds of processor time and bytes in memory of the browser's busiest process (Linux). */
function busiest() {
  const processes = readdirSync("/proc").filter((name) => /^\d+$/.test(name)).flatMap((pid) => {
    try {
      const fields = readFileSync(`/proc/${pid}/stat`, "utf-8").split(") ")[1].split(" ");
      const command = readFileSync(`/proc/${pid}/cmdline`, "utf-8");
      return [{ pid, parent: fields[1], cpu_s: (Number(fields[11]) + Number(fields[12])) / 100, bytes: 4096 * Number(fields[21]), command }];
    } catch {
      return []; // it has ended
    }
  });
  const ours = new Set(processes.filter(({ command }) => command.includes(profile)).map(({ pid }) => pid));
  for (let size = 0; size !== ours.size; ) {
    size = ours.size;
    for (const { pid, parent } of processes) if (ours.has(parent)) ours.add(pid);
  }
  return processes.filter(({ pid }) => ours.has(pid)).sort((a, b) => b.cpu_s - a.cpu_s)[0];
}

/** A call of some seconds; what its record counted. */
async function call(tab) {
  await tab.getByRole("button", { name: "Live call" }).click();
  await tab.getByRole("button", { name: "Use the camera" }).click();
  await tab.locator(".live .track").first().waitFor();
  const before = busiest();
  const seen = () => tab.evaluate(() => Number(/* followed so far */ document.querySelector(".live-rate")?.dataset.followed ?? 0));
  const first = await seen();
  await tab.waitForTimeout(1000 * seconds);
  const after = busiest();
  const cpu_ms = (1000 * (after.cpu_s - before.cpu_s)) / ((await seen()) - first);
  await tab.getByRole("button", { name: "Stop", exact: true }).click();
  const save = tab.locator(".live").getByRole("button", { name: /JSON/ });
  await save.waitFor();
  const [download] = await Promise.all([tab.waitForEvent("download"), save.click()]);
  const parts = await (await download.createReadStream()).toArray();
  await tab.getByRole("button", { name: "Close", exact: true }).click();
  const record = JSON.parse(Buffer.concat(parts).toString());
  return { record, bytes: Buffer.concat(parts).length, cpu_ms, memory: after.bytes };
}

const rows = [];
try {
  const tab = await context.newPage();
  await tab.goto(server.url);
  await tab.waitForFunction(() => "telltale" in window);
  for (const what of ["first call", "second call"]) {
    const before = loadavg()[0];
    const { record, bytes, cpu_ms, memory } = await call(tab);
    const { examined, tracks } = record.video;
    const stages = record.stages_ms;
    const width = tracks[0].quality.width_px;
    rows.push({ what, fps: examined.followed / examined.until_s, examined, stages, width, bytes, cpu_ms, memory, load: (before + loadavg()[0]) / 2 });
  }
} finally {
  await close();
  server.close();
  rmSync(folder, { recursive: true, force: true });
}

const fixed = (value, digits = 1) => value.toFixed(digits);
const networks = ["face_manipulation", "face_warping", "head_pose", "generated_image"];
const text = `# A live call: what was reached where

Made by \`node buildtools/live_speed.mjs\`; do not edit the numbers. Chromium without a graphics
card on ${cpus().length} cores (${cpus()[0].model.trim()}) (load is the mean number of
processes that wanted a core, its own among them). A fake camera of 640 × 480 pixels at 30 frames a second shows one face,
${fixed(rows[0].width, 0)} pixels wide. The plan asks for 15 followed frames a second, and for one in two seconds that the
networks examine.

| | seconds | followed | a second | processor time of a frame | by the networks | load | memory | record |
|---|---|---|---|---|---|---|---|---|
${rows.map(({ what, fps, examined, bytes, cpu_ms, memory, load }) => `| ${what} | ${fixed(examined.until_s)} | ${examined.followed} | **${fixed(fps)}** | ${fixed(cpu_ms, 0)} ms | ${examined.full} | ${fixed(load)} | ${fixed(memory / 1e6, 0)} MB | ${fixed(bytes / 1000, 0)} kB |`).join("\n")}

Processor time is that of the whole renderer, all its threads, per followed frame: drawing, decoding and
the networks' frames included. On a core of its own that is ${fixed(1000 / rows[1].cpu_ms)} frames a second in the second call, and more
where more are followed: looking for new faces (once a second) and the networks cost the same however
many frames there are. Ten a second by the clock were ${rows.some(({ fps }) => fps >= 10) ? "" : "not "}reached.

Milliseconds of a frame on average by the clock, waiting for a core included, in the second call: following the face ${fixed(rows[1].stages.faces / rows[1].examined.followed)}; all tests of a
followed frame ${fixed(Object.entries(rows[1].stages).filter(([id]) => id !== "faces" && !networks.includes(id)).reduce((sum, [, ms]) => sum + ms, 0) / rows[1].examined.followed)}; the networks ${fixed(networks.reduce((sum, id) => sum + (rows[1].stages[id] ?? 0), 0) / rows[1].examined.full)} on each of the few frames that they see.
`;
writeFileSync(path.join(ROOT, "docs/live-speed.md"), text);
process.stdout.write(text);
