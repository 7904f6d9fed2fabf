"""Numbers of false alarms, a contrario (Desolneux, Moisan & Morel 2000)."""

from __future__ import annotations

from math import lgamma, log

import numpy as np


def log10_binomial_tail(n: int, k: int, p: float) -> float:
    """log10 of the probability of at least `k` successes in `n` trials of probability `p`.

    Summed in the log domain, so that it stays finite far out in the tail. 0 where k <= 0.
    """
    if k <= 0:
        return 0.0
    if k > n:
        return -np.inf
    i = np.arange(k, n + 1)
    choose = lgamma(n + 1) - np.array([lgamma(j + 1) + lgamma(n - j + 1) for j in i])
    terms = choose + i * log(p) + (n - i) * log(1 - p)
    top = float(terms.max())
    return min(0.0, (top + log(float(np.exp(terms - top).sum()))) / log(10))
