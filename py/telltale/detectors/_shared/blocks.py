"""Sums over square blocks, in plain NumPy."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray


def block_mean(values: NDArray[Any], size: int, dtype: Any = np.float32) -> NDArray[Any]:
    """Mean over each whole `size` x `size` block of (H, W); (H // size, W // size) of `dtype`.

    Pixels beyond the last whole block are left out. Added in float64 and in one order, so that
    both runtimes get the same numbers (a matrix product would not).
    """
    rows, columns = values.shape[0] // size, values.shape[1] // size
    whole = values[: rows * size, : columns * size]
    # Rows first: the long contiguous axis stays innermost, several times faster than one reduction.
    narrow = whole.reshape(rows, size, columns * size).sum(axis=1, dtype=np.float64)
    wide = narrow.reshape(-1, size).sum(axis=1) / (size * size)
    return wide.reshape(rows, columns).astype(dtype, copy=False)


def window_sum(values: NDArray[Any], height: int, width: int) -> NDArray[np.float64]:
    """Sum over every `height` x `width` window that lies inside (h, w) `values`.

    Returns (h - height + 1, w - width + 1) float64; entry (y, x) is the window whose top left
    corner is there.
    """
    table = np.zeros((values.shape[0] + 1, values.shape[1] + 1))
    np.cumsum(values, axis=0, dtype=np.float64, out=table[1:, 1:])
    np.cumsum(table[1:, 1:], axis=1, out=table[1:, 1:])
    down = table[height:] - table[:-height]
    return down[:, width:] - down[:, :-width]


def masked_box_mean(
    values: NDArray[Any], valid: NDArray[np.bool_], size: int
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Mean of the valid cells in the `size` x `size` box (odd) around each cell.

    Returns
    -------
    mean
        (h, w) float32; 0 where the box holds no valid cell.
    share
        (h, w) float32 in [0, 1]: valid cells over all cells of the box inside the picture.
    """
    half = size // 2
    inside = np.pad(np.ones(values.shape), half)
    weight = np.pad(valid.astype(np.float64), half)
    weighted = np.pad(np.where(valid, values, 0.0), half)
    count = window_sum(weight, size, size)
    total = window_sum(weighted, size, size)
    mean = np.divide(total, count, out=np.zeros_like(total), where=count > 0.5)
    return mean.astype(np.float32), (count / window_sum(inside, size, size)).astype(np.float32)
