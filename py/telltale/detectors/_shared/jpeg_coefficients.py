"""The quantised luminance coefficients of a JPEG file, recovered from its luminance plane."""

from __future__ import annotations

import io

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from telltale.finding import Inapplicable
from telltale.media.model import Media

#: The first frequencies in zig-zag order, as indices 8 * vertical + horizontal.
ZIGZAG = (0, 1, 8, 16, 9, 2, 3, 10, 17, 24, 32, 25, 18, 11, 4, 5, 12, 19, 26, 33, 40, 48, 41, 34,
          27, 20, 13, 6, 7, 14, 21, 28)  # fmt: skip


def has_luma_plane(media: Media) -> Inapplicable | None:
    """Refuse what is not the original file of a JPEG with a luminance component."""
    if media.jpeg is None:
        return Inapplicable("not_jpeg")
    if not media.has_original_bytes:
        return Inapplicable("needs_original_bytes")
    components = len(media.jpeg.components)
    if components not in (1, 3) or (components == 3 and media.jpeg.adobe_transform == 0):
        return Inapplicable(
            "outside_validated_range",
            "This JPEG stores no luminance component (it is CMYK or RGB), and the test was made "
            "for one.",
        )
    return None


def luma_plane(media: Media) -> NDArray[np.float32]:
    """(H, W) float32: the luminance component as decoded, without a detour through RGB."""
    image = Image.open(io.BytesIO(media.data))
    # libjpeg hands out the component itself; RGB would round and clip it twice.
    image.draft("L", image.size)
    return np.asarray(image.convert("L")).astype(np.float32)


def quantised(coefficients: NDArray[np.float32], table: NDArray[np.int32]) -> NDArray[np.int16]:
    """(h, w, 64) coefficients in steps of the (8, 8) table, as they stand in the file.

    Exact where steps are 3 and more: the rounding of decoded pixels moves a coefficient by 0.3
    on average.
    """
    steps = table.reshape(64).astype(np.float32)
    return np.clip(np.rint(coefficients / steps), -32768, 32767).astype(np.int16)
