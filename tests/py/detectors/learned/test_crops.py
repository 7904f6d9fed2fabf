"""Crops: inside the picture, one for each cell, the most textured of it, never too many."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from telltale.detectors._shared.crops import CropGrid, cut, grid_shape, textured_crops


def grid(height: int, width: int, busy: tuple[slice, slice] | None = None) -> CropGrid:
    gradient = np.full((height // 8, width // 8), 2.0, np.float32)
    usable = np.ones(gradient.shape, bool)
    if busy:
        gradient[busy] = 20.0
    return textured_crops(height, width, gradient, usable)


@given(st.integers(128, 1200), st.integers(128, 1200))
def test_crops_lie_inside_and_one_in_each_cell(height: int, width: int) -> None:
    found = grid(height, width)
    assert len(found.crops) == found.rows * found.columns <= 24
    for crop in found.crops:
        assert 0 <= crop.y <= height - 128
        assert 0 <= crop.x <= width - 128
        centre = ((crop.y + 64) * found.rows / height, (crop.x + 64) * found.columns / width)
        assert (int(centre[0]), int(centre[1])) == (crop.row, crop.column)


@pytest.mark.parametrize(("height", "width"), [(3000, 4000), (4000, 3000), (128, 9000)])
def test_a_large_picture_is_covered_by_a_bounded_number(height: int, width: int) -> None:
    rows, columns = grid_shape(height, width, 128, 24)
    assert 16 <= rows * columns <= 24
    assert (rows > columns) == (height > width)


def test_the_most_textured_place_of_a_cell_is_taken() -> None:
    found = grid(2400, 2400, (slice(100, 116), slice(60, 76)))
    best = next(c for c in found.crops if c.x == 480)
    assert (best.y, best.x) == (800, 480)


def test_flat_cells_get_no_crop() -> None:
    usable = np.zeros((64, 64), bool)
    usable[:32, :32] = True
    found = textured_crops(512, 512, np.ones((64, 64), np.float32), usable)
    assert {(c.row, c.column) for c in found.crops} == {(0, 0), (0, 1), (1, 0), (1, 1)}


def test_cut_copies_native_pixels() -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (300, 400, 3), np.uint8)
    found = grid(300, 400)
    crops = cut(pixels, found)
    assert crops.dtype == np.float32
    for values, crop in zip(crops, found.crops, strict=True):
        part = pixels[crop.y : crop.y + 128, crop.x : crop.x + 128]
        assert np.array_equal(values.transpose(1, 2, 0), part)
