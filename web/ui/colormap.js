/** Colour maps that read with any colour vision: perceptually even, dark to light. */

/** Anchors, evenly spaced; cividis has the same ones as `py/telltale/report/colour.py`. */
const ANCHORS = {
  // Nunez, Anderton & Renslow, PLoS ONE 13(7), 2018
  cividis: ["00224e", "123570", "3b496c", "575d6d", "707173", "8a8678", "a59c74", "c3b369", "fee838"],
  // van der Walt & Smith, matplotlib, 2015 (CC0)
  viridis: ["440154", "472d7b", "3b528b", "2c728e", "21918c", "28ae80", "5ec962", "addc30", "fde725"],
  grey: ["000000", "ffffff"],
};

/** @typedef {keyof typeof ANCHORS} Colours */

export const COLOURS = /** @type {Colours[]} */ (Object.keys(ANCHORS));

/**
 * The 256 colours of a map.
 *
 * @param {Colours} name
 * @returns {Uint8ClampedArray} 256 x 3 values, red green blue
 */
export function table(name) {
  const stops = ANCHORS[name].map((hex) => [0, 2, 4].map((k) => parseInt(hex.slice(k, k + 2), 16)));
  const colours = new Uint8ClampedArray(256 * 3);
  for (let i = 0; i < 256; i++) {
    const at = (i / 255) * (stops.length - 1);
    const left = Math.min(Math.floor(at), stops.length - 2);
    for (let k = 0; k < 3; k++) {
      colours[3 * i + k] = stops[left][k] + (at - left) * (stops[left + 1][k] - stops[left][k]);
    }
  }
  return colours;
}

/**
 * Colour grey RGBA pixels in place, by their red channel.
 *
 * @param {Uint8ClampedArray} rgba
 * @param {Colours} name
 */
export function paint(rgba, name) {
  const colours = table(name);
  for (let i = 0; i < rgba.length; i += 4) {
    const at = 3 * rgba[i];
    rgba[i] = colours[at];
    rgba[i + 1] = colours[at + 1];
    rgba[i + 2] = colours[at + 2];
  }
}
