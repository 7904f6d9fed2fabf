"""Statistics of readings that follow one another: they are not independent."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


def effective_size(values: NDArray[np.floating]) -> float:
    """How many independent readings (n,) correlated ones are worth, in [1, n].

    n / (1 + 2 sum of autocorrelations), summed over the initial sequence of positive pairs
    (C. J. Geyer, "Practical Markov chain Monte Carlo", Statistical Science 7, 1992, section 3.3).
    """
    x = np.asarray(values, np.float64)
    n = len(x)
    if n < 3:
        return float(max(n, 1))
    x = x - x.mean()
    variance = float(x @ x) / n
    if variance <= 0:
        return 1.0
    # the unbiased sums have no spectral shortcut worth its memory at these lengths
    lags = min(n - 1, 500)
    rho = np.array([float(x[: n - k] @ x[k:]) / n / variance for k in range(1, lags + 1)])
    total = 0.0
    for k in range(0, len(rho) - 1, 2):
        pair = rho[k] + rho[k + 1]
        if pair <= 0:
            break
        total += pair
    return float(np.clip(n / (1 + 2 * total), 1.0, n))


def mean_interval(values: NDArray[np.floating]) -> tuple[float, float, float, float]:
    """Mean, its 95 % interval (normal, with `effective_size`), and the effective size."""
    x = np.asarray(values, np.float64)
    size = effective_size(x)
    spread = float(x.std(ddof=1)) if len(x) > 1 else 0.0
    reach = 1.96 * spread / np.sqrt(size)
    mean = float(x.mean())
    return mean, mean - reach, mean + reach, size


def trimmed_mean(values: NDArray[np.floating], share: float = 0.1) -> float:
    """Mean without the lowest and the highest `share` of (n,) values, n > 0."""
    ordered = np.sort(np.asarray(values, np.float64))
    cut = int(share * len(ordered))
    return float(ordered[cut : len(ordered) - cut].mean())


def top_third(values: NDArray[np.floating]) -> float:
    """Mean of the highest third of (n,) values, rounded down but at least one (Li & Lyu 2019)."""
    ordered = np.sort(np.asarray(values, np.float64))
    return float(ordered[-max(1, len(ordered) // 3) :].mean())
