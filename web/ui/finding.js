/** One finding: what was measured, the number on its scale, and when not to trust it. */

import { h } from "./dom.js";
import { facts } from "./facts.js";
import { draw } from "./heatmap.js";
import { duration, named, number, quantity, t } from "./i18n.js";
import { icon } from "./icons.js";
import { scale } from "./scale.js";
import { called, said, visible } from "./text.js";

/** @typedef {import("./record.js").Finding} Finding */
/** @typedef {import("./record.js").Part} Part */
/** @typedef {import("./record.js").Face} Face */
/** @typedef {import("./record.js").Region} Region */
/** @typedef {import("./record.js").MapImage} MapImage */
/** @typedef {import("./overlay.js").Overlay} Overlay */

/**
 * A finding with a result, or one that failed.
 *
 * @param {Finding} finding
 * @param {{overlay: Overlay, faces: readonly Face[], signal: AbortSignal}} scene
 * @returns {HTMLElement}
 */
export function findingCard(finding, scene) {
  const { card } = finding;
  const id = `finding-${finding.detector}`;
  const marks = finding.parts.flatMap((part) =>
    part.score === null ? [] : [{ name: regionName(part.region), value: part.score }],
  );
  return h(
    "article",
    { class: "finding", id, "data-status": finding.status, "aria-labelledby": `${id}-title` },
    h(
      "header",
      null,
      said("h4", card.title, { id: `${id}-title` }),
      card.weak && h("span", { class: "tag", title: t("finding.weak_why") }, t("finding.weak")),
      h("span", { class: "elapsed" }, duration(finding.elapsed_ms)),
    ),
    finding.status === "failed" && h("p", { class: "label" }, icon("warning"), t("status.failed")),
    said("p", finding.sentence, { class: "sentence" }),
    finding.score && scale(finding.score, marks.length > 1 ? marks : []),
    (finding.parts.length > 0 || finding.region.kind !== "whole") && parts(finding, scene),
    finding.maps.length > 0 && maps(finding.maps, scene),
    finding.caveats.length > 0 && caveats(finding.caveats),
    details(finding),
  );
}

/**
 * A finding without a result, as one line with its reason.
 *
 * @param {Finding} finding
 */
export function silentFinding(finding) {
  return h(
    "li",
    { "data-reason": finding.reason },
    said("b", finding.card.title),
    " ",
    said("span", finding.sentence),
    " ",
    h("span", { class: "tag" }, named("reason", finding.reason ?? "")),
  );
}

/**
 * @param {Finding} finding
 * @param {{overlay: Overlay, faces: readonly Face[]}} scene
 */
function parts(finding, { overlay, faces }) {
  const list = finding.parts.length ? finding.parts : [whole(finding)];
  return h(
    "ul",
    { class: "parts" },
    list.map((part) => {
      const box = boxOf(part.region, faces);
      const name = regionName(part.region);
      return h(
        "li",
        { "data-status": part.status },
        box
          ? h(
              "button",
              {
                type: "button",
                class: "chip",
                title: t("finding.visit"),
                onclick: () => overlay.visit(box),
                onpointerenter: () => overlay.set({ region: box }),
                onpointerleave: () => overlay.set({ region: null }),
                onfocus: () => overlay.set({ region: box }),
                onblur: () => overlay.set({ region: null }),
              },
              name,
            )
          : h("b", null, name),
        part.score !== null &&
          h("strong", null, quantity(part.score, finding.score?.unit ?? "")),
        part.status !== "ok" && h("span", { class: "tag" }, named("status", part.status)),
        said("span", part.sentence),
      );
    }),
  );
}

/**
 * A finding about one place, as the only part of itself.
 *
 * @param {Finding} finding
 * @returns {Part}
 */
function whole({ region, status, reason }) {
  return { region, status, reason, sentence: "", score: null, facts: [] };
}

/**
 * @param {readonly MapImage[]} list
 * @param {{overlay: Overlay, signal: AbortSignal}} scene
 */
function maps(list, { overlay, signal }) {
  const buttons = list.map((map) => {
    const canvas = h("canvas", { class: "map-thumb", width: 1, height: 1, "aria-hidden": "true" });
    let colours = "";
    const show = () => {
      overlay.toggle(map);
      if (overlay.map) overlay.look();
    };
    const element = h(
      "button",
      { type: "button", class: "map", title: visible(map.meaning), onclick: show },
      canvas,
      called("span", map.name),
      h("span", { class: "map-state" }),
    );
    const update = () => {
      const shown = overlay.map === map;
      element.setAttribute("aria-pressed", String(shown));
      const state = /** @type {HTMLElement} */ (element.lastElementChild);
      state.textContent = t(shown ? "map.shown" : "map.show");
      if (colours !== overlay.colours) void draw(canvas, map, (colours = overlay.colours));
    };
    overlay.addEventListener("change", update, { signal });
    update();
    return element;
  });
  return h("div", { class: "maps" }, buttons);
}

/** @param {readonly string[]} list */
function caveats(list) {
  return h(
    "ul",
    { class: "caveats", "aria-label": t("finding.caveats") },
    list.map((caveat) => h("li", null, icon("warning"), said("span", caveat))),
  );
}

/** @param {Finding} finding */
function details({ card, facts: list, parts, llr, detector, version }) {
  const detailed = parts.filter((part) => part.facts.length > 0);
  return h(
    "details",
    null,
    h("summary", null, t("finding.more")),
    h("h5", null, t("finding.question")),
    said("p", card.question),
    h("h5", null, t("finding.limits")),
    h("ul", null, card.limits.map((limit) => said("li", limit))),
    list.length > 0 && [h("h5", null, t("finding.facts")), facts(list)],
    detailed.flatMap((part) => [h("h5", null, regionName(part.region)), facts(part.facts)]),
    llr !== null && h("p", null, `${t("finding.llr")}: ${number(llr)}`),
    h("h5", null, t("finding.how")),
    said("p", card.how),
    h("h5", null, t("finding.papers")),
    h("ul", { class: "papers" }, card.references.map(reference)),
    h("p", { class: "soft mono" }, `${detector} ${version}`),
  );
}

/** @param {import("./record.js").Reference} paper */
function reference({ authors, title, venue, year, url }) {
  const text = visible(title);
  const safe = url.startsWith("https://");
  return h(
    "li",
    null,
    visible(authors),
    ". ",
    safe
      ? h("a", { href: url, target: "_blank", rel: "noreferrer noopener" }, text, icon("out_link"))
      : text,
    `. ${visible(venue)}, ${year}.`,
  );
}

/** @param {Region} region */
function regionName(region) {
  if (region.kind === "face" && region.face !== null) return t("face.name", { n: region.face + 1 });
  return named("region", region.kind);
}

/**
 * @param {Region} region
 * @param {readonly Face[]} faces
 */
function boxOf(region, faces) {
  if (region.box) return region.box;
  return faces.find((face) => region.kind === "face" && face.index === region.face)?.box ?? null;
}
