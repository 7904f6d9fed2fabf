"""What several glasses share: channels, neighbours, and scaling to 8 bits; in strips, for speed."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from telltale.looking.glass import Parameter, Pixels
from telltale.scene import luma

#: Rows worked on at once, so that intermediate results stay in the processor's cache.
STRIP = 64
CHANNELS = ("luma", "red", "green", "blue")

Floats = NDArray[np.float32]


def channel_parameter(*more: str) -> Parameter:
    """The choice of a channel; `more` are further choices, such as `colour`."""
    return Parameter("channel", "Channel", "luma", choices=(*CHANNELS, *more))


def channel(pixels: Pixels, name: object) -> Pixels:
    """One of `CHANNELS` as (h, w) uint8; luma is ITU-R BT.601 as in JPEG, rounded."""
    if name == "luma":
        return np.rint(luma(pixels)).astype(np.uint8)
    return np.ascontiguousarray(pixels[..., CHANNELS.index(str(name)) - 1])


def strips(rows: int, halo: int = 0) -> Iterator[tuple[slice, slice]]:
    """Slices of `STRIP` rows, and the same slice in an array padded by `halo` on both sides."""
    for top in range(0, rows, STRIP):
        stop = min(top + STRIP, rows)
        yield slice(top, stop), slice(top, stop + 2 * halo)


def mirrored(values: NDArray[Any], halo: int) -> NDArray[Any]:
    """Padded by its mirror image about the outermost pixel (OpenCV's BORDER_REFLECT_101)."""
    # a mirror needs a pixel behind the outermost one
    mode = "reflect" if min(values.shape[:2]) > halo else "edge"
    pads = ((halo, halo), (halo, halo)) + ((0, 0),) * (values.ndim - 2)
    return np.pad(values, pads, mode=mode)  # type: ignore[call-overload]


def stretched(values: NDArray[Any], low: float, high: float) -> Pixels:
    """(h, w) as uint8 in which 0 is `low` and 255 is `high`; cut at both, rounded down."""
    out = np.empty(values.shape, np.uint8)
    scale = np.float32(255.0 / (high - low) if high > low else 0.0)
    for rows, _ in strips(len(values)):
        part = (values[rows] - np.float32(low)) * scale
        out[rows] = np.clip(part, 0, 255)
    return out


def spread(values: NDArray[Any]) -> tuple[Pixels, float, float]:
    """`stretched` between its own extremes, and those."""
    low, high = float(values.min()), float(values.max())
    return stretched(values, low, high), low, high
