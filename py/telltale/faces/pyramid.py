"""Detection over sizes and orientations: from a face that fills the picture to one in a crowd."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from telltale.faces import align, detection
from telltale.faces.detection import Detections
from telltale.runtime.context import Context

#: Long side at which a face that fills the picture still has the size the network likes best.
COARSE_SIDE = 112
#: Pixels of the middle and the fine pass. The fine one finds a face of 60 pixels in a picture of
#: 4000 x 3000, where it has 17 pixels left.
MIDDLE_PIXELS = 512 * 384
FINE_PIXELS = 1152 * 864
#: A very long picture is bounded by this side, too.
MAX_SIDE = 2304
#: Smallest score of a detection; the mesh network has the last word.
THRESHOLD = 0.5
#: The fine pass runs when the middle pass found nothing, or a face narrower than this many of
#: its pixels: where one face is small, others may be smaller.
SMALL_FACE = 48


def search(pixels: NDArray[np.uint8], context: Context) -> Detections:
    """Detections in (H, W, 3) uint8 pixels, suppressed, best first, in its pixels.

    Coarse and middle pass always; the fine pass where faces may be small; quarter turns where
    nothing was found upright.
    """
    context.step(0.0, "Looking for faces")
    coarse, middle, fine = _sizes(*pixels.shape[:2])
    largest = fine or middle or coarse
    # Every pass shrinks this copy: averaging whole blocks of pixels first is much faster.
    base = align.reduce(pixels, max(1, pixels.shape[0] // largest[0]))
    levels = [align.resize(base, size) for size in (coarse, middle) if size is not None]
    found = [_detect(level, pixels, context) for level in levels]
    if fine is not None and _may_be_small(found[-1], levels[-1], pixels):
        context.step(0.3, "Looking for small faces")
        found.append(_detect(align.resize(base, fine), pixels, context))
    if not any(len(f) for f in found):
        for turns in (1, 3, 2):
            context.step(0.5, "Looking for turned faces")
            found += [_detect(level, pixels, context, turns) for level in levels]
    return detection.suppress(_concatenate(found))


def _sizes(
    height: int, width: int
) -> tuple[tuple[int, int], tuple[int, int] | None, tuple[int, int] | None]:
    """(height, width) of the three passes; None where a pass would repeat the one before."""
    longest = max(height, width)
    coarse = COARSE_SIDE / longest
    middle, fine = (
        min(1.0, math.sqrt(area / (height * width)), MAX_SIDE / longest)
        for area in (MIDDLE_PIXELS, FINE_PIXELS)
    )

    def size(scale: float) -> tuple[int, int]:
        return max(1, round(height * scale)), max(1, round(width * scale))

    return (
        size(coarse),
        size(middle) if middle > 1.25 * coarse else None,
        size(fine) if fine > 1.25 * middle else None,
    )


def _may_be_small(found: Detections, level: NDArray[np.uint8], pixels: NDArray[np.uint8]) -> bool:
    if not len(found):
        return True
    return bool((found.boxes[:, 2] * level.shape[1] / pixels.shape[1]).min() < SMALL_FACE)


def _detect(
    level: NDArray[np.uint8], pixels: NDArray[np.uint8], context: Context, turns: int = 0
) -> Detections:
    """Detections on one shrunk copy, turned counter-clockwise by quarter `turns`."""
    found = detection.detect(context.models, np.rot90(level, turns), THRESHOLD)
    height, width = level.shape[:2]
    scale = np.array([pixels.shape[1] / width, pixels.shape[0] / height], np.float32)
    corners = np.stack([found.boxes[:, :2], found.boxes[:, :2] + found.boxes[:, 2:]], 1)
    corners = _turn_back(corners, turns, height, width) * scale
    low, high = corners.min(1), corners.max(1)
    return Detections(
        np.concatenate([low, high - low], 1).astype(np.float32),
        (_turn_back(found.keypoints, turns, height, width) * scale).astype(np.float32),
        found.scores,
    )


def _turn_back(
    points: NDArray[np.float32], turns: int, height: int, width: int
) -> NDArray[np.float32]:
    """(..., 2) points of `np.rot90(picture, turns)` in the picture of height x width."""
    x, y = points[..., 0], points[..., 1]
    if turns == 1:
        x, y = width - y, x
    elif turns == 2:
        x, y = width - x, height - y
    elif turns == 3:
        x, y = y, height - x
    return np.stack([x, y], -1)


def _concatenate(found: list[Detections]) -> Detections:
    return Detections(
        np.concatenate([f.boxes for f in found]),
        np.concatenate([f.keypoints for f in found]),
        np.concatenate([f.scores for f in found]),
    )
