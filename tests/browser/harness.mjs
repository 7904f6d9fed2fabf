// Shared by all browser tests.

import { spawn } from "node:child_process";
import { mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";

import { PAGE, PYTHON, ROOT, SOFTWARE_WEBGPU, browse, serve } from "../../buildtools/browser.mjs";

export { PAGE, ROOT, SOFTWARE_WEBGPU, browse, serve };

/** A folder for a profile that outlives one browser. */
export function newProfile() {
  return mkdtemp(path.join(tmpdir(), "telltale-profile-"));
}

/**
 * Write down every request of a context, whoever makes it.
 *
 * @param {import("playwright-core").BrowserContext} context
 * @returns {string[]} grows as requests are made
 */
export function recordRequests(context) {
  /** @type {string[]} */
  const urls = [];
  context.on("request", (request) => urls.push(request.url()));
  return urls;
}

/** Run a Python script of the repository in the virtual environment; its standard output. */
export async function python(...args) {
  const child = spawn(PYTHON, args, { cwd: ROOT, stdio: ["ignore", "pipe", "inherit"] });
  const chunks = [];
  for await (const chunk of child.stdout) chunks.push(chunk);
  const status = await new Promise((resolve) =>
    child.exitCode === null ? child.once("exit", resolve) : resolve(child.exitCode),
  );
  if (status) throw new Error(`${args.join(" ")} ended with status ${status}`);
  return Buffer.concat(chunks);
}
