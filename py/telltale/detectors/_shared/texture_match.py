"""Compare each block with the blocks of equal texture, not with the whole picture.

Nearly every trace a forensic filter reads grows with texture. A raw map therefore shows the
picture again; what is left after the picture's own trend is taken away shows the trace.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

#: Blocks per bin at the least, and bins at the most.
_LEAST, _BINS = 40, 24


@dataclass(frozen=True, slots=True)
class EqualTexture:
    """The valid cells of a picture, sorted by texture once and used for many maps.

    Attributes
    ----------
    valid
        (h, w) bool: what the trend is learned from.
    x
        The covariate of the valid cells.
    parts, knots
        Indices of the valid cells in each bin of equal texture, and the bin's median covariate.
    """

    valid: NDArray[np.bool_]
    x: NDArray[Any]
    parts: tuple[NDArray[np.intp], ...]
    knots: tuple[float, ...]

    def residual(self, values: NDArray[Any]) -> NDArray[np.float32]:
        """`values` (h, w) minus the running median of the values at the same texture.

        Returns (h, w) float32 in the unit of `values`; 0 where not valid.
        """
        y = values[self.valid]
        residual = np.zeros(values.shape, np.float32)
        if self.parts:
            trend = [float(np.median(y[part])) for part in self.parts]
            residual[self.valid] = y - np.interp(self.x, self.knots, trend)
        return residual

    def spread(self, residual: NDArray[Any]) -> NDArray[np.float32]:
        """The running robust standard deviation of (h, w) `residual` at the same texture.

        1.4826 times the median absolute value; 0 where not valid.
        """
        y = np.abs(residual[self.valid])
        spread = np.zeros(residual.shape, np.float32)
        if self.parts:
            trend = [1.4826 * float(np.median(y[part])) for part in self.parts]
            spread[self.valid] = np.interp(self.x, self.knots, trend)
        return spread


def equal_texture(covariate: NDArray[Any], valid: NDArray[np.bool_]) -> EqualTexture:
    """Sort the valid cells of (h, w) `covariate`, a measure of texture, into bins.

    Give a logarithm in float64: in float32 its last bit differs between mathematical libraries,
    which would sort cells into other bins on another platform.
    """
    x = covariate[valid]
    bins = int(np.clip(x.size // _LEAST, 1, _BINS))
    parts = tuple(p for p in np.array_split(np.argsort(x, kind="stable"), bins) if p.size)
    return EqualTexture(valid, x, parts, tuple(float(np.median(x[p])) for p in parts))
