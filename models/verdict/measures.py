"""Measures of likelihood ratios: Cllr and its minimum, calibration error, Tippett curves."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import isotonic_regression

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
    scores = np.concatenate([real, fake])
    weight = np.concatenate(
        [np.full(len(real), 0.5 / len(real)), np.full(len(fake), 0.5 / len(fake))]
    )
    label = np.concatenate([np.zeros(len(real)), np.ones(len(fake))])
    order = np.lexsort((label, scores))
    pooled = isotonic_regression(label[order], weights=weight[order]).x
    posterior = np.clip(pooled, 1e-9, 1 - 1e-9)
    llr = np.empty_like(posterior)
    llr[order] = np.log10(posterior / (1 - posterior))
    return cllr(llr[: len(real)], llr[len(real) :])


def reliability(real: Array, fake: Array, bins: int = 10) -> list[tuple[float, float, int]]:
    """Mean posterior, share of fakes and count in bins of equal mass, at equal priors."""
    llr = np.concatenate([real, fake])
    label = np.concatenate([np.zeros(len(real)), np.ones(len(fake))])
    weight = np.where(label == 1, 0.5 / len(fake), 0.5 / len(real))
    posterior = 1 / (1 + 10.0**-llr)
    rows = []
    for part in np.array_split(np.argsort(posterior, kind="stable"), bins):
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
