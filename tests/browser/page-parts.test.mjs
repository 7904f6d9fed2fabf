// The parts of the page that are arithmetic: no browser needed.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

import { COLOURS, paint, table } from "../../web/ui/colormap.js";
import { choose, number } from "../../web/ui/i18n.js";
import { pasted } from "../../web/ui/intake.js";
import { LAND } from "../../web/ui/land.js";
import { Phrases } from "../../web/ui/phrases.js";
import { placed } from "../../web/ui/place.js";
import { nameFor } from "../../web/ui/save.js";
import { visible } from "../../web/ui/text.js";
import { MAX_SCALE, fit, held, show, zoom } from "../../web/ui/viewport.js";

const read = (path) => readFileSync(new URL(`../../${path}`, import.meta.url), "utf-8");
const picture = { w: 4000, h: 3000 };
const frame = { w: 800, h: 600 };

test("the whole picture is shown, and small ones are enlarged with measure", () => {
  assert.deepEqual(fit(picture, frame), { x: 0, y: 0, scale: 0.2 });
  assert.equal(fit({ w: 300, h: 300 }, frame).scale, 2);
  assert.equal(fit({ w: 16, h: 16 }, frame).scale, 30);
  const tall = fit({ w: 100, h: 9000 }, frame);
  assert.ok(tall.x > 0 && Math.abs(tall.scale * 9000 - 600) < 1e-9);
});

test("zooming keeps the picture point under the pointer, within bounds", () => {
  let view = fit(picture, frame);
  const under = (v) => [(300 - v.x) / v.scale, (200 - v.y) / v.scale];
  const before = under(view);
  view = zoom(view, 5, 300, 200, picture, frame);
  under(view).forEach((at, k) => assert.ok(Math.abs(at - before[k]) < 1e-6));
  assert.equal(zoom(view, 1e9, 300, 200, picture, frame).scale, MAX_SCALE);
  assert.deepEqual(zoom(view, 1e-9, 300, 200, picture, frame), fit(picture, frame));
});

test("the picture cannot be dragged out of its window", () => {
  const view = held({ x: 900, y: -1e6, scale: 1 }, picture, frame);
  assert.deepEqual(view, { x: 0, y: 600 - 3000, scale: 1 });
  const face = show({ x: 1000, y: 1000, w: 200, h: 200 }, picture, frame);
  assert.ok(face.x + 1000 * face.scale > 0 && face.x + 1200 * face.scale < 800);
});

test("cividis is the one of the Python reports, and every map grows steadily lighter", () => {
  const rows = /ANCHORS = np\.array\(\s*\[([\s\S]*?)\],\s*np/.exec(read("py/telltale/report/colour.py"))[1];
  const anchors = [...rows.matchAll(/\((\d+), (\d+), (\d+)\)/g)].map((m) => m.slice(1).map(Number));
  const colours = table("cividis");
  anchors.forEach((anchor, k) => {
    const at = Math.round((255 * k) / (anchors.length - 1));
    anchor.forEach((value, c) => assert.ok(Math.abs(colours[3 * at + c] - value) <= 2, `${k} ${c}`));
  });
  for (const name of COLOURS) {
    const map = table(name);
    const light = Array.from({ length: 256 }, (_, i) => luminance([...map.slice(3 * i, 3 * i + 3)]));
    for (let i = 1; i < 256; i++) assert.ok(light[i] >= light[i - 1] - 1e-3, `${name} at ${i}`);
  }
});

test("painting colours by the red channel and leaves the opacity", () => {
  const rgba = new Uint8ClampedArray([0, 9, 9, 255, 255, 9, 9, 128]);
  paint(rgba, "grey");
  assert.deepEqual([...rgba], [0, 0, 0, 255, 255, 255, 255, 128]);
});

test("saved files get names that every system takes", () => {
  assert.equal(nameFor("IMG_2041.JPG", ".json"), "IMG_2041.telltale.json");
  assert.equal(nameFor("../../etc/passwd", ".html"), "_.._etc_passwd.telltale.html");
  assert.equal(nameFor('a<b>:"|?*\u202Egpj.exe.jpg', ".json"), "a_b_gpj.exe.telltale.json");
  assert.equal(nameFor("año 2024.png", ".json"), "año 2024.telltale.json");
  assert.equal(nameFor("....", ".json"), "picture.telltale.json");
});

test("characters that hide are written out, and honest ones stay", () => {
  assert.equal(visible("holiday\u202Egpj.exe"), "holiday⟨U+202E⟩gpj.exe");
  assert.equal(visible("a\u0000b\u200Bc"), "a⟨U+0000⟩b⟨U+200B⟩c");
  assert.equal(visible("Fête — 写真 📷 עברית"), "Fête — 写真 📷 עברית");
});

test("only a bitmap that the browser just made is taken for pixels", () => {
  const now = 1_700_000_000_000;
  const rungs = (name, lastModified) =>
    pasted({ files: [{ name, lastModified }] }, now).map(({ rung }) => rung);
  assert.deepEqual(rungs("image.png", now - 20), ["canvas"]);
  assert.deepEqual(rungs("image.png", now - 86_400_000), ["file"]);
  assert.deepEqual(rungs("IMG_1.JPG", now), ["file"]);
  assert.deepEqual(pasted(null, now), []);
});

test("numbers are short without lying about their size", () => {
  const shown = [0, 1536, 0.448404, -0.0587712, 281.994, 1234.56, 3.2e-7, 12345678].map(number);
  const wanted = ["0", "1536", "0.448", "−0.0588", "282", "1235", "3.2 × 10⁻⁷", "12,345,678"];
  assert.deepEqual(shown, wanted);
});

test("the reader's own language is chosen where it is spoken", () => {
  assert.equal(choose(["", "de-AT", "es-MX", "en"]), "es");
  assert.equal(choose(["EN-gb"]), "en");
  assert.equal(choose(["fr", "ja"]), "en");
});

test("the phrase book translates sentences with their numbers, or says that it cannot", () => {
  const book = new Phrases(
    {
      "All is even.": "Todo es uniforme.",
      "One area has {} times the noise.": "Una zona tiene {1} veces el ruido.",
      "Face {} is {} pixels wide; at least 64.": "Se piden 64: la cara {1} mide {2} píxeles.",
    },
    "es",
  );
  assert.equal(book.translate("All is even."), "Todo es uniforme.");
  assert.equal(book.translate("One area has 1.50 times the noise."), "Una zona tiene 1,50 veces el ruido.");
  assert.equal(
    book.translate("Face 2 is 12,345 pixels wide; at least 64."),
    "Se piden 64: la cara 2 mide 12.345 píxeles.",
  );
  assert.equal(
    book.translate("One area has 3 times the noise. All is even."),
    "Una zona tiene 3 veces el ruido. Todo es uniforme.",
  );
  assert.equal(book.translate("All is even. This is new."), null);
});

test("names between marks and dates stay as they are, with their full stops", () => {
  const book = new Phrases(
    {
      "It names {} and {}.": "Nombra {2} y {1}.",
      "That is a claim.": "Es una afirmación.",
      "It was saved on {}.": "Se guardó el {1}.",
    },
    "es",
  );
  assert.equal(
    book.translate("It names “St. Acme 1.5: Mark II” and “B”. That is a claim. It names “C” and “D”."),
    "Nombra «B» y «St. Acme 1.5: Mark II». Es una afirmación. Nombra «D» y «C».",
  );
  assert.equal(book.translate("It was saved on 2024-05-06."), "Se guardó el 2024-05-06.");
  assert.equal(book.translate("It names “$1 {2}” and “B”."), "Nombra «B» y «$1 {2}».");
});

test("text stands out from its ground in light and dark, as WCAG AA asks", () => {
  const css = read("web/ui/tokens.css");
  const pair = (name) => {
    const [, light, dark] = new RegExp(`--${name}: light-dark\\((#\\w+), (#\\w+)\\)`).exec(css);
    return [light, dark].map((hex) => (hex.length === 4 ? hex.replace(/\w/g, "$&$&") : hex));
  };
  const contrast = (a, b) => {
    const [x, y] = [a, b].map((hex) => luminance([1, 3, 5].map((k) => parseInt(hex.slice(k, k + 2), 16))));
    return (Math.max(x, y) + 0.05) / (Math.min(x, y) + 0.05);
  };
  const text = [
    ...["ink", "soft", "accent", "warn"].flatMap((ink) => ["ground", "card", "sunk"].map((on) => [ink, on, 4.5])),
    ["on-accent", "accent", 4.5],
    ["accent-strong", "wash", 4.5],
    ["ink", "warn-wash", 4.5],
    ["warn", "warn-wash", 4.5],
    ["edge", "ground", 3],
    ["edge", "card", 3],
    ["accent", "card", 3],
    ["suspect", "sunk", 3],
  ];
  for (const [front, back, least] of text) {
    pair(front).forEach((colour, k) => {
      const found = contrast(colour, pair(back)[k]);
      assert.ok(found >= least, `${front} on ${back}, ${["light", "dark"][k]}: ${found.toFixed(2)}`);
    });
  }
});

/** Relative luminance of sRGB values in [0, 255] (WCAG 2.2). */
function luminance(rgb) {
  const [r, g, b] = rgb.map((v) => (v / 255 <= 0.04045 ? v / 3294.6 : ((v / 255 + 0.055) / 1.055) ** 2.4));
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

test("places stand on the land of the sketch, or in its seas", () => {
  const rings = [...LAND.matchAll(/M(\d+) (\d+)l([^z]*)z/g)].map(([, x, y, steps]) => {
    const at = [Number(x), Number(y)];
    const numbers = steps.trim().split(/\s+/).map(Number);
    const points = [[...at]];
    for (let k = 0; k < numbers.length; k += 2) {
      at[0] += numbers[k];
      at[1] += numbers[k + 1];
      points.push([...at]);
    }
    return points;
  });
  const inside = (x, y) => {
    const crossed = rings.flatMap((points) =>
      points.filter(([x1, y1], k) => {
        const [x2, y2] = points[(k + 1) % points.length];
        return y1 > y !== y2 > y && x < x1 + ((y - y1) / (y2 - y1)) * (x2 - x1);
      }),
    );
    return crossed.length % 2 === 1;
  };
  // rings go on over the 180th meridian, and the sketch repeats them on both sides
  const onLand = (latitude, longitude) => {
    const { x, y } = placed(latitude, longitude);
    return [-3600, 0, 3600].some((shift) => inside(x + shift, y));
  };
  const cities = [[40.4, -3.7], [-33.7, 150.5], [-1.3, 36.8], [39.9, 116.4], [41.8, -88.5], [-15.8, -47.9]];
  const seas = [[0, -30], [-40, 80], [35, -45], [60, -20], [15, 65], [-30, -100]];
  for (const [latitude, longitude] of cities) assert.ok(onLand(latitude, longitude), `${latitude} ${longitude}`);
  for (const [latitude, longitude] of seas) assert.ok(!onLand(latitude, longitude), `${latitude} ${longitude}`);
});
