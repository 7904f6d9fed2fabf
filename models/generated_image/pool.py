"""Batches: real and fake of the same picture side by side, through one chain, with one draw."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from models.generated_image.generators import ZOO
from models.training.augment import Chain, give_profile, match_spectrum, radial_profile
from models.training.data import Cache

Pixels = NDArray[np.uint8]
Floats = NDArray[np.float64]
#: Share of the pairs whose fake is mixed with its own original, so that blur is not the cue.
BLEND = 0.25
#: Side of the window in which a fake gets the power spectrum of its original.
WINDOW = 208
#: Side of the windows of which the most textured one is used.
WINDOW_TEXTURE = 152
#: Roles of the generators that may be in batches.
TRAINED = ("train", "folds")
#: How much more a favoured real source counts.
FAVOUR = 2.5


@dataclass(frozen=True, slots=True)
class Mix:
    """What batches are made of.

    Attributes
    ----------
    pairs
        Share of the batch that are pairs (a self-made fake and its original count as two).
    power
        Published sources, real and fake, are drawn in proportion to their size to this power.
    matched
        Share of the pairs whose fake gets the radial power spectrum of its original.
    third
        Share of the pairs both of which get the radial power spectrum of a third, real picture, so
        that sharpness says nothing.
    levelled
        The same for single pictures, real and fake.
    real_power
        Another power for the real sources; None: the same.
    candidates
        Of so many random windows of a published picture the most textured one is used, as the
        detector prefers texture too.
    favoured
        Real sources that are drawn `FAVOUR` times as often as their size says.
    """

    pairs: float = 9 / 16
    power: float = 0.5
    matched: float = 0.0
    third: float = 0.0
    levelled: float = 0.0
    chain: Chain = field(default_factory=Chain)
    real_power: float | None = None
    candidates: int = 1
    favoured: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Batch:
    """`pixels` (n, size, size, 3) uint8, `fake` (n,) float32, `family` (n,) int64."""

    pixels: Pixels
    fake: NDArray[np.float32]
    family: NDArray[np.int64]


class Pool:
    """All caches of a work folder, without the excluded sources."""

    def __init__(self, work: Path, excluded: Sequence[str] = ()) -> None:
        self.real = Cache(work / "real")
        self.published = Cache(work / "published")
        self.zoo = {
            spec.id: Cache(work / "zoo" / spec.id)
            for spec in ZOO
            if (work / "zoo" / f"{spec.id}.json").is_file()
        }
        self.excluded = frozenset(excluded)
        self._by_name = {item.name: index for index, item in enumerate(self.real.items)}
        self._reals = self._by_source(self.real)
        self._fakes = self._by_source(self.published)
        self._pairs = {
            spec.id: self.zoo[spec.id].where(
                lambda item: item.split == "train" and self._allowed_original(item.name)
            )
            for spec in ZOO
            if spec.role in TRAINED and spec.id in self.zoo and spec.id not in self.excluded
        }
        names = {spec.family for spec in ZOO if spec.id in self._pairs}
        names |= {self.published.items[rows[0]].family for rows in self._fakes.values()}
        #: Class 0 is the camera.
        self.families = ["camera", *sorted(names)]

    def _by_source(self, cache: Cache) -> dict[str, list[int]]:
        found: dict[str, list[int]] = {}
        for index, item in enumerate(cache.items):
            if item.split == "train" and item.source not in self.excluded:
                found.setdefault(item.source, []).append(index)
        return found

    def _allowed_original(self, name: str) -> bool:
        original = self.real.items[self._by_name[name.split("/", 1)[1]]]
        return original.source not in self.excluded

    def _profile(self, rng: np.random.Generator) -> Floats:
        """Radial power spectrum of a window of a real picture, sources drawn alike."""
        source = str(rng.choice(list(self._reals)))
        pixels = self.real[int(rng.choice(self._reals[source]))]
        return radial_profile(pixels[_window(pixels.shape, rng, WINDOW_TEXTURE)])

    def index_of(self, name: str) -> int:
        """Where a real picture of that name stands in `real`."""
        return self._by_name[name]

    def pair(self, spec_id: str, index: int) -> tuple[Pixels, Pixels]:
        """A re-synthesised picture and its original, the same size."""
        fake = self.zoo[spec_id][index]
        name = self.zoo[spec_id].items[index].name.split("/", 1)[1]
        return self.real[self._by_name[name]][: fake.shape[0], : fake.shape[1]], fake

    def batch(self, rng: np.random.Generator, mix: Mix, size: int, n: int = 64) -> Batch:
        """`n` crops: pairs of original and self-made fake, published reals, published fakes."""
        crops: list[Pixels] = []
        labels: list[tuple[bool, str]] = []
        pairs = round(mix.pairs * n / 2) if self._pairs else 0
        for spec_id in rng.choice(list(self._pairs) or [""], pairs):
            real, fake = self.pair(spec_id, int(rng.choice(self._pairs[spec_id])))
            if rng.random() < BLEND:
                share = rng.uniform(0, 0.5)
                fake = np.rint((1 - share) * fake + share * real).astype(np.uint8)
            if mix.matched and rng.random() < mix.matched:
                window = _window(real.shape, rng)
                real, fake = real[window], fake[window]
                fake = match_spectrum(fake, real)
            if mix.third and rng.random() < mix.third:
                window, profile = _window(real.shape, rng, WINDOW_TEXTURE), self._profile(rng)
                real, fake = (give_profile(p[window], profile) for p in (real, fake))
            seed = int(rng.integers(2**32))
            crops += [mix.chain(p, size, np.random.default_rng(seed)) for p in (real, fake)]
            labels += [(False, "camera"), (True, self.zoo[spec_id].items[0].family)]
        for cache, by_source in ((self.real, self._reals), (self.published, self._fakes)):
            equalise = cache is self.real and mix.real_power is not None
            power = mix.real_power if equalise else mix.power
            if not by_source:
                continue
            weights = np.array([len(rows) for rows in by_source.values()]) ** power
            weights *= [FAVOUR if source in mix.favoured else 1.0 for source in by_source]
            sources = rng.choice(list(by_source), (n - 2 * pairs) // 2, p=weights / weights.sum())
            for source in sources:
                index = int(rng.choice(by_source[source]))
                pixels = _textured(cache[index], mix.candidates, rng)
                if mix.levelled and rng.random() < mix.levelled:
                    window = _window(pixels.shape, rng, WINDOW_TEXTURE)
                    pixels = give_profile(pixels[window], self._profile(rng))
                crops.append(mix.chain(pixels, size, rng))
                labels.append((cache is self.published, cache.items[index].family))
        return Batch(
            np.stack(crops),
            np.array([fake for fake, _ in labels], np.float32),
            np.array([self.families.index(family) for _, family in labels], np.int64),
        )


def _textured(pixels: Pixels, candidates: int, rng: np.random.Generator) -> Pixels:
    """The one of `candidates` random windows whose green channel changes most along the rows."""
    if candidates < 2:
        return pixels
    windows = [pixels[_window(pixels.shape, rng, WINDOW_TEXTURE)] for _ in range(candidates)]
    change = [np.abs(np.diff(w[:, :, 1].astype(np.int16))).mean() for w in windows]
    return windows[int(np.argmax(change))]


def _window(
    shape: tuple[int, ...], rng: np.random.Generator, side: int = WINDOW
) -> tuple[slice, slice]:
    h, w = min(side, shape[0]), min(side, shape[1])
    y, x = int(rng.integers(shape[0] - h + 1)), int(rng.integers(shape[1] - w + 1))
    return slice(y, y + h), slice(x, x + w)
