"""What a second quantisation does to the histogram of a DCT coefficient.

Coefficients that were quantised with step q1, decoded, and quantised again with step q2 fall into
the second steps unevenly, with a period (Lin et al. 2009). How unevenly follows from the density
that they had before, which a picture shifted off its grid still has (Bianchi & Piva 2012).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter1d
from scipy.special import ndtr

#: Fine bins per grey level of the density before quantisation.
FINE = 4
#: Standard deviation of what the rounding of pixels adds to a coefficient between the two savings.
ROUNDING = 0.35
#: Steps beyond this many on either side of zero are counted with the last.
MOST_STEPS = 200
#: The largest first step tried.
LARGEST_FIRST = 100
#: Weight of an unspecific background, so that no coefficient is impossible.
_BACKGROUND = 1e-6
_EM_STEPS = 8


@dataclass(frozen=True, slots=True)
class Frequency:
    """The best explanation of one frequency's histogram.

    Attributes
    ----------
    q1, q2
        First and second quantisation step.
    share
        Estimated share of blocks that went through both, in [0, 1].
    gain
        Log-likelihood (natural) per block gained over a single quantisation.
    ratio
        (2 m + 1,) log p(x | both) - log p(x | second only), natural, for x = -m .. m.
    """

    q1: int
    q2: int
    share: float
    gain: float
    ratio: NDArray[np.float64]


def density(unquantised: NDArray[np.float32], q2: int, most: int) -> NDArray[np.float64]:
    """Smooth density of coefficients that lost their grid, in `FINE` bins per grey level.

    Returns an odd number of bins centred on zero that covers `most` steps of `q2`.
    """
    half = FINE * (q2 * (most + 1) + 20)
    bins = np.clip(np.rint(unquantised * FINE).astype(np.int64) + half, 0, 2 * half)
    counts = np.bincount(bins, minlength=2 * half + 1).astype(np.float64)
    smooth = gaussian_filter1d(counts, max(1.5, 0.15 * FINE * q2))
    tail = np.exp(-np.abs(np.arange(-half, half + 1)) / (half / 3))
    smooth += 1e-3 * smooth.max() * tail
    return np.asarray(smooth / smooth.sum())


def in_steps(
    values: NDArray[np.float64], weights: NDArray[np.float64], step: int, most: int
) -> NDArray[np.float64]:
    """Probabilities of the steps -most .. most for weighted values, after rounding noise."""
    distinct, where = np.unique(values, return_inverse=True)
    mass = np.bincount(where, weights)
    distinct, mass = distinct[mass > 1e-9], mass[mass > 1e-9]
    edges = (np.arange(-most, most + 2) - 0.5) * step
    below = ndtr((edges[None, :] - distinct[:, None]) / ROUNDING)
    out = mass @ np.diff(below, axis=1) + _BACKGROUND
    return np.asarray(out / out.sum())


def explain(
    steps: NDArray[np.integer], unquantised: NDArray[np.float32], q2: int
) -> tuple[Frequency, int]:
    """The first step that explains a histogram best, and the m of its `ratio`.

    Parameters
    ----------
    steps
        (n,) quantised coefficients of one frequency.
    unquantised
        The same frequency of the picture shifted off its grid.
    q2
        The file's own quantisation step.
    """
    most = int(np.clip(np.percentile(np.abs(steps), 99.5), 8, MOST_STEPS))
    counts = np.bincount(
        np.clip(steps, -most, most).astype(np.int64) + most, minlength=2 * most + 1
    ).astype(np.float64)
    prior = density(unquantised, q2, most)
    half = prior.size // 2
    grid = np.arange(-half, half + 1) / FINE
    # Half a grey level is fine enough for what is only blurred by rounding.
    once = in_steps(np.rint(2 * grid) / 2, prior, q2, most)
    alone = float(counts @ np.log(once))
    best = Frequency(q2, q2, 0.0, 0.0, np.zeros(2 * most + 1))
    for q1 in range(2, LARGEST_FIRST + 1):
        if q2 % q1 == 0:  # leaves no trace
            continue
        twice = in_steps(np.rint(grid / q1) * q1, prior, q2, most)
        share = _share(counts, twice, once)
        gain = (counts @ np.log(share * twice + (1 - share) * once) - alone) / counts.sum()
        if gain > best.gain:
            best = Frequency(q1, q2, share, float(gain), np.log(twice / once))
    return best, most


def _share(
    counts: NDArray[np.float64], twice: NDArray[np.float64], once: NDArray[np.float64]
) -> float:
    """Share of blocks that went through both, by expectation and maximisation."""
    share = 0.9
    for _ in range(_EM_STEPS):
        belongs = share * twice / (share * twice + (1 - share) * once)
        share = float(np.clip((counts @ belongs) / counts.sum(), 0.02, 0.995))
    return share
