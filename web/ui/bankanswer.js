/** What the reference bank says of a picture: its own line, beside the verdict and never in it. */

import { fill, h } from "./dom.js";
import { count, fromName, inWords, integer, named, number, quantity, t } from "./i18n.js";
import { icon } from "./icons.js";
import { foreign } from "./text.js";

/** @typedef {import("./record.js").BankSection} Section */
/** @typedef {import("./record.js").BankSample} Sample */
/** @typedef {import("./record.js").BankFamily} Family */

/**
 * The bank as views reach it: `telltale.bank.desk` by name.
 *
 * @typedef {(name: string, args?: object, bytes?: Uint8Array | null) =>
 *   Promise<{answer: any, bytes: Uint8Array | null}>} Ask
 */

/** Families shown at once. */
const FAMILIES = 6;

/**
 * @param {HTMLElement} root
 * @param {Section} section
 * @param {Ask | null} ask for thumbnails; null where no bank can be reached
 * @param {HTMLImageElement} picture that was examined, to be laid beside samples; empty for a video
 */
export function drawBankAnswer(root, section, ask, picture) {
  const found = section.same_file ? [{ sample: section.same_file, said: [t("bank.same_file")] }] : [];
  const alike = section.same_picture.map(({ sample, distance, by_chance, llr, frames, at_s, sample_s }) => ({
    sample,
    said: [
      ...(frames === undefined ? [] : [count("bank.frames", frames)]),
      ...(typeof at_s === "number" ? [t("bank.at", { at: quantity(at_s, "s") })] : []),
      ...(sample_s === undefined ? [] : [t("bank.sample_at", { at: quantity(sample_s, "s") })]),
      t("bank.bits", { n: distance }),
      count("bank.times", roughly(10 ** llr)),
      count("bank.by_chance", roughly(by_chance)),
    ],
  }));
  const matches = [...found, ...alike];
  fill(
    root,
    h(
      "header",
      null,
      h("h3", null, icon("database"), t("bank.title")),
      h("span", { class: "tag" }, t("bank.apart")),
    ),
    h("p", { class: "bank-words" }, inWords(section.words)),
    matches.length > 0 && h("ul", { class: "bank-samples" }, matches.map(({ sample, said }) => entry(sample, said, ask, picture))),
    section.neighbours.length + section.built_in.length > 0 &&
      h(
        "details",
        { open: !matches.length && section.neighbours.some(({ kind }) => kind === "related") },
        h("summary", null, t("bank.neighbours")),
        section.neighbours.map((row) =>
          h(
            "div",
            { class: "bank-model" },
            h("h4", null, fromName(row.model).text, row.face !== undefined && ` · ${t("face.name", { n: row.face })}`),
            h("p", null, inWords(row.words)),
            distances(row.families, row.reach),
            h(
              "ul",
              { class: "bank-samples" },
              row.nearest.map(({ sample, distance }) =>
                entry(sample, [t("bank.distance", { distance: number(roughly(distance)) })], ask, picture),
              ),
            ),
          ),
        ),
        section.built_in.map((row) =>
          h(
            "div",
            { class: "bank-model" },
            h("h4", null, t("bank.built_in", { model: fromName(row.model).text })),
            h("p", null, inWords(row.words)),
            distances(row.families, row.reach),
          ),
        ),
      ),
    (section.heads ?? []).map((head) => h("p", { class: "bank-head" }, h("b", null, fromName(head.model).text), " ", inWords(head.words))),
    section.notes.map((note) => h("p", { class: "soft" }, inWords(note))),
    section.samples > 0 && h("p", { class: "soft" }, count("bank.compared", section.samples)),
  );
}

/**
 * A sample with what is said of it; the examined picture beside its small picture, where it has one.
 *
 * @param {Sample} sample
 * @param {string[]} said of its relation to the picture
 * @param {Ask | null} ask
 * @param {HTMLImageElement} picture
 */
function entry(sample, said, ask, picture) {
  const tile = h("div", { class: "bank-tile", "aria-hidden": "true" }, icon("file"));
  const pair = h("div", { class: "bank-pair" }, tile);
  if (ask) void thumbnail(tile, sample.id, ask).then((kept) => kept && picture.src && fill(pair, beside(tile, sample, picture)));
  return h(
    "li",
    { class: "bank-sample" },
    pair,
    h(
      "div",
      null,
      statements(sample),
      h("p", { class: "soft" }, said.join(" · ")),
      h("p", { class: "soft" }, `${integer(sample.width)} × ${integer(sample.height)} · SHA-256 `, h("code", null, sample.sha256.slice(0, 12))),
    ),
  );
}

/**
 * The examined picture and a sample, side by side.
 *
 * @param {HTMLElement} tile of the sample
 * @param {Sample} sample
 * @param {HTMLImageElement} picture
 */
function beside(tile, sample, picture) {
  const examined = h("figure", null, h("div", { class: "bank-tile" }, copy()), h("figcaption", null, t("bank.examined")));
  return [examined, h("figure", null, tile, h("figcaption", null, t("bank.sample", { n: sample.id })))];

  function copy() {
    return h("img", { src: picture.src, alt: "", onerror: () => examined.remove() });
  }
}

/** What was said of a sample, by whom. @param {Pick<Sample, "statements">} sample */
export function statements({ statements: all }) {
  return h(
    "ul",
    { class: "statements" },
    all.map((one) =>
      h(
        "li",
        { "data-label": one.label },
        h("b", null, named("bank.label", one.label)),
        one.method && [" · ", foreign(one.method)],
        ` · ${t("bank.says")} `,
        foreign(one.said_by),
        !one.own && [" ", h("span", { class: "tag" }, t("bank.from_pack"))],
        one.provenance && [" ", h("span", { class: "soft" }, foreign(one.provenance))],
      ),
    ),
  );
}

/**
 * Put a sample's thumbnail on its tile, where one is kept.
 *
 * @param {HTMLElement} tile
 * @param {number} id
 * @param {Ask} ask
 * @returns {Promise<boolean>} whether there is one
 */
export async function thumbnail(tile, id, ask) {
  const { bytes } = await ask("thumbnail", { id }).catch(() => ({ bytes: null }));
  if (!bytes) return false;
  const url = URL.createObjectURL(new Blob([/** @type {BlobPart} */ (bytes)], { type: "image/jpeg" }));
  const image = h("img", { src: url, alt: "", onload: () => URL.revokeObjectURL(url) });
  tile.replaceChildren(image);
  return true;
}

/**
 * Distances to families as bars, the nearest first; `reach` is marked where it is known.
 *
 * @param {Family[]} families
 * @param {number | null} reach
 */
function distances(families, reach) {
  const shown = families.slice(0, FAMILIES);
  if (!shown.length) return null;
  const most = Math.max(...shown.map(({ distance }) => distance), reach ?? 0, 1e-6);
  return h(
    "ol",
    { class: "bank-families" },
    shown.map(({ name, distance, samples }) => {
      const bar = h("span", { class: "bank-bar", "aria-hidden": "true" });
      const length = h("span", { class: "bank-length" });
      length.style.width = `${(100 * distance) / most}%`;
      bar.append(length);
      if (reach !== null) {
        const mark = h("span", { class: "bank-reach" });
        mark.style.left = `${(100 * reach) / most}%`;
        bar.append(mark);
      }
      return h(
        "li",
        null,
        h("span", null, foreign(inWords(name)), samples !== undefined && h("span", { class: "soft" }, ` ${integer(samples)}`)),
        bar,
        h("span", { class: "number" }, number(roughly(distance))),
      );
    }),
  );
}

/** Two significant digits: more would pretend. @param {number} value */
function roughly(value) {
  return Number(value.toPrecision(2));
}
