"""Do DCT coefficients gather at the multiples of a step? Read from histograms, at every grid shift.

Coefficients that were quantised with step q and then only disturbed lie near the multiples of q.
The sum of cos(2 pi x / q) over the coefficients beyond the first half step measures that.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from telltale.runtime.context import Context

#: Bins per grey level, and the largest coefficient counted.
FINE, REACH = 2, 240
#: Frequencies examined: those below this in both directions, as 4 * vertical + horizontal.
LOW = 4
#: Quantisation steps looked for.
STEPS = tuple(range(2, 61))
#: Cells examined at the most; larger pictures are sampled evenly.
MOST_CELLS = 12_000

_K = np.arange(8)
_DCT = 0.5 * np.cos(np.pi * (2 * _K[None, :] + 1) * _K[:, None] / 16)
_DCT[0] /= np.sqrt(2)
# whole numbers of 2^-22: with them and luma in whole numbers of 2^-16 every sum below is exact in
# double precision, so that values on the border of a bin fall to the same side in every runtime
_DCT = np.rint(_DCT * 2.0**22) * 2.0**-22
_BINS = 2 * REACH * FINE + 1


def histograms(luma: NDArray[np.float32], context: Context | None = None) -> NDArray[np.float64]:
    """Histograms of low DCT coefficients for each of the 64 grid shifts.

    Parameters
    ----------
    luma
        (H, W) float32 in [0, 255].

    Returns
    -------
    counts
        (64, 16, bins) float64; shift 8 * rows + columns, frequency 4 * vertical + horizontal, the
        middle bin being zero.
    """
    height, width = (n - 15 for n in luma.shape)
    stride = 8 * max(1, int(np.ceil(np.sqrt(height * width / 64 / MOST_CELLS))))
    lefts = np.arange(0, width, stride)
    reach = lefts[:, None, None] + np.arange(8)[:, None] + np.arange(8)
    counts = np.zeros((8, 8, LOW * LOW, _BINS))
    base = (np.arange(8)[:, None, None] * LOW * LOW + np.arange(LOW * LOW)[None, :, None]) * _BINS
    base = base.reshape(8, LOW, LOW, 1)
    for row, top in enumerate(range(0, height, stride)):
        if context is not None and row % 16 == 0:
            context.step(0.8 * top / height, "Trying 64 grids")
        # (15, columns, shift, low): the horizontal half of the transform at eight shifts
        across = luma[top : top + 15].astype(np.float64)[:, reach] @ _DCT[:LOW].T
        across = np.rint(across * 2.0**16) * 2.0**-16
        for y in range(8):
            block = np.einsum("vr,rcxu->xvuc", _DCT[:LOW], across[y : y + 8], optimize=True)
            bins = np.clip(np.rint(block * FINE), -REACH * FINE, REACH * FINE).astype(np.intp)
            flat = (bins + (base + REACH * FINE)).ravel()
            size = 8 * LOW * LOW * _BINS
            counts[y] += np.bincount(flat, minlength=size).reshape(8, LOW * LOW, _BINS)
    return counts.reshape(64, LOW * LOW, _BINS)


def periodicity(counts: NDArray[np.float64]) -> NDArray[np.float64]:
    """How strongly coefficients gather at multiples of each step, in standard deviations.

    Parameters
    ----------
    counts
        (..., bins) as `histograms` gives them.

    Returns
    -------
    z
        (..., len(STEPS)) float64. For a smooth density about 0, with deviation 1; a dense or
        spiky density has an offset of its own.
    """
    x = np.arange(-REACH * FINE, REACH * FINE + 1) / FINE
    steps = np.array(STEPS, float)
    # both ends of the scale collect what lies beyond
    beyond = (np.abs(x)[:, None] > steps / 2) & (np.abs(x)[:, None] < REACH)
    wave = np.where(beyond, np.cos(2 * np.pi * x[:, None] / steps), 0.0)
    number = np.maximum(counts @ beyond.astype(float), 1.0)
    return (counts @ wave) / np.sqrt(number / 2)


@dataclass(frozen=True, slots=True)
class Grid:
    """The grid shift at which coefficients gather most, beyond the file's own grid.

    `steps` holds the step of each frequency (8 * vertical + horizontal) that gathers clearly;
    `significance` how far the shift stands out from all others, in robust standard deviations.
    """

    y: int
    x: int
    significance: float
    steps: dict[int, int]


def strongest_grid(z: NDArray[np.float64], clear: float) -> Grid:
    """The shift off the file's own grid in both directions with the strongest periodicity.

    Parameters
    ----------
    z
        (64, 16, len(STEPS)) from `periodicity`. Only the 49 shifts off both axes are compared:
        where rows or columns coincide, edges along them still show the steps of the own grid.
    clear
        Least periodicity, in robust standard deviations, of a frequency that is believed.
    """
    off = np.flatnonzero((np.arange(64) // 8 > 0) & (np.arange(64) % 8 > 0))
    part = z[off]
    centre = np.median(part, axis=0)
    spread = np.maximum(1.4826 * np.median(np.abs(part - centre), axis=0), 1.0)
    relative = (part - centre) / spread
    relative[:, 0] = 0.0  # the constant depends on the scene more than on the step
    best = relative.max(axis=2)
    total = best.sum(axis=1)
    middle = float(np.median(total))
    deviation = 1.4826 * float(np.median(np.abs(total - middle)))
    at = int(np.argmax(total))
    found = {
        8 * (k // LOW) + k % LOW: STEPS[int(np.argmax(relative[at, k]))]
        for k in range(LOW * LOW)
        if best[at, k] > clear
    }
    significance = (float(total[at]) - middle) / deviation if deviation > 0 else 0.0
    return Grid(int(off[at]) // 8, int(off[at]) % 8, significance, found)
