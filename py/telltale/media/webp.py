"""The RIFF chunks of a WebP file (RFC 9649), without decoding a pixel."""

from __future__ import annotations

import struct

from telltale.media.header import Header, check_size, cut_off, damaged

#: More chunks than any writer makes.
MAX_CHUNKS = 50_000
#: Metadata is kept up to this size.
MAX_METADATA = 4 * 1024 * 1024


def read(data: bytes) -> Header:
    """Parse a file that begins with RIFF....WEBP; raises `MediaError`."""
    size = len(data)
    end = 8 + struct.unpack_from("<I", data, 4)[0]
    if size >= 30 and data[12:16] in (b"VP8 ", b"VP8L", b"VP8X"):
        # before the length, so that an enormous picture is refused as such even if cut off
        check_size(*_dimensions(data[12:16], data[20:30]))
    if end > size:
        raise cut_off("WebP", size, f"but its header announces {end:,}")
    kinds: list[bytes] = []
    meta: dict[bytes, bytes] = {}
    extras: dict[str, int] = {}
    at, frames, alpha, first_frame = 12, 0, False, b""
    while at + 8 <= end:
        kind, (length,) = data[at : at + 4], struct.unpack_from("<I", data, at + 4)
        start, stop = at + 8, at + 8 + length
        if stop > end:
            name = kind.decode("ascii", "replace")
            raise damaged("WebP", f"its {name!r} chunk is longer than the file")
        if len(kinds) >= MAX_CHUNKS:
            raise damaged("WebP", f"it has more than {MAX_CHUNKS:,} chunks")
        kinds.append(kind)
        if kind in (b"EXIF", b"XMP ", b"ICCP"):
            meta.setdefault(kind, data[start : min(stop, start + MAX_METADATA)])
        elif kind == b"ANMF":
            frames += 1
            first_frame = first_frame or data[start + 16 : min(stop, start + 64)]
        elif kind == b"ALPH":
            alpha = True
        elif kind == b"VP8X":
            alpha |= length > 0 and bool(data[start] & 0x10)
        elif kind == b"VP8L" and length >= 5:
            alpha |= bool(data[start + 4] & 0x10)
        elif kind == b"C2PA":
            extras["JUMBF (content credentials)"] = length
        at = stop + (length & 1)
    if not kinds or kinds[0] not in (b"VP8 ", b"VP8L", b"VP8X"):
        raise damaged("WebP", "it does not begin with a picture")
    if not frames and not {b"VP8 ", b"VP8L"} & set(kinds):
        raise damaged("WebP", "it has no picture in it")
    width, height = _dimensions(kinds[0], data[20:30])
    check_size(width, height)
    if size > end:
        extras["bytes after the end of the picture"] = size - end
    exif = meta.get(b"EXIF", b"")
    lossless = b"VP8L" in kinds or first_frame.startswith(b"VP8L")
    return Header(
        format="WebP",
        mime="image/webp",
        width=width,
        height=height,
        bits=8,
        colour="RGB" if lossless else "YCbCr",
        codec=data[:end],
        frames=max(frames, 1),
        has_alpha=alpha,
        # some writers put the JPEG segment's preamble in front
        exif=exif.removeprefix(b"Exif\0\0"),
        xmp=meta.get(b"XMP ", b""),
        icc=meta.get(b"ICCP", b""),
        extras=tuple(extras.items()),
        notes=("The picture is stored without loss.",) if lossless else (),
    )


def _dimensions(kind: bytes, body: bytes) -> tuple[int, int]:
    """(width, height) from the first bytes of the first chunk (RFC 9649, 2.5 to 2.7)."""
    if kind == b"VP8X" and len(body) >= 10:
        width, height = (int.from_bytes(body[i : i + 3], "little") + 1 for i in (4, 7))
        return width, height
    if kind == b"VP8 " and len(body) >= 10 and body[3:6] == b"\x9d\x01\x2a":
        width, height = struct.unpack_from("<HH", body, 6)
        return width & 0x3FFF, height & 0x3FFF
    if kind == b"VP8L" and len(body) >= 5 and body[0] == 0x2F:
        packed = int.from_bytes(body[1:5], "little")
        return (packed & 0x3FFF) + 1, (packed >> 14 & 0x3FFF) + 1
    raise damaged("WebP", "its picture header makes no sense")
