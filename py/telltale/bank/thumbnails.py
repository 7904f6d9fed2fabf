"""Small pictures beside samples, for people to recognise them by; kept only when wanted."""

from __future__ import annotations

import io

import numpy as np
from numpy.typing import NDArray
from PIL import Image, JpegImagePlugin

from telltale.bank.model import MAX_THUMBNAIL_BYTES, MAX_THUMBNAIL_SIDE, BankError

#: Highest quality first; the first that fits is taken.
_QUALITIES = (80, 60, 40, 20)


def thumbnail(pixels: NDArray[np.uint8]) -> bytes:
    """A JPEG of (H, W, 3) uint8 pixels, at most `MAX_THUMBNAIL_SIDE` long."""
    image = Image.fromarray(pixels)
    image.thumbnail((MAX_THUMBNAIL_SIDE, MAX_THUMBNAIL_SIDE))
    return _encoded(image)


def redrawn(data: bytes) -> bytes:
    """A foreign thumbnail decoded and encoded again; raises `BankError` where it is none."""
    if len(data) > MAX_THUMBNAIL_BYTES:
        raise BankError("The thumbnail is refused: it has too many bytes.")
    try:
        image = JpegImagePlugin.JpegImageFile(io.BytesIO(data))
        if max(image.size) > MAX_THUMBNAIL_SIDE or image.mode != "RGB":
            raise BankError("The thumbnail is refused: it is not a small colour JPEG.")
        image.load()
    except BankError:
        raise
    except Exception as error:  # whatever a decoder says of hostile bytes
        raise BankError("The thumbnail is refused: it is not a readable JPEG.") from error
    return _encoded(image)


def _encoded(image: Image.Image) -> bytes:
    clean = Image.fromarray(np.asarray(image))
    for quality in _QUALITIES:
        buffer = io.BytesIO()
        clean.save(buffer, "JPEG", quality=quality)
        if buffer.tell() <= MAX_THUMBNAIL_BYTES:
            break
    return buffer.getvalue()
