/** Looking glasses over the picture: chosen here, drawn by the engine, shown in the viewer. */

import { fill, h } from "./dom.js";
import { facts } from "./facts.js";
import { draw } from "./heatmap.js";
import { fromName, fromRecord, t } from "./i18n.js";
import { createKnobs } from "./knobs.js";
import { said, visible } from "./text.js";

/** @typedef {import("./overlay.js").Overlay} Overlay */
/** @typedef {import("./record.js").MapImage} MapImage */
/** @typedef {import("../engine/client.js").Sight} Sight */
/** @typedef {import("./knobs.js").Knob} Knob */
/** @typedef {{id: string, title: string, about: string, packages: string[], parameters: Knob[]}} Glass */

/** @typedef {{key: string, name: string}} Other */

/**
 * What looks: `others` are pictures to compare with, by a name to show.
 *
 * @typedef {object} Eye
 * @property {(glass: Glass, values: {[name: string]: string | number}) => Promise<Sight>} look
 * @property {(other: File | string) => Promise<Sight[]>} compare
 * @property {() => Other[] | Promise<Other[]>} others
 */

/** How long each of two pictures is shown in turn: slow enough for everybody (WCAG 2.3.1). */
const BLINK_MS = 700;
const FILE = "file";

/** @type {Promise<Glass[]> | null} */
let catalogue = null;

/**
 * @param {Overlay} overlay
 * @param {Eye} eye
 * @param {AbortSignal} signal
 */
export function createLooking(overlay, eye, signal) {
  const choice = h("select", { "aria-label": t("glasses.choose"), onchange: choose });
  const knobs = h("div", { class: "knobs" });
  const about = h("p", { class: "glass-about" });
  const state = h("p", { class: "glass-state", role: "status" });
  const figure = h("figure", { class: "glass-figure", hidden: true });
  const numbers = h("details", { class: "glass-facts", hidden: true });
  const input = h("input", { type: "file", accept: "image/*", hidden: true, onchange: pick });
  const element = h(
    "section",
    { class: "glasses", hidden: true, "aria-label": t("viewer.glasses") },
    h("div", { class: "glass-row" }, choice, knobs),
    about,
    state,
    figure,
    numbers,
    input,
  );
  /** @type {Glass[]} */
  let glasses = [];
  /** What was asked for last: what comes of anything older is not shown. */
  let asked = 0;
  let busy = false;
  /** @type {(() => Promise<void>) | null} */
  let next = null;
  /** @type {ReturnType<typeof setInterval> | undefined} */
  let blinking;
  let listening = new AbortController();
  signal.addEventListener("abort", clear);

  async function open() {
    catalogue ??= load();
    /** @type {Other[]} */
    let others;
    [glasses, others] = await Promise.all([catalogue, eye.others()]);
    offer(others);
  }

  /** @param {Other[]} others */
  function offer(others) {
    const now = choice.value;
    fill(
      choice,
      h("option", { value: "" }, t("glasses.none")),
      glasses.map(({ id, title }) => h("option", { value: id }, fromRecord(title).text)),
      h(
        "optgroup",
        { label: t("glasses.compare") },
        others.map(({ key, name }) => h("option", { value: `=${key}` }, visible(name))),
        h("option", { value: `=${FILE}` }, t("glasses.file")),
      ),
    );
    choice.value = now;
    if (choice.selectedIndex < 0) choice.value = "";
  }

  function choose() {
    clear();
    if (choice.value === `=${FILE}`) return input.click();
    if (choice.value.startsWith("=")) return compare(choice.value.slice(1));
    const glass = glasses.find(({ id }) => id === choice.value);
    if (!glass) return;
    fill(about, fromRecord(glass.about).text);
    const panel = createKnobs(glass.parameters, () => look(glass, panel.values()));
    fill(knobs, panel.elements);
    look(glass, panel.values());
  }

  function pick() {
    const file = input.files?.[0];
    input.value = "";
    if (file) compare(file);
  }

  function clear() {
    asked++;
    stopBlinking();
    listening.abort();
    listening = new AbortController();
    for (const part of [knobs, about, state, figure, numbers]) fill(part);
    figure.hidden = numbers.hidden = true;
    if (overlay.map?.seen) overlay.set({ map: null });
    // the picture that was looked at is not kept for the keys
    if (overlay.last?.seen) overlay.last = null;
  }

  /** @param {Glass} glass @param {{[name: string]: string | number}} values */
  function look(glass, values) {
    ask(async () => {
      const sight = await eye.look(glass, values);
      return () => show(sight, glass.title);
    });
  }

  /** @param {File | string} other */
  function compare(other) {
    ask(async () => {
      const sights = await eye.compare(other);
      return () => compared(sights);
    });
  }

  /**
   * Do one thing after the other; of those that wait only the last.
   *
   * @param {() => Promise<() => void>} work
   */
  function ask(work) {
    const mine = ++asked;
    fill(state, t("glasses.working"));
    next = async () => {
      try {
        const done = await work();
        if (mine !== asked || signal.aborted) return;
        fill(state);
        done();
      } catch (error) {
        if (mine !== asked) return;
        const why = error instanceof Error ? error.message : String(error);
        fill(state, said("span", why));
      }
    };
    if (!busy) void workOff();
  }

  async function workOff() {
    busy = true;
    while (next) {
      const now = next;
      next = null;
      await now();
    }
    busy = false;
  }

  /** @param {Sight} sight @param {string} title */
  function show(sight, title) {
    const map = asMap(sight, title);
    tell(sight.facts);
    if (sight.space === "picture") return overlay.set({ map });
    const canvas = h("canvas", { role: "img", "aria-label": fromRecord(title).text });
    fill(figure, canvas, h("figcaption", null, said("span", sight.meaning)));
    figure.hidden = false;
    void draw(canvas, map, overlay.colours);
  }

  /** @param {Sight[]} sights the second picture over the first, and the difference */
  function compared([over, difference]) {
    const maps = [asMap(over, "second_picture"), asMap(difference, "difference")];
    const buttons = maps.map((map) =>
      h(
        "button",
        { type: "button", onclick: () => (stopBlinking(), overlay.set({ map })) },
        fromName(map.name).text,
      ),
    );
    const blink = h("button", { type: "button", onclick: () => toggleBlink(maps[0]) }, t("glasses.blink"));
    const update = () => {
      buttons.forEach((button, k) => button.setAttribute("aria-pressed", String(overlay.map === maps[k])));
      blink.setAttribute("aria-pressed", String(blinking !== undefined));
    };
    overlay.addEventListener("change", update, { signal: listening.signal });
    fill(knobs, buttons, blink);
    fill(about, said("span", over.sentence ?? ""));
    tell(over.facts);
    overlay.set({ map: maps[1] });
  }

  /** @param {MapImage} map */
  function toggleBlink(map) {
    const stop = blinking !== undefined;
    stopBlinking();
    if (!stop) blinking = setInterval(() => overlay.toggle(map), BLINK_MS);
    overlay.set({ map });
  }

  function stopBlinking() {
    clearInterval(blinking);
    blinking = undefined;
  }

  /** @param {readonly import("./record.js").Fact[]} list */
  function tell(list) {
    numbers.hidden = list.length === 0;
    fill(numbers, h("summary", null, t("finding.facts")), facts(list));
  }

  return {
    element,
    /** Open or close; whether it is open now. Closing takes the glass away. */
    toggle() {
      element.hidden = !element.hidden;
      if (element.hidden) {
        choice.value = "";
        clear();
      } else {
        void open().then(() => choice.focus());
      }
      return !element.hidden;
    },
  };
}

/** @returns {Promise<Glass[]>} */
async function load() {
  const response = await fetch(new URL("./glasses.json", import.meta.url));
  if (!response.ok) throw new Error(`glasses.json: ${response.status}`);
  return response.json();
}

/**
 * What was seen, as a map that the viewer shows.
 *
 * @param {Sight} sight
 * @param {string} name
 * @returns {MapImage}
 */
function asMap({ kind, width, height, low, high, unit, meaning, values }, name) {
  const data = new Uint8ClampedArray(4 * width * height);
  const step = kind === "scalar" ? 1 : 3;
  for (let from = 0, to = 0; to < data.length; from += step, to += 4) {
    data[to] = values[from];
    data[to + 1] = values[from + (step === 3 ? 1 : 0)];
    data[to + 2] = values[from + (step === 3 ? 2 : 0)];
    data[to + 3] = 255;
  }
  const seen = new ImageData(data, width, height);
  return { name, meaning, unit, kind, space: "picture", width, height, low, high, box: null, png: "", seen };
}
