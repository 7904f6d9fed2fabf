"""The inside of both eyes at the picture's own resolution."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from telltale.faces import landmarks
from telltale.scene import Face

#: Diameter of the iris (11.7 mm) over the width of the lid opening (30 mm).
IRIS_TO_EYE = 0.39


@dataclass(frozen=True, slots=True)
class Eye:
    """One eye: `luma` (h, w) float32 in [0, 255], `inside` the lid opening, `corners` (2, 2) as
    they stand left and right, `iris` its centre, `diameter` its expected size; all in pixels of
    the cut-out."""

    luma: NDArray[np.float32]
    inside: NDArray[np.bool_]
    corners: NDArray[np.float64]
    iris: NDArray[np.float64]
    diameter: float

    @property
    def gaze(self) -> float:
        """Where the iris stands between the corners: 0 left, 1 right."""
        axis = self.corners[1] - self.corners[0]
        return float((self.iris - self.corners[0]) @ axis / max(float(axis @ axis), 1e-9))

    def disc(self, share: float = 1.0) -> NDArray[np.bool_]:
        """Pixels within `share` of the iris' radius of its centre."""
        y, x = np.indices(self.luma.shape)
        return np.hypot(x - self.iris[0], y - self.iris[1]) <= share * self.diameter / 2


def both(pixels: NDArray[np.uint8], face: Face) -> tuple[Eye, Eye] | None:
    """The two eyes, the picture's left one first; None where one leaves the picture or is shut."""
    found = [_eye(pixels, face.landmarks[part]) for part in _PARTS]
    return None if found[0] is None or found[1] is None else (found[0], found[1])


_PARTS = (landmarks.LEFT_EYE, landmarks.RIGHT_EYE)


def _eye(pixels: NDArray[np.uint8], points: NDArray[np.floating]) -> Eye | None:
    points = np.asarray(points, np.float64)
    height, width = pixels.shape[:2]
    low = np.floor(points.min(0)).astype(int) - 3
    high = np.ceil(points.max(0)).astype(int) + 4
    if (low < 0).any() or high[0] > width or high[1] > height:
        return None
    part = pixels[low[1] : high[1], low[0] : high[0]]
    luma = np.asarray(part @ np.array([0.299, 0.587, 0.114], np.float32), np.float32)
    outline = points - low
    image = Image.new("1", (luma.shape[1], luma.shape[0]))
    ImageDraw.Draw(image).polygon([(float(x), float(y)) for x, y in outline], fill=1)
    inside = np.asarray(image, bool)
    across = float(np.linalg.norm(outline[3] - outline[0]))
    opened = float(
        np.linalg.norm(outline[1] - outline[5]) + np.linalg.norm(outline[2] - outline[4])
    )
    if inside.sum() < 20 or opened / (2 * across) < 0.12:
        return None
    # the darker half of the opening is iris, pupil and lashes; its centroid follows the iris
    limit = float(np.quantile(luma[inside], 0.5))
    weight = np.where(inside, np.maximum(limit - luma, 0), 0).astype(np.float64)
    if weight.sum() <= 0:
        return None
    y, x = np.indices(luma.shape)
    iris = np.array([(x * weight).sum(), (y * weight).sum()]) / weight.sum()
    return Eye(luma, inside, outline[[0, 3]], iris, IRIS_TO_EYE * across)
