"""Find the box of a map that differs most from the rest: a scan over boxes of several sizes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from telltale.detectors._shared.blocks import window_sum

#: Sides of the boxes as shares of the geometric mean of the map's sides.
SIDES = (0.12, 0.18, 0.27)
#: The least side in cells: smaller boxes hold too few blocks for a mean.
LEAST_SIDE = 4


@dataclass(frozen=True, slots=True)
class OutlyingBox:
    """A box in cells of the map, and how far its mean lies from the median of all such boxes.

    `deviation` is in the unit of the map and keeps its sign; `spreads` is its size in robust
    standard deviations of the means of all boxes of that size in the same picture.
    """

    top: int
    left: int
    height: int
    width: int
    deviation: float
    spreads: float


def outlying_box(values: NDArray[Any], valid: NDArray[np.bool_]) -> OutlyingBox | None:
    """The box whose mean over valid cells deviates most, or None where no box is half valid.

    Parameters
    ----------
    values
        (h, w) floats, 0 being what is expected.
    valid
        (h, w) bool; boxes with fewer than half of their cells valid are passed over.
    """
    side = float(np.sqrt(values.size))
    best: OutlyingBox | None = None
    masked = np.where(valid, values, 0)
    for share in SIDES:
        size = max(LEAST_SIDE, round(side * share))
        if size >= min(values.shape):
            continue
        count = window_sum(valid, size, size)
        enough = count >= 0.5 * size * size
        if not enough.any():
            continue
        mean = np.divide(
            window_sum(masked, size, size), count, out=np.zeros_like(count), where=enough
        )
        centre = float(np.median(mean[enough]))
        deviation = np.where(enough, mean - centre, 0.0)
        spread = 1.4826 * float(np.median(np.abs(deviation[enough])))
        # a single box deviates by nothing from the median, and is still the one that is meant
        at = int(np.argmax(np.where(enough, np.abs(deviation), -1.0)))
        top, left = divmod(at, deviation.shape[1])
        found = float(deviation[top, left])
        if best is None or abs(found) > abs(best.deviation):
            spreads = abs(found) / spread if spread > 0 else 0.0
            best = OutlyingBox(top, left, size, size, found, spreads)
    return best


def highest_box(
    values: NDArray[Any], valid: NDArray[np.bool_], share: float = SIDES[0]
) -> OutlyingBox | None:
    """The box whose mean over valid cells is highest; `deviation` is that mean itself.

    For maps whose zero has a meaning of its own. `share` is the side of the box as a share of the
    geometric mean of the map's sides.
    """
    size = min(max(LEAST_SIDE, round(float(np.sqrt(values.size)) * share)), *values.shape)
    count = window_sum(valid, size, size)
    enough = count >= 0.5 * size * size
    if not enough.any():
        return None
    total = window_sum(np.where(valid, values, 0), size, size)
    mean = np.divide(total, count, out=np.full(count.shape, -np.inf), where=enough)
    at = int(np.argmax(mean))
    top, left = divmod(at, mean.shape[1])
    spread = 1.4826 * float(np.median(np.abs(mean[enough] - np.median(mean[enough]))))
    found = float(mean[top, left])
    return OutlyingBox(top, left, size, size, found, abs(found) / spread if spread > 0 else 0.0)
