// What the page costs: starts, stages, memory. usage: node bench.mjs REPEATS FILE...
// Writes one JSON document to stdout; bench.py makes the table of it.

import { readFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";

import { PAGE, browse, serve } from "./browser.mjs";
import { peak } from "./renderers.mjs";

const repeats = Number(process.argv[2]);
const files = process.argv.slice(3);
const server = await serve(PAGE);
const profile = await mkdtemp(path.join(tmpdir(), "telltale-bench-"));
try {
  const cold = await visit(files.slice(-1), 1, { untilKept: true });
  const second = await visit(files.slice(-1), 1);
  const warm = [];
  for (const file of files) warm.push(await visit([file], repeats + 1, { deep: file === files.at(-1) }));
  process.stdout.write(JSON.stringify({ cold, second, warm }));
} finally {
  server.close();
  await rm(profile, { recursive: true, force: true, maxRetries: 5 });
}

/**
 * Open the page in the shared profile, examine a file several times, and close the browser.
 *
 * @param {string[]} chosen
 * @param {number} times
 * @param {{untilKept?: boolean, deep?: boolean}} [options] stay until the start-up snapshot has been
 *   stored; add the slow tests to the last
 */
async function visit(chosen, times, { untilKept = false, deep = false } = {}) {
  const browser = await browse({ profile });
  try {
    const page = await browser.context.newPage();
    await page.goto(server.url);
    await page.waitForFunction(() => "telltale" in window);
    const first = await page.evaluate(firstFinding, { bytes: [...readFileSync(chosen[0])] });
    const walls = [];
    for (let k = 1; k < times; k++) {
      const from = Date.now();
      await page.locator("input[type=file][multiple]").setInputFiles(chosen);
      await page.evaluate((k) => waitFor(() => globalThis.telltale.records.length > k), k);
      walls.push(Date.now() - from);
    }
    if (deep) await page.evaluate((k) => telltale.deepen(k), times - 1);
    if (untilKept) {
      await page.waitForFunction(() => ["kept", "failed"].includes(telltale.snapshot.state));
    }
    const records = await page.evaluate(() => globalThis.telltale.records);
    return { first, walls, records: records.map(slim), peak_mb: peak() };
  } finally {
    await browser.close();
  }
}

/** Milliseconds from the navigation to the first finding of a picture that waits already. */
async function firstFinding({ bytes }) {
  globalThis.waitFor = async (ready) => {
    while (!ready()) await new Promise((r) => setTimeout(r, 20));
  };
  globalThis.telltale.add([new File([new Uint8Array(bytes)], "first.jpg")]);
  await globalThis.waitFor(() => document.querySelector(".finding"));
  const first = performance.now();
  await globalThis.telltale.whenIdle();
  return { finding_ms: first, record_ms: performance.now() };
}

function slim(record) {
  const { stages_ms, findings, runtime } = record;
  return {
    stages_ms,
    engine: runtime.engine,
    findings: findings.map(({ detector, status, elapsed_ms }) => ({ detector, status, elapsed_ms })),
  };
}
