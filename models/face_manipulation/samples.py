"""Training and test samples of `face_manipulation`: which face, which fake, which way."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from models.face_manipulation.network import SIDE
from models.training import blending
from models.training.augment import give_profile, radial_profile
from models.training.data import CAMERA, SWAP, further_sources
from models.training.face_chain import Cut, Way, draw_way, protocol_box, reduce_face, travel
from models.training.face_crops import Faces

LOW_RESOLUTION = ("faces_real_lfw",)
HIGH_RESOLUTION = ("faces_real_ciplab", "faces_real_portraitseg", "ffhq_real_blachman")
REALS = LOW_RESOLUTION + HIGH_RESOLUTION
SWAPS = ("faces_swap_lfw",)
LOCAL = ("faces_fake_ciplab",)
SYNTHETIC = ("faces_stylegan_boredhumans", "faces_sg2_256_sadl", "faces_sd3_faker")
MAP = 16
FAVOUR = 4.0


@dataclass(frozen=True, slots=True)
class Further:
    """Folders of `more.csv` that a round learns from as well.

    `partners` are the fake ones whose real side is of the same repository: their faces meet no
    other real ones.
    """

    reals: tuple[str, ...] = ()
    swaps: tuple[str, ...] = ()
    synthetic: tuple[str, ...] = ()
    partners: dict[str, str] = field(default_factory=dict)


def every_further() -> Further:
    """All folders of faces; splits keep the held-out ones apart."""
    rows = [r for r in further_sources().values() if r["folder"].startswith("faces_")]
    genuine = [r for r in rows if r["family"] == CAMERA]
    reals = {r["repository"]: r["folder"] for r in genuine}
    fakes = [r for r in rows if r["family"] != CAMERA]
    return Further(
        tuple(r["folder"] for r in genuine),
        tuple(r["folder"] for r in fakes if r["family"] == SWAP),
        tuple(r["folder"] for r in fakes if r["family"] != SWAP),
        {r["folder"]: reals[r["repository"]] for r in fakes if r["repository"] in reals},
    )


#: What was there when the fifth round was trained.
FIRST_FURTHER = Further(
    ("faces_real_256_cdiaconu",),
    (),
    (
        "faces_fake_basemax",
        "faces_generatedphotos_hmdghoul",
        "faces_sg1_256_cdiaconu",
        "faces_sg2ada_zhuoxuan",
    ),
    {"faces_sg1_256_cdiaconu": "faces_real_256_cdiaconu"},
)


@dataclass(frozen=True, slots=True)
class Mix:
    """What a round of training draws.

    Attributes
    ----------
    shares
        Of each kind of fake; the last three are published ones.
    matched
        Share of the pairs of which both get the radial spectrum of a third, real face, so that
        being softer or sharper tells nothing.
    further
        Sources of `more.csv` that are drawn as well; then real sources, like published ones, are
        drawn by the square root of their size.
    favoured
        Sources that are drawn `FAVOUR` times as often as their size says.
    """

    shares: dict[str, float]
    matched: float = 0.0
    further: Further = Further()
    favoured: tuple[str, ...] = ()


FIRST = Mix(
    {
        "self_blend": 0.16,
        "warped": 0.05,
        "swap": 0.07,
        "region": 0.14,
        "published_swap": 0.25,
        "published_local": 0.03,
        "published_synthesis": 0.30,
    }
)
THIRD = Mix(
    {
        "self_blend": 0.15,
        "warped": 0.04,
        "swap": 0.08,
        "region": 0.12,
        "published_swap": 0.20,
        "published_local": 0.03,
        "published_synthesis": 0.38,
    },
    matched=0.5,
)
FIFTH = Mix(THIRD.shares, THIRD.matched, FIRST_FURTHER)
SIXTH = Mix(
    {
        "self_blend": 0.14,
        "warped": 0.04,
        "swap": 0.11,
        "region": 0.16,
        "published_swap": 0.18,
        "published_local": 0.03,
        "published_synthesis": 0.34,
    },
    matched=0.5,
    further=every_further(),
)
#: What lost most among many sources: StyleGAN2 faces and the sharp portraits beside them.
EIGHTH = replace(SIXTH, favoured=("faces_stylegan_boredhumans", "faces_real_ciplab"))
#: The mix of each round.
MIXES = {1: FIRST, 2: FIRST, 3: THIRD, 4: THIRD, 5: FIFTH, 6: SIXTH, 7: SIXTH, 8: EIGHTH}
PUBLISHED = {"published_swap": SWAPS, "published_local": LOCAL, "published_synthesis": SYNTHETIC}
LABELS = {
    "self_blend": 1,
    "warped": 1,
    "swap": 1,
    "region": 2,
    "published_swap": 1,
    "published_local": 2,
    "published_synthesis": 3,
}


@dataclass(frozen=True, slots=True)
class Sample:
    """`image` (128, 128, 3) uint8, class index, `map` (16, 16) in [0, 1] or NaN where unknown."""

    image: NDArray[np.uint8]
    label: int
    map: NDArray[np.float32]


class Sampler:
    """Draws pairs, a real face and a fake one on the same way, so that the way tells nothing.

    A fake made here is paired with the very face it was made from, a published one with a real
    face of similar resolution. `without` names sources left out.
    """

    def __init__(
        self,
        faces: Faces,
        split: str = "train",
        without: tuple[str, ...] = (),
        mix: Mix = FIRST,
    ) -> None:
        self.faces = faces
        self._matched = mix.matched
        more = mix.further.reals
        self._reals = [
            rows
            for sources in (LOW_RESOLUTION, HIGH_RESOLUTION + more)
            if (rows := faces.where(split, *(s for s in sources if s not in without)))
        ]
        self._real_shares = [
            _shares(faces, rows, mix.favoured) if more else None for rows in self._reals
        ]
        self._partners = {
            fake: rows
            for fake, real in mix.further.partners.items()
            if (rows := faces.where(split, real))
        }
        published = dict(PUBLISHED)
        published["published_swap"] += mix.further.swaps
        published["published_synthesis"] += mix.further.synthetic
        self._published = {
            kind: faces.where(split, *(s for s in sources if s not in without))
            for kind, sources in published.items()
        }
        self._shares = {
            kind: _shares(faces, rows, mix.favoured) for kind, rows in self._published.items()
        }
        self._kinds = [k for k in mix.shares if self._published.get(k, [0])]
        weights = np.array([mix.shares[k] for k in self._kinds])
        self._weights = weights / weights.sum()

    def draw(self, seed: tuple[int, ...]) -> tuple[Sample, Sample]:
        """The real and the fake sample of a seed: the same ones on every machine."""
        rng = np.random.default_rng(seed)
        kind = str(rng.choice(self._kinds, p=self._weights))
        side, label = float(rng.uniform(72, 160)), LABELS[kind]
        low = kind == "published_swap" if kind in PUBLISHED else rng.random() < 0.5
        cut = self._cut(self._real(rng, low), side)
        nothing = np.zeros(cut.pixels.shape[:2], np.float32)
        if kind in PUBLISHED:
            other = int(rng.choice(self._published[kind], p=self._shares[kind]))
            base = self._cut(other, side)
            if partners := self._partners.get(self.faces.rows[other].source):
                cut = self._cut(int(rng.choice(partners)), side)
                nothing = np.zeros(cut.pixels.shape[:2], np.float32)
            fake = base.pixels
            mask = np.full(fake.shape[:2], 1.0 if label == 3 else np.nan, np.float32)
        else:
            base = cut
            fake, mask = self._make(kind, cut, side, rng)
        ease = float(rng.random(2).max())  # more easy ways than hard ones
        way = draw_way(rng, low=64 + 40 * ease, worst=int(40 + 45 * ease))
        state = int(rng.integers(2**31))
        real = cut.pixels
        if self._matched and rng.random() < self._matched:
            third = self._cut(self._real(rng, rng.random() < 0.5), side)
            profile = radial_profile(_inner(third, third.pixels))
            real = give_profile(real, profile, _inner(cut, real))
            fake = give_profile(fake, profile, _inner(base, fake))
        return (
            _finish(cut, real, nothing, 0, way, state),
            _finish(base, fake, mask, label, way, state),
        )

    def _make(
        self, kind: str, cut: Cut, side: float, rng: np.random.Generator
    ) -> tuple[NDArray[np.uint8], NDArray[np.float32]]:
        if kind == "self_blend":
            return blending.self_blend(cut.pixels, cut.landmarks, cut.forehead, rng)
        if kind == "warped":
            return blending.warped_face(cut.pixels, cut.landmarks, rng)
        donor = self._cut(self._real(rng, rng.random() < 0.5), side)
        make = blending.swap if kind == "swap" else blending.region_composite
        return make(cut.pixels, cut.landmarks, donor.pixels, donor.landmarks, rng)

    def _real(self, rng: np.random.Generator, low: bool) -> int:
        pool = 0 if low else -1
        return int(rng.choice(self._reals[pool], p=self._real_shares[pool]))

    def _cut(self, index: int, side: float) -> Cut:
        faces = self.faces
        return reduce_face(
            faces.pixels(index), faces.landmarks[index], faces.mesh[index], side, room=1.9
        )


def _inner(cut: Cut, pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """The face's square without jitter, whose spectrum counts."""
    x, y, side = protocol_box(cut.landmarks, pixels.shape[1::-1])
    return pixels[y : y + side, x : x + side]


def _finish(
    cut: Cut, pixels: NDArray[np.uint8], mask: NDArray[np.float32], label: int, way: Way, seed: int
) -> Sample:
    h, w = pixels.shape[:2]
    x, y, side = protocol_box(cut.landmarks, (w, h), np.random.default_rng(seed))
    image = travel(pixels[y : y + side, x : x + side], way, SIDE)
    plane = Image.fromarray(mask)
    box = (x, y, x + side, y + side)
    where = np.asarray(plane.resize((MAP, MAP), Image.Resampling.BOX, box=box))
    return Sample(image, label, where[:, ::-1] if way.flip else where)


def _shares(faces: Faces, rows: list[int], favoured: tuple[str, ...]) -> NDArray[np.float64]:
    """Chances of rows such that a source weighs by the square root of its size."""
    sources = [faces.rows[i].source for i in rows]
    counts = {source: sources.count(source) for source in sources}
    weights = np.array([counts[source] ** -0.5 for source in sources])
    weights *= [FAVOUR if source in favoured else 1.0 for source in sources]
    return weights / weights.sum() if len(rows) else weights
