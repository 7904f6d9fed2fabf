// What the renderers of the browsers that this process opened cost, as Linux tells it.

import { readFileSync, readdirSync, writeFileSync } from "node:fs";

/** Ticks of /proc in a second: USER_HZ, 100 on every architecture that Chromium runs on. */
const HZ = 100;

/** Process numbers of the renderers below this process; empty where there is no /proc. */
export function renderers() {
  try {
    return readdirSync("/proc").filter((pid) => /^\d+$/.test(pid) && isOurs(pid));
  } catch {
    return [];
  }
}

/** Seconds of processor time that they have used together. */
export function seconds() {
  let ticks = 0;
  for (const pid of renderers()) {
    const fields = stat(pid);
    if (fields) ticks += Number(fields[11]) + Number(fields[12]);
  }
  return ticks / HZ;
}

/** Largest resident set of any of them since it began or since `forgetPeak`, in MB; null without /proc. */
export function peak() {
  const most = renderers().map((pid) => {
    try {
      return Number(/VmHWM:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1] ?? 0);
    } catch {
      return 0; // it ended meanwhile
    }
  });
  return most.length ? Math.round(Math.max(...most) / 1024) : null;
}

/** Let `peak` begin anew (proc(5), clear_refs). */
export function forgetPeak() {
  for (const pid of renderers()) {
    try {
      writeFileSync(`/proc/${pid}/clear_refs`, "5");
    } catch {
      continue; // it ended meanwhile
    }
  }
}

/** @param {string} pid */
function isOurs(pid) {
  try {
    if (!readFileSync(`/proc/${pid}/cmdline`, "utf8").includes("--type=renderer")) return false;
  } catch {
    return false;
  }
  for (let above = pid; Number(above) > 1; above = stat(above)?.[1] ?? "0") {
    if (Number(above) === process.pid) return true;
  }
  return false;
}

/** The fields of /proc/PID/stat behind the name, which may hold blanks. @param {string} pid */
function stat(pid) {
  try {
    return readFileSync(`/proc/${pid}/stat`, "utf8").split(") ").at(-1)?.split(" ") ?? null;
  } catch {
    return null;
  }
}
