// Processor time and memory of every step of one thorough examination in the page.
// usage: node twelve.mjs FILE SMALL; writes {step: {seconds, peak_mb}} as JSON to stdout.

import { readFileSync } from "node:fs";

import { PAGE, browse, serve } from "./browser.mjs";
import { forgetPeak, peak, seconds } from "./renderers.mjs";

const server = await serve(PAGE);
const browser = await browse();
try {
  const page = await browser.context.newPage();
  /** @type {{[step: string]: {seconds: number, peak_mb: number | null}}} */
  const steps = {};
  let before = 0;
  await page.exposeFunction("measured", (/** @type {string} */ step) => {
    const now = seconds();
    if (step) steps[step] = { seconds: now - before, peak_mb: peak() };
    before = now;
    forgetPeak();
  });
  await page.addInitScript(hear);
  await page.goto(server.url);
  await page.waitForFunction(() => "telltale" in window);
  // A first small picture warms the engine up; a person's second picture is what is measured.
  const small = readFileSync(process.argv[3]);
  const large = readFileSync(process.argv[2]);
  await examine(small, "small.jpg", 0);
  for (const step of Object.keys(steps)) delete steps[step];
  await examine(large, "large.jpg", 1);
  process.stdout.write(JSON.stringify(steps));

  /** @param {Buffer} bytes @param {string} name @param {number} index */
  async function examine(bytes, name, index) {
    const file = { name, mimeType: "image/jpeg", buffer: bytes };
    await page.locator("input[type=file][multiple]").setInputFiles([file]);
    await page.waitForFunction((n) => globalThis.telltale.records.length > n, index, { timeout: 0 });
    await page.evaluate((n) => globalThis.telltale.deepen(n), index);
  }
} finally {
  await browser.close();
  server.close();
}

/** Tell of every step that a worker of the page ends; runs in the page. */
function hear() {
  globalThis.Worker = class extends Worker {
    /** @param {[string | URL, WorkerOptions?]} given */
    constructor(...given) {
      super(...given);
      this.addEventListener("message", ({ data }) => {
        if (data?.type === "media" || data?.type === "plan") void globalThis.measured("");
        if (data?.type === "step") void globalThis.measured(data.step);
      });
    }
  };
}
