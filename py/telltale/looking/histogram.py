"""Histogram: how often each level occurs."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from telltale.finding import Fact
from telltale.looking.arithmetic import CHANNELS, channel
from telltale.looking.glass import Glass, Parameter, Pixels, Sight, Values

#: Height of one diagram and the gap under it, and width of one level, in pixels.
_HEIGHT, _GAP, _BAR = 64, 8, 2


def counts(pixels: Pixels) -> NDArray[np.int64]:
    """(4, 256) pixels with each level of luma, red, green and blue."""
    return np.stack(
        [np.bincount(channel(pixels, name).ravel(), minlength=256) for name in CHANNELS]
    )


def draw(pixels: Pixels, values: Values) -> Sight:
    """Four bar diagrams, one under the other, dark levels to the left."""
    found = counts(pixels)
    drawn = np.log1p(found) if values["scale"] == "logarithmic" else found.astype(np.float64)
    image = np.zeros((4 * (_HEIGHT + _GAP) - _GAP, 256 * _BAR), np.uint8)
    for k, row in enumerate(drawn):
        top = k * (_HEIGHT + _GAP)
        # clipping piles up at the ends and would leave the rest without height
        inner_top = row[1:-1].max() or row.max()
        height = np.ceil(np.minimum(row / inner_top, 1) * _HEIGHT)
        bars = np.arange(_HEIGHT, 0, -1)[:, None] <= height
        image[top : top + _HEIGHT] = np.repeat(np.where(bars, 235, 40), _BAR, 1)
    luma = found[0]
    used = np.flatnonzero(luma)
    inner = luma[used[0] : used[-1] + 1]
    return Sight(
        np.repeat(image[..., None], 3, -1),
        "From top to bottom: luma, red, green, blue; dark levels left, bright ones right. A comb "
        "of gaps and spikes comes from stretched contrast, a cut-off end from clipping.",
        space="figure",
        facts=(
            Fact("lowest_level", int(used[0])),
            Fact("highest_level", int(used[-1])),
            Fact("empty_levels_between", int((inner == 0).sum()), f"of {len(inner)}"),
            Fact("share_at_black", round(float(luma[0] / luma.sum()), 5)),
            Fact("share_at_white", round(float(luma[255] / luma.sum()), 5)),
        ),
    )


GLASS = Glass(
    "histogram",
    "Histogram",
    "Counts how often each level occurs in luma, red, green and blue; gaps and spikes betray "
    "contrast that was changed after the picture was 8 bits deep.",
    draw,
    (Parameter("scale", "Scale", "linear", choices=("linear", "logarithmic")),),
)
