"""The probability that libsvm gives for two classes, which is not the plain sigmoid."""

from __future__ import annotations

import numpy as np

_LEAST = 1e-7
_CLASSES = 2


def positive_probability(decision: float, a: float, b: float) -> float:
    """Probability of libsvm's first class for a decision value.

    The pairwise sigmoid 1 / (1 + exp(a f + b)) goes through the iteration for several classes,
    which stops early for two and leaves a difference of up to 0.005.

    References
    ----------
    T.-F. Wu, C.-J. Lin, R. C. Weng, "Probability Estimates for Multi-class Classification by
    Pairwise Coupling", JMLR 5, 2004, algorithm 2, with libsvm's stopping rule.
    """
    z = decision * a + b
    sigmoid = np.exp(-z) / (1 + np.exp(-z)) if z >= 0 else 1 / (1 + np.exp(z))
    r = float(np.clip(sigmoid, _LEAST, 1 - _LEAST))
    # r[i, j]: that it is class i, of the two i and j
    q = np.array([[(1 - r) ** 2, -(1 - r) * r], [-(1 - r) * r, r**2]])
    p = np.full(_CLASSES, 1 / _CLASSES)
    for _ in range(100):
        qp = q @ p
        pqp = float(p @ qp)
        if np.abs(qp - pqp).max() < 0.005 / _CLASSES:
            break
        for t in range(_CLASSES):
            change = (pqp - qp[t]) / q[t, t]
            p[t] += change
            pqp = (pqp + change * (change * q[t, t] + 2 * qp[t])) / (1 + change) ** 2
            qp = (qp + change * q[t]) / (1 + change)
            p /= 1 + change
    return float(p[0])
