/** Arithmetic of a lane: what belongs together, what stands at a moment, what lies beyond. */

/** @typedef {import("./record.js").Lane} Lane */
/** @typedef {import("./record.js").Gap} Gap */
/** @typedef {[time: number, value: number]} Point */

/** A pause of so many usual steps, and at least so many seconds, breaks the line. */
const BREAK_STEPS = 5;
const BREAK_S = 0.3;
/** A point is read at a moment when it lies within so many usual steps. */
const NEAR_STEPS = 1.5;

/** The points of a lane that have a value. @param {Lane} lane @returns {Point[]} */
export function points({ times, values }) {
  return times.flatMap((time, k) => {
    const value = values[k];
    return value === null ? [] : [/** @type {Point} */ ([time, value])];
  });
}

/** The median distance of points in seconds, 0 for fewer than two. @param {readonly Point[]} list */
export function step(list) {
  const steps = list.slice(1).map(([time], k) => time - list[k][0]);
  return steps.sort((a, b) => a - b)[Math.floor(steps.length / 2)] ?? 0;
}

/**
 * Points in stretches without a long pause.
 *
 * @param {readonly Point[]} list in order of time
 * @returns {Point[][]}
 */
export function runs(list) {
  const most = Math.max(BREAK_STEPS * step(list), BREAK_S);
  /** @type {Point[][]} */
  const found = [];
  for (const [k, point] of list.entries()) {
    if (k === 0 || point[0] - list[k - 1][0] > most) found.push([]);
    found[found.length - 1].push(point);
  }
  return found;
}

/**
 * The points in [from, to], and on either side the one to which the line leads.
 *
 * @param {readonly Point[]} list in order of time
 * @param {number} from
 * @param {number} to
 */
export function sight(list, from, to) {
  return list.filter(([time], k) => (list[k + 1]?.[0] ?? time) >= from && (list[k - 1]?.[0] ?? time) <= to);
}

/**
 * Where a value stands on the lane's scale: 0 at its low end, 1 at its high end, never beyond.
 *
 * @param {Pick<Lane, "low" | "high">} lane
 * @param {number} value
 */
export function height({ low, high }, value) {
  return Math.min(1, Math.max(0, (value - low) / (high - low || 1)));
}

/** Whether a value lies on the suspicious side of the limit. @param {Lane} lane @param {number} value */
export function beyond({ threshold, direction }, value) {
  if (threshold === null || direction === "none") return false;
  return direction === "higher_is_suspicious" ? value > threshold : value < threshold;
}

/**
 * What a lane says at a moment: a value, a gap, or nothing.
 *
 * @param {Lane} lane
 * @param {readonly Point[]} list its points in order of time
 * @param {number} time_s
 * @returns {{value: number | null, gap: Gap | null}}
 */
export function at(lane, list, time_s) {
  const k = nearest(list, time_s);
  const reach = Math.max(NEAR_STEPS * step(list), BREAK_S);
  if (k >= 0 && Math.abs(list[k][0] - time_s) <= reach) return { value: list[k][1], gap: null };
  const gap = lane.gaps.find(({ start_s, end_s }) => time_s >= start_s - reach && time_s <= end_s + reach);
  return { value: null, gap: gap ?? null };
}

/**
 * What a lane said last: its last value, or the gap that came after.
 *
 * @param {Lane} lane
 * @param {readonly Point[]} list its points in order of time
 * @returns {{value: number | null, gap: Gap | null}}
 */
export function latest({ gaps }, list) {
  const point = list[list.length - 1];
  const gap = gaps[gaps.length - 1];
  if (point && !(gap && gap.end_s > point[0])) return { value: point[1], gap: null };
  return { value: null, gap: gap ?? null };
}

/** Index of the row nearest in time, which stands first in it, -1 where there is none. @param {readonly number[][]} list @param {number} time_s */
export function nearest(list, time_s) {
  let low = 0;
  let high = list.length - 1;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (list[middle][0] < time_s) low = middle + 1;
    else high = middle;
  }
  if (low > 0 && time_s - list[low - 1][0] <= list[low]?.[0] - time_s) low -= 1;
  return list.length ? low : -1;
}

/**
 * Seconds between marks of a ruler, so that at most `most` stand on `span` seconds.
 *
 * @param {number} span
 * @param {number} most
 */
export function tickStep(span, most) {
  const nice = [0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 1800, 3600];
  return nice.find((one) => span / one <= most) ?? 3600 * Math.ceil(span / 3600 / most);
}

/**
 * Seconds as a clock shows them: 1:02:03, 2:03 or, with tenths, 2:03.4.
 *
 * @param {number} seconds
 * @param {boolean} [tenths]
 */
export function clockTime(seconds, tenths = true) {
  const units = Math.round(Math.max(0, seconds) * (tenths ? 10 : 1));
  const whole = Math.floor(units / (tenths ? 10 : 1));
  const [h, m, s] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
  const two = (/** @type {number} */ n) => String(n).padStart(2, "0");
  return (h ? `${h}:${two(m)}` : String(m)) + `:${two(s)}` + (tenths ? `.${units % 10}` : "");
}
