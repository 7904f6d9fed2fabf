"""Generators that need no descent: principal components as codes, least squares as decoders.

A code is a projection of a block of `factor` x `factor` pixels on principal components; the block
is predicted from the codes of its 3 x 3 neighbourhood, so that what a decoder paints overlaps. That
is an auto-encoder with one transposed convolution, a filter for each phase, at its optimum: it
keeps more detail than descent reaches in minutes. Random decoders add phase-dependent filters with
other random numbers in each picture, so that no single pattern can be learned by heart.
"""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import correlate

from models.generated_image.generators import Spec
from models.training.augment import crop
from models.training.data import Cache

Pixels = NDArray[np.uint8]
Floats = NDArray[np.floating[Any]]
#: Length of the codes, by factor; a block has three numbers a pixel.
CODES = {2: 5, 4: 14, 8: 36}
#: Pictures and side of the windows that a codec is fitted to.
PICTURES, WINDOW = 250, 96
#: Filters of a random decoder and the range of their strength.
TERMS, STRENGTH = 3, (0.03, 0.25)


@dataclass(frozen=True, slots=True)
class Codec:
    """`axes` (factor * factor * 3, codes) and `decoder` (9 * codes + 1, factor * factor * 3)."""

    factor: int
    axes: Floats
    decoder: Floats

    def __call__(self, pixels: Pixels) -> Floats:
        """(h, w, 3) re-synthesis of a picture whose sides are multiples of the factor."""
        inputs = _neighbours(_blocks(pixels, self.factor) @ self.axes)
        blocks = (inputs @ self.decoder).reshape(*inputs.shape[:2], self.factor, self.factor, 3)
        h, w = pixels.shape[:2]
        return np.asarray(blocks.swapaxes(1, 2).reshape(h, w, 3))


def _blocks(pixels: Pixels, factor: int) -> Floats:
    """(h / factor, w / factor, factor * factor * 3) blocks, centred on grey."""
    h, w = pixels.shape[0] // factor, pixels.shape[1] // factor
    blocks = pixels.reshape(h, factor, w, factor, 3).swapaxes(1, 2)
    return blocks.reshape(h, w, -1).astype(np.float32) - 128


def _neighbours(codes: Floats) -> Floats:
    """(h, w, 9 * codes + 1): the codes of the 3 x 3 neighbourhood, and a one."""
    h, w = codes.shape[:2]
    wide = np.pad(codes, ((1, 1), (1, 1), (0, 0)), mode="edge")
    parts = [wide[y : y + h, x : x + w] for y in range(3) for x in range(3)]
    return np.concatenate([*parts, np.ones((h, w, 1), np.float32)], 2)


def fit(spec: Spec, reals: Cache) -> Codec:
    """The codec of a factor from training reals; the same for the same reals."""
    rng = np.random.default_rng(zlib.crc32(f"codec {spec.factor}".encode()))
    indices = reals.where(lambda item: item.split == "train")
    f, chosen = spec.factor, rng.choice(indices, PICTURES)
    blocks = np.stack([_blocks(crop(reals[i], WINDOW, rng), f) for i in chosen])
    flat = blocks.reshape(-1, blocks.shape[-1])
    axes = np.linalg.eigh(flat.T @ flat)[1][:, ::-1][:, : CODES[f]].astype(np.float32)
    inputs = np.stack([_neighbours(window @ axes) for window in blocks])
    inputs = inputs.reshape(-1, inputs.shape[-1])
    square, cross = inputs.T @ inputs, inputs.T @ (flat + 128)
    size = len(square)
    ridge = 1e-6 * np.trace(square) / size * np.eye(size)
    decoder = np.linalg.solve(square.astype(np.float64) + ridge, cross)
    return Codec(f, axes, decoder.astype(np.float32))


def save(codec: Codec, path: Path) -> None:
    """Write a codec as `.npz`."""
    np.savez(path, factor=codec.factor, axes=codec.axes, decoder=codec.decoder)


def load(path: Path) -> Codec:
    """What `save` wrote."""
    with np.load(path) as file:
        return Codec(int(file["factor"]), file["axes"], file["decoder"])


def paint(spec: Spec, codec: Codec, pixels: Pixels, name: str) -> Pixels:
    """A picture as the generator paints it; sides are cut to a multiple of 16."""
    h, w = (pixels.shape[0] // 16) * 16, (pixels.shape[1] // 16) * 16
    out = codec(pixels[:h, :w])
    if spec.up == "random":
        out = _random_layer(out, spec.factor, np.random.default_rng(zlib.crc32(name.encode())))
    return np.clip(np.rint(out), 0, 255).astype(np.uint8)


def _random_layer(picture: Floats, period: int, rng: np.random.Generator) -> Floats:
    """The picture plus a few high-passes of its luma, each weighted by a pattern of the period."""
    h, w = picture.shape[:2]
    luma = picture @ np.array([0.299, 0.587, 0.114])
    repeat = (h // period, w // period)
    out = picture + rng.uniform(0, 0.6) * np.tile(_pattern(period, rng), repeat)[..., None]
    for _ in range(TERMS):
        kernel = rng.normal(size=(5, 5))
        kernel -= kernel.mean()
        response = correlate(luma, kernel / np.linalg.norm(kernel), mode="reflect")
        if rng.random() < 0.5:
            response = np.maximum(response, 0.2 * response)
        strength = np.exp(rng.uniform(*np.log(STRENGTH)))
        weighted = strength * response * np.tile(_pattern(period, rng), repeat)
        out = out + weighted[..., None] * (1 + 0.3 * rng.normal(size=3))
    return out


def _pattern(period: int, rng: np.random.Generator) -> Floats:
    """(period, period) random numbers of mean 0 and deviation 1."""
    pattern = rng.normal(size=(period, period))
    return np.asarray((pattern - pattern.mean()) / pattern.std())
