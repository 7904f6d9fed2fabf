/** One lane of the timeline: a test of one face as a curve with its limit and its gaps. */

import { h, svg } from "./dom.js";
import { count, fromRecord, named, number, quantity, t } from "./i18n.js";
import { at, beyond, clockTime, height, latest, points, runs, sight } from "./series.js";
import { said, visible } from "./text.js";

/** @typedef {import("./record.js").Lane} Lane */
/** @typedef {{from: number, to: number}} View seconds that are in sight */

/** Most gaps that are listed in words. */
const GAPS = 12;

/**
 * @param {string} who the face's name, or that of the whole picture
 */
export function createLane(who) {
  const title = h("span", { class: "lane-title" });
  const now = h("output", { class: "lane-now" });
  const outcome = h("p", null);
  const about = h("p", { class: "soft" });
  const gaps = h("ul", { class: "lane-gaps" });
  const more = h("details", { class: "lane-more" }, h("summary", null, title), outcome, about, gaps);
  const drawing = svg("svg", { preserveAspectRatio: "none", role: "img" });
  const field = h("div", { class: "lane-field" }, drawing);
  const element = h("div", { class: "lane" }, h("div", { class: "lane-label" }, more, now), field);
  /** @type {Lane | null} */
  let lane = null;
  /** @type {import("./series.js").Point[]} */
  let list = [];

  /** What is at a moment, or where it is null, at last. @param {number | null} time_s */
  function read(time_s) {
    if (!lane) return;
    const { value, gap } = time_s === null ? latest(lane, list) : at(lane, list, time_s);
    const over = value !== null && beyond(lane, value);
    // a test that could tell nothing of the whole says so where there is no value to show
    const reason = gap?.reason ?? (list.length ? null : lane.concluded?.reason);
    now.value = value !== null ? number(value) : reason ? named("reason", reason) : "–";
    now.dataset.state = over ? "beyond" : value !== null ? "value" : "gap";
    if (over) now.value += ` ${t("timeline.over")}`;
  }

  return {
    element,
    read,
    /** To be followed by `look`. @param {Lane} next */
    update(next) {
      lane = next;
      list = points(next);
      element.dataset.test = next.test;
      title.replaceChildren(said("span", next.title));
      outcome.replaceChildren(said("span", next.concluded?.sentence ?? ""));
      about.replaceChildren(...describe(next));
      const listed = next.gaps.slice(0, GAPS).map((gap) =>
        h("li", null, `${clockTime(gap.start_s)}–${clockTime(gap.end_s)}: `, gapWords(gap)),
      );
      if (next.gaps.length > GAPS) listed.push(h("li", null, count("timeline.more_gaps", next.gaps.length - GAPS)));
      gaps.replaceChildren(...listed);
      drawing.setAttribute("aria-label", `${who}, ${spoken(next, list)}`);
    },
    /** @param {View} view */
    look(view) {
      const { from, to } = view;
      drawing.setAttribute("viewBox", `${from} 0 ${Math.max(to - from, 1e-3)} 100`);
      if (lane) drawing.replaceChildren(...shapes(lane, list, view));
    },
  };
}

/** The reason of a gap in words. @param {import("./record.js").Gap} gap */
function gapWords({ reason, sentence }) {
  return sentence ? said("span", sentence) : named("reason", reason);
}

/** What the curve is and how its scale runs. @param {Lane} lane */
function describe({ name, low, high, unit, threshold, direction }) {
  const scale = `${number(low)} – ${quantity(high, unit)}`;
  const words = [
    said("span", name),
    `, ${scale}`,
    threshold !== null && `, ${t("timeline.limit", { value: number(threshold) })}`,
    `. ${named("direction", direction)}.`,
    threshold === null && ` ${t("timeline.no_limit")}`,
  ];
  return words.filter((word) => word !== false);
}

/**
 * The lane for who cannot see it.
 *
 * @param {Lane} lane
 * @param {readonly import("./series.js").Point[]} list
 */
function spoken(lane, list) {
  const title = visible(fromRecord(lane.title).text);
  const reason = lane.gaps[0]?.reason ?? lane.concluded?.reason;
  if (!list.length) return `${title}: ${reason ? named("reason", reason) : t("timeline.empty")}`;
  const sign = lane.direction === "lower_is_suspicious" ? -1 : 1;
  const worst = list.reduce((a, b) => (sign * b[1] > sign * a[1] ? b : a));
  const over = list.filter(([, value]) => beyond(lane, value)).length;
  return t(lane.threshold === null ? "timeline.spoken_free" : "timeline.spoken", {
    title,
    n: list.length,
    value: quantity(worst[1], lane.unit),
    at: clockTime(worst[0]),
    limit: lane.threshold === null ? "" : number(lane.threshold),
    over,
  });
}

/**
 * The drawing, with seconds to the right and 0 to 100 downwards, of what is in sight: a long video
 * seen closely would be millions of pixels wide. Strokes keep their width, so a point is a line without length.
 *
 * @param {Lane} lane
 * @param {readonly import("./series.js").Point[]} list
 * @param {View} view
 */
function shapes(lane, list, view) {
  const { from, to } = view;
  const y = (/** @type {number} */ value) => (96 - 92 * height(lane, value)).toFixed(1);
  const dots = (/** @type {readonly import("./series.js").Point[]} */ chosen) =>
    chosen.filter(([time]) => time >= from && time <= to).map(([time, value]) => `M${time} ${y(value)}h0`).join("");
  const gaps = lane.gaps.flatMap(({ start_s, end_s, reason }) => {
    const [left, right] = [Math.max(start_s, from), Math.min(Math.max(end_s, start_s + 0.04), to)];
    if (left >= right) return [];
    const title = svg("title", null, `${clockTime(start_s)}–${clockTime(end_s)}: ${named("reason", reason)}`);
    return [
      svg("rect", { class: "lane-gap", x: left, y: 0, width: right - left, height: 100 }, title),
      svg("path", { class: "lane-gap-line", d: `M${left} 50H${right}` }),
    ];
  });
  const over = list.filter(([, value]) => beyond(lane, value));
  const line = runs(list)
    .map((run) => sight(run, from, to).map(([time, value], k) => `${k ? "L" : "M"}${time} ${y(value)}`).join(""))
    .join("");
  return [
    ...gaps,
    ...limit(lane, view, y),
    svg("path", { class: "lane-line", d: line }),
    lane.every === "full" && svg("path", { class: "lane-dots", d: dots(list) }),
    over.length > 0 && svg("path", { class: "lane-over", d: dots(over) }),
    over.length > 0 && svg("path", { class: "lane-over-core", d: dots(over) }),
  ].filter((shape) => shape !== false);
}

/**
 * The limit of single pictures, and the side of it that is suspicious.
 *
 * @param {Lane} lane
 * @param {View} view
 * @param {(value: number) => string} y
 */
function limit({ threshold, direction }, { from, to }, y) {
  if (threshold === null || direction === "none") return [];
  const edge = Number(y(threshold));
  const above = direction === "higher_is_suspicious";
  return [
    svg("rect", { class: "lane-beyond", x: from, width: to - from, y: above ? 0 : edge, height: above ? edge : 100 - edge }),
    svg("path", { class: "lane-limit", d: `M${from} ${edge}H${to}` }),
  ];
}
