"""A monotone curve through likelihood ratios, for samples large enough to need no formula."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Curve:
    """A curve that never falls, linear between its knots and level beyond them.

    `at` are log10 likelihood ratios as a first calibration gives them, in rising order; `llr` what
    they are worth, and `error` the standard error of that, of the same length.
    """

    at: tuple[float, ...]
    llr: tuple[float, ...]
    error: tuple[float, ...]

    def __call__(self, raw: Array) -> Array:
        """log10 likelihood ratios (n,) of first ones (n,)."""
        return np.asarray(np.interp(raw, self.at, self.llr))

    def standard_error(self, raw: float) -> float:
        """Standard error of the curve at a place."""
        return float(np.interp(raw, self.at, self.error))


def fit(raw: Array, y: Array, weights: Array) -> Curve:
    """The isotonic regression [1]_ of labels on first likelihood ratios, as a curve.

    Parameters
    ----------
    raw
        (n,) log10 likelihood ratios of a first calibration.
    y
        (n,) labels 0 or 1, both present.
    weights
        (n,) positive; the same total in both classes, so that no prior is left in the curve.

    Notes
    -----
    One sample of each class more lies at either end: no finite sample makes a ratio infinite.

    References
    ----------
    .. [1] B. Zadrozny, C. Elkan, "Transforming classifier scores into accurate multiclass
       probability estimates", KDD 2002.
    """
    from scipy.optimize import isotonic_regression

    mean = np.array([weights[y == label].mean() for label in (0, 1)])
    ends = np.repeat([raw.min(), raw.max()], 2)
    raw, y = np.concatenate([raw, ends]), np.concatenate([y, [0, 1, 0, 1]])
    weights = np.concatenate([weights, np.tile(mean, 2)])
    place, which = np.unique(raw, return_inverse=True)
    # sums of both classes at each place: weights, and their squares for the count they stand for
    total = np.array([np.bincount(which, weights * (y == k), len(place)) for k in (0, 1)])
    square = np.array([np.bincount(which, weights**2 * (y == k), len(place)) for k in (0, 1)])
    both = total.sum(0)
    blocks = isotonic_regression(total[1] / both, weights=both).blocks
    first, last = blocks[:-1], blocks[1:] - 1
    held = np.add.reduceat(total, first, axis=1)
    count = held**2 / np.maximum(np.add.reduceat(square, first, axis=1), 1e-300)
    llr = np.log10(held[1] / held[0])
    error = np.sqrt((1 / np.maximum(count, 1)).sum(0)) / np.log(10)
    at = np.stack([place[first], place[last]], axis=1).ravel()
    kept = np.append(True, np.diff(at) > 0)
    columns = (at, np.repeat(llr, 2), np.repeat(error, 2))
    return Curve(*(tuple(float(v) for v in column[kept]) for column in columns))
