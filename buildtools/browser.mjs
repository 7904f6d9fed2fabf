// Serve the page and open it in headless Chromium: for the tests, the benchmark and `build.py analyze`.

import { spawn } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";

import { chromium } from "playwright-core";

export const ROOT = fileURLToPath(new URL("../", import.meta.url));
export const PAGE = process.env.TELLTALE_PAGE ?? path.join(ROOT, "dist/page");
export const PYTHON = process.env.TELLTALE_PYTHON ?? path.join(ROOT, ".venv/bin/python");
const CHROMIUM = process.env.TELLTALE_CHROMIUM ?? "/usr/bin/chromium";

const FLAGS = [
  "--no-sandbox",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];
const NO_GPU = ["--disable-gpu"];
/** Makes the software adapter of WebGPU reachable, for compute. */
export const SOFTWARE_WEBGPU = ["--enable-unsafe-webgpu"];

/**
 * Serve a folder as `build.py run` does, or (`plain`) as an ordinary static server would.
 *
 * @param {string} folder
 * @param {{plain?: boolean}} [options]
 */
export async function serve(folder = PAGE, { plain = false } = {}) {
  const args = ["-m", "buildtools.serve", folder, ...(plain ? ["--plain"] : [])];
  const server = spawn(PYTHON, args, { cwd: ROOT, stdio: ["ignore", "pipe", "inherit"] });
  const url = await new Promise((resolve, reject) => {
    server.once("error", reject);
    server.once("exit", () => reject(new Error("the server stopped")));
    server.stdout.once("data", (data) => resolve(String(data).trim()));
  });
  return { url, close: () => server.kill() };
}

/**
 * A browser with a profile of its own, which later calls may share by passing `profile`.
 *
 * @param {{profile?: string, flags?: string[], extension?: string, viewport?: {width: number, height: number} | null,
 *   display?: string}} [options] display: of an X server, whose window it then has; else it has none
 */
export async function browse({ profile, flags = NO_GPU, extension, viewport, display } = {}) {
  const folder = profile ?? (await mkdtemp(path.join(tmpdir(), "telltale-")));
  const extra = extension
    ? [`--disable-extensions-except=${extension}`, `--load-extension=${extension}`]
    : [];
  const context = await chromium.launchPersistentContext(folder, {
    executablePath: CHROMIUM,
    headless: false, // the flag below is the headless mode that has extensions and WebGPU
    args: [...FLAGS, ...(display ? [] : ["--headless=new"]), ...flags, ...extra],
    env: display ? { ...process.env, DISPLAY: display } : undefined,
    viewport: viewport === undefined ? { width: 1280, height: 900 } : viewport,
  });
  // a wait that is not over yet costs nothing where all goes well, and machines can be slow
  context.setDefaultTimeout(600_000);
  return {
    context,
    profile: folder,
    async close() {
      await context.close();
      if (!profile) await rm(folder, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}
