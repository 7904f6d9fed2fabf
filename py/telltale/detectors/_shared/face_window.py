"""The luma around a face, at a working size, with what is face and what is surroundings."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from telltale.finding import Box
from telltale.scene import Face

#: Half the side of the window in widths of the face.
HALF_SIDE = 1.3
#: Faces wider than this many pixels are averaged down to it first.
LARGEST = 1024


@dataclass(frozen=True, slots=True)
class FaceWindow:
    """A square around one face, cut at the picture's borders.

    Attributes
    ----------
    luma
        (h, w) float32 in [0, 255], at the working size.
    face, around
        (h, w) float32, 1 inside the face's outline drawn in a little, and 1 well outside of it.
    face_width
        Width of the face at the working size, from ear to ear, pixels.
    scale
        Working pixels per picture pixel, 1 or less.
    box
        What the window covers, in pixels of the picture.
    """

    luma: NDArray[np.float32]
    face: NDArray[np.float32]
    around: NDArray[np.float32]
    face_width: float
    scale: float
    box: Box


def face_width(face: Face) -> float:
    """Distance between the two ends of the jaw line (landmarks 0 and 16), pixels."""
    left, right = face.landmarks[0], face.landmarks[16]
    return float(np.hypot(right[0] - left[0], right[1] - left[1]))


def outline(face: Face) -> NDArray[np.float32]:
    """(27, 2) points round the face: jaw line, then brows from right to left."""
    return np.concatenate([face.landmarks[:17, :2], face.landmarks[26:16:-1, :2]])


def face_window(luma: NDArray[np.float32], face: Face) -> FaceWindow:
    """Cut and, for a large face, average down the surroundings of `face`."""
    points, width = outline(face), face_width(face)
    middle = (points.min(axis=0) + points.max(axis=0)) / 2
    left, top = (max(0, int(v)) for v in middle - HALF_SIDE * width)
    right = min(luma.shape[1], int(middle[0] + HALF_SIDE * width))
    bottom = min(luma.shape[0], int(middle[1] + HALF_SIDE * width))
    window = luma[top:bottom, left:right]
    box = Box(left, top, window.shape[1], window.shape[0])
    scale = min(1.0, LARGEST / width)
    if scale < 1:
        size = (max(1, round(window.shape[1] * scale)), max(1, round(window.shape[0] * scale)))
        window = np.asarray(Image.fromarray(window).resize(size, Image.Resampling.BOX))
    points = (points - np.array([left, top], np.float32)) * np.float32(scale)
    return FaceWindow(
        np.ascontiguousarray(window),
        _filled(points, 0.92, window.shape),
        1 - _filled(points, 1.15, window.shape),
        width * scale,
        scale,
        box,
    )


def _filled(
    points: NDArray[np.float32], grow: float, shape: tuple[int, ...]
) -> NDArray[np.float32]:
    middle = points.mean(axis=0)
    canvas = Image.new("L", (shape[1], shape[0]))
    grown = (points - middle) * grow + middle
    ImageDraw.Draw(canvas).polygon([(float(x), float(y)) for x, y in grown], fill=1)
    return np.asarray(canvas, np.float32)
