"""Edge echo: the second derivative, where sharpening and pasting leave double lines."""

from __future__ import annotations

import numpy as np

from telltale.looking.arithmetic import (
    Floats,
    channel,
    channel_parameter,
    mirrored,
    stretched,
    strips,
)
from telltale.looking.glass import Glass, Parameter, Pixels, Sight, Values


def laplacian(grey: Pixels, radius: int) -> Floats:
    """The sum of both second derivatives of (h, w) uint8, by Sobel kernels of side 2 radius + 1.

    In grey levels: the second difference of the picture smoothed by a binomial kernel.
    """
    gain = np.float32(2.0 ** (2 - 4 * radius))
    out = np.empty(grey.shape, np.float32)
    padded = mirrored(grey, radius)
    for rows, around in strips(len(grey), radius):
        part = padded[around].astype(np.float32)
        out[rows] = _derived(_summed(part, radius, 0), radius, 1)
        out[rows] += _derived(_summed(part, radius, 1), radius, 0)
        out[rows] *= gain
    return out


def _pairs(values: Floats, axis: int, sign: int) -> Floats:
    """Each element with its next one: their sum or, with sign -1, their difference."""
    after = values[1:] if axis == 0 else values[:, 1:]
    before = values[:-1] if axis == 0 else values[:, :-1]
    return after + before if sign > 0 else after - before


def _summed(values: Floats, radius: int, axis: int) -> Floats:
    """Smoothed by the binomial kernel of length 2 radius + 1."""
    for _ in range(2 * radius):
        values = _pairs(values, axis, 1)
    return values


def _derived(values: Floats, radius: int, axis: int) -> Floats:
    """The second difference, smoothed to the same length."""
    for _ in range(2 * radius - 2):
        values = _pairs(values, axis, 1)
    return _pairs(_pairs(values, axis, -1), axis, -1)


def draw(pixels: Pixels, values: Values) -> Sight:
    """|Laplacian|, from its least value to its greatest, with contrast raised by `contrast` %."""
    radius = int(values["radius"])
    if values["channel"] == "colour":
        planes = [_plane(np.ascontiguousarray(pixels[..., k]), radius, values) for k in range(3)]
        return Sight(np.stack([p for p, _ in planes], axis=-1), _MEANING)
    image, high = _plane(channel(pixels, values["channel"]), radius, values)
    return Sight(image, _MEANING, 0, round(high, 3), "grey levels")


def _plane(grey: Pixels, radius: int, values: Values) -> tuple[Pixels, float]:
    size = np.abs(laplacian(grey, radius))
    low, high = float(size.min()), float(size.max())
    share = max(255 - int(float(values["contrast"]) / 100 * 255), 1) / 255
    shown = low + (high - low) * share
    return stretched(size, low, shown), shown


_MEANING = (
    "Bright lines are edges. Sharpening doubles them; a pasted part has lines of another width and "
    "strength than edges of the same kind beside it."
)
GLASS = Glass(
    "edge_echo",
    "Edge echo",
    "Shows the second derivative of brightness: halos of sharpening, and outlines that are blurred "
    "or hardened unlike their neighbours.",
    draw,
    (
        channel_parameter("colour"),
        Parameter("radius", "Radius in pixels", 2, 1, 15),
        Parameter("contrast", "Contrast", 85, 0, 100),
    ),
)
