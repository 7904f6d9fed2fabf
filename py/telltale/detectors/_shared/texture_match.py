"""Compare each block with the blocks of equal texture, not with the whole picture.

Nearly every trace a forensic filter reads grows with texture. A raw map therefore shows the
picture again; what is left after the picture's own trend is taken away shows the trace.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

#: Blocks per bin at the least, and bins at the most.
_LEAST, _BINS = 40, 24


def against_equal_texture(
    values: NDArray[Any], covariate: NDArray[Any], valid: NDArray[np.bool_]
) -> NDArray[np.float32]:
    """`values` minus the running median of the valid values at the same covariate.

    Parameters
    ----------
    values, covariate
        (h, w) floats of any unit.
    valid
        (h, w) bool: what the trend is learned from.

    Returns
    -------
    residual
        (h, w) float32 in the unit of `values`; 0 where not valid.
    """
    x, y = covariate[valid], values[valid]
    bins = int(np.clip(x.size // _LEAST, 1, _BINS))
    parts = np.array_split(np.argsort(x, kind="stable"), bins)
    knots_x = [float(np.median(x[part])) for part in parts if part.size]
    knots_y = [float(np.median(y[part])) for part in parts if part.size]
    residual = np.zeros(values.shape, np.float32)
    if knots_x:
        residual[valid] = y - np.interp(x, knots_x, knots_y)
    return residual
