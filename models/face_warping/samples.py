"""Pairs of `face_warping`: a real face and the same face warped into place, one way for both."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from models.face_warping.network import SIDE
from models.training import blending
from models.training.face_chain import Cut, draw_way, reduce_face, travel
from models.training.face_crops import Faces
from telltale.faces.crops import Crop, face_warping

LOW_RESOLUTION = ("faces_real_lfw",)
HIGH_RESOLUTION = ("faces_real_ciplab", "faces_real_portraitseg", "ffhq_real_blachman")
REALS = LOW_RESOLUTION + HIGH_RESOLUTION


class Sampler:
    """Draws pairs from the real faces of a split; `without` names sources left out."""

    def __init__(self, faces: Faces, split: str = "train", without: tuple[str, ...] = ()) -> None:
        self.faces = faces
        groups = [
            faces.where(split, *(s for s in sources if s not in without))
            for sources in (LOW_RESOLUTION, HIGH_RESOLUTION)
        ]
        self._groups = [group for group in groups if group]

    def draw(
        self, seed: tuple[int, ...], ease: float = 0.0
    ) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
        """(112, 112, 3) uint8 of a real region and of its warped copy.

        `ease` in [0, 1] raises the lowest JPEG quality and the smallest size, for the start.
        """
        rng = np.random.default_rng(seed)
        group = self._groups[int(rng.integers(len(self._groups)))]
        index = int(rng.choice(group))
        faces = self.faces
        cut = reduce_face(
            faces.pixels(index),
            faces.landmarks[index],
            faces.mesh[index],
            float(rng.uniform(72, 160)),
            room=1.7,
        )
        fake, _ = blending.warped_face(cut.pixels, cut.landmarks, rng)
        region = random_region(cut, rng)
        way = draw_way(rng, low=64 + 40 * ease, worst=int(40 + 45 * ease))
        real, warped = (travel(region.of(pixels), way, SIDE) for pixels in (cut.pixels, fake))
        return real, warped


def random_region(cut: Cut, rng: np.random.Generator) -> Crop:
    """One of the regions that inference looks at, drawn with any seed."""
    h, w = cut.pixels.shape[:2]
    return face_warping(cut.landmarks, w, h, int(rng.integers(2**31)))
