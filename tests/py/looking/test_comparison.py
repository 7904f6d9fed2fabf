"""Two pictures are laid over each other whatever was done to one, and changes stand out."""

from __future__ import annotations

import io

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image
from skimage import data

from telltale.looking.comparison import Compared, compare

Pixels = NDArray[np.uint8]
PICTURE: Pixels = np.ascontiguousarray(data.astronaut()[:400, 20:500])


def facts(found: Compared) -> dict[str, object]:
    return {f.name: f.value for f in found.aligned.facts}


def changed(pixels: Pixels) -> Pixels:
    out = pixels.copy()
    out[100:140, 200:250] = 255 - out[100:140, 200:250]
    return out


def test_the_same_picture_has_no_difference() -> None:
    found = compare(PICTURE, PICTURE)
    assert found.alignment.method == "same size"
    assert facts(found)["largest_difference"] == 0
    assert not found.difference.values.any()


def test_a_change_stands_out_of_a_second_saving() -> None:
    buffer = io.BytesIO()
    Image.fromarray(changed(PICTURE)).save(buffer, "JPEG", quality=80)
    found = compare(PICTURE, np.asarray(Image.open(buffer)))
    assert found.alignment.method == "same size"
    inside = found.difference.values[105:135, 205:245].mean()
    assert inside > 10 * found.difference.values[200:].mean()


def test_a_shift_is_undone() -> None:
    first, second = data.astronaut()[50:350, 50:400], data.astronaut()[41:341, 57:407]
    found = compare(np.ascontiguousarray(first), changed(np.ascontiguousarray(second)))
    assert found.alignment.method == "shift"
    assert found.alignment.shift == pytest.approx((-7, 9), abs=0.1)
    assert found.difference.values[120:140, 210:240].mean() > 60
    assert np.median(found.difference.values) == 0


@pytest.mark.parametrize(("degrees", "scale"), [(0, 0.5), (8, 0.8), (-20, 1.3), (90, 1.0)])
def test_turn_and_scale_are_undone(degrees: float, scale: float) -> None:
    size = round(PICTURE.shape[1] * scale), round(PICTURE.shape[0] * scale)
    image = Image.fromarray(changed(PICTURE)).resize(size, Image.Resampling.LANCZOS)
    second = np.array(image.rotate(degrees, Image.Resampling.BICUBIC, expand=True))
    found = compare(PICTURE, second)
    assert found.alignment.method == "features"
    assert found.alignment.scale == pytest.approx(scale, rel=0.01)
    assert found.alignment.turn == pytest.approx(degrees, abs=0.5)
    assert found.difference.values[105:135, 205:245].mean() > 3 * found.difference.values.mean()


def test_different_pictures_are_not_forced_together() -> None:
    found = compare(PICTURE, np.ascontiguousarray(data.coffee()[:400, :480]))
    assert found.alignment.method == "none"
    assert "No alignment was found" in found.sentence


@pytest.mark.parametrize("shape", [(1, 1), (40, 3), (300, 200)])
def test_flat_and_tiny_pictures_are_no_trouble(shape: tuple[int, int]) -> None:
    flat = np.full((*shape, 3), 77, np.uint8)
    assert compare(flat, PICTURE).aligned.values.shape == flat.shape
    assert compare(PICTURE, flat).aligned.values.shape == PICTURE.shape
