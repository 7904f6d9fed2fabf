"""One JPEG round trip with the pinned decoder."""

from __future__ import annotations

import io

import numpy as np
from numpy.typing import NDArray
from PIL import Image


def resave(pixels: NDArray[np.uint8], quality: int) -> NDArray[np.uint8]:
    """Encode (H, W, 3) or (H, W) uint8 at IJG `quality` (colour 4:2:0) and decode it again.

    The encoder is Pillow's libjpeg with its defaults (ISLOW transform, baseline, standard
    Huffman tables), the same in both runtimes.
    """
    buffer = io.BytesIO()
    image = Image.fromarray(pixels)
    if image.mode == "RGB":
        image.save(buffer, "JPEG", quality=quality, subsampling="4:2:0")
    else:
        image.save(buffer, "JPEG", quality=quality)
    del image  # a large picture must not be held a third time while it is decoded
    return np.asarray(Image.open(buffer))
