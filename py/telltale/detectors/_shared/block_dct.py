"""The 8x8 DCT of JPEG on the codec's grid (ITU-T T.81, A.3.3)."""

from __future__ import annotations

from math import ceil, sqrt

import numpy as np
from numpy.typing import NDArray

#: Rows of blocks transformed at once; bounds the memory of the rearranged copy.
_ROWS = 32


def _basis() -> NDArray[np.float64]:
    k = np.arange(8)
    one = 0.5 * np.cos(np.pi * (2 * k[None, :] + 1) * k[:, None] / 16)
    one[0] /= sqrt(2)
    # whole numbers of 2^-24: with luma in whole numbers of 2^-16 every sum is exact in double
    # precision, so that coefficients beside a rounding border fall alike in every runtime
    return np.rint(np.kron(one, one) * 2.0**24) * 2.0**-24


_BASIS = _basis()


def stride_for(shape: tuple[int, ...], most: int) -> int:
    """The step at which at most about `most` of the 8x8 blocks of a (H, W) picture are taken."""
    return max(1, ceil(sqrt((shape[0] // 8) * (shape[1] // 8) / most)))


def block_dct(luma: NDArray[np.float32], stride: int = 1) -> NDArray[np.float32]:
    """Coefficients of every `stride`-th whole block in both directions.

    Parameters
    ----------
    luma
        (H, W) float32 in [0, 255]; 128 is taken off as in JPEG.

    Returns
    -------
    coefficients
        (ceil(H // 8 / stride), ceil(W // 8 / stride), 64) float32 in natural order (index
        8 * vertical + horizontal frequency), the scale of JPEG: what is divided by the
        quantisation table. Equal to the last bit in every runtime for luma in whole numbers of
        2^-16, as `telltale.scene.luma` gives it.
    """
    rows, columns = luma.shape[0] // 8, luma.shape[1] // 8
    blocks = luma[: rows * 8, : columns * 8].reshape(rows, 8, columns, 8)[::stride, :, ::stride]
    out = np.empty((blocks.shape[0], blocks.shape[2], 64), np.float32)
    for top in range(0, blocks.shape[0], _ROWS):
        strip = blocks[top : top + _ROWS].transpose(0, 2, 1, 3).astype(np.float64, order="C")
        strip -= 128
        out[top : top + _ROWS] = strip.reshape(*strip.shape[:2], 64) @ _BASIS.T
    return out
