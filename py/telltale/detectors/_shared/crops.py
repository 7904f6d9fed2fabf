"""Native-resolution crops spread over a picture, each the most textured of its cell."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

#: Side in pixels of the blocks of `telltale.detectors._shared.texture`.
_BLOCK = 8
#: Gradient in grey levels above which more texture is no better.
_ENOUGH = 24.0


@dataclass(frozen=True, slots=True)
class Crop:
    """A square crop: its cell (row, column) in the grid, its place, and its usable share."""

    row: int
    column: int
    y: int
    x: int
    usable: float


@dataclass(frozen=True, slots=True)
class CropGrid:
    """At most one crop for each of `rows` x `columns` equal cells of the picture."""

    rows: int
    columns: int
    size: int
    crops: tuple[Crop, ...]


def grid_shape(height: int, width: int, size: int, limit: int) -> tuple[int, int]:
    """Rows and columns of about `size`-pixel cells, at most `limit` in all."""
    rows, columns = max(1, round(height / size)), max(1, round(width / size))
    if rows * columns > limit:
        shrink = (limit / (rows * columns)) ** 0.5
        rows = min(limit, max(1, int(rows * shrink)))
        columns = min(columns, limit // rows)
    return rows, columns


def textured_crops(
    height: int,
    width: int,
    gradient: NDArray[np.float32],
    usable: NDArray[np.bool_],
    size: int = 128,
    limit: int = 24,
    share: float = 0.25,
) -> CropGrid:
    """Choose crops, without random numbers.

    Parameters
    ----------
    height, width
        The picture's size in pixels, each at least `size`.
    gradient, usable
        (height // 8, width // 8): texture in grey levels, and blocks neither flat nor clipped.
    size, limit
        Side of a crop in pixels (a multiple of 8), and the largest number of crops.
    share
        Cells whose best crop has a smaller share of usable blocks get no crop.
    """
    rows, columns = grid_shape(height, width, size, limit)
    value = _integral(np.where(usable, 1.0 + np.minimum(gradient, _ENOUGH) / _ENOUGH, 0.0))
    count = _integral(usable.astype(np.float64))
    crops = []
    for row in range(rows):
        ys = _starts(row, rows, height, size)
        for column in range(columns):
            xs = _starts(column, columns, width, size)
            values = _window(value, ys, xs, size // _BLOCK)
            i, j = np.unravel_index(int(np.argmax(values)), values.shape)
            y, x = int(ys[i]), int(xs[j])
            part = _window(count, ys[i : i + 1], xs[j : j + 1], size // _BLOCK).item()
            part /= (size // _BLOCK) ** 2
            if part >= share:
                crops.append(Crop(row, column, y, x, part))
    return CropGrid(rows, columns, size, tuple(crops))


def cut(pixels: NDArray[np.uint8], grid: CropGrid) -> NDArray[np.float32]:
    """(n, 3, size, size) float32 in [0, 255]: the crops of (H, W, 3) uint8."""
    out = np.empty((len(grid.crops), 3, grid.size, grid.size), np.float32)
    for k, crop in enumerate(grid.crops):
        part = pixels[crop.y : crop.y + grid.size, crop.x : crop.x + grid.size]
        out[k] = part.transpose(2, 0, 1)
    return out


def _starts(index: int, cells: int, length: int, size: int) -> NDArray[np.int64]:
    """Possible starts of a crop in a cell, 8 pixels apart; one where the cell is no larger."""
    low = min(index * length // cells, length - size)
    high = max(low, min((index + 1) * length // cells - size, length - size))
    return np.arange(low, high + 1, _BLOCK)


def _integral(values: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.pad(values.cumsum(0).cumsum(1), ((1, 0), (1, 0)))


def _window(
    integral: NDArray[np.float64], ys: NDArray[np.int64], xs: NDArray[np.int64], blocks: int
) -> NDArray[np.float64]:
    """Sums over windows of `blocks` x `blocks` that start at the blocks of `ys` and `xs`."""
    top = np.minimum(ys // _BLOCK, integral.shape[0] - 1 - blocks)[:, None]
    left = np.minimum(xs // _BLOCK, integral.shape[1] - 1 - blocks)[None, :]
    down, right = top + blocks, left + blocks
    total = integral[down, right] - integral[top, right] - integral[down, left]
    return np.asarray(total + integral[top, left])
