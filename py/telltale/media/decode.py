"""From bytes to `Media`: hash, recognise, check, decode.

The decoder is Pillow with its bundled libjpeg-turbo, libwebp and zlib, the same version in both
runtimes. Decoder settings are evidence, so `Media.decoder` states them.
"""

from __future__ import annotations

import hashlib
import io
import warnings
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from PIL import Image, JpegImagePlugin, PngImagePlugin, features

from telltale.media import jpeg, metadata, png
from telltale.media.header import MAX_BYTES, Header, check_size, damaged
from telltale.media.model import Media, MediaError, Rung, apply_orientation
from telltale.media.sniff import extension_note, sniff

_READ: dict[str, Callable[[bytes], Header]] = {"JPEG": jpeg.read, "PNG": png.read}
_PLUGINS = {"JPEG": JpegImagePlugin.JpegImageFile, "PNG": PngImagePlugin.PngImageFile}
#: Rows that are copied at once out of the decoder: bounds the memory of the copy.
_STRIP = 512


def open_media(data: bytes | memoryview, name: str, rung: Rung = "file") -> Media:
    """Hash, check and decode a picture file.

    Raises `MediaError`, whose code is one of `empty`, `too_many_bytes`, `too_many_pixels`,
    `truncated`, `damaged`, `unsupported_format`, `video` and `not_a_picture`.
    """
    if len(data) > MAX_BYTES:
        raise MediaError(
            "too_many_bytes",
            f"The file has {len(data):,} bytes; the limit is {MAX_BYTES:,} bytes "
            f"({MAX_BYTES // 2**20} MiB).",
        )
    data = data if isinstance(data, bytes) else bytes(data)
    sha256 = hashlib.sha256(data).hexdigest()
    format = sniff(data)
    header = _READ[format](data)
    check_size(header.width, header.height)
    notes = [n for n in (extension_note(name, format),) if n]
    coded, decoder, more = _decode(format, header)
    found = metadata.read(header)
    orientation = metadata.orientation(found)
    pixels = coded
    if orientation != 1:
        pixels = apply_orientation(coded, orientation)
        pixels.flags.writeable = False
        more.append(f"Turned upright as the EXIF orientation {orientation} says.")
    return Media(
        name=name,
        sha256=sha256,
        size_bytes=len(data),
        rung=rung,
        format=header.format,
        mime=header.mime,
        pixels=pixels,
        coded=coded,
        orientation=orientation,
        data=data,
        mode=header.colour,
        bits=header.bits,
        frames=header.frames,
        has_alpha=header.has_alpha,
        icc_profile=metadata.icc_description(header.icc),
        jpeg=header.jpeg,
        exif=found,
        decoder=decoder,
        notes=(*notes, *header.notes, *more),
    )


def _decode(format: str, header: Header) -> tuple[NDArray[np.uint8], dict[str, str], list[str]]:
    """(H, W, 3) uint8 read-only, the decoder's facts, and notes on what had to be done."""
    notes: list[str] = []
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            image = _PLUGINS[format](io.BytesIO(header.codec))
            if image.size != (header.width, header.height):
                raise damaged(format, "its headers disagree on its size")
            # in one piece: libjpeg cannot pause in arithmetic-coded data
            image.decodermaxblock = max(len(header.codec), 65536)
            image.load()
            mode = image.mode
            pixels = _to_rgb(image, header, notes)
    except MediaError:
        raise
    except MemoryError:
        raise MediaError(
            "too_many_pixels",
            f"There is not enough memory to decode {header.width} x {header.height} pixels.",
        ) from None
    except Exception as error:
        if "truncated" in str(error):
            raise MediaError(
                "truncated",
                f"The picture data of this {format} file ends before the picture is complete. "
                "Pixels are missing; get the complete file.",
            ) from None
        raise damaged(format, f"the decoder refuses it ({_plain(error)})") from None
    return pixels, decoder_facts(format, mode), notes


def _to_rgb(image: Image.Image, header: Header, notes: list[str]) -> NDArray[np.uint8]:
    """Copy the decoder's pixels strip by strip into (H, W, 3) uint8."""
    width, height = image.size
    out = np.empty((height, width, 3), np.uint8)
    deep = image.mode.startswith("I")
    transparent = 0
    for top in range(0, height, _STRIP):
        strip = image.crop((0, top, width, min(top + _STRIP, height)))
        rows = out[top : top + _STRIP]
        if deep:
            rows[...] = (np.asarray(strip) >> 8).astype(np.uint8)[:, :, None]
            continue
        if strip.mode in ("RGBA", "LA"):
            transparent += int((np.asarray(strip.getchannel("A")) < 255).sum())
        rows[...] = np.asarray(strip if strip.mode == "RGB" else strip.convert("RGB"))
    if header.bits == 16:
        notes.append("16 bits a channel were reduced to the upper 8.")
    if image.mode == "CMYK":
        notes.append("CMYK was converted to RGB by formula, without its colour profile.")
    if header.has_alpha:
        share = f" {transparent / (width * height):.1%} of it is" if transparent else " It may be"
        notes.append(
            f"The alpha channel was dropped and the stored colours kept.{share} transparent."
        )
    if header.frames > 1:
        notes.append(f"Only the first of {header.frames} frames is examined.")
    out.flags.writeable = False
    return out


def decoder_facts(format: str, mode: str) -> dict[str, str]:
    """What decoded the pixels, for the record."""
    facts = {
        "decoder": f"Pillow {Image.__version__}",
        "mode": mode,
        "colour management": "none",
        "given to the decoder": "picture data without metadata",
    }
    if format == "JPEG":
        facts["library"] = f"libjpeg-turbo {features.version('libjpeg_turbo')}"
        facts["settings"] = "full size (no draft mode), slow integer DCT, smooth chroma upsampling"
    elif format == "PNG":
        facts["library"] = f"zlib {features.version('zlib')}"
    return facts


def _plain(error: Exception) -> str:
    return str(error)[:120] or type(error).__name__
