"""Scores of whole pictures: the test chains, and the detector's own way through a picture."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.generated_image.pool import Mix, Pool
from models.generated_image.sources import tile
from models.generated_image.zoo import seed_of
from models.training import augment, baselines
from models.training.augment import Pixels
from models.training.data import Cache, Item
from models.training.face_baselines import mesonet_scores
from telltale.detectors._shared.crops import CropGrid, cut, textured_crops
from telltale.detectors._shared.texture import texture_of
from telltale.detectors.learned.generated_image import Examination, examine
from telltale.runtime.context import Context, Models
from telltale.scene import luma

#: (pixels, name) -> pixels and the quality of their last JPEG compression (100: unknown, none).
TestChain = Callable[[Pixels, str], tuple[Pixels, int]]


class FileModels:
    """A door to one ONNX file, whatever model is asked for; one thread."""

    def __init__(self, path: Path) -> None:
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.log_severity_level, options.intra_op_num_threads = 3, 1
        self._session = onnxruntime.InferenceSession(
            str(path), options, providers=["CPUExecutionProvider"]
        )

    def available(self, model: str) -> bool:
        return True

    def run(self, model: str, inputs: object) -> dict[str, NDArray[np.float32]]:
        names = [output.name for output in self._session.get_outputs()]
        return dict(zip(names, self._session.run(names, inputs), strict=True))

    def used(self) -> list[dict[str, object]]:
        return []


def equal(pixels: Pixels, name: str) -> tuple[Pixels, int]:
    """The headline chain, the same for every picture: a 256-pixel tile, then JPEG 70 to 95.

    Three in ten are first resized by 0.75 to 1.25, one in ten blurred with sigma up to 0.8.
    """
    rng = np.random.default_rng(seed_of(name))
    pixels = tile(pixels, rng, 256)
    if rng.random() < 0.3 and min(pixels.shape[:2]) >= 172:
        pixels = augment.scale(pixels, float(rng.uniform(0.75, 1.25)), "bicubic")
    if rng.random() < 0.1:
        pixels = augment.blur(pixels, float(rng.uniform(0, 0.8)))
    return _jpeg(pixels, rng, 70, 95)


def same_size(pixels: Pixels, name: str) -> tuple[Pixels, int]:
    """Central square, bicubic to 224 pixels, JPEG 75 to 90: scale and framing made as equal as
    can be. Scaling down erases traces, so this is the harder chain."""
    rng = np.random.default_rng(seed_of(name))
    h, w = pixels.shape[:2]
    side = min(h, w)
    y, x = (h - side) // 2, (w - side) // 2
    pixels = augment.resize(pixels[y : y + side, x : x + side], 224, 224)
    return _jpeg(pixels, rng, 75, 90)


def varied(pixels: Pixels, name: str) -> tuple[Pixels, int]:
    """For calibration: tiles of up to 384 pixels, some scaled by 0.5 to 1, JPEG 40 to 98."""
    rng = np.random.default_rng(seed_of(name))
    pixels = tile(pixels, rng)
    low = 128 / min(pixels.shape[:2])
    if rng.random() < 0.4 and low < 1:
        pixels = augment.scale(pixels, float(rng.uniform(max(0.5, low), 1.0)), "lanczos")
    return _jpeg(pixels, rng, 40, 98)


def _jpeg(pixels: Pixels, rng: np.random.Generator, low: int, high: int) -> tuple[Pixels, int]:
    quality = int(rng.integers(low, high + 1))
    return augment.jpeg(pixels, quality, 2 if rng.random() < 0.6 else 0), quality


CHAINS: dict[str, TestChain] = {"equal": equal, "same size": same_size}


@dataclass(frozen=True, slots=True)
class Scored:
    """One picture after a chain: the network's answer, and the baselines' by method."""

    item: Item
    logit: float
    embedding: NDArray[np.float32]
    baselines: dict[str, float]
    short_side: int
    quality: int


def grid_of(pixels: Pixels) -> CropGrid:
    """The crops that the detector would choose."""
    blocks = texture_of(luma(pixels))
    return textured_crops(*pixels.shape[:2], blocks.gradient, blocks.usable)


@dataclass(frozen=True, slots=True)
class Judges:
    """The network behind an ONNX file, and the baselines (None, empty: not asked).

    `spectrum` and `dct` judge the network's crops, `mesonets` the central square of the picture.
    """

    models: Models
    spectrum: Any = None
    dct: Any = None
    mesonets: dict[str, Any] = field(default_factory=dict)

    def judge(self, item: Item, pixels: Pixels, quality: int = 100) -> Scored | None:
        """None where the detector would refuse: too small or too flat."""
        if min(pixels.shape[:2]) < 128 or not (grid := grid_of(pixels)).crops:
            return None
        found: Examination = examine(pixels, grid, Context(self.models))
        return Scored(
            item,
            found.logit,
            found.embedding,
            self._baselines(pixels, grid),
            min(pixels.shape[:2]),
            quality,
        )

    def _baselines(self, pixels: Pixels, grid: CropGrid) -> dict[str, float]:
        fitted = {
            "spectrum": (self.spectrum, baselines.spectrum_features),
            "dct": (self.dct, baselines.dct_features),
        }
        crops = cut(pixels, grid).transpose(0, 2, 3, 1).astype(np.uint8)
        found = {
            name: float(model.decision_function(np.stack([f(c) for c in crops])).mean())
            for name, (model, f) in fitted.items()
            if model is not None
        }
        h, w = pixels.shape[:2]
        side = min(h, w)
        y, x = (h - side) // 2, (w - side) // 2
        return found | mesonet_scores(self.mesonets, pixels[y : y + side, x : x + side])

    def judge_all(
        self, cache: Cache, indices: Iterable[int], chain: TestChain, draws: int = 1
    ) -> list[Scored]:
        """Pictures of a cache after a chain, `draws` times with different numbers."""
        out = []
        for index in indices:
            item = cache.items[index]
            for draw in range(draws):
                found = self.judge(item, *chain(cache[index], f"{item.name}/{draw}"))
                if found is not None:
                    out.append(found)
        return out


def fit_baselines(pool: Pool, batches: int = 40, seed: int = 7) -> tuple[Any, Any]:
    """Logistic regressions on spectrum and DCT features of the network's own training crops."""
    spectrum, dct, labels = [], [], []
    for k in range(batches):
        batch = pool.batch(np.random.default_rng([seed, k]), Mix(5 / 16, 0.75), 128)
        spectrum += [baselines.spectrum_features(p) for p in batch.pixels]
        dct += [baselines.dct_features(p) for p in batch.pixels]
        labels.append(batch.fake)
    y = np.concatenate(labels)
    return (
        baselines.logistic_regression(np.stack(spectrum), y),
        baselines.logistic_regression(np.stack(dct), y),
    )
