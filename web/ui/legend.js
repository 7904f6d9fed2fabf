/** What the colours of the shown map mean: its scale with both ends, its unit, its meaning. */

import { COLOURS, table } from "./colormap.js";
import { fill, h } from "./dom.js";
import { named, number, quantity, t } from "./i18n.js";
import { called, said } from "./text.js";

/** @typedef {import("./colormap.js").Colours} Colours */
/** @typedef {import("./overlay.js").Overlay} Overlay */

/** @param {Overlay} overlay */
export function createLegend(overlay) {
  const scale = h("div", { class: "legend-scale" });
  const about = h("p", { class: "legend-about" });
  const colours = h(
    "select",
    {
      "aria-label": t("viewer.colours"),
      onchange: () => overlay.set({ colours: /** @type {Colours} */ (colours.value) }),
    },
    COLOURS.map((name) => h("option", { value: name }, named("colours", name))),
  );

  return {
    element: h("div", { class: "legend" }, scale, about),
    update() {
      const { map } = overlay;
      const scalar = map && map.kind === "scalar" && map.low !== null && map.high !== null;
      scale.hidden = !scalar;
      if (map) fill(about, called("b", map.name), " ", said("span", map.meaning));
      else fill(about, t("legend.none"));
      if (!scalar) return;
      colours.value = overlay.colours;
      const parts = [number(map.low ?? 0), quantity(map.high ?? 0, map.unit)].map((end) =>
        h("span", null, end),
      );
      // the choice stays where it is, so that it keeps the focus
      if (colours.parentNode !== scale) scale.append(colours);
      for (const old of [...scale.children]) if (old !== colours) old.remove();
      colours.before(parts[0], ramp(overlay.colours), parts[1]);
    },
  };
}

/** @param {Colours} colours */
function ramp(colours) {
  const canvas = h("canvas", { class: "ramp", width: 256, height: 1, "aria-hidden": "true" });
  const image = new ImageData(256, 1);
  const colour = table(colours);
  for (let i = 0; i < 256; i++) {
    image.data.set([colour[3 * i], colour[3 * i + 1], colour[3 * i + 2], 255], 4 * i);
  }
  canvas.getContext("2d")?.putImageData(image, 0, 0);
  return canvas;
}
