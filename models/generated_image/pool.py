"""Batches: real and fake of the same picture side by side, through one chain, with one draw."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from models.generated_image.generators import ZOO
from models.generated_image.sources import partners
from models.training.augment import (
    Chain,
    give_profile,
    match_spectrum,
    radial_profile,
    resample,
)
from models.training.data import Cache

Pixels = NDArray[np.uint8]
Floats = NDArray[np.float64]
#: Share of the pairs whose fake is mixed with its own original, so that blur is not the cue.
BLEND = 0.25
#: Side of the window in which a fake gets the power spectrum of its original.
WINDOW = 208
#: Side of the windows of which the most textured one is used.
WINDOW_TEXTURE = 152
#: Side of the windows that are resampled: at half size they still fill a crop.
WINDOW_WARPED = 300
#: Roles of the generators that may be in batches.
TRAINED = ("train", "folds")
#: How much more a favoured source counts.
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
        Sources that are drawn `FAVOUR` times as often as their size says.
    resampled
        Share of the real pictures, single or of a pair, that are scaled, turned or warped by a
        random interpolation before the chain, alone: interpolation is no sign of a generator.
    resampled_fakes
        The same for published fakes: a few, so that interpolation is no sign of a camera either.
    partnered
        Share of the published fakes beside which a real picture stands that came the same way
        (`sources.partners`), so that the way tells nothing.
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
    resampled: float = 0.0
    resampled_fakes: float = 0.0
    partnered: float = 0.0


@dataclass(frozen=True, slots=True)
class Batch:
    """`pixels` (n, size, size, 3) uint8, `fake` (n,) float32, `family` (n,) int64."""

    pixels: Pixels
    fake: NDArray[np.float32]
    family: NDArray[np.int64]


class Pool:
    """All caches of a work folder, without the excluded sources.

    `more_real` and `more_published` hold the pictures of further repositories, where `prepare` was
    given them; `real` and `published` those of the archives alone.
    """

    def __init__(self, work: Path, excluded: Sequence[str] = ()) -> None:
        self.real = Cache(work / "real")
        self.published = Cache(work / "published")
        further = (work / "more_published.json").is_file()
        self.more_real = Cache(work / "more_real") if further else None
        self.more_published = Cache(work / "more_published") if further else None
        self.zoo = {
            spec.id: Cache(work / "zoo" / spec.id)
            for spec in ZOO
            if (work / "zoo" / f"{spec.id}.json").is_file()
        }
        self.excluded = frozenset(excluded)
        self._by_name = {item.name: index for index, item in enumerate(self.real.items)}
        self._reals = self._by_source(self.real, self.more_real)
        self._fakes = self._by_source(self.published, self.more_published)
        self._partners = {
            fake: [real for real in reals if real in self._reals]
            for fake, reals in partners().items()
            if fake in self._fakes
        }
        self._pairs = {
            spec.id: self.zoo[spec.id].where(
                lambda item: item.split == "train" and self._allowed_original(item.name)
            )
            for spec in ZOO
            if spec.role in TRAINED and spec.id in self.zoo and spec.id not in self.excluded
        }
        names = {spec.family for spec in ZOO if spec.id in self._pairs}
        names |= {cache.items[rows[0]].family for cache, rows in self._fakes.values()}
        #: Class 0 is the camera.
        self.families = ["camera", *sorted(names)]

    def _by_source(self, *caches: Cache | None) -> dict[str, tuple[Cache, list[int]]]:
        found: dict[str, tuple[Cache, list[int]]] = {}
        for cache in caches:
            for index, item in enumerate(cache.items if cache else ()):
                if cache and item.split == "train" and item.source not in self.excluded:
                    found.setdefault(item.source, (cache, []))[1].append(index)
        return found

    def _allowed_original(self, name: str) -> bool:
        original = self.real.items[self._by_name[name.split("/", 1)[1]]]
        return original.source not in self.excluded

    def _partnered(
        self, reals: list[str], fakes: list[str], share: float, rng: np.random.Generator
    ) -> list[str]:
        """`reals`, with `share` of them exchanged for partners of the fakes beside them."""
        return [
            str(rng.choice(partners))
            if rng.random() < share and (partners := self._partners.get(fake))
            else real
            for real, fake in zip(reals, fakes, strict=True)
        ]

    def _profile(self, rng: np.random.Generator) -> Floats:
        """Radial power spectrum of a window of a real picture, sources drawn alike."""
        cache, rows = self._reals[str(rng.choice(list(self._reals)))]
        pixels = cache[int(rng.choice(rows))]
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
            if mix.resampled and rng.random() < mix.resampled:
                real = resample(real, rng)
            seed = int(rng.integers(2**32))
            crops += [mix.chain(p, size, np.random.default_rng(seed)) for p in (real, fake)]
            labels += [(False, "camera"), (True, self.zoo[spec_id].items[0].family)]
        beside: list[str] = []
        # with partners the fakes come first, since they say which real pictures are wanted
        for fake in (True, False) if mix.partnered else (False, True):
            by_source = self._fakes if fake else self._reals
            power = mix.power if fake or mix.real_power is None else mix.real_power
            if not by_source:
                continue
            warped = mix.resampled_fakes if fake else mix.resampled
            weights = np.array([len(rows) for _, rows in by_source.values()]) ** power
            weights *= [FAVOUR if source in mix.favoured else 1.0 for source in by_source]
            drawn = rng.choice(list(by_source), (n - 2 * pairs) // 2, p=weights / weights.sum())
            sources = [str(source) for source in drawn]
            if mix.partnered and fake:
                beside = sources
            elif mix.partnered and beside:
                sources = self._partnered(sources, beside, mix.partnered, rng)
            for source in sources:
                cache, rows = by_source[source]
                index = int(rng.choice(rows))
                pixels = cache[index]
                if warped and rng.random() < warped:
                    pixels = resample(pixels[_window(pixels.shape, rng, WINDOW_WARPED)], rng)
                pixels = _textured(pixels, mix.candidates, rng)
                if mix.levelled and rng.random() < mix.levelled:
                    window = _window(pixels.shape, rng, WINDOW_TEXTURE)
                    pixels = give_profile(pixels[window], self._profile(rng))
                crops.append(mix.chain(pixels, size, rng))
                labels.append((fake, cache.items[index].family))
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
