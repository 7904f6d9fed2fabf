"""The one chain that real and fake faces pass, in training and in testing.

Reduce the face to a drawn size, (make the fake), cut the FaceForensics++ square around the
landmarks, resize by a drawn factor and filter, filter and compress as pictures are on their way,
resize to the network's side. Framing and size come from the landmarks, never from the source.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageEnhance

from models.training.augment import FILTERS, Pixels, blur, jpeg, noise

Points = NDArray[np.float32]
Plane = NDArray[np.float32]
Rng = np.random.Generator


@dataclass(frozen=True, slots=True)
class Cut:
    """A face with room around it. `forehead` are the mesh's outline points above the brows."""

    pixels: Pixels
    landmarks: Points
    forehead: Points


#: Face-mesh indices of the upper face outline, temple to temple.
FOREHEAD = [127, 162, 21, 54, 103, 67, 109, 10, 338, 297, 332, 284, 251, 389, 356]


def side_of(landmarks: Points) -> float:
    """The longer side of the landmarks' bounding box, in pixels."""
    return float(np.ptp(landmarks, axis=0).max())


def reduce_face(pixels: Pixels, landmarks: Points, mesh: Points, side: float, room: float) -> Cut:
    """The face reduced (never enlarged) to `side` px, within `room` times that around it."""
    factor = min(1.0, side / side_of(landmarks))
    centre, half = (landmarks.min(0) + landmarks.max(0)) / 2, room * side_of(landmarks) / 2
    h, w = pixels.shape[:2]
    x0, y0 = (max(0, int(v)) for v in centre - half)
    x1, y1 = min(w, int(centre[0] + half) + 1), min(h, int(centre[1] + half) + 1)
    size = (max(8, round((x1 - x0) * factor)), max(8, round((y1 - y0) * factor)))
    scale = np.array([size[0] / (x1 - x0), size[1] / (y1 - y0)], np.float32)
    image = Image.fromarray(pixels)
    crop = image.resize(size, Image.Resampling.BICUBIC, box=(x0, y0, x1, y1))
    origin = np.array([x0, y0], np.float32)
    return Cut(
        np.asarray(crop), (landmarks - origin) * scale, (mesh[FOREHEAD, :2] - origin) * scale
    )


def protocol_box(
    landmarks: Points, size: tuple[int, int], rng: Rng | None = None, enlarge: float = 1.3
) -> tuple[int, int, int]:
    """x, y, side of the FaceForensics++ square in a (width, height) picture.

    With `rng`, side and centre vary, as landmarks do: by up to 6 % and by 3 %.
    """
    low, high = landmarks.min(0), landmarks.max(0)
    side = float((high - low).max()) * enlarge
    cx, cy = (low + high) / 2
    if rng is not None:
        cx, cy = (cx, cy) + rng.uniform(-0.03, 0.03, 2) * side
        side *= rng.uniform(0.94, 1.06)
    x, y = max(int(cx - side / 2), 0), max(int(cy - side / 2), 0)
    return x, y, max(8, min(int(side), size[0] - x, size[1] - y))


@dataclass(frozen=True, slots=True)
class Way:
    """What happens to one face square on its way; drawn once, so a pair can share it."""

    side: float
    filter: str
    flip: bool
    enhance: tuple[float, float, float, float]
    sigma: float
    grain: float
    quality: int
    sampling: int
    gray: bool
    seed: int


def draw_way(rng: Rng, low: float = 64, high: float = 150, worst: int = 40) -> Way:
    """A random way: size before compression in [low, high] px, JPEG `worst` to 95 (p 0.9)."""
    enhance = rng.uniform(0.7, 1.3, 4) if rng.random() < 0.4 else np.ones(4)
    return Way(
        float(rng.uniform(low, high)),
        str(rng.choice(list(FILTERS))),
        bool(rng.random() < 0.5),
        tuple(float(v) for v in enhance),  # type: ignore[arg-type]
        float(rng.uniform(0.2, 1.2)) if rng.random() < 0.15 else 0.0,
        float(rng.uniform(0.5, 4)) if rng.random() < 0.15 else 0.0,
        int(rng.integers(worst, 96)) if rng.random() < 0.9 else 0,
        2 if rng.random() < 0.6 else 0,
        bool(rng.random() < 0.05),
        int(rng.integers(2**31)),
    )


ENHANCERS = (
    ImageEnhance.Brightness,
    ImageEnhance.Contrast,
    ImageEnhance.Color,
    ImageEnhance.Sharpness,
)


def travel(square: Pixels, way: Way, side: int) -> Pixels:
    """(side, side, 3) uint8 of a face square (or rectangle, then distorted) after its way."""
    h, w = square.shape[:2]
    factor = min(0.97, way.side / max(h, w))
    image = Image.fromarray(square).resize(
        (max(8, round(w * factor)), max(8, round(h * factor))), FILTERS[way.filter]
    )
    if way.flip:
        image = image.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
    if way.enhance != (1.0, 1.0, 1.0, 1.0):
        for enhancer, amount in zip(ENHANCERS, way.enhance, strict=True):
            image = enhancer(image).enhance(amount)
    if way.gray:
        image = image.convert("L").convert("RGB")
    pixels = blur(np.asarray(image), way.sigma)
    if way.grain:
        pixels = noise(pixels, way.grain, np.random.default_rng(way.seed))
    if way.quality:
        pixels = jpeg(pixels, way.quality, way.sampling)
    return to_side(pixels, side)


def to_side(pixels: Pixels, side: int) -> Pixels:
    """Bilinear, antialiased: the last step, which the detector shares."""
    image = Image.fromarray(pixels)
    return np.asarray(image.resize((side, side), Image.Resampling.BILINEAR))
