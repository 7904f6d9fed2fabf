"""The IJG quality scale: quantisation tables of a quality, and the quality nearest to tables."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from telltale.media.model import QuantTable

#: ITU-T T.81 tables K.1 and K.2, natural order.
LUMINANCE = np.array(
    [
        [16, 11, 10, 16, 24, 40, 51, 61],
        [12, 12, 14, 19, 26, 58, 60, 55],
        [14, 13, 16, 24, 40, 57, 69, 56],
        [14, 17, 22, 29, 51, 87, 80, 62],
        [18, 22, 37, 56, 68, 109, 103, 77],
        [24, 35, 55, 64, 81, 104, 113, 92],
        [49, 64, 78, 87, 103, 121, 120, 101],
        [72, 92, 95, 98, 112, 100, 103, 99],
    ],
    np.int32,
)
CHROMINANCE = np.full((8, 8), 99, np.int32)
CHROMINANCE[:4, :4] = [[17, 18, 24, 47], [18, 21, 26, 66], [24, 26, 56, 99], [47, 66, 99, 99]]


def ijg_table(quality: int, chrominance: bool = False) -> NDArray[np.int32]:
    """The (8, 8) int32 table of `cjpeg -quality` 1 to 100, baseline (values 1 to 255).

    Libjpeg, jcparam.c: `jpeg_quality_scaling` and `jpeg_add_quant_table`.
    """
    if not 1 <= quality <= 100:
        raise ValueError("quality is 1 to 100")
    scale = 5000 // quality if quality < 50 else 200 - 2 * quality
    base = CHROMINANCE if chrominance else LUMINANCE
    return np.clip((base * scale + 50) // 100, 1, 255).astype(np.int32)


@lru_cache(maxsize=1)
def _ladder() -> NDArray[np.int32]:
    return np.stack([ijg_table(q) for q in range(1, 101)])


def nearest(
    components: tuple[dict[str, int], ...], tables: tuple[QuantTable, ...]
) -> tuple[float | None, bool]:
    """The IJG quality whose luminance table is nearest, and whether all tables equal IJG's.

    Nearest is least in the summed absolute difference of logarithms, so that a step from 1 to 2
    counts as much as one from 50 to 100. The second and third component of three count for
    equality alone, which they must have with the chrominance table. (None, False) without
    components or tables.
    """
    by_id = {t.id: t.values for t in tables}
    if not components or any(c["table"] not in by_id for c in components):
        return None, False
    luminance = by_id[components[0]["table"]]
    distance = np.abs(np.log(_ladder() / luminance)).sum((1, 2))
    best = int(distance.argmin())
    exact = bool(distance[best] == 0) and all(
        np.array_equal(by_id[c["table"]], ijg_table(best + 1, chrominance=len(components) == 3))
        for c in components[1:]
    )
    return float(best + 1), exact
