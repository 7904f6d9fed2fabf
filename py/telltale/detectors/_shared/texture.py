"""Block statistics of the picture on the codec's grid, computed once per scene."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from telltale.detectors._shared.blocks import block_mean
from telltale.scene import Scene

#: Side in pixels of the blocks, which is that of JPEG and aligned with it.
CELL = 8
#: Luma at or beyond these counts as clipped.
DARK, BRIGHT = 2.0, 253.0
#: A block whose standard deviation is below this many grey levels has nothing to compare.
FLAT = 0.7

_STRIP = 64 * CELL


@dataclass(frozen=True, slots=True)
class Texture:
    """Per 8x8 block of the coded picture, all (H // 8, W // 8).

    Attributes
    ----------
    mean, deviation
        float32, grey levels: mean and standard deviation of luma.
    gradient
        float32, grey levels: mean of |horizontal| + |vertical| first differences.
    usable
        bool: neither flat nor clipped.
    """

    mean: NDArray[np.float32]
    deviation: NDArray[np.float32]
    gradient: NDArray[np.float32]
    usable: NDArray[np.bool_]


def texture(scene: Scene) -> Texture:
    """The block statistics of the scene's coded luma."""
    return scene.memo("texture", lambda: texture_of(scene.coded_luma))


def texture_of(luma: NDArray[np.float32]) -> Texture:
    """The block statistics of (H, W) luma in [0, 255], worked through in strips."""
    rows, columns = luma.shape[0] // CELL, luma.shape[1] // CELL
    mean, square = (np.empty((rows, columns), np.float64) for _ in range(2))
    gradient, clipped = (np.empty((rows, columns), np.float32) for _ in range(2))
    for top in range(0, rows * CELL, _STRIP):
        bottom = min(top + _STRIP, rows * CELL)
        strip = luma[top:bottom]
        cells = slice(top // CELL, bottom // CELL)
        mean[cells] = block_mean(strip, CELL, np.float64)
        square[cells] = block_mean(strip * strip, CELL, np.float64)
        clipped[cells] = block_mean((strip <= DARK) | (strip >= BRIGHT), CELL)
        # One row and column beyond the strip, so that each pixel has its differences.
        below = luma[top : bottom + 1]
        steps = np.zeros_like(strip)
        steps[:, :-1] = np.abs(np.diff(strip, axis=1))
        steps[: below.shape[0] - 1] += np.abs(np.diff(below, axis=0))
        gradient[cells] = block_mean(steps, CELL)
    deviation = np.sqrt(np.maximum(square - mean * mean, 0)).astype(np.float32)
    usable = (deviation >= FLAT) & (clipped < 0.25)
    return Texture(mean.astype(np.float32), deviation, gradient, usable)


def clipped_colour(pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Share of pixels per 8x8 block with a channel at 0, 1, 254 or 255; (H // 8, W // 8) float32.

    Where a colour was clipped on its way through RGB, luma is no longer what was stored.
    """
    rows = pixels.shape[0] // CELL
    share = np.empty((rows, pixels.shape[1] // CELL), np.float32)
    for top in range(0, rows * CELL, _STRIP):
        strip = pixels[top : min(top + _STRIP, rows * CELL)]
        extreme = np.any((strip < 2) | (strip > 253), axis=2)
        share[top // CELL : (top + strip.shape[0]) // CELL] = block_mean(np.asarray(extreme), CELL)
    return share
