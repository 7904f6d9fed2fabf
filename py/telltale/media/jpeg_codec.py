"""JPEG as an instrument: compress pixels again, read stored luma, take block DCTs.

The codec is Pillow's libjpeg-turbo with its defaults (slow integer DCT, smooth chroma upsampling),
whose bytes and pixels are the same in both runtimes.
"""

from __future__ import annotations

import io
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from PIL import Image, JpegImagePlugin

from telltale.media import jpeg
from telltale.media.model import Media

Subsampling = Literal["4:4:4", "4:2:2", "4:2:0"]


def encode(pixels: NDArray[np.uint8], quality: int, subsampling: Subsampling = "4:2:0") -> bytes:
    """A baseline JPEG of (H, W, 3) or (H, W) uint8 with the IJG tables of `quality` (1 to 100).

    Huffman tables are those of T.81 annex K (not optimised); there is no metadata beside JFIF.
    """
    if not 1 <= quality <= 100:
        raise ValueError("quality is 1 to 100")
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "JPEG", quality=quality, subsampling=subsampling)
    return buffer.getvalue()


def decode(data: bytes) -> NDArray[np.uint8]:
    """The pixels of a JPEG that `encode` made: (H, W, 3) or, of a grey one, (H, W) uint8."""
    return np.asarray(JpegImagePlugin.JpegImageFile(io.BytesIO(data)))


def recompress(
    pixels: NDArray[np.uint8], quality: int, subsampling: Subsampling = "4:2:0"
) -> NDArray[np.uint8]:
    """`pixels` after one round trip through JPEG: same shape, uint8."""
    return decode(encode(pixels, quality, subsampling))


def stored_luma(media: Media) -> NDArray[np.uint8] | None:
    """(H, W) uint8 luma on the codec's grid as a JPEG stores it, before any conversion to RGB.

    Luma computed back from RGB has been rounded and clipped twice more; tests that look for the
    lattice of quantised coefficients want this one. None when `media` is not a JPEG in grey or
    YCbCr, or its original bytes were not obtained.
    """
    if media.jpeg is None or not media.has_original_bytes or media.mode not in ("grey", "YCbCr"):
        return None
    image = JpegImagePlugin.JpegImageFile(io.BytesIO(jpeg.read(media.data).codec))
    image.decodermaxblock = max(media.size_bytes, 65536)
    image.draft("L", None)
    return np.asarray(image)


def dct_blocks(luma: NDArray[Any], offset: tuple[int, int] = (0, 0)) -> NDArray[np.float32]:
    """The orthonormal type II DCT of each 8 x 8 block, as in T.81 A.3.3 without the level shift.

    Parameters
    ----------
    luma
        (H, W), any real type, any range. Subtract 128 beforehand to get JPEG's coefficients;
        it changes (0, 0) alone, by 1024.
    offset
        Row and column (0 to 7) at which the grid begins.

    Returns
    -------
    (rows, columns, 8, 8) float32, a strided view: vertical frequency on axis 2, horizontal on
    axis 3. Incomplete blocks at the right and lower edge are left out.
    """
    top, left = offset
    rows, columns = (luma.shape[0] - top) // 8, (luma.shape[1] - left) // 8
    if rows < 1 or columns < 1:
        return np.empty((max(rows, 0), max(columns, 0), 8, 8), np.float32)
    area = luma[top : top + 8 * rows, left : left + 8 * columns].astype(np.float32, copy=False)
    basis = dct_basis()
    # two plain matrix products; BLAS does each as one long multiplication
    vertical = basis @ np.ascontiguousarray(area).reshape(rows, 8, 8 * columns)
    both = np.asarray(vertical.reshape(-1, 8) @ basis.T, np.float32)
    return both.reshape(rows, 8, columns, 8).swapaxes(1, 2)


def dct_basis() -> NDArray[np.float32]:
    """(8, 8) float32, row k is the k-th orthonormal cosine of length 8."""
    k = np.arange(8)
    basis = np.cos(np.pi * np.outer(k, 2 * k + 1) / 16) / 2
    basis[0] /= np.sqrt(2)
    return basis.astype(np.float32)
