"""Perceptual hashes find a picture again and tell others apart."""

from __future__ import annotations

import io
from collections.abc import Callable

import numpy as np
import pytest
from PIL import Image
from skimage import data

from telltale.bank import phash

BILINEAR = Image.Resampling.BILINEAR
PICTURES = {
    "astronaut": data.astronaut(),
    "cat": data.chelsea(),
    "coffee": data.coffee(),
    "rocket": data.rocket(),
    "camera": np.repeat(data.camera()[..., None], 3, 2),
    "coins": np.repeat(data.coins()[..., None], 3, 2),
    "brick": np.repeat(data.brick()[..., None], 3, 2),
    "retina": data.retina(),
}


def saved(image: Image.Image, quality: int) -> Image.Image:
    buffer = io.BytesIO()
    image.save(buffer, "JPEG", quality=quality)
    return Image.open(buffer)


def cropped(
    image: Image.Image, left: float, top: float, right: float, bottom: float
) -> Image.Image:
    w, h = image.size
    box = (left * w, top * h, (1 - right) * w, (1 - bottom) * h)
    return image.crop(tuple(round(v) for v in box))


COPIES: dict[str, Callable[[Image.Image], Image.Image]] = {
    "quality 20": lambda image: saved(image, 20),
    "half size": lambda image: image.resize((image.width // 2, image.height // 2)),
    "larger": lambda image: image.resize((image.width * 2, image.height * 2)),
    "stretched": lambda image: image.resize((image.width, image.height * 2)),
    "brighter": lambda image: image.point(lambda v: min(255, int(1.15 * v + 8))),
    "cropped at every side": lambda image: cropped(image, 0.05, 0.05, 0.05, 0.05),
    "cropped at one side": lambda image: cropped(image, 0, 0.1, 0, 0),
    "a messenger's copy": lambda image: saved(
        cropped(image.resize((360, 360)), 0, 0, 0.1, 0.1), 50
    ),
}


def distance(a: np.ndarray, b: np.ndarray) -> int:
    first, second = phash.hashes(a), phash.hashes(b)
    assert first is not None
    assert second is not None
    return int(phash.distances(first, second[None])[0])


@pytest.mark.parametrize("copy", COPIES.values(), ids=COPIES.keys())
@pytest.mark.parametrize("name", PICTURES)
def test_copies_are_found_in_either_direction(
    name: str, copy: Callable[[Image.Image], Image.Image]
) -> None:
    changed = np.asarray(copy(Image.fromarray(PICTURES[name])).convert("RGB"))
    assert distance(PICTURES[name], changed) <= phash.SAME
    assert distance(changed, PICTURES[name]) == distance(PICTURES[name], changed)


def test_different_pictures_are_told_apart() -> None:
    names = list(PICTURES)
    for k, a in enumerate(names):
        for b in names[k + 1 :]:
            assert distance(PICTURES[a], PICTURES[b]) > phash.SAME + 6, (a, b)


def test_a_mirrored_picture_is_not_claimed_to_be_found() -> None:
    assert distance(PICTURES["astronaut"], PICTURES["astronaut"][:, ::-1]) > phash.SAME


@pytest.mark.parametrize("level", [0, 128, 255])
def test_flat_pictures_have_no_hash(level: int) -> None:
    assert phash.hashes(np.full((300, 200, 3), level, np.uint8)) is None


def test_tiny_pictures_have_a_hash_or_none_but_no_error() -> None:
    assert phash.hashes(np.zeros((1, 1, 3), np.uint8)) is None
    assert phash.hashes(np.eye(3, dtype=np.uint8)[..., None].repeat(3, 2) * 255) is not None


def test_the_bits_are_those_of_the_definition() -> None:
    """pHash and dHash of the whole picture, computed again from their definitions."""
    from scipy.fft import dctn

    # a picture of the working size, so that shrinking it changes nothing
    grey = np.random.default_rng(3).integers(0, 256, (128, 128), np.uint8)
    got = phash.hashes(np.repeat(grey[..., None], 3, 2))
    assert got is not None
    small = Image.fromarray(grey).convert("F")
    block = dctn(np.asarray(small.resize((32, 32), BILINEAR)), type=2)[1:9, 1:9]
    bits = (block > np.median(block)).ravel()
    assert int(got[0]) == int("".join("01"[int(b)] for b in bits), 2)
    row = np.asarray(small.resize((9, 8), BILINEAR))
    bits = (row[:, 1:] > row[:, :-1]).ravel()
    assert int(got[1]) == int("".join("01"[int(b)] for b in bits), 2)


def test_rates_of_false_matches_grow_with_the_distance() -> None:
    rates = [phash.false_match_rate(d) for d in range(phash.SAME + 1)]
    assert rates == sorted(rates)
    assert 0 < rates[0] < 1e-5
