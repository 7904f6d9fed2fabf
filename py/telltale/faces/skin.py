"""Mean colours of bare skin from the mesh: forehead and both cheeks."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from telltale.faces import align

#: Outlines in vertices of MediaPipe's mesh; the cheeks as they stand in the picture.
REGIONS: dict[str, tuple[int, ...]] = {
    "forehead": (103, 67, 109, 10, 338, 297, 332, 333, 299, 337, 151, 108, 69, 104),
    "left_cheek": (117, 118, 101, 36, 206, 207, 187, 123),
    "right_cheek": (346, 347, 330, 266, 426, 427, 411, 352),
}
#: Longest side in pixels of the copy that is averaged.
_SIDE = 160
#: Luma beyond which a pixel is shadow, hair or a highlight and not counted.
_DARK, _BRIGHT = 25.0, 245.0
#: Fewest pixels of a region, on the copy.
_LEAST = 40


def mean_colours(
    pixels: NDArray[np.uint8], mesh: NDArray[np.floating]
) -> NDArray[np.float64] | None:
    """(3, 3) mean red, green, blue in [0, 255] of each of `REGIONS`; None where one has too few
    usable pixels.

    Parameters
    ----------
    pixels
        (H, W, 3) uint8, the picture.
    mesh
        (468, 2 or 3) points in its pixels.
    """
    points = np.asarray(mesh, np.float64)[:, :2]
    used = points[[i for region in REGIONS.values() for i in region]]
    height, width = pixels.shape[:2]
    low = np.clip(np.floor(used.min(0)), 0, [width - 1, height - 1]).astype(int)
    high = np.clip(np.ceil(used.max(0)) + 1, low + 1, [width, height]).astype(int)
    factor = max(1, int((high - low).max() // _SIDE))
    part = align.reduce(pixels[low[1] : high[1], low[0] : high[0]], factor)
    luma = part @ np.array([0.299, 0.587, 0.114], np.float32)
    usable = (luma > _DARK) & (luma < _BRIGHT)
    means = []
    for region in REGIONS.values():
        mask = Image.new("1", (part.shape[1], part.shape[0]))
        outline = (points[list(region)] - low + 0.5) / factor - 0.5
        ImageDraw.Draw(mask).polygon([(float(x), float(y)) for x, y in outline], fill=1)
        chosen = np.asarray(mask) & usable
        if int(chosen.sum()) < _LEAST:
            return None
        means.append(part[chosen].mean(0, dtype=np.float64))
    return np.array(means)
