// The page as a person uses it, on the real engine: keys, overlays, saving, stopping, bad files.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { after, before, test } from "node:test";

import { browse, engineWorker, holdStage, recordRequests, serve } from "./harness.mjs";
import { examine, fileFor, openPage, picture, saved, tabTo } from "./page-harness.mjs";

let server;
let browser;
let tab;
let requests;

before(async () => {
  server = await serve();
  browser = await browse();
  requests = recordRequests(browser.context);
  tab = await openPage(browser.context, server.url);
});

after(async () => {
  await browser?.close();
  server?.close();
});

/** The report's entry of one picture in the strip. */
const entry = (name) => tab.locator(".entry", { hasText: name });

test("a picture is examined with the keyboard alone, and every stop shows the focus", async () => {
  const opened = tab.waitForEvent("filechooser");
  await tabTo(tab, "button.primary");
  await tab.keyboard.press("Enter");
  const chooser = await opened;
  assert.equal(chooser.isMultiple(), true);
  await chooser.setFiles(await picture("face.jpg"));
  assert.equal(await tab.evaluate(() => document.activeElement?.tagName), "H2");
  await tab.evaluate(() => window.telltale.whenIdle());

  await tabTo(tab, ".stage:not(.twin)");
  const zoom = () => tab.locator(".zoom").textContent();
  const fitted = await zoom();
  await tab.keyboard.press("+");
  assert.notEqual(await zoom(), fitted);
  await tab.keyboard.press("1");
  assert.equal(await zoom(), "100%");
  const at = () => tab.locator(".stage:not(.twin) .sheet").evaluate((sheet) => sheet.style.transform);
  await tab.keyboard.press("+");
  await tab.keyboard.press("+");
  const before = await at();
  await tab.keyboard.press("ArrowRight");
  assert.notEqual(await at(), before);
  await tab.keyboard.press("0");
  assert.equal(await zoom(), fitted);

  await tab.keyboard.press(".");
  await tab.locator(".heat").waitFor({ state: "visible" });
  await tab.keyboard.press("[");
  assert.equal(await tab.locator(".heat").evaluate((heat) => heat.style.opacity), "0.65");
  await tab.keyboard.press("o");
  await tab.locator(".heat").waitFor({ state: "hidden" });

  await tab.keyboard.press("m");
  await tab.locator(".stage:not(.twin) .loupe").waitFor({ state: "visible" });
  const readout = () => tab.locator(".readout").textContent();
  const point = await readout();
  await tab.keyboard.press("ArrowLeft");
  assert.notEqual(await readout(), point);
  await tab.keyboard.press("Escape");
  await tab.locator(".stage:not(.twin) .loupe").waitFor({ state: "hidden" });

  assert.equal(await tab.locator(".face-box").count(), 1);
  await tab.keyboard.press("f");
  assert.equal(await tab.locator(".face-box").count(), 0);
  await tab.keyboard.press("f");

  await tabTo(tab, ".finding summary");
  await tab.keyboard.press("Enter");
  assert.equal(await tab.locator(".finding details").first().getAttribute("open"), "");

  await tab.evaluate(() => document.activeElement?.blur());
  const bare = [];
  for (let k = 0; k < 60; k++) {
    await tab.keyboard.press("Tab");
    const lost = await tab.evaluate(() => {
      const { activeElement: element } = document;
      if (!element || element === document.body) return null;
      const { outlineStyle, outlineWidth } = getComputedStyle(element);
      return outlineStyle === "none" || outlineWidth === "0px" ? element.outerHTML : null;
    });
    if (lost) bare.push(lost);
  }
  assert.deepEqual(bare, []);
});

test("everything that can be operated has a name", async () => {
  const session = await browser.context.newCDPSession(tab);
  const { nodes } = await session.send("Accessibility.getFullAXTree");
  const operable = ["button", "link", "combobox", "slider", "checkbox", "progressbar", "DisclosureTriangle"];
  const of = () => nodes.filter(({ role, ignored }) => !ignored && operable.includes(role?.value));
  assert.ok(of().length > 15);
  const nameless = of().filter((node) => !node.name?.value);
  assert.deepEqual(nameless.map((node) => [node.role.value, node.backendDOMNodeId]), []);
});

test("the slow tests are added on request, and the report stays", async () => {
  const [quick] = await tab.evaluate(() => window.telltale.records);
  const cards = await tab.locator(".finding, .silent li").count();
  await tab.getByRole("button", { name: "Examine thoroughly" }).click();
  await tab.evaluate(() => window.telltale.whenIdle());
  const [record] = await tab.evaluate(() => window.telltale.records);
  assert.deepEqual([quick.deep, record.deep], [false, true]);
  const added = record.findings.length - quick.findings.length;
  assert.ok(added > 0);
  assert.equal(await tab.locator(".finding, .silent li").count(), cards + added);
  assert.equal(await tab.locator(".deeper").isVisible(), false);
  assert.match(await tab.locator(".panel-made").textContent(), /slow ones too/);
});

test("the report says what the record says", async () => {
  const [record] = await tab.evaluate(() => window.telltale.records);
  const text = await tab.locator(".report").innerText();
  assert.ok(text.includes(record.assessment.sentence) || record.assessment.status === "given");
  for (const finding of record.findings) {
    const spoken = finding.status === "ok" || finding.status === "failed";
    if (!spoken) continue;
    const card = tab.locator(`#finding-${finding.detector}`);
    assert.equal(await card.locator("h4").innerText(), finding.card.title);
    assert.ok((await card.innerText()).includes(finding.sentence));
    assert.equal(await card.locator(".map, .spectrum").count(), finding.maps.length);
    await card.locator("> details").evaluate((details) => (details.open = true));
    const open = await card.innerText();
    for (const limit of finding.card.limits) assert.ok(open.includes(limit), limit);
    const link = card.locator(".papers a").first();
    assert.equal(await link.getAttribute("href"), finding.card.references[0].url);
    assert.equal(await link.getAttribute("rel"), "noreferrer noopener");
  }
  const silent = record.findings.filter(({ status }) => status === "not_applicable");
  for (const finding of silent) {
    const line = tab.locator(".silent li", { hasText: finding.card.title });
    assert.ok((await line.textContent()).includes(finding.sentence));
  }
  const made = await tab.locator(".panel-made").textContent();
  for (const model of record.runtime.models) {
    assert.ok(made.includes(model.why) && made.includes(model.backend), model.id);
  }
  assert.ok((await tab.locator(".panel-file").textContent()).includes(record.media.sha256));
});

test("a map lies exactly on what it covers, in its colours, with both ends of its scale", async () => {
  const button = tab.locator("button.map").first();
  const detector = await tab.locator(".finding:has(button.map)").first().getAttribute("id");
  const [map] = await tab.evaluate(
    (id) => window.telltale.records[0].findings.find((one) => `finding-${one.detector}` === id).maps,
    detector,
  );
  await button.click();
  assert.equal(await button.getAttribute("aria-pressed"), "true");
  assert.equal(await tab.locator(".map-choice").evaluate((choice) => choice.selectedIndex), 1);
  // it is painted when the browser has read the map
  await tab.waitForFunction(([w, h]) => {
    const heat = document.querySelector(".heat");
    return !heat.hidden && heat.width === w && heat.height === h;
  }, [map.width, map.height]);
  const laid = await tab.evaluate(() => {
    const place = (selector) => document.querySelector(selector).getBoundingClientRect().toJSON();
    return { heat: place(".heat"), sheet: place(".stage:not(.twin) .sheet") };
  });
  const { width, height } = await tab.evaluate(() => window.telltale.records[0].media);
  const box = map.box ?? { x: 0, y: 0, w: width, h: height };
  const scale = laid.sheet.width / width;
  assert.ok(Math.abs(laid.heat.left - laid.sheet.left - box.x * scale) < 1);
  assert.ok(Math.abs(laid.heat.width - box.w * scale) < 1);
  assert.ok(Math.abs(laid.heat.height - box.h * scale) < 1);
  const colours = () =>
    tab.locator(".heat").evaluate((heat) => {
      const { data } = heat.getContext("2d").getImageData(0, 0, heat.width, heat.height);
      return [heat.width, heat.height, [...data.slice(0, 4000)].join()];
    });
  const cividis = await colours();
  assert.deepEqual(cividis.slice(0, 2), [map.width, map.height]);
  await tab.locator(".legend select").selectOption("grey");
  await tab.waitForFunction((was) => {
    const heat = document.querySelector(".heat");
    return heat.getContext("2d").getImageData(0, 0, heat.width, heat.height).data.slice(0, 4000).join() !== was;
  }, cividis[2]);
  const legend = await tab.locator(".legend").innerText();
  assert.ok(legend.includes(map.unit) && legend.includes(map.meaning));
  await tab.locator(".legend select").selectOption("cividis");
  await tab.locator(".map-choice").selectOption("-1");
  assert.equal(await button.getAttribute("aria-pressed"), "false");
});

test("wheel, drag, pinch and double click move the picture", async () => {
  const stage = await tab.locator(".stage:not(.twin)").boundingBox();
  const [x, y] = [stage.x + stage.width / 2, stage.y + stage.height / 2];
  const zoom = async () => parseFloat(await tab.locator(".zoom").textContent());
  const at = () => tab.locator(".stage:not(.twin) .sheet").evaluate((sheet) => sheet.style.transform);
  const fitted = await zoom();
  await tab.mouse.move(x, y);
  await tab.mouse.wheel(0, -600);
  await tab.waitForFunction((z) => parseFloat(document.querySelector(".zoom").value) > z, fitted);
  const before = await at();
  await tab.mouse.down();
  await tab.mouse.move(x - 60, y - 40, { steps: 3 });
  await tab.mouse.up();
  assert.notEqual(await at(), before);
  await tab.mouse.dblclick(x, y);
  assert.equal(await zoom(), fitted);

  const session = await browser.context.newCDPSession(tab);
  const touch = (type, spread) =>
    session.send("Input.dispatchTouchEvent", {
      type,
      touchPoints: spread ? [{ x: x - spread, y, id: 1 }, { x: x + spread, y, id: 2 }] : [],
    });
  await touch("touchStart", 30);
  for (const spread of [45, 60, 90]) await touch("touchMove", spread);
  await touch("touchEnd", 0);
  const pinched = await zoom();
  assert.ok(pinched > 2 * fitted && pinched < 4 * fitted, `${fitted} % to ${pinched} %`);
  await tab.locator(".stage:not(.twin)").focus();
  await tab.keyboard.press("0");
});

test("the saved JSON is the record, and the saved report is complete in itself", async () => {
  const [record] = await tab.evaluate(() => window.telltale.records);
  const json = await saved(tab, () => tab.getByRole("button", { name: "Record (JSON)" }).click());
  assert.equal(json.name, "face.telltale.json");
  assert.deepEqual(JSON.parse(json.text), record);
  const html = await saved(tab, () => tab.getByRole("button", { name: "Report (HTML)" }).click());
  assert.equal(html.name, "face.telltale.html");
  assert.ok(html.text.includes(record.media.sha256));
  for (const finding of record.findings) assert.ok(html.text.includes(finding.detector) || html.text.includes(finding.card.title));
  assert.ok(!/<script|src="(?!data:)|@import|url\(/.test(html.text));
});

test("a bad file gets its reason while its neighbours are examined", async () => {
  const records = await examine(tab, "plain.jpg", "cut.jpg", "words.jpg", "face.png");
  assert.deepEqual(
    records.slice(-4).map(({ media, error }) => [media.name, error?.code ?? "examined"]),
    [
      ["plain.jpg", "examined"],
      ["cut.jpg", "truncated"],
      ["words.jpg", "not_a_picture"],
      ["face.png", "examined"],
    ],
  );
  assert.match(await entry("cut.jpg").innerText(), /not examined/);
  await entry("cut.jpg").click();
  const refusal = tab.locator(".refusal");
  assert.ok((await refusal.innerText()).includes(records.at(-3).error.sentence));
  assert.ok((await tab.locator(".panel-file").textContent()).includes(records.at(-3).media.sha256));
  await entry("face.png").click();
  assert.equal(await tab.locator(".refusal").count(), 0);
  assert.ok((await tab.locator(".finding").count()) > 0);
  const all = await saved(tab, () => tab.getByRole("button", { name: "All records" }).click());
  assert.deepEqual(JSON.parse(all.text), records);
});

test("stopping keeps what was found, and the next picture is examined", async () => {
  const known = (await tab.evaluate(() => window.telltale.records)).length;
  await holdStage(engineWorker(tab), "jpeg_ghosts");
  await tab.setInputFiles("input[type=file]", await picture("large.jpg"));
  await entry("large.jpg").click();
  await tab.locator(".finding").first().waitFor();
  await tab.locator(".cancel").click();
  await examine(tab, "plain.jpg");
  const records = await tab.evaluate(() => window.telltale.records);
  const large = records[known];
  assert.equal(large.media.name, "large.jpg");
  const states = large.findings.map(({ status }) => status);
  assert.ok(states.includes("cancelled"));
  assert.notEqual(states[0], "cancelled");
  assert.match(await entry("large.jpg").innerText(), /stopped/);
  assert.equal(records.at(-1).findings.some(({ status }) => status === "cancelled"), false);
});

test("dropped files are examined; a pasted bitmap is known not to be the original file", async () => {
  const known = (await tab.evaluate(() => window.telltale.records)).length;
  const drop = await fileFor("plain.jpg", "dropped.jpg");
  const paste = await fileFor("face.png", "image.png", "image/png");
  await tab.evaluate(({ bytes, name, type }) => {
    const dataTransfer = new DataTransfer();
    dataTransfer.items.add(new File([new Uint8Array(bytes)], name, { type }));
    for (const kind of ["dragenter", "dragover", "drop"]) {
      document.body.dispatchEvent(
        new DragEvent(kind, { dataTransfer, bubbles: true, cancelable: true }),
      );
    }
  }, drop);
  await tab.evaluate(({ bytes, name, type }) => {
    const clipboardData = new DataTransfer();
    clipboardData.items.add(new File([new Uint8Array(bytes)], name, { type }));
    document.body.dispatchEvent(
      new ClipboardEvent("paste", { clipboardData, bubbles: true, cancelable: true }),
    );
  }, paste);
  await tab.waitForFunction((n) => document.querySelectorAll(".entry").length >= n, known + 2);
  const records = await tab.evaluate(() => window.telltale.whenIdle());
  assert.deepEqual(
    records.slice(known).map(({ media }) => [media.name, media.rung]).sort(),
    [
      ["dropped.jpg", "file"],
      ["image.png", "canvas"],
    ],
  );
});

test("markup in metadata and in a file name is text, and nothing but text", async () => {
  const name = "<img src=x onerror=alert(1)>\u202Egpj.exe.jpg";
  const file = await fileFor("hostile.jpg", name);
  const dialogs = [];
  tab.on("dialog", (dialog) => dialogs.push(dialog.message()) && dialog.dismiss());
  await tab.evaluate(({ bytes, name, type }) => {
    window.telltale.add([new File([new Uint8Array(bytes)], name, { type })]);
  }, file);
  await tab.evaluate(() => window.telltale.whenIdle());
  await tab.locator(".entry").last().click();
  await tab.locator(".panel-file summary").click();
  const shown = await tab.locator(".report").innerText();
  assert.ok(shown.includes("<img src=x onerror=alert(1)>⟨U+202E⟩gpj.exe.jpg"));
  assert.ok(shown.includes("<script>alert(1)</script>"));
  assert.equal(await tab.locator(".report img, .report script, .strip img").count(), 0);
  assert.deepEqual(dialogs, []);
  assert.ok(!(await tab.title()).startsWith("broken"));
});

test("pictures stored on their side are shown upright, as they are measured", async () => {
  for (const name of ["turned.jpg", "turned.webp"]) {
    const record = (await examine(tab, name)).at(-1);
    assert.deepEqual([record.media.width, record.media.height], [240, 320]);
    await entry(name).click();
    const image = tab.locator(".stage:not(.twin) .sheet img");
    await tab.waitForFunction(() => document.querySelector(".stage:not(.twin) .sheet img")?.naturalHeight === 320);
    assert.equal(await image.evaluate((one) => one.naturalWidth), 240);
  }
  const corner = await tab.locator(".stage:not(.twin) .sheet img").evaluate(async (image) => {
    await image.decode();
    const canvas = new OffscreenCanvas(image.naturalWidth, image.naturalHeight);
    const pen = canvas.getContext("2d");
    pen.drawImage(image, 0, 0);
    return [...pen.getImageData(230, 10, 1, 1).data.slice(0, 3)];
  });
  assert.ok(corner[0] > 200 && corner[1] < 60 && corner[2] < 60, String(corner));
});

test("the page speaks Spanish and keeps what it found", async () => {
  const before = await tab.evaluate(() => window.telltale.records.length);
  await tab.locator(".masthead select").selectOption("es");
  await tab.getByRole("button", { name: "Añadir imágenes" }).waitFor();
  assert.equal(await tab.evaluate(() => document.documentElement.lang), "es");
  assert.equal(await tab.locator(".entry").count(), before);
  assert.ok((await tab.locator(".finding").count()) > 0);
  const found = (await tab.evaluate(() => window.telltale.records)).at(-1).findings;
  const loud = found.filter(({ status }) => status === "ok" || status === "failed");
  const words = await tab.locator(".finding .sentence").evaluateAll((sentences) =>
    sentences.map(({ textContent, lang }) => ({ textContent, lang })),
  );
  assert.equal(words.length, loud.length);
  const english = (text) => loud.some(({ sentence }) => sentence === text);
  for (const { textContent, lang } of words) assert.equal(english(textContent), lang === "en");
  assert.ok(words.some(({ lang }) => lang !== "en"));
  const strings = JSON.parse(readFileSync(new URL("../../web/locales/es.json", import.meta.url)));
  assert.ok((await tab.locator("body").innerText()).includes(strings["proof.title"]));
  await tab.reload();
  await tab.getByRole("button", { name: "Elegir imágenes" }).waitFor();
});

test("light and dark follow the system until a choice is made, which lasts", async () => {
  const ground = () => tab.evaluate(() => getComputedStyle(document.documentElement).backgroundColor);
  await tab.emulateMedia({ colorScheme: "light" });
  const light = await ground();
  await tab.emulateMedia({ colorScheme: "dark" });
  const dark = await ground();
  assert.notEqual(light, dark);
  const button = tab.locator(".masthead .icon-button");
  await button.click();
  assert.equal(await ground(), light);
  await button.click();
  await tab.emulateMedia({ colorScheme: "light" });
  assert.equal(await ground(), dark);
  await tab.reload();
  await tab.locator(".masthead .icon-button").waitFor();
  assert.equal(await ground(), dark);
});

test("in all of this nothing was asked of another origin, and nothing broke", async () => {
  // the page that was loaded last is still starting
  await examine(tab, "plain.jpg");
  const outside = requests.filter(
    (url) => !url.startsWith(server.url) && !url.startsWith("blob:") && !url.startsWith("data:"),
  );
  assert.deepEqual(outside, []);
  assert.ok(requests.length > 30);
  assert.deepEqual(tab.problems, []);
});
