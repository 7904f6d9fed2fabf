"""Measures of likelihood ratios: Cllr and its minimum, calibration error, Tippett curves."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import isotonic_regression
from scipy.stats import rankdata

from telltale.benchmark.metrics import average_precision

__all__ = [
    "average_precision",
    "calibration_error",
    "cllr",
    "min_cllr",
    "reliability",
    "tippett",
]

Array = NDArray[np.float64]


def cllr(real: Array, fake: Array) -> float:
    """Cost of the log10 likelihood ratios in bits: 0 perfect, 1 as good as saying nothing [1].

    .. [1] N. Brummer, J. du Preez, "Application-independent evaluation of speaker detection",
       Computer Speech & Language 20, 2006.
    """
    a = np.logaddexp(0, -fake * np.log(10)).mean()
    b = np.logaddexp(0, real * np.log(10)).mean()
    return float((a + b) / 2 / np.log(2))


def min_cllr(real: Array, fake: Array) -> float:
    """`cllr` after the best monotone recalibration (pool adjacent violators): discrimination."""
    label, weight = _classes(real, fake)
    which = np.unique(np.concatenate([real, fake]), return_inverse=True)[1]
    mass = np.bincount(which, weight)
    share = np.bincount(which, weight * label) / mass
    pooled = isotonic_regression(share, weights=mass).x[which]
    posterior = np.clip(pooled, 1e-9, 1 - 1e-9)
    llr = np.log10(posterior / (1 - posterior))
    return cllr(llr[: len(real)], llr[len(real) :])


def reliability(real: Array, fake: Array, bins: int = 10) -> list[tuple[float, float, int]]:
    """Mean posterior, share of fakes and count in bins of equal mass, at equal priors.

    Equal ratios share a bin: many are equal where a test is silent or at its bound, and a cut
    through them would sort them by how they happen to stand.
    """
    llr = np.concatenate([real, fake])
    label, weight = _classes(real, fake)
    posterior = 1 / (1 + 10.0**-llr)
    middle = rankdata(posterior) - 0.5
    which = np.floor(middle / len(llr) * bins).astype(int)
    rows = []
    for part in (np.flatnonzero(which == k) for k in range(bins)):
        if len(part):
            w = weight[part] / weight[part].sum()
            rows.append(
                (float((posterior[part] * w).sum()), float((label[part] * w).sum()), len(part))
            )
    return rows


def calibration_error(real: Array, fake: Array, bins: int = 10) -> float:
    """Expected calibration error over bins of equal mass, at equal priors."""
    rows = reliability(real, fake, bins)
    total = sum(count for _, _, count in rows)
    return sum(abs(said - true) * count for said, true, count in rows) / total


def tippett(llr: Array, at: Array) -> Array:
    """Share of `llr` that is at least each of `at`."""
    return 1 - np.searchsorted(np.sort(llr), at, "left") / max(1, len(llr))


def _classes(real: Array, fake: Array) -> tuple[Array, Array]:
    """Labels 0 and 1 of reals and fakes (n,), and weights that give both classes one half."""
    return (
        np.repeat([0.0, 1.0], [len(real), len(fake)]),
        np.repeat([0.5 / len(real), 0.5 / len(fake)], [len(real), len(fake)]),
    )
