"""Colour channels: one coordinate of every colour, in one of the usual colour spaces."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from telltale.finding import Reference
from telltale.looking.arithmetic import CHANNELS, Floats, channel, stretched, strips
from telltale.looking.glass import Glass, Parameter, Pixels, Sight, Values

#: sRGB to CIE XYZ (IEC 61966-2-1), and the white point D65.
_TO_XYZ = np.array(
    [[0.412453, 0.357580, 0.180423], [0.212671, 0.715160, 0.072169], [0.019334, 0.119193, 0.950227]]
)
_WHITE = np.array([0.950456, 1.0, 1.088754])

Plane = Callable[[Pixels], Floats]


def draw(pixels: Pixels, values: Values) -> Sight:
    """The chosen coordinate between the ends of its scale."""
    name = str(values["channel"])
    if name in CHANNELS:
        return Sight(channel(pixels, name), _MEANING, 0, 255)
    plane, low, high, unit = SPACES[name]
    out = np.empty(pixels.shape[:2], np.uint8)
    for rows, _ in strips(len(pixels)):
        out[rows] = stretched(plane(pixels[rows]) + np.float32((high - low) / 510), low, high)
    return Sight(out, _MEANING, low, high, unit)


def _weighted(weights: tuple[float, ...]) -> Plane:
    row = np.array(weights, np.float32)
    return lambda rgb: rgb @ row


def _saturation(rgb: Pixels) -> Floats:
    """HSV: 1 - least / greatest, 0 for black."""
    most = rgb.max(-1).astype(np.float32)
    return (most - rgb.min(-1)) / np.maximum(most, 1)


def _value(rgb: Pixels) -> Floats:
    return rgb.max(-1) / np.float32(255)


def _lightness(rgb: Pixels) -> Floats:
    """HSL: half the sum of the greatest and the least."""
    return (rgb.max(-1).astype(np.float32) + rgb.min(-1)) / np.float32(510)


def _hue(rgb: Pixels) -> Floats:
    """HSV hue in degrees, 0 for greys (A. R. Smith, Color Gamut Transform Pairs, 1978)."""
    red, green, blue = (rgb[..., k].astype(np.float32) for k in range(3))
    most, least = rgb.max(-1), rgb.min(-1)
    spread = np.maximum(most.astype(np.float32) - least, 1)
    hue = np.where(
        red == most,
        (green - blue) / spread,
        np.where(green == most, 2 + (blue - red) / spread, 4 + (red - green) / spread),
    )
    return (60 * hue) % 360


def _key(rgb: Pixels) -> Floats:
    return 1 - _value(rgb)


def _ink(index: int) -> Plane:
    """Cyan, magenta or yellow beside as much black as can be."""

    def plane(rgb: Pixels) -> Floats:
        most = rgb.max(-1).astype(np.float32)
        return (most - rgb[..., index]) / np.maximum(most, 1)

    return plane


def linear(rgb: Pixels) -> Floats:
    """Light from (..., 3) sRGB values, in [0, 1] (IEC 61966-2-1)."""
    coded = np.arange(256) / 255
    table = np.where(coded <= 0.04045, coded / 12.92, ((coded + 0.055) / 1.055) ** 2.4)
    return table.astype(np.float32)[rgb]


def _cube_roots(rgb: Pixels, index: int) -> Floats:
    """CIE f(X / Xn), f(Y / Yn) or f(Z / Zn)."""
    row = (_TO_XYZ[index] / _WHITE[index]).astype(np.float32)
    share = linear(rgb) @ row
    return np.where(share > 0.008856, np.cbrt(share), 7.787 * share + 16 / 116)


def _lab_l(rgb: Pixels) -> Floats:
    return 116 * _cube_roots(rgb, 1) - 16


def _lab_a(rgb: Pixels) -> Floats:
    return 500 * (_cube_roots(rgb, 0) - _cube_roots(rgb, 1))


def _lab_b(rgb: Pixels) -> Floats:
    return 200 * (_cube_roots(rgb, 1) - _cube_roots(rgb, 2))


#: Name -> coordinate, the value of 0 and that of 255 in the picture, unit.
SPACES: dict[str, tuple[Plane, float, float, str]] = {
    "cb": (_weighted((-0.168736, -0.331264, 0.5)), -128, 127, "grey levels"),
    "cr": (_weighted((0.5, -0.418688, -0.081312)), -128, 127, "grey levels"),
    "hue": (_hue, 0, 360, "°"),
    "saturation": (_saturation, 0, 1, ""),
    "value": (_value, 0, 1, ""),
    "lightness": (_lightness, 0, 1, ""),
    "lab_l": (_lab_l, 0, 100, ""),
    "lab_a": (_lab_a, -128, 127, ""),
    "lab_b": (_lab_b, -128, 127, ""),
    "cyan": (_ink(0), 0, 1, ""),
    "magenta": (_ink(1), 0, 1, ""),
    "yellow": (_ink(2), 0, 1, ""),
    "black": (_key, 0, 1, ""),
}
_MEANING = (
    "In the colour channels compression shows as blocks, and parts that were compressed or "
    "coloured another way stand out from what surrounds them."
)
_ALL: tuple[Any, ...] = (*CHANNELS, *SPACES)
GLASS = Glass(
    "colour_channels",
    "Colour channels",
    "Shows one coordinate of the colours: red, green, blue, JPEG's chroma, hue and saturation, "
    "CIE Lab or printing inks.",
    draw,
    (Parameter("channel", "Channel", "cr", choices=_ALL),),
    reference=Reference(
        "ITU-T",
        "Digital compression and coding of continuous-tone still images: JFIF",
        "Recommendation T.871",
        2011,
        "https://www.itu.int/rec/T-REC-T.871",
    ),
)
