"""Bit planes: one binary digit of every value."""

from __future__ import annotations

import numpy as np

from telltale.finding import Fact
from telltale.looking.arithmetic import channel, channel_parameter
from telltale.looking.glass import Glass, Parameter, Pixels, Sight, Values


def draw(pixels: Pixels, values: Values) -> Sight:
    """Bit `bit` (0 the least) of one channel, as 0 or 1."""
    bit = int(values["bit"])
    plane: Pixels = np.bitwise_and(channel(pixels, values["channel"]) >> np.uint8(bit), np.uint8(1))
    share = float(np.count_nonzero(plane)) / plane.size
    return Sight(
        plane * np.uint8(255),
        "In a camera picture the lowest bits look like noise everywhere except where it is clipped "
        "to black or white. Structure, flat areas or repeated patterns there come from processing.",
        0,
        1,
        facts=(Fact("share_of_ones", round(share, 4)),),
    )


GLASS = Glass(
    "bit_planes",
    "Bit planes",
    "Shows a single binary digit of every value; in the lowest ones hidden messages, smoothing and "
    "painted areas stand out from natural noise.",
    draw,
    (channel_parameter(), Parameter("bit", "Bit, 0 the lowest", 0, 0, 7)),
)
