"""Minimum and maximum deviation: pixels darker or brighter than all their neighbours."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from telltale.finding import Fact
from telltale.looking.arithmetic import channel, channel_parameter, strips
from telltale.looking.glass import Glass, Parameter, Pixels, Sight, Values

#: Blue for pixels below, orange for pixels above (Okabe & Ito, 2008: told apart by everybody).
BELOW, ABOVE = (86, 180, 233), (230, 159, 0)
_AROUND = tuple((i, j) for i in range(3) for j in range(3) if (i, j) != (1, 1))

Mask = NDArray[np.bool_]


def extremes(grey: Pixels) -> tuple[Mask, Mask]:
    """Where (h, w) uint8 is below, and where above, all eight neighbours; never on the border."""
    below, above = (np.zeros(grey.shape, bool) for _ in range(2))
    height, width = grey.shape
    if min(height, width) < 3:
        return below, above
    for rows, around in strips(height - 2, 1):
        part = grey[around]
        count = rows.stop - rows.start
        shifted = [part[i : i + count, j : j + width - 2] for i, j in _AROUND]
        least, most = shifted[0].copy(), shifted[0].copy()
        for other in shifted[1:]:
            np.minimum(least, other, out=least)
            np.maximum(most, other, out=most)
        centre = part[1 : 1 + count, 1:-1]
        inner = slice(rows.start + 1, rows.stop + 1)
        below[inner, 1:-1] = centre < least
        above[inner, 1:-1] = centre > most
    return below, above


def draw(pixels: Pixels, values: Values) -> Sight:
    """Single pixels in blue and orange or, with `cell` above 1, their share in square cells."""
    below, above = extremes(channel(pixels, values["channel"]))
    facts = (
        Fact("share_below_all_neighbours", round(float(below.mean()), 5)),
        Fact("share_above_all_neighbours", round(float(above.mean()), 5)),
    )
    cell = int(values["cell"])
    if cell > 1:
        return _shares(below | above, cell, facts)
    out = np.zeros(pixels.shape, np.uint8)
    out[below], out[above] = BELOW, ABOVE
    return Sight(
        out,
        "Blue pixels are darker than all eight neighbours, orange ones brighter. Where they are "
        "rarer or denser than elsewhere on like texture, noise was removed or added.",
        facts=facts,
    )


def _shares(found: Mask, cell: int, facts: tuple[Fact, ...]) -> Sight:
    height, width = found.shape
    rows, columns = np.arange(0, height, cell), np.arange(0, width, cell)
    sums = np.add.reduceat(np.add.reduceat(found.astype(np.float32), rows, 0), columns, 1)
    areas = np.outer(np.diff(np.append(rows, height)), np.diff(np.append(columns, width)))
    share = sums / areas
    top = max(float(share.max()), 1e-6)
    small = np.rint(share / top * 255).astype(np.uint8)
    large = np.repeat(np.repeat(small, cell, 0), cell, 1)[:height, :width]
    return Sight(
        np.ascontiguousarray(large),
        "The share of pixels that are darker or brighter than all their neighbours. Areas that "
        "differ from others of like texture were smoothed, sharpened or come from elsewhere.",
        0,
        round(100 * top, 2),
        "%",
        facts=facts,
    )


GLASS = Glass(
    "minmax_deviation",
    "Minimum and maximum deviation",
    "Marks pixels that are darker or brighter than all eight neighbours, as noise makes them; "
    "smoothing, resizing and retouching change how many there are.",
    draw,
    (channel_parameter(), Parameter("cell", "Cell (1 shows single pixels)", 1, 1, 64)),
)
