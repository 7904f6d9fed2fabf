"""Numbers that say what can be measured on a face, for detectors to decide whether they apply."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from telltale.faces import landmarks


def measure(
    pixels: NDArray[np.uint8], mesh: NDArray[np.float32], points68: NDArray[np.float32]
) -> dict[str, float]:
    """The `quality` of a `telltale.scene.Face`."""
    left = points68[landmarks.LEFT_EYE, :2].mean(0)
    right = points68[landmarks.RIGHT_EYE, :2].mean(0)
    return {
        "inter_ocular_px": round(float(math.dist(left, right)), 3),
        "width_px": round(float(np.ptp(mesh[:, 0])), 3),
    }
