"""The colour map of all heat maps: cividis, readable with any colour vision."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

#: Nine anchors of cividis (Nunez, Anderton & Renslow, PLoS ONE 13(7), 2018), dark to light.
ANCHORS = np.array(
    [
        (0, 34, 78), (18, 53, 112), (59, 73, 108), (87, 93, 109), (112, 113, 115),
        (138, 134, 120), (165, 156, 116), (195, 179, 105), (254, 232, 56),
    ],
    np.float64,
)  # fmt: skip


def cividis(unit: NDArray[np.float64]) -> NDArray[np.uint8]:
    """Colours (h, w, 3) uint8 of values (h, w) in [0, 1]."""
    stops = np.linspace(0.0, 1.0, len(ANCHORS))
    channels = [np.interp(unit, stops, ANCHORS[:, k]) for k in range(3)]
    return np.rint(np.stack(channels, axis=-1)).astype(np.uint8)
