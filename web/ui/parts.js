/** What a finding says of single places: faces, regions, crops. Pointing at one shows it. */

import { h } from "./dom.js";
import { count, named, quantity, t } from "./i18n.js";
import { said } from "./text.js";

/** @typedef {import("./record.js").Finding} Finding */
/** @typedef {import("./record.js").Part} Part */
/** @typedef {import("./record.js").Face} Face */
/** @typedef {import("./record.js").Region} Region */
/** @typedef {import("./record.js").Box} Box */
/** @typedef {import("./overlay.js").Overlay} Overlay */

/** More wordless places than this are folded away. */
const SHOWN = 8;

/**
 * @param {Finding} finding
 * @param {{overlay: Overlay, faces: readonly Face[]}} scene
 */
export function findingParts(finding, { overlay, faces }) {
  const parts = finding.parts.length ? finding.parts : [whole(finding)];
  const unit = finding.score?.unit ?? "";
  const listed = parts.map((part, k) => ({
    part,
    name: regionName(part.region, k, parts.length),
    box: boxOf(part.region, faces),
  }));
  const spoken = listed.filter(({ part }) => part.sentence || part.status !== "ok");
  const mute = listed.filter((one) => !spoken.includes(one));
  const chips = h(
    "ul",
    { class: "chips" },
    mute.map(({ part, name, box }) => {
      const value = part.score === null ? "" : quantity(part.score, unit);
      const words = mute.length > SHOWN && value ? value : [name, value].filter(Boolean).join(" · ");
      return h("li", null, place(words, name, box, overlay));
    }),
  );
  return h(
    "div",
    { class: "parts" },
    spoken.length > 0 &&
      h(
        "ul",
        { class: "spoken" },
        spoken.map(({ part, name, box }) =>
          h(
            "li",
            { "data-status": part.status },
            place(name, name, box, overlay),
            part.score !== null && h("strong", null, quantity(part.score, unit)),
            part.status !== "ok" && h("span", { class: "tag" }, named("status", part.status)),
            part.sentence !== finding.sentence && said("span", part.sentence),
          ),
        ),
      ),
    mute.length > SHOWN
      ? h("details", null, h("summary", null, count("finding.places", mute.length)), chips)
      : mute.length > 0 && chips,
  );
}

/**
 * The name of a place; several regions are numbered.
 *
 * @param {Region} region
 * @param {number} index
 * @param {number} many
 */
export function regionName(region, index, many) {
  if (region.kind === "face" && region.face !== null) return t("face.name", { n: region.face + 1 });
  const name = named("region", region.kind);
  return region.kind === "box" && many > 1 ? `${name} ${index + 1}` : name;
}

/**
 * @param {string} words
 * @param {string} name
 * @param {Box | null} box
 * @param {Overlay} overlay
 */
function place(words, name, box, overlay) {
  if (!box) return h("b", null, words);
  const point = () => overlay.set({ region: box });
  const leave = () => overlay.set({ region: null });
  return h(
    "button",
    {
      type: "button",
      class: "chip",
      title: `${name}: ${t("finding.visit")}`,
      onclick: () => overlay.visit(box),
      onpointerenter: point,
      onpointerleave: leave,
      onfocus: point,
      onblur: leave,
    },
    words,
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
 * @param {Region} region
 * @param {readonly Face[]} faces
 */
function boxOf(region, faces) {
  if (region.box) return region.box;
  return faces.find((face) => region.kind === "face" && face.index === region.face)?.box ?? null;
}
