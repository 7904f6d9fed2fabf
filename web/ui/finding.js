/** One finding: what was measured, the number on its scale, and when not to trust it. */

import { h } from "./dom.js";
import { facts } from "./facts.js";
import { duration, named, number, t } from "./i18n.js";
import { icon } from "./icons.js";
import { findingMaps } from "./maps.js";
import { findingParts, regionName } from "./parts.js";
import { scale } from "./scale.js";
import { said, visible } from "./text.js";

/** @typedef {import("./record.js").Finding} Finding */
/** @typedef {import("./record.js").Face} Face */
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
  const marks = finding.parts.flatMap(({ score, region }, k) =>
    score === null ? [] : [{ name: regionName(region, k, finding.parts.length), value: score }],
  );
  return h(
    "article",
    { class: "finding", id, "data-status": finding.status, "aria-labelledby": `${id}-title` },
    h(
      "header",
      null,
      said("h4", card.title, { id: `${id}-title` }),
      card.weak && h("span", { class: "tag", title: t("finding.weak_why") }, t("finding.weak")),
      finding.unreviewed && unreviewed(),
      h("span", { class: "elapsed" }, duration(finding.elapsed_ms)),
    ),
    finding.status === "failed" && h("p", { class: "label" }, icon("warning"), t("status.failed")),
    said("p", finding.sentence, { class: "sentence" }),
    finding.score && scale(finding.score, marks.length > 1 ? marks : []),
    (finding.parts.length > 0 || finding.region.kind !== "whole") && findingParts(finding, scene),
    finding.maps.length > 0 && findingMaps(finding.maps, scene),
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
    finding.unreviewed && [unreviewed(), " "],
    h("span", { class: "tag" }, named("reason", finding.reason ?? "")),
  );
}

/** The mark of a detector that a person added: nobody reviewed it, and it weighs in no answer. */
function unreviewed() {
  return h("span", { class: "tag unreviewed", title: t("finding.unreviewed_why") }, t("finding.unreviewed"));
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
    detailed.flatMap((part) => [
      h("h5", null, regionName(part.region, parts.indexOf(part), parts.length)),
      facts(part.facts),
    ]),
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
