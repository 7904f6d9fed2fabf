"""How much a face's position trembles from frame to frame, apart from how the head moves."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def jitter(boxes: NDArray[np.floating]) -> float | None:
    """Standard deviation in pixels of the measurement noise of a box's centre.

    From second differences of (n, 5) rows time, x, y, w, h: steady motion cancels, and noise of
    deviation s leaves sqrt(6) s. The median absolute value keeps quick turns of the head out.
    None below five rows.
    """
    if len(boxes) < 5:
        return None
    centres = boxes[:, 1:3] + boxes[:, 3:5] / 2
    second = centres[2:] - 2 * centres[1:-1] + centres[:-2]
    return round(float(1.4826 * np.median(np.abs(second)) / np.sqrt(6)), 3)
