/** The controls over the picture: which map, how strong, which colours, faces, magnifier, zoom. */

import { fill, h } from "./dom.js";
import { inOrder } from "./findings.js";
import { fromName, fromRecord, percent, t } from "./i18n.js";
import { icon } from "./icons.js";
import { hasPlace } from "./maps.js";

/** @typedef {import("./record.js").Finding} Finding */
/** @typedef {import("./record.js").MapImage} MapImage */
/** @typedef {import("./overlay.js").Overlay} Overlay */

/** The keys of the picture, and the string that says what each does. */
const KEYS = /** @type {const} */ ([
  ["+ −", "keys.zoom"],
  ["0", "keys.fit"],
  ["1", "keys.life"],
  ["← ↑ → ↓", "keys.pan"],
  ["O", "keys.overlay"],
  [", .", "keys.maps"],
  ["[ ]", "keys.opacity"],
  ["F", "keys.faces"],
  ["L", "keys.landmarks"],
  ["M", "keys.magnifier"],
  ["G", "keys.glasses"],
  ["B", "keys.beside"],
]);

/**
 * @param {Overlay} overlay
 * @param {{in(): void, out(): void, all(): void, life(): void}} stage
 * @param {{magnify(): void, beside(): void, glasses: (() => void) | null}} act
 */
export function createBar(overlay, stage, act) {
  /** @type {MapImage[]} */
  let maps = [];
  const choice = h("select", {
    class: "map-choice",
    "aria-label": t("viewer.map"),
    onchange: () => overlay.set({ map: maps[Number(choice.value)] ?? null }),
  });
  const opacity = h("input", {
    type: "range",
    min: "0",
    max: "100",
    "aria-label": t("viewer.opacity"),
    oninput: () => overlay.set({ opacity: Number(opacity.value) / 100 }),
  });
  const faces = toggle("face", t("viewer.faces"), () => overlay.set({ faces: !overlay.faces }));
  const points = toggle("points", t("viewer.landmarks"), () =>
    overlay.set({ landmarks: !overlay.landmarks }),
  );
  const glass = toggle("magnifier", t("viewer.magnifier"), act.magnify);
  const twin = toggle("beside", t("viewer.beside"), act.beside);
  const glasses = act.glasses && toggle("glasses", t("viewer.glasses"), act.glasses);
  const scale = h("output", { class: "zoom", "aria-label": t("viewer.zoom") });
  const help = h(
    "div",
    { class: "keys-help", id: "keys-help", popover: "auto" },
    h("h3", null, t("keys.title")),
    h(
      "dl",
      null,
      KEYS.flatMap(([keys, key]) => [
        h("dt", null, keys.split(" ").map((k) => h("kbd", null, k))),
        h("dd", null, t(key)),
      ]),
    ),
    h("p", { class: "soft", id: "keys-pointer" }, t("keys.pointer")),
  );
  const element = h(
    "div",
    { class: "viewer-bar", role: "group", "aria-label": t("viewer.tools") },
    h("div", { class: "bar-group bar-maps" }, icon("overlay"), choice, opacity),
    h("div", { class: "bar-group" }, faces, points, glass, twin, glasses),
    h(
      "div",
      { class: "bar-group" },
      button("out", t("viewer.out"), stage.out),
      scale,
      button("in", t("viewer.in"), stage.in),
      button("fit", t("viewer.fit"), stage.all),
      h("button", { type: "button", title: t("viewer.life"), onclick: stage.life }, "1:1"),
      h(
        "button",
        { type: "button", class: "icon-button", title: t("keys.title"), "aria-label": t("keys.title"), popovertarget: "keys-help", "aria-haspopup": "dialog" },
        icon("keys"),
      ),
    ),
    help,
  );

  function update() {
    choice.value = String(overlay.map ? maps.indexOf(overlay.map) : -1);
    choice.disabled = maps.length === 0;
    opacity.value = String(Math.round(overlay.opacity * 100));
    opacity.setAttribute("aria-valuetext", percent(overlay.opacity));
    opacity.disabled = !overlay.map;
    faces.setAttribute("aria-pressed", String(overlay.faces));
    points.setAttribute("aria-pressed", String(overlay.landmarks));
  }

  return {
    element,
    update,
    get maps() {
      return maps;
    },
    /** @param {number} value */
    zoomed(value) {
      scale.value = percent(value);
    },
    /** @param {boolean} on */
    magnifying(on) {
      glass.setAttribute("aria-pressed", String(on));
    },
    /** @param {boolean} on */
    beside(on) {
      twin.setAttribute("aria-pressed", String(on));
    },
    /** @param {boolean} on */
    looking(on) {
      glasses?.setAttribute("aria-pressed", String(on));
    },
    /** @param {boolean} any */
    faces(any) {
      faces.disabled = points.disabled = !any;
    },
    /** Offer the maps of these findings. @param {readonly Finding[]} findings */
    offer(findings) {
      const groups = inOrder(findings)
        .map((finding) => ({ title: finding.card.title, maps: finding.maps.filter(hasPlace) }))
        .filter((group) => group.maps.length > 0);
      maps = groups.flatMap((group) => group.maps);
      let index = 0;
      fill(
        choice,
        h("option", { value: "-1" }, t("viewer.no_map")),
        groups.map((group) =>
          h(
            "optgroup",
            { label: fromRecord(group.title).text },
            group.maps.map((map) => h("option", { value: String(index++) }, fromName(map.name).text)),
          ),
        ),
      );
      update();
    },
  };
}

/**
 * @param {import("./icons.js").Icon} name
 * @param {string} label
 * @param {() => void} onclick
 */
function button(name, label, onclick) {
  return h(
    "button",
    { type: "button", class: "icon-button", title: label, "aria-label": label, onclick },
    icon(name),
  );
}

/**
 * @param {import("./icons.js").Icon} name
 * @param {string} label
 * @param {() => void} onclick
 */
function toggle(name, label, onclick) {
  const element = button(name, label, onclick);
  element.setAttribute("aria-pressed", "false");
  return element;
}
