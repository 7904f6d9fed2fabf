"""Empirical bounds: how large a likelihood ratio a finite calibration set can support."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def empirical_bounds(
    llr_authentic: NDArray[np.float64],
    llr_manipulated: NDArray[np.float64],
    weights: tuple[NDArray[np.float64], NDArray[np.float64]] | None = None,
) -> tuple[float, float]:
    """Lower and upper bound of log10 likelihood ratios that the samples support.

    With one misleading observation added to either set, decisions at a prior that makes `t` the
    threshold must still be better than ignoring the evidence: the normalised Bayes error rate

        ((fn + 1) / (n1 + 1) / t + (fp + 1) / (n0 + 1)) / min(1 / t, 1)

    stays below one. The bounds are the ends of the interval of such `t` around one; both are zero
    where even there the evidence does not help.

    Parameters
    ----------
    llr_authentic, llr_manipulated
        (n0,) and (n1,) log10 likelihood ratios of samples of known origin.
    weights
        (n0,) and (n1,), where samples are not independent: what each counts, so that their sum is
        the number of independent ones (clips of one person together count as one).

    References
    ----------
    .. [1] P. Vergeer, A. van Es, A. de Jongh, I. Alberink, R. Stoel, "Numerical likelihood ratios
       outputted by LR systems are often based on extrapolation: when to stop extrapolating?",
       Science & Justice 56(6), 2016.
    """
    if not len(llr_authentic) or not len(llr_manipulated):
        return 0.0, 0.0
    thresholds = np.linspace(-6.0, 6.0, 2401)
    w0, w1 = weights or (np.ones(len(llr_authentic)), np.ones(len(llr_manipulated)))
    false_alarms = w0.sum() - _below(llr_authentic, w0, thresholds)
    misses = _below(llr_manipulated, w1, thresholds)
    odds = 10.0**-thresholds
    error = (misses + 1) / (w1.sum() + 1) * odds + (false_alarms + 1) / (w0.sum() + 1)
    useful = error / np.minimum(odds, 1.0) < 1.0
    middle = len(thresholds) // 2
    if not useful[middle]:
        return 0.0, 0.0
    above = np.flatnonzero(~useful[middle:])
    below = np.flatnonzero(~useful[middle::-1])
    upper = thresholds[middle + (above[0] - 1 if len(above) else middle)]
    lower = thresholds[middle - (below[0] - 1 if len(below) else middle)]
    return float(lower), float(upper)


def _below(
    llr: NDArray[np.float64], weights: NDArray[np.float64], thresholds: NDArray[np.float64]
) -> NDArray[np.float64]:
    """The weight of what is at or below each threshold."""
    order = np.argsort(llr, kind="stable")
    total = np.concatenate([[0.0], np.cumsum(weights[order])])
    return np.asarray(total[np.searchsorted(llr[order], thresholds, side="right")])
