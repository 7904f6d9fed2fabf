/** Line icons on a 20 x 20 grid, drawn in the colour of the text beside them. */

import { svg } from "./dom.js";

const PATHS = {
  add: "M10 4v12M4 10h12",
  in: "M10 5v10M5 10h10",
  out: "M5 10h10",
  fit: "M4 8V4h4M12 4h4v4M16 12v4h-4M8 16H4v-4",
  magnifier: "M8.5 3.5a5 5 0 1 1 0 10a5 5 0 1 1 0-10M12.3 12.3L16.5 16.5",
  face: "M3.5 6.5v-3h3M13.5 3.5h3v3M16.5 13.5v3h-3M6.5 16.5h-3v-3M7.5 8v1M12.5 8v1M7 12.2q3 2.4 6 0",
  points: "M5 7h0M9 4.5h0M14.5 6.5h0M6 12h0M10 10h0M14 12h0M10 15.5h0",
  glasses: "M2.5 11a3.2 3.2 0 1 1 6.4 0a3.2 3.2 0 1 1-6.4 0M11.1 11a3.2 3.2 0 1 1 6.4 0a3.2 3.2 0 1 1-6.4 0M8.9 10.3q1.1-.8 2.2 0M2.6 10.2L4.5 5M17.4 10.2L15.5 5",
  beside: "M3.5 4h13v12h-13zM10 4v12",
  overlay: "M10 3.5l7 3.5-7 3.5L3 7zM3 10.5l7 3.5 7-3.5M3 14l7 3.5 7-3.5",
  keys: "M7.5 7.5a2.5 2.5 0 1 1 3.6 2.2q-1.1.6-1.1 1.8M10 14.5h0",
  light: "M10 6.5a3.5 3.5 0 1 1 0 7a3.5 3.5 0 1 1 0-7M10 2v1.5M10 16.5V18M2 10h1.5M16.5 10H18M4.3 4.3l1.1 1.1M14.6 14.6l1.1 1.1M4.3 15.7l1.1-1.1M14.6 5.4l1.1-1.1",
  dark: "M16 12.2A6.5 6.5 0 0 1 7.8 4 6.5 6.5 0 1 0 16 12.2z",
  auto: "M10 3.5a6.5 6.5 0 1 1 0 13a6.5 6.5 0 1 1 0-13M10 3.5v13M10 6h4.2M10 9h6.3M10 12h5.9M10 15h3.5",
  check: "M4.5 10.5l3.5 3.5 7.5-8",
  warning: "M10 3.5l7 12.5H3zM10 8.5v3.5M10 14h0",
  cross: "M5.5 5.5l9 9M14.5 5.5l-9 9",
  save: "M10 3.5v9M6.5 9l3.5 3.5L13.5 9M4 16.5h12",
  file: "M5 3.5h6l4 4v9H5zM11 3.5v4h4",
  lock: "M5 9h10v7.5H5zM7 9V6.5a3 3 0 0 1 6 0V9",
  wait: "M10 3.5a6.5 6.5 0 1 1 0 13a6.5 6.5 0 1 1 0-13M10 6.5V10l2.5 2",
  skip: "M4 10h12",
  play: "M6.5 4.5v11l8.5-5.5z",
  pause: "M7 5v10M13 5v10",
  back: "M15.5 10h-10M9.5 6l-4 4 4 4",
  camera: "M3.5 6.5h3l1.2-2h4.6l1.2 2h3v9h-13zM10 8.2a2.6 2.6 0 1 1 0 5.2a2.6 2.6 0 1 1 0-5.2",
  stop: "M5.5 5.5h9v9h-9z",
  next: "M4.5 10h10M10.5 6l4 4-4 4",
  database: "M4 5.5c0-1.4 2.7-2 6-2s6 .6 6 2-2.7 2-6 2-6-.6-6-2v9c0 1.4 2.7 2 6 2s6-.6 6-2v-9M4 10c0 1.4 2.7 2 6 2s6-.6 6-2",
  bin: "M4 6h12M8 6V4h4v2M5.5 6l.7 10.5h7.6L14.5 6M8.5 9v5M11.5 9v5",
  out_link: "M8 4.5H4.5v11h11V12M11 4h5v5M16 4l-7 7",
};

/** @typedef {keyof typeof PATHS} Icon */

/** @param {Icon} name */
export function icon(name) {
  return svg(
    "svg",
    { viewBox: "0 0 20 20", class: `icon icon-${name}`, "aria-hidden": "true" },
    svg("path", { d: PATHS[name] }),
  );
}
