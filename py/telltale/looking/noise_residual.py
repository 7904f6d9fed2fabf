"""Noise residual: what a smoothing filter takes away."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from telltale.looking.arithmetic import channel, channel_parameter, mirrored, strips
from telltale.looking.glass import Glass, Parameter, Pixels, Sight, Values

#: Exchanges that bring the median of nine values to the middle (J. L. Smith, Implementing Median
#: Filters in XC4000E FPGAs, Xcell 23, 1996).
_NETWORK = (
    (1, 2), (4, 5), (7, 8), (0, 1), (3, 4), (6, 7), (1, 2), (4, 5), (7, 8), (0, 3), (5, 8), (4, 7),
    (3, 6), (1, 4), (2, 5), (4, 7), (4, 2), (6, 4), (4, 2),
)  # fmt: skip


def median(grey: Pixels) -> Pixels:
    """The median of each 3 x 3 square of (h, w) uint8, border pixels repeated."""
    out = np.empty_like(grey)
    padded = np.pad(grey, 1, mode="edge")
    width = grey.shape[1]
    for rows, around in strips(len(grey), 1):
        part = padded[around]
        count = rows.stop - rows.start
        nine = [part[i : i + count, j : j + width].copy() for i in range(3) for j in range(3)]
        for a, b in _NETWORK:
            nine[a], nine[b] = np.minimum(nine[a], nine[b]), np.maximum(nine[a], nine[b])
        out[rows] = nine[4]
    return out


def smoothed(grey: Pixels, kernel: NDArray[np.float32]) -> Pixels:
    """Convolved along both axes with an odd kernel of sum 1, borders mirrored, rounded."""
    from scipy import ndimage

    half = len(kernel) // 2
    out = np.empty_like(grey)
    padded = mirrored(grey, half)
    for rows, around in strips(len(grey), half):
        part = padded[around].astype(np.float32)
        part = ndimage.correlate1d(part, kernel, axis=0, mode="nearest")[half : len(part) - half]
        part = ndimage.correlate1d(part, kernel, axis=1, mode="nearest")[:, half:-half]
        out[rows] = np.rint(part)
    return out


def kernel(name: object, radius: int) -> NDArray[np.float32]:
    """The mean or the Gaussian of side 2 radius + 1, its width as OpenCV derives it from that."""
    if name == "mean":
        return np.full(2 * radius + 1, 1 / (2 * radius + 1), np.float32)
    sigma = 0.3 * (radius - 1) + 0.8
    weights = np.exp(-(np.arange(-radius, radius + 1) ** 2) / (2 * sigma**2))
    return (weights / weights.sum()).astype(np.float32)


def draw(pixels: Pixels, values: Values) -> Sight:
    """|picture - smoothed picture|, where `levels` grey levels fill the scale."""
    levels = int(values["levels"])
    table = np.clip(np.arange(256) * (255 / levels), 0, 255).astype(np.uint8)
    if values["channel"] == "colour":
        planes = [_residual(np.ascontiguousarray(pixels[..., k]), values) for k in range(3)]
        return Sight(table[np.stack(planes, axis=-1)], _MEANING)
    found = _residual(channel(pixels, values["channel"]), values)
    return Sight(table[found], _MEANING, 0, levels, "grey levels")


def _residual(grey: Pixels, values: Values) -> Pixels:
    if values["filter"] == "median":
        smooth = median(grey)
    else:
        smooth = smoothed(grey, kernel(values["filter"], int(values["radius"])))
    return np.maximum(grey, smooth) - np.minimum(grey, smooth)


_MEANING = (
    "What is left is noise and fine detail. Compare areas of like brightness and texture: one that "
    "is much quieter or louder was smoothed, enlarged, or comes from another picture."
)
GLASS = Glass(
    "noise_residual",
    "Noise residual",
    "Subtracts a smoothed copy and enlarges what is left, so that the noise of areas can be "
    "compared.",
    draw,
    (
        channel_parameter("colour"),
        Parameter("filter", "Filter", "median", choices=("median", "gaussian", "mean")),
        Parameter("radius", "Radius of gaussian and mean", 1, 1, 10),
        Parameter("levels", "Grey levels that fill the scale", 32, 1, 255),
    ),
    ("scipy",),
)
