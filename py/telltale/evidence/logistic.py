"""Regularised logistic regression, small and deterministic, for calibration and fusion."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


def fit(
    x: Array,
    y: Array,
    *,
    l2: float = 1.0,
    weights: Array | None = None,
    non_negative: tuple[int, ...] = (),
    iterations: int = 200,
) -> Array:
    """Coefficients (p,) that minimise weighted log loss + l2/2 |w|^2 (column 0 unpenalised).

    Parameters
    ----------
    x
        (n, p) design matrix whose column 0 is all ones.
    y
        (n,) labels 0 or 1.
    weights
        (n,) sample weights; the two classes should carry equal total weight, so that the
        intercept holds no prior.
    non_negative
        Columns whose coefficient may not be negative (projected Newton: a coefficient that wants
        to be negative is fixed at zero and the rest is solved again).

    Notes
    -----
    Newton's method with step halving; the loss is convex, so the answer does not depend on where
    it starts.
    """
    n, p = x.shape
    w = np.full(n, 1.0) if weights is None else weights
    penalty = np.full(p, l2)
    penalty[0] = 1e-9
    free = np.ones(p, bool)
    while True:
        beta = _newton(x[:, free], y, w, penalty[free], iterations)
        full = np.zeros(p)
        full[free] = beta
        wrong = [k for k in non_negative if full[k] < 0]
        if not wrong:
            return full
        free[min(wrong, key=lambda k: full[k])] = False


def covariance(x: Array, beta: Array, *, l2: float, weights: Array) -> Array:
    """Covariance (p, p) of coefficients that `fit` found: the inverse of the loss's Hessian."""
    penalty = np.full(x.shape[1], l2)
    penalty[0] = 1e-9
    return np.asarray(np.linalg.inv(_hessian(x, weights, penalty, beta)))


def _hessian(x: Array, w: Array, penalty: Array, beta: Array) -> Array:
    p = 1.0 / (1.0 + np.exp(-np.clip(x @ beta, -500, 500)))
    return np.asarray((x * (w * p * (1 - p))[:, None]).T @ x + np.diag(penalty + 1e-12))


def _newton(x: Array, y: Array, w: Array, penalty: Array, iterations: int) -> Array:
    beta = np.zeros(x.shape[1])
    loss = _loss(x, y, w, penalty, beta)
    for _ in range(iterations):
        p = 1.0 / (1.0 + np.exp(-np.clip(x @ beta, -500, 500)))
        gradient = x.T @ (w * (p - y)) + penalty * beta
        step = np.linalg.solve(_hessian(x, w, penalty, beta), gradient)
        scale = 1.0
        while scale > 1e-8:
            candidate = beta - scale * step
            new = _loss(x, y, w, penalty, candidate)
            if new <= loss:
                break
            scale /= 2
        else:
            return beta
        done = loss - new < 1e-12 * max(1.0, abs(loss))
        beta, loss = candidate, new
        if done:
            break
    return beta


def _loss(x: Array, y: Array, w: Array, penalty: Array, beta: Array) -> float:
    z = x @ beta
    return float(np.sum(w * (np.logaddexp(0.0, z) - y * z)) + 0.5 * np.sum(penalty * beta**2))


def balanced(y: Array, groups: NDArray[np.str_] | None = None) -> Array:
    """Weights (n,) that give both classes the same total, and each group the same in its class."""
    w = np.zeros(len(y))
    for label in (0, 1):
        chosen = y == label
        if groups is None:
            w[chosen] = 1.0 / max(1, chosen.sum())
            continue
        names = np.unique(groups[chosen])
        for name in names:
            rows = chosen & (groups == name)
            w[rows] = 1.0 / (len(names) * rows.sum())
    return w * len(y) / 2
