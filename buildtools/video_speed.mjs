// What a video costs in the browser. usage: node video_speed.mjs CLIP LONG
// Writes JSON to stdout: the clip's second run in a sitting, and memory over the long one.

import { readFileSync, readdirSync } from "node:fs";
import path from "node:path";

import { PAGE, browse, serve } from "./browser.mjs";

const [clip, long] = process.argv.slice(2);
const server = await serve(PAGE);
const browser = await browse();
try {
  const tab = await browser.context.newPage();
  const files = new Map([clip, long].map((file) => [path.basename(file), file]));
  await tab.route("**/media/*", (route) =>
    route.fulfill({ path: files.get(path.basename(route.request().url())) }),
  );
  await tab.goto(`${server.url}engine/parts.json`);
  await tab.evaluate(async () => {
    const { Engine } = await import("/engine/client.js");
    window.engine = new Engine({ snapshot: false });
    window.watch = async (name) => {
      const bytes = await (await fetch(`/media/${name}`)).blob();
      const began = performance.now();
      const record = await window.engine.analyze({ bytes, name, rung: "file" });
      return { wall_ms: performance.now() - began, stages_ms: record.stages_ms, examined: record.video.examined, duration_s: record.video.duration_s };
    };
  });
  const watch = (file) => tab.evaluate((name) => window.watch(name), path.basename(file));
  await watch(clip);
  const before = processor();
  const short = await watch(clip);
  const cpu_s = processor() - before;
  const memory = [resident()];
  const going = setInterval(() => memory.push(resident()), 2000);
  const film = await watch(long);
  clearInterval(going);
  process.stdout.write(JSON.stringify({ ...short, cpu_s, film, memory }));
} finally {
  await browser.close();
  server.close();
}

/** The processes of this browser: their numbers and fields of /proc/PID/stat after the name. */
function family() {
  const rows = new Map();
  for (const pid of readdirSync("/proc").filter((name) => /^\d+$/.test(name))) {
    try {
      const text = readFileSync(`/proc/${pid}/stat`, "utf8");
      rows.set(pid, text.slice(text.lastIndexOf(")") + 2).split(" "));
    } catch {
      continue; // it ended meanwhile
    }
  }
  const ours = (pid) => {
    for (let at = pid; rows.has(at); at = rows.get(at)[1]) if (rows.get(at)[1] === String(process.pid)) return true;
    return false;
  };
  return [...rows].filter(([pid]) => ours(pid));
}

/** Seconds of processor time of all of them so far. */
function processor() {
  return family().reduce((sum, [, fields]) => sum + (Number(fields[11]) + Number(fields[12])) / 100, 0);
}

/** MB that all of them hold, the parts that they share counted once for each. */
function resident() {
  const pages = family().reduce((sum, [, fields]) => sum + Number(fields[21]), 0);
  return Math.round((pages * 4096) / 2 ** 20);
}
