// Looking glasses on the page: what they show, side by side, blinking, and two pictures compared.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { after, before, test } from "node:test";

import { browse, python, serve } from "./harness.mjs";
import { examine, openPage, picture } from "./page-harness.mjs";

let server;
let browser;
let tab;

before(async () => {
  server = await serve();
  browser = await browse();
  tab = await openPage(browser.context, server.url);
  await examine(tab, "turned.jpg", "hostile.jpg");
});

after(async () => {
  await browser?.close();
  server?.close();
});

const choice = () => tab.locator(".glasses select").first();
const drawn = () => tab.waitForFunction(() => document.querySelector(".glass-state")?.textContent === "");
const heat = () =>
  tab.evaluate(() => {
    const canvas = document.querySelector(".heat");
    const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
    return { hidden: canvas.hidden, width: canvas.width, height: canvas.height, mean: data.reduce((a, b) => a + b, 0) / data.length };
  });

test("a glass is chosen with the keyboard, lies on the upright picture, and its knobs redraw it", async () => {
  await tab.locator(".stage:not(.twin)").focus();
  await tab.keyboard.press("g");
  await tab.waitForFunction(() => document.activeElement?.closest(".glasses"));
  await choice().selectOption("level_sweep");
  await drawn();
  const first = await heat();
  const size = await tab.evaluate(() => {
    const { media } = window.telltale.records[0];
    return [media.width, media.height];
  });
  assert.deepEqual([first.width, first.height], size);
  assert.equal(first.hidden, false);
  await tab.locator(".knob input").first().fill("5");
  await drawn();
  assert.ok((await heat()).mean > first.mean, "a lower level is brighter");
});

test("the bare picture beside it moves along", async () => {
  await tab.getByRole("button", { name: "Bare picture beside it" }).click();
  await tab.locator(".stage:not(.twin)").focus();
  for (const key of ["1", "+", "+", "ArrowRight"]) await tab.keyboard.press(key);
  const places = await tab.evaluate(() => [...document.querySelectorAll(".stage .sheet")].map((s) => s.style.cssText));
  assert.equal(places.length, 2);
  assert.equal(places[0], places[1]);
  await tab.keyboard.press("b");
  assert.equal(await tab.locator(".twin").isVisible(), false);
});

test("a figure is shown by itself, with its numbers", async () => {
  await choice().selectOption("histogram");
  await drawn();
  assert.equal(await tab.locator(".glass-figure canvas").isVisible(), true);
  assert.equal((await heat()).hidden, true);
  assert.match(await tab.locator(".glass-facts").textContent(), /Empty levels between/);
});

test("another picture is laid over this one, and blinks", async () => {
  const other = tab.locator(".glasses optgroup option", { hasText: "hostile.jpg" });
  await choice().selectOption(await other.getAttribute("value"));
  await drawn();
  assert.match(await tab.locator(".glass-about").textContent(), /\w+ picture/);
  const blink = tab.getByRole("button", { name: "Blink" });
  await blink.click();
  assert.equal(await blink.getAttribute("aria-pressed"), "true");
  const hidden = () => tab.evaluate(() => document.querySelector(".heat").hidden);
  const now = await hidden();
  await tab.waitForFunction((before) => document.querySelector(".heat").hidden !== before, now);
  await blink.click();
  assert.equal(await blink.getAttribute("aria-pressed"), "false");
});

test("closing takes the glass away, and nothing went wrong", async () => {
  await tab.getByRole("button", { name: "Looking glasses" }).click();
  assert.equal((await heat()).hidden, true);
  assert.deepEqual(tab.problems, []);
});

test("the place that a file names is drawn without asking anybody", async () => {
  const asked = [];
  browser.context.on("request", (request) => asked.push(new URL(request.url())));
  await examine(tab, "placed.jpg");
  await tab.locator(".entry", { hasText: "placed.jpg" }).click();
  await tab.locator(".panel-file summary").first().click();
  await tab.waitForSelector(".place .land");
  assert.match(await tab.locator(".place figcaption").textContent(), /33\.85833° S, 151\.20000° E/);
  const spot = tab.locator(".place circle").first();
  assert.ok(Math.abs(Number(await spot.getAttribute("cx")) - 3312) < 1);
  assert.ok(Math.abs(Number(await spot.getAttribute("cy")) - 1238.6) < 1);
  const abroad = asked.filter(({ protocol, origin }) => /^http/.test(protocol) && origin !== new URL(server.url).origin);
  assert.deepEqual(abroad.map(String), []);
  assert.ok(asked.some(({ pathname }) => pathname.endsWith("/land.js")));
});

test("every glass shows in the browser what it shows on CPython", async () => {
  const path = await picture("turned.jpg");
  const native = JSON.parse(String(await python("tests/browser/glasses.py", path)));
  const bytes = [...readFileSync(path)];
  for (const [id, values, header, wanted] of native) {
    const { shown, found } = await tab.evaluate(
      async ([id, values, bytes]) => {
        const { engine } = await import("../page/start.js");
        const glasses = await (await fetch("../ui/glasses.json")).json();
        const glass = glasses.find((one) => one.id === id);
        const picture = { key: "it", bytes: new Uint8Array(bytes), name: "it", rung: "file" };
        const { values: shown, ...found } = await engine.look(picture, glass, values);
        return { shown: [...shown], found };
      },
      [id, values, bytes],
    );
    const expected = Buffer.from(wanted, "base64");
    assert.equal(shown.length, expected.length, id);
    const most = shown.reduce((worst, value, k) => Math.max(worst, Math.abs(value - expected[k])), 0);
    assert.ok(most <= 1, `${id}: ${most} levels apart`);
    assert.deepEqual([found.kind, found.width, found.height], [header.kind, header.width, header.height]);
  }
});
