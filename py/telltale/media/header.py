"""What the header of a picture file says, read before anything is decoded; the stated limits."""

from __future__ import annotations

from dataclasses import dataclass, field

from telltale.media.model import JpegStructure, MediaError

#: The largest file that is examined.
MAX_BYTES = 128 * 1024 * 1024
#: The largest picture that is examined (a 50-megapixel camera fits).
MAX_PIXELS = 52_000_000
#: The longest side, libjpeg's own limit.
MAX_SIDE = 65_500


@dataclass(frozen=True, slots=True)
class Header:
    """One picture file, parsed but not decoded.

    Attributes
    ----------
    colour
        How colour is stored: "grey", "RGB", "YCbCr", "CMYK", "YCCK" or "palette".
    codec
        The bytes that the decoder is given: the codec's own segments without metadata, so that
        hostile metadata never reaches the decoder.
    exif, xmp, icc, photoshop
        The raw TIFF structure, XMP packet, ICC profile and Photoshop resources, empty when there
        is none.
    texts
        Comments and text chunks, already bounded: (keyword, text).
    extras
        Other things found in the container: name and number of bytes.
    """

    format: str
    mime: str
    width: int
    height: int
    bits: int
    colour: str
    codec: bytes = field(repr=False)
    frames: int = 1
    has_alpha: bool = False
    exif: bytes = field(default=b"", repr=False)
    xmp: bytes = field(default=b"", repr=False)
    icc: bytes = field(default=b"", repr=False)
    photoshop: bytes = field(default=b"", repr=False)
    texts: tuple[tuple[str, str], ...] = ()
    extras: tuple[tuple[str, int], ...] = ()
    notes: tuple[str, ...] = ()
    jpeg: JpegStructure | None = None


def check_size(width: int, height: int) -> None:
    """Raise `MediaError` when a picture of this size is not examined."""
    if width < 1 or height < 1:
        raise MediaError(
            "damaged", f"The file says that the picture is {width} x {height} pixels: no picture."
        )
    if width * height > MAX_PIXELS or max(width, height) > MAX_SIDE:
        raise MediaError(
            "too_many_pixels",
            f"The picture is {width} x {height} pixels ({width * height / 1e6:.1f} megapixels); "
            f"the limit is {MAX_PIXELS / 1e6:.0f} megapixels and {MAX_SIDE} pixels a side.",
        )


def cut_off(format: str, size: int, where: str) -> MediaError:
    """The error for a file that ends too early."""
    return MediaError(
        "truncated",
        f"This {format} file is cut off: it ends after {size:,} bytes, {where}. "
        "Pixels are missing; get the complete file.",
    )


def damaged(format: str, what: str) -> MediaError:
    """The error for a file that breaks the rules of its format."""
    return MediaError("damaged", f"This {format} file is damaged: {what}.")
