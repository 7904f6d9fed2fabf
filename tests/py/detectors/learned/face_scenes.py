"""Scenes with faces at chosen places, and a door to networks that answers as it is told."""

from __future__ import annotations

import io
from collections.abc import Callable

import numpy as np
from PIL import Image

from telltale.faces.canonical import POINTS
from telltale.finding import Box
from telltale.media.decode import open_media
from telltale.scene import Face, Scene


def face(index: int, x: float, y: float, side: float, **quality: float) -> Face:
    """A frontal canonical face whose landmarks' longer side is `side` px, centred at (x, y)."""
    flat = POINTS[:, :2] - (POINTS[:, :2].min(0) + POINTS[:, :2].max(0)) / 2
    landmarks = (flat * side / np.ptp(flat, axis=0).max() + [x, y]).astype(np.float32)
    (left, top), (right, bottom) = landmarks.min(0), landmarks.max(0)
    box = Box(float(left), float(top), float(right - left), float(bottom - top))
    return Face(index, box, 0.9, np.zeros((468, 3), np.float32), landmarks, 0.99, quality)


def scene(*faces: Face, width: int = 600, height: int = 400, quality: int = 0) -> Scene:
    """Noise of a camera's grain, as PNG or as JPEG of a quality."""
    grain = np.random.default_rng(0).normal(120, 12, (height, width, 3))
    out = io.BytesIO()
    image = Image.fromarray(np.clip(grain, 0, 255).astype(np.uint8))
    if quality:
        image.save(out, "JPEG", quality=quality)
    else:
        image.save(out, "PNG")
    return Scene(open_media(out.getvalue(), "picture"), faces)


class Answers:
    """A door that answers with what a function makes of the input, and remembers the inputs."""

    def __init__(self, answer: Callable[[np.ndarray], dict[str, np.ndarray]]) -> None:
        self.answer, self.seen = answer, []

    def available(self, model: str) -> bool:
        return True

    def run(self, model: str, inputs: dict) -> dict:
        self.seen.append(inputs["image"])
        return self.answer(inputs["image"])

    def used(self) -> list:
        return []
