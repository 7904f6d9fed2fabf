// The page from an ordinary static server: isolation without its headers, offline, no way out.

import assert from "node:assert/strict";
import { cp, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { after, before, test } from "node:test";

import { PAGE, browse, newProfile, recordRequests, serve } from "./harness.mjs";
import { examine, openPage } from "./page-harness.mjs";

const WHOLE = "Works offline";

let folder;
let server;
let profile;
let browser;
let requests;

before(async () => {
  folder = await mkdtemp(path.join(tmpdir(), "telltale-plain-"));
  await cp(PAGE, folder, { recursive: true });
  server = await serve(folder, { plain: true });
  profile = await newProfile();
  browser = await browse({ profile });
  requests = recordRequests(browser.context);
});

after(async () => {
  await browser?.close();
  server?.close();
  for (const one of [folder, profile]) await rm(one, { recursive: true, force: true, maxRetries: 5 });
});

/** The policy of a page: one directive a line, without what only one of the two places can say. */
function rules(policy, without) {
  const all = policy.split(";").map((rule) => rule.trim());
  return all.filter((rule) => !without.some((name) => rule.startsWith(name))).sort();
}

test("the page isolates itself with one reload, and is then examined with threads", async () => {
  const tab = await browser.context.newPage();
  let loads = 0;
  tab.on("load", () => loads++);
  await tab.goto(server.url);
  await tab.waitForFunction(() => "telltale" in window);
  await tab.waitForLoadState();
  assert.equal(loads, 2);
  assert.equal(await tab.evaluate(() => crossOriginIsolated), true);
  const [record] = await examine(tab, "plain.jpg");
  assert.equal(record.runtime.engine.isolated, true);
  await tab.getByText(WHOLE, { exact: true }).waitFor();
  await tab.reload();
  await tab.waitForFunction(() => "telltale" in window);
  await tab.waitForLoadState();
  assert.equal(loads, 3);
  await tab.close();
});

test("worker scripts come with the page's policy, which a <meta> cannot give them", async () => {
  const tab = await openPage(browser.context, server.url);
  const [meta, header] = await tab.evaluate(async () => [
    document.querySelector("meta[http-equiv]").content,
    (await fetch("engine/worker.js")).headers.get("content-security-policy"),
  ]);
  assert.deepEqual(
    rules(header, ["frame-ancestors"]),
    rules(meta, ["require-trusted-types-for", "trusted-types"]),
  );
  assert.ok(rules(header, []).includes("default-src 'none'"));
  assert.ok(!/https?:|\*/.test(header + meta), "no other host is named");
  await tab.close();
});

test("every way out that the proof tries is refused", async () => {
  const tab = await openPage(browser.context, server.url);
  await tab.locator(".proof summary").click();
  await tab.getByRole("button", { name: "Try to send something out" }).click();
  await tab.locator(".attempts li").nth(3).waitFor();
  const states = await tab.locator(".attempts li").evaluateAll((items) =>
    items.map((item) => item.dataset.refused),
  );
  assert.deepEqual(states, ["true", "true", "true", "true"]);
  assert.equal(await tab.evaluate(() => new Worker("data:text/javascript,") && 1).catch(() => 0), 0);
  const markup = () => tab.evaluate(() => (document.createElement("p").innerHTML = "<b>x</b>"));
  await assert.rejects(markup, /TrustedHTML/);
  await tab.close();
});

test("a new build is offered, replaces the old one when asked to, and wholly", async () => {
  const script = await readFile(path.join(folder, "build.js"), "utf-8");
  const old = /"build": "(\w+)"/.exec(script)[1];
  await writeFile(path.join(folder, "build.js"), script.replace(old, "0123456789abcdef"));
  const tab = await browser.context.newPage();
  await tab.goto(server.url);
  const offer = tab.getByRole("button", { name: "New version: reload" });
  const taken = () => globalThis.TELLTALE_BUILD?.build === "0123456789abcdef";
  // a page that starts slowly finds the new build whole already, and then takes it unasked
  await Promise.any([offer.waitFor(), tab.waitForFunction(taken)]);
  if (await offer.isVisible()) {
    assert.equal(await tab.evaluate(() => globalThis.TELLTALE_BUILD.build), old);
    await offer.click();
  }
  await tab.waitForFunction(taken);
  await tab.waitForFunction(() => "telltale" in window);
  await tab.getByText(WHOLE, { exact: true }).waitFor();
  assert.deepEqual(await tab.evaluate(() => caches.keys()), ["telltale-page-0123456789abcdef"]);
  await tab.close();
});

test("after the first load the page works without a network, from start to record", async () => {
  const first = await openPage(browser.context, server.url);
  await first.getByText(WHOLE, { exact: true }).waitFor();
  await first.close();
  server.close();
  await browser.context.setOffline(true);
  const tab = await openPage(browser.context, server.url);
  const [record] = await examine(tab, "face.jpg");
  assert.equal(record.error, undefined);
  assert.equal(record.faces.found.length, 1);
  assert.deepEqual(
    record.findings.filter(({ status }) => status === "failed").map(({ detector }) => detector),
    [],
  );
  assert.deepEqual(tab.problems, []);
  await tab.close();
  await browser.context.setOffline(false);
});

test("in all of this nothing was asked of another origin", () => {
  const outside = requests.filter((url) => !url.startsWith(server.url) && !/^(blob|data):/.test(url));
  const refused = outside.filter((url) => new URL(url).hostname === "telltale-test.invalid");
  assert.deepEqual(outside, refused);
});
