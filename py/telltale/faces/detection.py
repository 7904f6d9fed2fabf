"""MediaPipe's full-range face detector: network input, decoding, suppression.

The network is fully convolutional with one anchor of fixed size every 4 pixels. It finds faces
that are between about 5 % and 70 % of its training size of 192 pixels, so a picture is shown to
it at several sizes (see `telltale.faces.pyramid`). Constants: `face_detection_full_range` graphs
of MediaPipe (Apache-2.0); V. Bazarevsky et al., "BlazeFace: Sub-millisecond Neural Face Detection
on Mobile GPUs", CVPR workshops 2019, arXiv:1907.05047.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from telltale.runtime.context import Models

MODEL = "face_detection"
#: Sides of the network's input must be multiples of its total stride ...
TOTAL_STRIDE = 32
#: ... and are at least this, the size that it was trained at.
TRAINED_SIDE = 192
_ANCHOR_STRIDE = 4
#: Scores are clipped before the logistic function, as MediaPipe does.
_SCORE_CLIP = 100.0


@dataclass(frozen=True, slots=True)
class Detections:
    """n detections in pixels of one picture.

    Attributes
    ----------
    boxes
        (n, 4) float32 x, y, w, h.
    keypoints
        (n, 6, 2) float32: the eye that stands left in an upright picture, the other eye, nose
        tip, mouth, and the two ear tragions in the order of the eyes.
    scores
        (n,) float32 in [0, 1].
    """

    boxes: NDArray[np.float32]
    keypoints: NDArray[np.float32]
    scores: NDArray[np.float32]

    def __len__(self) -> int:
        return len(self.scores)

    def take(self, index: NDArray[np.intp]) -> Detections:
        """The detections at `index`, in its order."""
        return Detections(self.boxes[index], self.keypoints[index], self.scores[index])


Pixels = NDArray[np.uint8] | NDArray[np.float32]


def detect(models: Models, pixels: Pixels, threshold: float) -> Detections:
    """All anchors of one (H, W, 3) picture in [0, 255] that score at least `threshold`.

    No suppression yet. Raises `telltale.runtime.context.ModelUnavailable`.
    """
    outputs = models.run(MODEL, {"image": network_input(pixels)})
    height, width = (_padded(n) for n in pixels.shape[:2])
    return decode(outputs["boxes"][0], outputs["scores"][0, :, 0], height, width, threshold)


def network_input(pixels: Pixels) -> NDArray[np.float32]:
    """(1, 3, H', W') float32 in [-1, 1]: black below and right up to the next size that fits."""
    height, width = pixels.shape[:2]
    padded = np.full((1, 3, _padded(height), _padded(width)), -1.0, np.float32)
    padded[0, :, :height, :width] = pixels.transpose(2, 0, 1) * np.float32(2 / 255) - 1
    return padded


def _padded(side: int) -> int:
    return max(TRAINED_SIDE, -(-side // TOTAL_STRIDE) * TOTAL_STRIDE)


def decode(
    raw: NDArray[np.float32],
    logits: NDArray[np.float32],
    height: int,
    width: int,
    threshold: float,
) -> Detections:
    """Boxes of the network's output, in pixels of its input.

    Parameters
    ----------
    raw
        (anchors, 16) centre x, y, w, h and six key points x, y; all in pixels, relative to the
        anchor's centre except w and h.
    logits
        (anchors,) scores before the logistic function.
    """
    kept = np.flatnonzero(logits >= np.log(threshold / (1 - threshold)))
    rows, columns = np.divmod(kept, width // _ANCHOR_STRIDE)
    if len(logits) != (height // _ANCHOR_STRIDE) * (width // _ANCHOR_STRIDE):
        raise ValueError(f"{len(logits)} anchors do not belong to {width} x {height} pixels")
    anchors = (np.stack([columns, rows], 1).astype(np.float32) + 0.5) * _ANCHOR_STRIDE
    values = raw[kept]
    size = values[:, 2:4]
    corner = values[:, :2] + anchors - size / 2
    keypoints = values[:, 4:].reshape(-1, 6, 2) + anchors[:, None]
    scores = 1 / (1 + np.exp(-np.clip(logits[kept], -_SCORE_CLIP, _SCORE_CLIP)))
    return Detections(
        np.concatenate([corner, size], 1).astype(np.float32),
        keypoints.astype(np.float32),
        scores.astype(np.float32),
    )


def suppress(found: Detections, overlap: float = 0.3) -> Detections:
    """Weighted non-maximum suppression, best first.

    Every group of boxes that overlap its best one by at least `overlap` (intersection over
    union) becomes their mean weighted by score, with the best score (BlazeFace, section 3.4).
    """
    left = np.argsort(-found.scores, kind="stable")
    boxes, keypoints, scores = [], [], []
    while len(left):
        near = iou(found.boxes[left[0]], found.boxes[left]) >= overlap
        near[0] = True
        group = left[near]
        weights = found.scores[group].astype(np.float64)
        boxes.append(np.average(found.boxes[group], 0, weights))
        keypoints.append(np.average(found.keypoints[group], 0, weights))
        scores.append(found.scores[group[0]])
        left = left[~near]
    return Detections(
        np.array(boxes, np.float32).reshape(-1, 4),
        np.array(keypoints, np.float32).reshape(-1, 6, 2),
        np.array(scores, np.float32),
    )


def iou(box: NDArray[np.floating], boxes: NDArray[np.floating]) -> NDArray[np.float64]:
    """Intersection over union of one (4,) box x, y, w, h with each of (n, 4)."""
    box, boxes = box.astype(np.float64), boxes.astype(np.float64)
    low = np.maximum(box[:2], boxes[:, :2])
    high = np.minimum(box[:2] + box[2:], boxes[:, :2] + boxes[:, 2:])
    inside = np.prod(np.maximum(high - low, 0), axis=1)
    union = box[2] * box[3] + boxes[:, 2] * boxes[:, 3] - inside
    return inside / np.maximum(union, np.finfo(np.float64).tiny)
