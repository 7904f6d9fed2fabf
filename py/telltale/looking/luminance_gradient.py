"""Luminance gradient: the slope of brightness as a colour."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from telltale.looking.arithmetic import channel, mirrored, strips
from telltale.looking.glass import Glass, Parameter, Pixels, Sight, Values


def slopes(grey: Pixels) -> tuple[NDArray[np.int16], NDArray[np.int16]]:
    """Sobel's 3 x 3 derivatives across and down of (h, w) uint8, borders mirrored."""
    across, down = (np.empty(grey.shape, np.int16) for _ in range(2))
    padded = mirrored(grey, 1)
    for rows, around in strips(len(grey), 1):
        part = padded[around].astype(np.int16)
        left, middle, right = part[:, :-2], part[:, 1:-1], part[:, 2:]
        difference = right - left
        across[rows] = difference[:-2] + 2 * difference[1:-1] + difference[2:]
        smooth = left + 2 * middle + right
        down[rows] = smooth[2:] - smooth[:-2]
    return across, down


def draw(pixels: Pixels, values: Values) -> Sight:
    """Red is the slope across, green the slope down, blue its size; contrast by `contrast` %."""
    across, down = slopes(channel(pixels, "luma"))
    stretch = int(float(values["contrast"]) / 100 * 127)
    ramp = (np.arange(256) - stretch) * (255 / max(255 - 2 * stretch, 1))
    table = np.clip(ramp, 0, 255).astype(np.uint8)
    out = np.empty((*across.shape, 3), np.uint8)
    sides = [np.float32(max(int(np.abs(s).max()), 1)) for s in (across, down)]
    sizes = [np.abs(across[rows]) + np.abs(down[rows]) for rows, _ in strips(len(across))]
    least, most = (min(int(s.min()) for s in sizes), max(int(s.max()) for s in sizes))
    for (rows, _), size in zip(strips(len(across)), sizes, strict=True):
        for k, (slope, side) in enumerate(zip((across, down), sides, strict=True)):
            level = (slope[rows] / side * np.float32(127) + np.float32(127)).astype(np.uint8)
            out[rows, :, k] = table[level]
        blue = (size - np.int16(least)) * np.float32(255 / max(most - least, 1))
        out[rows, :, 2] = table[blue.astype(np.uint8)]
    return Sight(
        out,
        "Red changes where it gets brighter to the right, green where it gets brighter downwards. "
        "Parts lit from another side, and outlines that are too smooth or too hard, stand out.",
    )


GLASS = Glass(
    "luminance_gradient",
    "Luminance gradient",
    "Paints the slope of brightness as a colour, so that the direction of light on surfaces, "
    "noise and pasted outlines become visible.",
    draw,
    (Parameter("contrast", "Contrast", 95, 0, 100, 1),),
)
