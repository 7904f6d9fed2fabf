"""Training and test samples of `face_manipulation`: which face, which fake, which way."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from models.face_manipulation.network import CLASSES, SIDE
from models.training import blending
from models.training.face_chain import Cut, draw_way, protocol_box, reduce_face, travel
from models.training.face_crops import Faces

LOW_RESOLUTION = ("faces_real_lfw",)
HIGH_RESOLUTION = ("faces_real_ciplab", "faces_real_portraitseg", "ffhq_real_blachman")
REALS = LOW_RESOLUTION + HIGH_RESOLUTION
SWAPS = ("faces_swap_lfw",)
LOCAL = ("faces_fake_ciplab",)
SYNTHETIC = ("faces_stylegan_boredhumans", "faces_sg2_256_sadl", "faces_sd3_faker")
MAP = 16
#: Share of each kind in a batch; the last three draw from published fakes.
MIX = {
    "real": 0.42,
    "self_blend": 0.17,
    "swap": 0.05,
    "region": 0.10,
    "published_swap": 0.09,
    "published_local": 0.02,
    "published_synthesis": 0.15,
}


@dataclass(frozen=True, slots=True)
class Sample:
    """`image` (128, 128, 3) uint8, class index, `map` (16, 16) in [0, 1] or NaN where unknown."""

    image: NDArray[np.uint8]
    label: int
    map: NDArray[np.float32]


class Sampler:
    """Draws training samples; `without` names published fake sources left out of training."""

    def __init__(self, faces: Faces, split: str = "train", without: tuple[str, ...] = ()) -> None:
        self.faces = faces
        self._low = faces.where(split, *LOW_RESOLUTION)
        self._high = faces.where(split, *HIGH_RESOLUTION) or self._low
        self._low = self._low or self._high
        published = {
            "published_swap": SWAPS,
            "published_local": LOCAL,
            "published_synthesis": SYNTHETIC,
        }
        self._published = {
            kind: faces.where(split, *(s for s in sources if s not in without))
            for kind, sources in published.items()
        }
        self._shares = {kind: _shares(faces, rows) for kind, rows in self._published.items()}
        kinds = [k for k in MIX if self._published.get(k, [0])]
        weights = np.array([MIX[k] for k in kinds])
        # what a left-out source would have taken goes to the other fakes, not to the reals
        weights[1:] *= (1 - weights[0]) / weights[1:].sum()
        self._kinds, self._weights = kinds, weights

    def draw(self, seed: tuple[int, ...]) -> Sample:
        """The sample of a seed: the same one on every machine."""
        rng = np.random.default_rng(seed)
        kind = str(rng.choice(self._kinds, p=self._weights))
        side = float(rng.uniform(72, 160))
        if kind in self._published:
            rows, shares = self._published[kind], self._shares[kind]
            cut = self._cut(int(rng.choice(rows, p=shares)), side)
            label = {"published_swap": 1, "published_local": 2, "published_synthesis": 3}[kind]
            fill = 1.0 if label == 3 else np.nan
            mask = np.full(cut.pixels.shape[:2], fill, np.float32)
            return self._finish(cut, cut.pixels, mask, label, rng)
        cut = self._cut(self._real(rng), side)
        if kind == "real":
            return self._finish(cut, cut.pixels, np.zeros(cut.pixels.shape[:2], np.float32), 0, rng)
        if kind == "self_blend":
            fake, mask = blending.self_blend(cut.pixels, cut.landmarks, cut.forehead, rng)
            return self._finish(cut, fake, mask, 1, rng)
        donor = self._cut(self._real(rng), side)
        make = blending.swap if kind == "swap" else blending.region_composite
        fake, mask = make(cut.pixels, cut.landmarks, donor.pixels, donor.landmarks, rng)
        return self._finish(cut, fake, mask, 1 if kind == "swap" else 2, rng)

    def _real(self, rng: np.random.Generator) -> int:
        return int(rng.choice(self._low if rng.random() < 0.5 else self._high))

    def _cut(self, index: int, side: float) -> Cut:
        faces = self.faces
        return reduce_face(
            faces.pixels(index), faces.landmarks[index], faces.mesh[index], side, room=1.9
        )

    @staticmethod
    def _finish(
        cut: Cut,
        pixels: NDArray[np.uint8],
        mask: NDArray[np.float32],
        label: int,
        rng: np.random.Generator,
    ) -> Sample:
        h, w = pixels.shape[:2]
        x, y, side = protocol_box(cut.landmarks, (w, h), rng)
        way = draw_way(rng)
        image = travel(pixels[y : y + side, x : x + side], way, SIDE)
        where = np.asarray(
            Image.fromarray(mask).resize(
                (MAP, MAP), Image.Resampling.BOX, box=(x, y, x + side, y + side)
            )
        )
        return Sample(image, label, where[:, ::-1] if way.flip else where)


def _shares(faces: Faces, rows: list[int]) -> NDArray[np.float64]:
    """Chances of rows such that a source weighs by the square root of its size."""
    sources = [faces.rows[i].source for i in rows]
    counts = {source: sources.count(source) for source in sources}
    weights = np.array([counts[source] ** -0.5 for source in sources])
    return weights / weights.sum() if len(rows) else weights


__all__ = ["CLASSES", "Sample", "Sampler"]
