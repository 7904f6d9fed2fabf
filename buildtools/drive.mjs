// `build.py analyze --runtime browser`: the real page examines files that go through its own file
// input. usage: node drive.mjs [--deep] [--no-repeat] FILE...; writes one record a line to stdout,
// in the files' order. With --deep each is examined thoroughly, as the page's button does.

import { PAGE, browse, serve } from "./browser.mjs";

const switches = new Set(process.argv.slice(2).filter((word) => word.startsWith("--")));
const deep = switches.has("--deep");
const files = process.argv.slice(2 + switches.size);
const server = await serve(PAGE);
const browser = await browse();
let status = 0;
try {
  const page = await browser.context.newPage();
  const repeat = switches.has("--no-repeat") ? "no" : "yes";
  await page.addInitScript((repeat) => localStorage.setItem("telltale.repeat", repeat), repeat);
  page.on("pageerror", (error) => console.error(`the page: ${error.message}`));
  await page.goto(server.url);
  await page.waitForFunction(() => "telltale" in window);
  await page.locator("input[type=file]").setInputFiles(files);
  for (let done = 0; done < files.length; done++) {
    const record = await page.evaluate(next, done);
    if (!record) throw new Error(`${files.length - done} of ${files.length} files got no record`);
    if (deep) continue;
    process.stdout.write(`${JSON.stringify(record)}\n`);
  }
  for (let k = 0; deep && k < files.length; k++) {
    const record = await page.evaluate((k) => /** @type {any} */ (window).telltale.deepen(k), k);
    process.stdout.write(`${JSON.stringify(record)}\n`);
  }
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  status = 1;
} finally {
  await browser.close();
  server.close();
}
process.exitCode = status;

/** The record after the first `done`, once there is one; null when the page has no more to do. */
async function next(done) {
  const { telltale } = /** @type {any} */ (window);
  let idle = false;
  void telltale.whenIdle().then(() => (idle = true));
  while (telltale.records.length <= done && !idle) await new Promise((r) => setTimeout(r, 50));
  return telltale.records[done] ?? null;
}
