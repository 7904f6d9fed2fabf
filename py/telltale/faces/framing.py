"""The box of a face, always measured at the same scale.

The search finds a face at whatever size it happens to have in one of the passes, and the box
depends on it: a face of 8 pixels gets a loose box, one of 150 a tight one. Crops for the learned
tests need the same framing in a thumbnail and in a twelve-megapixel picture, so the detector looks
once more at every face, at the size where it is surest.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from telltale.faces import align, detection, mesh
from telltale.faces.mesh import Mesh, Region
from telltale.finding import Box
from telltale.runtime.context import Models

#: The detector sees a square of this many times the mesh's size: the face has 64 of 192 pixels.
_CONTEXT = 3.0
#: A detection belongs to the mesh from this intersection over union of their boxes.
_SAME = 0.4
#: Mean ratio of the detector's box to the larger side of the mesh's, on 120 faces of five sources.
_BOX_TO_MESH = 0.975


def frame(
    models: Models, pixels: NDArray[np.uint8], placed: Mesh, score: float, threshold: float
) -> tuple[Box, float]:
    """The box and score of the face that `placed` lies on.

    Where the detector does not see the face at this scale, the box is a square about the mesh
    and `score` is passed on.
    """
    low, high = (placed.points[:, :2].min(0) - 0.5, placed.points[:, :2].max(0) + 0.5)
    side = float((high - low).max())
    x, y = ((low + high) / 2).tolist()
    turns = round(mesh.eye_angle(placed.points) / (math.pi / 2))
    region = Region(x, y, _CONTEXT * side, turns * math.pi / 2)
    patch = mesh.sample(pixels, region, detection.TRAINED_SIDE, "zero")
    found = detection.suppress(detection.detect(models, patch, threshold))
    square = np.array([x + 0.5, y + 0.5, side, side]) * [1, 1, _BOX_TO_MESH, _BOX_TO_MESH]
    square[:2] -= square[2:] / 2
    if len(found):
        boxes = _in_picture(found.boxes, region)
        overlaps = detection.iou(square, boxes)
        best = int(overlaps.argmax())
        if overlaps[best] >= _SAME:
            return Box(*boxes[best].tolist()), float(found.scores[best])
    return Box(*square.tolist()), score


def _in_picture(boxes: NDArray[np.float32], region: Region) -> NDArray[np.float64]:
    """(n, 4) boxes of a region turned by quarter turns, in pixels of the picture."""
    back = align.invert(region.to_network(detection.TRAINED_SIDE))
    corners = np.stack([boxes[:, :2], boxes[:, :2] + boxes[:, 2:]], 1)
    corners = align.apply(back, corners - 0.5) + 0.5
    low, high = corners.min(1), corners.max(1)
    return np.concatenate([low, high - low], 1)
