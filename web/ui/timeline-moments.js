/** The moments furthest beyond a limit, each with its picture: a click goes there. */

import { h } from "./dom.js";
import { draw } from "./heatmap.js";
import { fromRecord, number, t } from "./i18n.js";
import { clockTime } from "./series.js";
import { visible } from "./text.js";

/** @typedef {import("./record.js").Moment} Moment */
/** @typedef {import("./record.js").VideoSection} VideoSection */

/**
 * @param {(time_s: number) => void} go
 */
export function createMoments(go) {
  const list = h("ol", { class: "moments" });
  const none = h("p", { class: "soft" });
  const element = h(
    "section",
    { class: "moments-box", "aria-label": t("timeline.moments"), hidden: true },
    h("h4", null, t("timeline.moments")),
    none,
    list,
  );
  /** @type {readonly Moment[]} in order of time */
  let known = [];
  let drawn = "";

  return {
    element,
    /** The next moment after a time, or the one before it. @param {number} from_s @param {1 | -1} way */
    next(from_s, way) {
      // where the video stands after a jump differs from the moment by less than a frame
      const ahead = known.filter(({ time_s }) => way * (time_s - from_s) > 0.05);
      return ahead.at(way === 1 ? 0 : -1)?.time_s ?? null;
    },
    /** Mark the moment at which the video stands. @param {number} time_s */
    read(time_s) {
      for (const [k, item] of [...list.children].entries()) {
        const here = Math.abs(Number(/** @type {HTMLElement} */ (item).dataset.time) - time_s) < 0.06;
        if (here) list.children[k].setAttribute("aria-current", "true");
        else list.children[k].removeAttribute("aria-current");
      }
    },
    /** @param {VideoSection} video @param {boolean} going whether the work goes on */
    update(video, going) {
      element.hidden = video.lanes.every((lane) => lane.threshold === null || !lane.times.length);
      known = [...video.moments].sort((a, b) => a.time_s - b.time_s);
      none.hidden = known.length > 0;
      none.textContent = t(going ? "timeline.no_moment_yet" : "timeline.no_moment");
      const state = JSON.stringify(video.moments.map((m) => [m.time_s, m.test, m.track, m.value]));
      if (state === drawn) return;
      drawn = state;
      list.replaceChildren(...video.moments.map((moment) => item(moment, video, go)));
    },
  };
}

/**
 * @param {Moment} moment
 * @param {VideoSection} video
 * @param {(time_s: number) => void} go
 */
function item(moment, video, go) {
  const lane = video.lanes.find(({ test, track }) => test === moment.test && track === moment.track);
  const title = visible(fromRecord(lane?.title ?? moment.test).text);
  const who = moment.track === null ? t("timeline.whole") : t("face.name", { n: moment.track + 1 });
  const value = moment.value === null ? "" : number(moment.value);
  const limit = lane?.threshold === null || !lane ? "" : t("timeline.limit", { value: number(lane.threshold) });
  return h(
    "li",
    { "data-time": moment.time_s },
    h(
      "button",
      { type: "button", class: "moment", onclick: () => go(moment.time_s) },
      picture(moment, video),
      h(
        "span",
        { class: "moment-words" },
        h("b", null, clockTime(moment.time_s)),
        h("span", null, `${who} · ${title}`),
        h("span", { class: "soft" }, [value, limit].filter(Boolean).join(" · ")),
      ),
    ),
  );
}

/**
 * The face as it was at that moment, under its map where there is one.
 *
 * @param {Moment} moment
 * @param {VideoSection} video
 */
function picture({ picture, map, track }, video) {
  const jpeg = picture ?? video.tracks.find(({ index }) => index === track)?.keyframe;
  const frame = h("span", { class: "moment-picture", "aria-hidden": "true" });
  if (jpeg) frame.append(h("img", { alt: "", src: `data:image/jpeg;base64,${jpeg}` }));
  if (picture && map) {
    const heat = h("canvas", { class: "moment-map", width: 1, height: 1 });
    frame.append(heat);
    void draw(heat, map, "cividis");
  }
  return frame;
}
