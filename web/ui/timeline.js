/** What was found over time: for each face one lane per test, in step with the video. */

import { Clock, STEP_S } from "./clock.js";
import { h, svg } from "./dom.js";
import { count, integer, named, number, percent, t } from "./i18n.js";
import { icon } from "./icons.js";
import { clockTime, tickStep } from "./series.js";
import { createLane } from "./timeline-lane.js";
import { createMoments } from "./timeline-moments.js";

/** @typedef {import("./record.js").VideoSection} VideoSection */
/** @typedef {import("./record.js").Track} Track */

/** Marks on the ruler at most, and room in pixels for the words of one. */
const TICKS = { most: 8, width: 72 };
/** The least seconds in sight, and a step of zooming. */
const LEAST_S = 0.5;
const ZOOM = 2;

/**
 * Fill `root` with a timeline, empty until `show` is called; it may be called again and again while
 * the work goes on.
 *
 * @param {HTMLElement} root
 * @param {object} scene
 * @param {HTMLVideoElement | null} scene.player that shows the file itself, where one can
 * @param {AbortSignal} scene.signal ends the listening
 * @param {() => void} [scene.still] examines the frame that the player shows as a picture
 * @param {boolean} [scene.live] a stream that goes on: nothing to play, and the last seconds count
 */
export function createTimeline(root, { player, signal, still, live = false }) {
  const clock = new Clock(player, signal);
  /** @type {import("./timeline-lane.js").View} */
  let view = { from: 0, to: 0 };
  let whole = true;
  /** @type {Map<string, ReturnType<typeof createLane>>} */
  const lanes = new Map();
  /** @type {Map<number, ReturnType<typeof trackHead>>} */
  const heads = new Map();

  const time = h("output", { class: "timeline-time", "aria-live": "off" });
  const play = button("play", t("timeline.play"), () => clock.toggle());
  const before = button("back", t("timeline.before"), () => jump(-1));
  const after = button("next", t("timeline.after"), () => jump(1));
  const frame = button("camera", t("timeline.still"), () => still?.());
  const zoomOut = button("out", t("timeline.zoom_out"), () => zoom(1 / ZOOM));
  const zoomIn = button("in", t("timeline.zoom_in"), () => zoom(ZOOM));
  const tools = h(
    "div",
    { class: "timeline-tools", role: "group", "aria-label": t("timeline.tools") },
    play,
    before,
    after,
    still && frame,
    time,
    h("span", { class: "timeline-room" }),
    zoomOut,
    zoomIn,
  );
  const ruler = svg("svg", { preserveAspectRatio: "none", "aria-hidden": "true" });
  const ticks = h("div", { class: "ruler-ticks", "aria-hidden": "true" });
  // the needle passes behind all words, so the ruler, which lies over the lanes, has a point of it of its own
  const point = h("div", { class: "timeline-needle", "aria-hidden": "true" });
  const slider = h(
    "div",
    {
      class: "ruler",
      role: "slider",
      tabIndex: 0,
      title: t("timeline.keys"),
      "aria-label": t("timeline.position"),
      "aria-valuemin": "0",
      "aria-valuemax": "0",
      "aria-valuenow": "0",
    },
    ruler,
    ticks,
    point,
  );
  const rulerRow = h("div", { class: "lane ruler-row" }, h("div", { class: "lane-label soft" }, t("timeline.position")), slider);
  const body = h("div", { class: "timeline-body" });
  const needle = h("div", { class: "timeline-needle", "aria-hidden": "true" });
  const hand = h("div", { class: "timeline-hand", "aria-hidden": "true" }, needle);
  const grid = h("div", { class: "timeline-grid" }, rulerRow, body, hand);
  const summary = h("p", { class: "soft timeline-summary" });
  const moments = createMoments((time_s) => go(time_s));
  root.classList.add("timeline");
  root.setAttribute("aria-label", t("timeline.title"));
  root.replaceChildren(
    h("h3", null, t("timeline.title")),
    h("p", { class: "soft" }, t("timeline.honest")),
    moments.element,
    tools,
    grid,
    summary,
    legend(),
  );
  if (live) tools.hidden = true;

  /** @type {VideoSection | null} */
  let video = null;
  clock.addEventListener("change", read);
  const widths = new ResizeObserver(drawRuler);
  widths.observe(slider);
  signal.addEventListener("abort", () => widths.disconnect());
  slider.addEventListener("keydown", keys);
  root.addEventListener("keydown", shortcuts);
  grid.addEventListener("pointerdown", (event) => drag(event));

  /** @param {1 | -1} way */
  function jump(way) {
    const to = moments.next(clock.time, way);
    if (to !== null) go(to);
  }

  /** Go to a moment and have it in sight. @param {number} time_s */
  function go(time_s) {
    const span = view.to - view.from;
    if (time_s < view.from || time_s > view.to) look(time_s - span / 2, time_s + span / 2);
    clock.seek(time_s);
  }

  /** @param {KeyboardEvent} event */
  function keys(event) {
    const { key, shiftKey } = event;
    const step = shiftKey ? STEP_S.large : STEP_S.small;
    if (key === "ArrowLeft" || key === "ArrowDown") go(clock.time - step);
    else if (key === "ArrowRight" || key === "ArrowUp") go(clock.time + step);
    else if (key === "PageDown") go(clock.time - STEP_S.page);
    else if (key === "PageUp") go(clock.time + STEP_S.page);
    else if (key === "Home") go(0);
    else if (key === "End") go(clock.length);
    else if (key === " ") clock.toggle();
    else return;
    event.preventDefault();
  }

  /** Keys that work anywhere in the timeline. @param {KeyboardEvent} event */
  function shortcuts(event) {
    if (event.ctrlKey || event.metaKey || event.altKey || live) return;
    const act = {
      n: () => jump(1),
      p: () => jump(-1),
      k: () => clock.toggle(),
      "+": () => zoom(ZOOM),
      "-": () => zoom(1 / ZOOM),
      0: () => look(0, clock.length),
    }[event.key];
    if (!act) return;
    act();
    event.preventDefault();
  }

  /** Scrub: everything to the right of the labels follows the pointer. @param {PointerEvent} event */
  function drag(event) {
    const field = /** @type {HTMLElement} */ (event.target).closest(".lane-field, .ruler");
    if (!field || event.button || live) return;
    const box = field.getBoundingClientRect();
    const seek = (/** @type {PointerEvent} */ { clientX }) => {
      const share = Math.min(1, Math.max(0, (clientX - box.left) / box.width));
      clock.seek(view.from + share * (view.to - view.from));
    };
    const ending = new AbortController();
    grid.setPointerCapture(event.pointerId);
    grid.addEventListener("pointermove", seek, { signal: ending.signal });
    for (const end of ["pointerup", "pointercancel"]) {
      grid.addEventListener(end, () => ending.abort(), { signal: ending.signal });
    }
    seek(event);
    event.preventDefault();
    slider.focus({ preventScroll: true });
  }

  /** @param {number} factor */
  function zoom(factor) {
    const span = Math.max((view.to - view.from) / factor, LEAST_S);
    look(clock.time - span / 2, clock.time + span / 2);
  }

  /** Bring seconds into sight. @param {number} from @param {number} to */
  function look(from, to) {
    const all = Math.max(clock.length, LEAST_S);
    const span = Math.min(to - from, all);
    const start = live ? from : Math.min(Math.max(from, 0), all - span);
    view = { from: start, to: start + span };
    whole = span >= all - 1e-6;
    zoomOut.disabled = whole;
    zoomIn.disabled = span <= LEAST_S;
    drawRuler();
    for (const lane of lanes.values()) lane.look(view);
    read();
  }

  /** Everything that depends on the moment. */
  function read() {
    const now = clock.time;
    const share = (now - view.from) / (view.to - view.from || 1);
    for (const part of [needle, point]) {
      part.hidden = live || share < 0 || share > 1;
      part.style.left = `${100 * share}%`;
    }
    time.value = `${clockTime(now)} / ${clockTime(clock.length)}`;
    slider.setAttribute("aria-valuemax", clock.length.toFixed(1));
    slider.setAttribute("aria-valuenow", now.toFixed(1));
    slider.setAttribute("aria-valuetext", t("timeline.at", { at: number(Math.round(now * 10) / 10), of: number(Math.round(clock.length * 10) / 10) }));
    play.disabled = frame.disabled = !clock.usable;
    label(play, clock.playing ? "pause" : "play", t(clock.playing ? "timeline.pause" : "timeline.play"));
    before.disabled = moments.next(now, -1) === null;
    after.disabled = moments.next(now, 1) === null;
    moments.read(now);
    const moment = live ? (video?.examined.until_s ?? 0) : now;
    for (const lane of lanes.values()) lane.read(live ? null : now);
    for (const [index, head] of heads) head.here(video?.tracks.find((track) => track.index === index), moment);
  }

  function drawRuler() {
    const span = Math.max(view.to - view.from, 1e-3);
    const each = tickStep(span, Math.min(TICKS.most, Math.max(1, Math.floor(slider.clientWidth / TICKS.width))));
    const first = Math.ceil(view.from / each - 1e-9);
    const marks = [];
    for (let k = first; k * each <= view.to + 1e-9; k++) marks.push(k * each);
    ticks.replaceChildren(
      ...marks.map((at) => {
        const share = (at - view.from) / span;
        const tick = h("span", { "data-edge": share > 0.95 ? "end" : share < 0.03 ? "start" : "" }, clockTime(at, each < 1));
        tick.style.left = `${100 * share}%`;
        return tick;
      }),
    );
    ruler.setAttribute("viewBox", `${view.from} 0 ${span} 100`);
    ruler.replaceChildren(
      ...(video?.second_look ?? []).map(([from, to]) =>
        svg("rect", { class: "ruler-closer", x: from, width: to - from, y: 62, height: 38 }, svg("title", null, t("timeline.closer"))),
      ),
      ...(video?.scenes ?? []).map((at) =>
        svg("path", { class: "ruler-scene", d: `M${at} 0V100` }, svg("title", null, t("timeline.scene", { at: clockTime(at) }))),
      ),
      svg("path", { class: "ruler-ticks-lines", d: marks.map((at) => `M${at} 80V100`).join("") }),
      ...(video?.moments ?? []).map(({ time_s }) => svg("path", { class: "ruler-moment", d: `M${time_s} 45h0` })),
    );
  }

  /** The rows in order: the whole picture, then face after face. @param {VideoSection} section */
  function rows(section) {
    /** @type {HTMLElement[]} */
    const elements = [];
    const tracks = [null, ...section.tracks];
    for (const track of tracks) {
      const index = track?.index ?? null;
      const mine = section.lanes.filter((lane) => lane.track === index);
      if (!track && !mine.length) continue;
      if (track) {
        const head = heads.get(track.index) ?? trackHead(track.index);
        heads.set(track.index, head);
        head.update(track);
        elements.push(head.element);
      }
      const who = index === null ? t("timeline.whole") : t("face.name", { n: index + 1 });
      for (const data of mine) {
        const key = `${index}/${data.test}`;
        const lane = lanes.get(key) ?? createLane(who);
        lanes.set(key, lane);
        lane.update(data);
        elements.push(lane.element);
      }
    }
    return elements;
  }

  return {
    clock,
    /**
     * Show what is known by now.
     *
     * @param {VideoSection} section the section `video` of a record, or as much of it as there is
     * @param {boolean} [going] whether the work still goes on
     */
    show(section, going = false) {
      video = section;
      clock.length = Math.max(section.duration_s, section.examined.until_s);
      moments.update(section, going);
      // what is moved loses the focus, so only what is new is put in its place
      const wanted = rows(section);
      for (const element of [...body.children]) if (!wanted.includes(/** @type {HTMLElement} */ (element))) element.remove();
      for (const [k, element] of wanted.entries()) {
        if (body.children[k] !== element) body.insertBefore(element, body.children[k] ?? null);
      }
      summary.textContent = examined(section);
      const window = Math.max(...section.plan.windows.map(([from, to]) => to - from), 30);
      if (live) look(Math.max(0, clock.length - window), Math.max(clock.length, window));
      else if (whole) look(0, clock.length);
      else look(view.from, view.to);
    },
  };
}

/** @typedef {ReturnType<typeof createTimeline>} Timeline */

/** What was looked at. @param {VideoSection} video */
function examined({ examined, plan, cancelled, second_look }) {
  const said = [
    t("timeline.examined", { followed: integer(examined.followed), full: integer(examined.full), until: clockTime(examined.until_s) }),
    named("plan", plan.kind),
    second_look.length > 0 && count("timeline.second_look", second_look.length),
    plan.asked?.closer === false && t("timeline.one_look"),
    cancelled && t("timeline.cancelled"),
  ];
  return said.filter(Boolean).join(" ");
}

/** A face: its best view, when it is seen, how good that is. @param {number} index */
function trackHead(index) {
  const image = h("img", { alt: "", hidden: true });
  const name = h("h4", null, t("face.name", { n: index + 1 }));
  const words = h("p", { class: "soft" });
  const element = h("header", { class: "track", "data-track": index }, image, h("div", null, name, words));
  return {
    element,
    /** Whether it is in the picture at a moment. @param {Track | undefined} track @param {number} time_s */
    here(track, time_s) {
      element.dataset.here = String(Boolean(track && time_s >= track.start_s - 0.1 && time_s <= track.end_s + 0.1));
    },
    /** @param {Track} track */
    update(track) {
      const { width_px, yaw_deg, compression } = track.quality;
      image.hidden = !track.keyframe;
      if (track.keyframe) image.src = `data:image/jpeg;base64,${track.keyframe}`;
      words.textContent = [
        `${clockTime(track.start_s)}–${clockTime(track.end_s)}`,
        width_px ? t("timeline.wide", { n: integer(width_px) }) : "",
        typeof compression === "number" ? t("timeline.erased", { share: percent(compression) }) : "",
        yaw_deg ? t("timeline.turned", { n: integer(Math.abs(yaw_deg)) }) : "",
        track.jitter_smoothed_px === null ? "" : t("timeline.jitter", { n: number(track.jitter_smoothed_px) }),
      ]
        .filter(Boolean)
        .join(" · ");
    },
  };
}

function legend() {
  const entry = (/** @type {string} */ kind, /** @type {string} */ words) =>
    h("li", null, h("span", { class: `key key-${kind}`, "aria-hidden": "true" }), words);
  return h(
    "ul",
    { class: "timeline-legend soft" },
    entry("limit", t("timeline.key_limit")),
    entry("over", t("timeline.key_over")),
    entry("gap", t("timeline.key_gap")),
    entry("closer", t("timeline.closer")),
  );
}

/**
 * @param {import("./icons.js").Icon} name
 * @param {string} words
 * @param {() => void} onclick
 */
function button(name, words, onclick) {
  return h("button", { type: "button", class: "icon-button", title: words, "aria-label": words, onclick, "data-icon": name }, icon(name));
}

/** @param {HTMLButtonElement} element @param {import("./icons.js").Icon} name @param {string} words */
function label(element, name, words) {
  if (element.dataset.icon === name) return;
  element.dataset.icon = name;
  element.title = words;
  element.setAttribute("aria-label", words);
  element.replaceChildren(icon(name));
}
