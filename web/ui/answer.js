/** The answer to one question on the published verbal scale, what carried it, what it would mean. */

import { h } from "./dom.js";
import { fromRecord, inWords, number, percent, t } from "./i18n.js";
import { said } from "./text.js";

/** @typedef {import("./record.js").Answer} Answer */
/** @typedef {import("./record.js").Contribution} Contribution */
/** @typedef {{scale: {strength: string, at_least: number}[], titles: Map<string, string>, trials: number[]}} Around */

/** The drawn part of the axis, in log10 units to either side. */
const REACH = 3;
/** A smaller contribution would be shown as nothing. */
const LEAST_SHOWN = 0.005;

/**
 * @param {Answer} one
 * @param {Around} around
 */
export function answer(one, { scale, titles, trials }) {
  const { llr } = one;
  const heard = one.contributions.filter(({ value }) => Math.abs(value) >= LEAST_SHOWN);
  const side = Math.sign(llr ?? 0);
  const carried = heard.filter(({ value }) => Math.sign(value) === side);
  const contradicted = heard.filter(({ value }) => Math.sign(value) !== side);
  const silent = [
    ...one.contributions
      .filter((c) => !heard.includes(c))
      .map(({ detector }) => ({ detector, why: h("span", null, t("answer.no_weight")) })),
    ...one.silent.map(({ detector, why }) => ({ detector, why: said("span", why) })),
  ];
  return h(
    "article",
    { class: "answer", "data-strength": one.strength, "data-side": one.side },
    h("h3", null, inWords(one.title)),
    h(
      "p",
      null,
      h("strong", null, inWords(one.answer)),
      one.why_abstained && [" ", h("span", null, inWords(one.why_abstained))],
    ),
    llr !== null && axis(one, llr, scale, trials),
    llr !== null && h("p", { class: "soft" }, ratio(llr, one.interval)),
    h(
      "details",
      null,
      h("summary", null, t("answer.more")),
      h(
        "div",
        { class: "propositions" },
        h("p", null, inWords(one.manipulated)),
        h("span", { class: "against" }, t("assessment.against")),
        h("p", null, inWords(one.authentic)),
      ),
      carried.length > 0 && [h("h4", null, t("answer.carried")), contributions(carried, titles)],
      contradicted.length > 0 && [h("h4", null, t("answer.contradicted")), contributions(contradicted, titles)],
      silent.length > 0 && [
        h("h4", null, t("answer.silent")),
        h(
          "ul",
          { class: "silent-tests" },
          silent.map(({ detector, why }) => h("li", null, h("b", null, titleOf(detector, titles)), " ", why)),
        ),
      ],
      llr !== null && [h("h4", null, t("answer.belief")), belief(llr, one.interval)],
    ),
  );
}

/**
 * The verbal scale to both sides of nothing, with the answer, its interval and its repetitions.
 *
 * @param {Answer} one
 * @param {number} llr
 * @param {Around["scale"]} scale
 * @param {number[]} trials
 */
function axis(one, llr, scale, trials) {
  const edges = scale.map((band) => band.at_least).filter((edge) => edge > 0);
  const bar = h(
    "div",
    { class: "axis", role: "img", "aria-label": `${inWords(one.answer)} ${ratio(llr, one.interval)}` },
    edges.flatMap((edge) => [at("axis-edge", edge), at("axis-edge", -edge)]),
    at("axis-middle", 0),
    trials.map((trial) => at("axis-trial", trial)),
  );
  if (one.interval) {
    const [low, high] = one.interval;
    const span = at("axis-interval", low);
    span.style.width = `${share(high) - share(low)}%`;
    bar.append(span);
  }
  bar.append(at("axis-mark", llr));
  return h(
    "div",
    { class: "axis-box" },
    bar,
    h(
      "div",
      { class: "axis-ends", "aria-hidden": "true" },
      h("span", null, t("answer.against")),
      h("span", null, t("answer.open")),
      h("span", null, t("answer.for")),
    ),
  );
}

/** @param {string} name @param {number} llr */
function at(name, llr) {
  const element = h("span", { class: name });
  element.style.left = `${share(llr)}%`;
  return element;
}

/** @param {number} llr */
function share(llr) {
  return (50 * (Math.min(REACH, Math.max(-REACH, llr)) + REACH)) / REACH;
}

/**
 * @param {number} llr
 * @param {[number, number] | null} interval
 */
function ratio(llr, interval) {
  const times = roughly(10 ** Math.abs(llr));
  const key = llr >= 0 ? "answer.times_for" : "answer.times_against";
  const text = times === 1 ? t("answer.times_even") : t(key, { times: number(times) });
  if (!interval) return text;
  const ends = llr >= 0 ? interval : interval.map((end) => -end).reverse();
  const [low, high] = ends.map((end) => number(roughly(10 ** end)));
  return `${text} ${t("answer.interval", { low, high })}`;
}

/** Two significant digits: more would pretend. @param {number} value */
function roughly(value) {
  return Number(value.toPrecision(2));
}

/**
 * @param {Contribution[]} all
 * @param {Map<string, string>} titles
 */
function contributions(all, titles) {
  return h("ul", { class: "contributions" }, all.map((one) => contribution(one, titles)));
}

/**
 * @param {Contribution} one
 * @param {Map<string, string>} titles
 */
function contribution({ detector, value, weak, reduced = 1 }, titles) {
  const bar = h("span", { class: "contribution-bar", "aria-hidden": "true" });
  const fill = h("span", { "data-sign": value >= 0 ? "for" : "against" });
  fill.style.width = `${Math.min(50, (50 * Math.abs(value)) / REACH)}%`;
  bar.append(fill);
  return h(
    "li",
    null,
    h("span", null, titleOf(detector, titles), weak && [" ", h("span", { class: "tag" }, t("finding.weak"))],
      reduced < 1 && [" ", h("span", { class: "tag" }, t("answer.reduced", { share: percent(reduced) }))]),
    bar,
    h("span", { class: "number" }, `${value >= 0 ? "+" : ""}${number(Number(value.toFixed(2)))}`),
  );
}

/**
 * What a person who sets out with some belief should hold after this evidence.
 *
 * @param {number} llr
 * @param {[number, number] | null} interval
 */
function belief(llr, interval) {
  const slider = h("input", { type: "range", min: -3, max: 3, step: 0.05, value: "0", "aria-label": t("answer.prior") });
  const text = h("p", { "aria-live": "polite" });
  const after = (/** @type {number} */ evidence) => {
    const odds = 10 ** (Number(slider.value) + evidence);
    return percent(odds / (1 + odds));
  };
  const update = () => {
    const [low, high] = interval ?? [llr, llr];
    const values = { before: after(0), after: after(llr), low: after(low), high: after(high) };
    text.textContent = t("answer.posterior", values);
    slider.setAttribute("aria-valuetext", values.before);
  };
  slider.addEventListener("input", update);
  update();
  return h("div", { class: "belief" }, h("p", { class: "soft" }, t("answer.prior_more")), slider, text);
}

/**
 * @param {string} detector
 * @param {Map<string, string>} titles
 */
function titleOf(detector, titles) {
  return fromRecord(titles.get(detector) ?? detector.replaceAll("_", " ")).text;
}
