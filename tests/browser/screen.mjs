// A screen without a monitor, and hands: what only a browser with a window can be made to do.

import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { promisify } from "node:util";

import { eventually } from "./harness.mjs";

const run = promisify(execFile);

/** Which of the programs that this needs are missing; null where all are there. */
export async function lacking() {
  const missing = [];
  for (const name of ["Xvfb", "xdotool"]) await run("which", [name]).catch(() => missing.push(name));
  return missing.length ? `${missing.join(" and ")} not installed (Debian packages xvfb, xdotool)` : null;
}

/** @typedef {Awaited<ReturnType<typeof openScreen>>} Screen */

export async function openScreen(width = 1500, height = 1300) {
  const server = spawn("Xvfb", ["-displayfd", "3", "-screen", "0", `${width}x${height}x24`, "-nolisten", "tcp"], {
    stdio: ["ignore", "ignore", "ignore", "pipe"],
  });
  // it picks a free number and says which
  const [said] = await Promise.race([
    once(/** @type {import("node:stream").Readable} */ (server.stdio[3]), "data"),
    once(server, "exit").then(() => {
      throw new Error("Xvfb stopped at once");
    }),
  ]);
  const display = `:${String(said).trim()}`;
  /** @param {(string | number)[]} args */
  const hands = (...args) => run("xdotool", args.map(String), { env: { ...process.env, DISPLAY: display } });
  const windows = async () => (await hands("search", "--onlyvisible", "--name", ".*")).stdout.trim().split("\n").length;
  return {
    display,
    /** Press keys one after the other, each as `alt+x` or `Return`. @param {string[]} keys */
    keys: (...keys) => hands("key", ...keys),
    windows,
    /** Wait until a menu has opened or closed: each is a window of its own. @param {number} number of windows */
    shows: (number) => eventually(windows, (now) => now === number, `${number} windows`),
    /** @param {{x: number, y: number}} at of the screen @param {"left" | "right"} [button] */
    click: ({ x, y }, button = "left") => hands("mousemove", Math.round(x), Math.round(y), "click", button === "left" ? 1 : 3),
    close: () => server.kill(),
  };
}
