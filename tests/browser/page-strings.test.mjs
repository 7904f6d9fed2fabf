// Every visible string, in every language, for every code that a record can hold.

import assert from "node:assert/strict";
import { readFileSync, readdirSync } from "node:fs";
import { test } from "node:test";

const read = (path) => readFileSync(new URL(`../../${path}`, import.meta.url), "utf-8");
const json = (path) => JSON.parse(read(path));
const english = json("web/locales/en.json");
const spanish = json("web/locales/es.json");
const schema = json("py/telltale/report/schema.json");

const sources = ["web/ui", "web/page", "web/extension", "web/acquire"]
  .flatMap((folder) => readdirSync(new URL(`../../${folder}`, import.meta.url)).map((name) => `${folder}/${name}`))
  .filter((path) => path.endsWith(".js"))
  .map(read)
  .join("\n");

const places = (text) => [...text.matchAll(/\{(\w+)\}/g)].map(([, name]) => name).sort();

test("both languages have the same strings with the same places to fill", () => {
  assert.deepEqual(Object.keys(spanish).sort(), Object.keys(english).sort());
  for (const [key, text] of Object.entries(english)) {
    assert.ok(text.trim() && spanish[key].trim(), key);
    assert.deepEqual(places(spanish[key]), places(text), key);
  }
});

test("every string that the code asks for is there", () => {
  const asked = [...sources.matchAll(/\bt\(\s*(?:\w+ \? )?"([\w.-]+)"(?: : "([\w.-]+)")?/g)];
  const keys = asked.flatMap(([, one, other]) => [one, other].filter(Boolean));
  assert.ok(keys.length > 100);
  assert.deepEqual(keys.filter((key) => !(key in english)), []);
  for (const [, key] of sources.matchAll(/\bcount\(\s*"([\w.-]+)"/g)) {
    assert.ok(english[`${key}.one`] && english[`${key}.other`], key);
  }
});

test("the Spanish phrase book fills in only numbers that its English has", () => {
  const book = json("web/locales/es.record.json");
  for (const [from, to] of Object.entries(book)) {
    const numbers = from.includes("{}") ? from.match(/\d+(?:[.,]\d+)*|\{\}/g).length : 0;
    const asked = [...to.matchAll(/\{(\d*)\}/g)].map(([, n]) => Number(n));
    assert.ok(to.trim() && asked.every((n) => n >= 1 && n <= numbers), from);
  }
});

test("no string is left that nothing shows", () => {
  const families = [...sources.matchAll(/\b(?:named|count)\(\s*"([\w.-]+)"|`([\w.]+)\.\$\{/g)].map(
    ([, literal, template]) => `${literal ?? template}.`,
  );
  const unused = Object.keys(english).filter(
    (key) => !sources.includes(`"${key}"`) && !families.some((family) => key.startsWith(family)),
  );
  assert.deepEqual(unused, []);
});

test("every code of the closed lists of the record has its words", () => {
  const { finding, reason, score, media } = schema.$defs;
  const lists = {
    reason: reason.enum,
    family: finding.properties.family.enum,
    status: finding.properties.status.enum,
    direction: score.properties.direction.enum,
    rung: media.properties.rung.enum,
    orientation: [1, 2, 3, 4, 5, 6, 7, 8],
  };
  for (const [family, codes] of Object.entries(lists)) {
    for (const code of codes) assert.ok(english[`${family}.${code}`], `${family}.${code}`);
  }
});
