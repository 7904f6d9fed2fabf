"""From bytes to `Media`: hash, recognise, check, decode.

The decoder is Pillow with its bundled libjpeg-turbo, libwebp and zlib: one Pillow version in both
runtimes, whose builds may bundle different patch releases. Decoder settings are evidence, so
`Media.decoder` names them all.
"""

from __future__ import annotations

import hashlib
import io
import warnings
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from PIL import (
    BmpImagePlugin,
    GifImagePlugin,
    Image,
    ImageFile,
    JpegImagePlugin,
    PngImagePlugin,
    WebPImagePlugin,
    features,
)

from telltale.media import bmp, gif, heif, jpeg, metadata, png, webp
from telltale.media.header import MAX_BYTES, Header, check_size, damaged
from telltale.media.model import (
    RUNGS_WITH_ORIGINAL_BYTES,
    Media,
    MediaError,
    Rung,
    apply_orientation,
)
from telltale.media.sniff import extension_note, sniff

#: For each format of `sniff.READABLE`: our header reader, and the Pillow decoder.
_FORMATS: dict[str, tuple[Callable[[bytes], Header], type[ImageFile.ImageFile]]] = {
    "JPEG": (jpeg.read, JpegImagePlugin.JpegImageFile),
    "PNG": (png.read, PngImagePlugin.PngImageFile),
    "WebP": (webp.read, WebPImagePlugin.WebPImageFile),
    "GIF": (gif.read, GifImagePlugin.GifImageFile),
    "BMP": (bmp.read, BmpImagePlugin.BmpImageFile),
}
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
    format = _recognised(data)
    header = _FORMATS[format][0](data)
    check_size(header.width, header.height)
    notes = [n for n in (extension_note(name, format),) if n]
    coded, decoder, more = _decode(format, header)
    orientation = metadata.orientation(header)
    pixels = coded
    if orientation != 1:
        pixels = apply_orientation(coded, orientation)
        pixels.flags.writeable = False
        more.append(f"Turned upright as the EXIF orientation {orientation} says.")
    return Media(
        name=metadata.inert(name, 255),
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
        icc_profile=metadata.icc_description(header),
        jpeg=header.jpeg,
        exif=metadata.read(header),
        decoder=decoder,
        notes=(*notes, *header.notes, *more),
    )


def _recognised(data: bytes) -> str:
    """The format, or `MediaError`; of a HEIF or AVIF file that also says what the file tells."""
    try:
        return sniff(data)
    except MediaError as error:
        if error.code != "unsupported_format" or data[4:8] != b"ftyp":
            raise
        raise MediaError(error.code, f"{error} {heif.told(data)}".strip()) from None


def open_pixels(
    data: bytes | memoryview,
    width: int,
    height: int,
    name: str,
    rung: Rung,
    decoder: dict[str, str] | None = None,
    notes: tuple[str, ...] = (),
    sha256: str = "",
) -> Media:
    """Media of pixels that something else decoded: a canvas, a video frame, a captured tab.

    Parameters
    ----------
    data
        `width * height` pixels row by row, RGBA or RGB, uint8. They are viewed, not copied,
        when RGB; it is told from the length which they are. The hash is of these bytes.
    decoder
        What is known about how they were decoded, for the record.
    sha256
        Of `data`, where it is known already.

    Raises `MediaError` when the picture is too large or the length fits neither layout.
    """
    if rung in RUNGS_WITH_ORIGINAL_BYTES:
        raise ValueError(f"{rung!r} hands over a file: use open_media")
    check_size(width, height)
    values = np.frombuffer(data, np.uint8)
    channels, rest = divmod(values.size, width * height)
    if rest or channels not in (3, 4):
        raise MediaError(
            "damaged",
            f"{values.size:,} bytes are not {width} x {height} pixels in RGB or RGBA.",
        )
    shaped = values.reshape(height, width, channels)
    has_alpha = channels == 4 and bool((shaped[..., 3] != 255).any())
    if has_alpha:
        notes = (*notes, "The alpha channel was dropped; colours under it may have been rounded.")
    pixels = np.ascontiguousarray(shaped[..., :3])
    pixels.flags.writeable = False
    return Media(
        name=metadata.inert(name, 255),
        sha256=sha256 or hashlib.sha256(data).hexdigest(),
        size_bytes=values.size,
        rung=rung,
        format="pixels",
        mime="",
        pixels=pixels,
        coded=pixels,
        orientation=1,
        data=b"",
        has_alpha=has_alpha,
        decoder=decoder or {"decoder": "unknown: only pixels were handed over"},
        notes=notes,
    )


def _decode(format: str, header: Header) -> tuple[NDArray[np.uint8], dict[str, str], list[str]]:
    """(H, W, 3) uint8 read-only, the decoder's facts, and notes on what had to be done."""
    notes: list[str] = []
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            image = _FORMATS[format][1](io.BytesIO(header.codec))
            if image.size != (header.width, header.height):
                raise damaged(format, "its headers disagree on its size")
            # in one piece: libjpeg cannot pause in arithmetic-coded data
            image.decodermaxblock = max(len(header.codec), 65536)
            image.load()
            _check_last_row(image, header)
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
            raise _incomplete(format) from None
        raise damaged(format, f"the decoder refuses it ({_plain(error)})") from None
    return pixels, decoder_facts(format, mode), notes


def _incomplete(format: str) -> MediaError:
    return MediaError(
        "truncated",
        f"The picture data of this {format} file ends before the picture is complete. "
        "Pixels are missing; get the complete file.",
    )


def _check_last_row(image: Image.Image, header: Header) -> None:
    """Raise where the last row of a PNG to be decoded is black because it never came."""
    if header.mime != "image/png":
        return
    row = header.height - 1
    if png.is_interlaced(header) and row:
        row -= 1 - row % 2  # odd rows come last
    last = image.crop((0, row, header.width, row + 1))
    if last.getbbox(alpha_only=False) is None and png.missing_bytes(header):
        raise _incomplete("PNG")


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
    # an alpha channel that hides nothing, as browsers write it, is no news
    if header.has_alpha and (transparent or image.mode not in ("RGBA", "LA")):
        share = transparent / (width * height)
        extent = f"; {share:.1%} of it was not opaque" if image.mode in ("RGBA", "LA") else ""
        notes.append(f"The alpha channel was dropped, the stored colours were kept{extent}.")
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
    elif format == "WebP":
        facts["library"] = f"libwebp {features.version('webp')}"
        facts["settings"] = "first frame, smooth chroma upsampling"
    return facts


def _plain(error: Exception) -> str:
    return str(error)[:120] or type(error).__name__
