"""The chunks of a PNG or APNG file (W3C PNG, third edition), without decoding a pixel."""

from __future__ import annotations

import struct
import zlib
from dataclasses import dataclass, field

from telltale.media.header import Header, check_size, cut_off, damaged

SIGNATURE = b"\x89PNG\r\n\x1a\n"
#: More chunks than any writer makes (APNG has two for each frame, IDAT one for each 8 kB).
MAX_CHUNKS = 200_000
#: Texts kept, bytes kept of a text, of an XMP packet and of a profile.
MAX_TEXTS, MAX_TEXT, MAX_XMP, MAX_PROFILE = 50, 16 * 1024, 1024 * 1024, 4 * 1024 * 1024

_DEPTHS = {0: (1, 2, 4, 8, 16), 2: (8, 16), 3: (1, 2, 4, 8), 4: (8, 16), 6: (8, 16)}
_COLOURS = {0: "grey", 2: "RGB", 3: "palette", 4: "grey", 6: "RGB"}
#: What the decoder is given. Without tRNS it keeps the stored colours of transparent pixels.
_CODEC = (b"IHDR", b"PLTE", b"IDAT", b"IEND")
#: First row, first column, step down and across of the seven passes (8.2).
_ADAM7 = (
    (0, 0, 8, 8), (0, 4, 8, 8), (4, 0, 8, 4), (0, 2, 4, 4), (2, 0, 4, 2), (0, 1, 2, 2),
    (1, 0, 2, 1),
)  # fmt: skip
_XMP = b"XML:com.adobe.xmp\0"


@dataclass
class _Beside:
    """What was found beside the picture; each thing is read once, to bound the work."""

    texts: list[tuple[str, str]] = field(default_factory=list)
    exif: bytes = b""
    xmp: bytes = b""
    profile: bytes = b""
    extras: dict[str, int] = field(default_factory=dict)
    frames: int = 1
    alpha: bool = False


def read(data: bytes) -> Header:
    """Parse a PNG file that begins with its signature; raises `MediaError`."""
    size, at = len(data), 33
    width, height, depth, colour, interlace = _image_header(data)
    beside = _Beside(alpha=colour in (4, 6))
    view = memoryview(data)
    codec: list[bytes | memoryview] = [view[:33]]
    animated_first = False
    for index in range(1, MAX_CHUNKS):
        if at + 8 > size:
            raise cut_off("PNG", size, f"after chunk {index}, without the end-of-picture chunk")
        (length,) = struct.unpack_from(">I", data, at)
        kind = data[at + 4 : at + 8]
        if not kind.isalpha():
            raise damaged("PNG", f"there is no chunk where one should be, at byte {at:,}")
        stop = at + 8 + length
        if stop + 4 > size:
            raise cut_off("PNG", size, f"inside its {kind.decode()} chunk (chunk {index + 1})")
        if kind in _CODEC:
            _check_sum(data, at, stop)
            codec.append(view[at : stop + 4])
        elif kind == b"fcTL":
            animated_first |= len(codec) == 1 or b"IDAT" not in (c[4:8] for c in codec[1:3])
        else:
            _read_beside(kind, data, at + 8, stop, beside)
        at = stop + 4
        if kind == b"IEND":
            break
    else:
        raise damaged("PNG", f"it has more than {MAX_CHUNKS:,} chunks")
    if not any(chunk[4:8] == b"IDAT" for chunk in codec[1:3]):
        raise damaged("PNG", "it has no picture data")
    if at < size:
        beside.extras["bytes after the end of the picture"] = size - at
    notes = ["The picture is stored interlaced."] if interlace else []
    if beside.frames > 1 and not animated_first:
        notes.append("The picture examined is the default image, not a frame of the animation.")
    return Header(
        format="APNG" if beside.frames > 1 else "PNG",
        mime="image/png",
        width=width,
        height=height,
        bits=depth,
        colour=_COLOURS[colour],
        codec=b"".join(codec),
        frames=beside.frames,
        has_alpha=beside.alpha,
        exif=beside.exif,
        xmp=beside.xmp,
        icc=inflate(beside.profile, MAX_PROFILE) if beside.profile else b"",
        texts=tuple(beside.texts),
        extras=tuple(beside.extras.items()),
        notes=tuple(notes),
    )


def _image_header(data: bytes) -> tuple[int, int, int, int, int]:
    """Width, height, bits, colour type and interlacing from IHDR, the first chunk."""
    if len(data) < 33:
        raise cut_off("PNG", len(data), "inside its header")
    length, kind = struct.unpack_from(">I4s", data, 8)
    if kind != b"IHDR" or length != 13:
        raise damaged("PNG", "it does not begin with its header chunk (IHDR)")
    width, height, depth, colour, _, _, interlace = struct.unpack_from(">IIBBBBB", data, 16)
    check_size(width, height)
    if depth not in _DEPTHS.get(colour, ()):
        raise damaged("PNG", f"its header has colour type {colour} with {depth} bits")
    _check_sum(data, 8, 29)
    return width, height, depth, colour, interlace


def _check_sum(data: bytes, at: int, stop: int) -> None:
    if zlib.crc32(memoryview(data)[at + 4 : stop]) != struct.unpack_from(">I", data, stop)[0]:
        name = data[at + 4 : at + 8].decode("ascii", "replace")
        raise damaged("PNG", f"the checksum of its {name} chunk at byte {at:,} is wrong")


def _read_beside(kind: bytes, data: bytes, start: int, stop: int, beside: _Beside) -> None:
    """Keep what an ancillary chunk says, within bounds."""
    if kind == b"iTXt" and data.startswith(_XMP, start):
        if not beside.xmp:
            beside.xmp = _text(kind, data[start:stop], MAX_XMP)[1] or b"\0"
    elif kind in (b"tEXt", b"zTXt", b"iTXt"):
        if len(beside.texts) < MAX_TEXTS:
            keyword, text = _text(kind, data[start:stop], MAX_TEXT)
            beside.texts.append((keyword, text.decode("utf-8", "replace")))
    elif kind == b"eXIf":
        beside.exif = beside.exif or data[start:stop]
    elif kind == b"iCCP":
        beside.profile = beside.profile or data[start:stop].partition(b"\0")[2][1:]
    elif kind == b"tRNS":
        beside.alpha = True
    elif kind == b"acTL" and stop - start == 8:
        beside.frames = max(1, struct.unpack_from(">I", data, start)[0])
    elif kind == b"caBX":
        beside.extras["JUMBF (content credentials)"] = stop - start


def is_interlaced(header: Header) -> bool:
    """Whether the rows are stored in seven passes."""
    return header.codec[28] != 0


def missing_bytes(header: Header) -> int:
    """How many bytes the compressed pixels of a file fall short of the picture.

    Pillow leaves rows black that never came when the compressed stream ends in good order.
    Inflates the picture a second time, in bounded memory.
    """
    depth = header.codec[24] * {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}[header.codec[25]]
    passes = _ADAM7 if is_interlaced(header) else ((0, 0, 1, 1),)
    needed = 0
    for top, left, down, across in passes:
        rows = -(-(header.height - top) // down)
        columns = -(-(header.width - left) // across)
        if rows > 0 and columns > 0:
            needed += rows * (1 + (columns * depth + 7) // 8)
    stream = zlib.decompressobj()
    at = 33
    while at + 8 <= len(header.codec) and needed > 0:
        (length,) = struct.unpack_from(">I", header.codec, at)
        if header.codec[at + 4 : at + 8] == b"IDAT":
            rest = header.codec[at + 8 : at + 8 + length]
            while rest and needed > 0 and not stream.eof:
                needed -= len(stream.decompress(rest, 1 << 20))
                rest = stream.unconsumed_tail
        at += 12 + length
    return max(needed, 0)


def inflate(data: bytes, limit: int) -> bytes:
    """At most `limit` bytes of zlib-compressed `data`; nothing where it is damaged."""
    try:
        return zlib.decompressobj().decompress(data, limit)
    except zlib.error:
        return b""


def _text(kind: bytes, body: bytes, limit: int) -> tuple[str, bytes]:
    """Keyword and UTF-8 text of a text chunk."""
    keyword, _, rest = body.partition(b"\0")
    key = keyword[:79].decode("latin-1")
    if kind == b"tEXt":
        return key, rest[:limit].decode("latin-1").encode()
    if kind == b"zTXt":
        return key, inflate(rest[1:], limit).decode("latin-1").encode()
    text = rest[2:].partition(b"\0")[2].partition(b"\0")[2]
    return key, inflate(text, limit) if rest[:1] == b"\1" else text[:limit]
