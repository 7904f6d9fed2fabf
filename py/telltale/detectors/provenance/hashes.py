"""Hashes of a file and of a picture."""

from __future__ import annotations

import hashlib

import numpy as np
from numpy.typing import NDArray
from PIL import Image


def of_file(data: bytes) -> dict[str, str]:
    """SHA-1 and MD5 in hexadecimal: not secure, but archives and databases use them as names."""
    return {
        "sha1": hashlib.sha1(data, usedforsecurity=False).hexdigest(),
        "md5": hashlib.md5(data, usedforsecurity=False).hexdigest(),
    }


def of_picture(pixels: NDArray[np.uint8]) -> dict[str, str]:
    """The perceptual hashes `phash` and `dhash` of (H, W, 3) pixels in hexadecimal."""
    grey = Image.fromarray(pixels).convert("L")
    return {"phash": phash(grey), "dhash": dhash(grey)}


def dhash(grey: Image.Image) -> str:
    """The 64-bit difference hash in hexadecimal, as the ImageHash library defines it.

    The picture is reduced to 9 x 8 grey values; each bit says whether a value is less than its
    right neighbour (N. Krawetz, 2013).
    """
    small = np.asarray(grey.resize((9, 8), Image.Resampling.LANCZOS), np.int16)
    return _hexadecimal(small[:, 1:] > small[:, :-1])


def phash(grey: Image.Image) -> str:
    """The 64-bit DCT hash in hexadecimal, as the ImageHash library defines it.

    The 8 x 8 lowest frequencies of 32 x 32 grey values, each above the median of them or not
    (C. Zauner, Implementation and Benchmarking of Perceptual Image Hash Functions, 2010, 3.2.1).
    """
    small = np.asarray(grey.resize((32, 32), Image.Resampling.LANCZOS), np.float64)
    index = np.arange(32)
    basis = np.cos(np.pi * index[:8, None] * (2 * index[None] + 1) / 64)
    # a flat picture has zeros here, whose rounding errors would differ from machine to machine
    low = np.round(basis @ small @ basis.T, 6)
    return _hexadecimal(low > np.median(low))


def _hexadecimal(bits: NDArray[np.bool_]) -> str:
    return np.packbits(bits.ravel()).tobytes().hex()
