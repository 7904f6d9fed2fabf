"""Wavelet threshold: a picture without its weak details, or those details alone."""

from __future__ import annotations

from typing import Any

import numpy as np

from telltale.finding import Reference
from telltale.looking.arithmetic import Floats, channel, channel_parameter, stretched
from telltale.looking.glass import Glass, Parameter, Pixels, Sight, Values

WAVELETS = ("db1", "db4", "db8", "sym4", "coif1", "bior4.4")


def thresholded(grey: Pixels, wavelet: str, mode: str, share: float, levels: int) -> Floats:
    """(h, w) float32: details of the finest `levels` below `share` of their greatest removed."""
    import pywt

    levels = min(levels, pywt.dwtn_max_level(grey.shape, wavelet))
    if levels < 1:
        return grey.astype(np.float32)
    found: list[Any] = pywt.wavedec2(grey.astype(np.float32), wavelet, level=levels)
    for k in range(1, levels + 1):
        found[k] = tuple(_weakened(part, share, mode) for part in found[k])
    height, width = grey.shape
    back: Floats = pywt.waverec2(found, wavelet)[:height, :width]
    return back


def _weakened(part: Floats, share: float, mode: str) -> Floats:
    import pywt

    threshold = share * float(np.abs(part).max())
    if threshold == 0:  # nothing to remove, and PyWavelets would divide by it
        return part
    out: Floats = pywt.threshold(part, threshold, mode).astype(np.float32)
    return out


def draw(pixels: Pixels, values: Values) -> Sight:
    """The picture that is left, or the difference to it."""
    grey = channel(pixels, values["channel"])
    share, levels = float(values["threshold"]) / 100, int(values["levels"])
    left = thresholded(grey, str(values["wavelet"]), str(values["mode"]), share, levels)
    if values["show"] == "kept":
        shown = stretched(left + np.float32(0.5), 0, 255)
        return Sight(shown, _MEANING, 0, 255, "grey levels")
    removed = np.abs(grey - left)
    high = max(float(removed.max()), 1.0)
    return Sight(stretched(removed, 0, high), _MEANING, 0, round(high, 2), "grey levels")


_MEANING = (
    "What is taken away is weak detail and noise. Areas that lose nothing were smooth before: "
    "out of focus, retouched or generated."
)
GLASS = Glass(
    "wavelet_threshold",
    "Wavelet threshold",
    "Takes the picture apart into details of different sizes, removes the weak ones, and shows "
    "what is left or what was removed.",
    draw,
    (
        channel_parameter(),
        Parameter("show", "Show", "removed", choices=("removed", "kept")),
        Parameter("threshold", "Threshold, % of the greatest", 5, 0, 100),
        Parameter("levels", "Levels", 3, 1, 8),
        Parameter("mode", "Mode", "soft", choices=("soft", "hard", "garrote")),
        Parameter("wavelet", "Wavelet", "db1", choices=WAVELETS),
    ),
    ("scipy", "pywavelets"),
    Reference(
        "D. L. Donoho, I. M. Johnstone",
        "Ideal Spatial Adaptation by Wavelet Shrinkage",
        "Biometrika 81(3)",
        1994,
        "https://doi.org/10.1093/biomet/81.3.425",
    ),
)
