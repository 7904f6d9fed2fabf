/** The findings of one picture, by family, in the order in which they arrive. */

import { h } from "./dom.js";
import { findingCard, silentFinding } from "./finding.js";
import { count, named } from "./i18n.js";

/** @typedef {import("./record.js").Finding} Finding */
/** @typedef {import("./record.js").Family} Family */

/** @type {readonly Family[]} */
const FAMILIES = ["learned", "forensic", "biological", "provenance"];

/**
 * The findings in the order in which they stand on the page.
 *
 * @param {readonly Finding[]} findings
 */
export function inOrder(findings) {
  return FAMILIES.flatMap((family) => findings.filter((finding) => finding.family === family));
}

/**
 * @param {HTMLElement} root
 * @param {Parameters<typeof findingCard>[1]} scene
 */
export function createFindings(root, scene) {
  /** @type {Map<Family, ReturnType<typeof family>>} */
  const families = new Map();

  return {
    /** @param {Finding} finding */
    add(finding) {
      let group = families.get(finding.family);
      if (!group) {
        families.set(finding.family, (group = family(finding.family)));
        const ordered = FAMILIES.flatMap((name) => families.get(name)?.element ?? []);
        root.replaceChildren(...ordered);
      }
      const loud = finding.status === "ok" || finding.status === "failed";
      if (loud) group.loud(findingCard(finding, scene));
      else group.silent(silentFinding(finding));
    },
  };
}

/** @param {Family} name */
function family(name) {
  const cards = h("div", { class: "cards" });
  const list = h("ul", null);
  const summary = h("summary", null);
  const folded = h("details", { class: "silent", hidden: true }, summary, list);
  const element = h(
    "section",
    { class: "family", "aria-labelledby": `family-${name}` },
    h("h3", { id: `family-${name}` }, named("family", name)),
    cards,
    folded,
  );
  return {
    element,
    /** @param {HTMLElement} card */
    loud: (card) => cards.append(card),
    /** @param {HTMLElement} line */
    silent(line) {
      list.append(line);
      folded.hidden = false;
      summary.textContent = count("findings.silent", list.childElementCount);
    },
  };
}
