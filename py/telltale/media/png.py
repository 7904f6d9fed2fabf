"""The chunks of a PNG or APNG file (W3C PNG, third edition), without decoding a pixel."""

from __future__ import annotations

import struct
import zlib

from telltale.media.header import Header, check_size, cut_off, damaged

SIGNATURE = b"\x89PNG\r\n\x1a\n"
#: More chunks than any writer makes (APNG has two for each frame, IDAT one for each 8 kB).
MAX_CHUNKS = 200_000
#: Text is kept up to this length and number; profiles up to this size.
MAX_TEXT, MAX_TEXTS, MAX_PROFILE = 4096, 50, 4 * 1024 * 1024
MAX_XMP = 1024 * 1024

_DEPTHS = {0: (1, 2, 4, 8, 16), 2: (8, 16), 3: (1, 2, 4, 8), 4: (8, 16), 6: (8, 16)}
_COLOURS = {0: "grey", 2: "RGB", 3: "palette", 4: "grey", 6: "RGB"}
#: What the decoder is given. Without tRNS it keeps the stored colours of transparent pixels.
_CODEC = (b"IHDR", b"PLTE", b"IDAT", b"IEND")


def read(data: bytes) -> Header:
    """Parse a PNG file that begins with its signature; raises `MediaError`."""
    size, at = len(data), 8
    view = memoryview(data)
    codec: list[bytes | memoryview] = [SIGNATURE]
    texts: list[tuple[str, str]] = []
    extras: dict[str, int] = {}
    width = height = depth = colour = interlace = 0
    exif = xmp = icc = b""
    notes: list[str] = []
    alpha = seen_data = animated_first = False
    frames = 1
    for index in range(MAX_CHUNKS):
        if at + 8 > size:
            raise cut_off("PNG", size, f"after {index} chunks, without the end-of-image chunk")
        (length,) = struct.unpack_from(">I", data, at)
        kind = data[at + 4 : at + 8]
        name = _name(kind)
        start, stop = at + 8, at + 8 + length
        if index == 0 and kind == b"IHDR" and start + 13 <= size:
            width, height, depth, colour, _, _, interlace = struct.unpack_from(
                ">IIBBBBB", data, start
            )
            check_size(width, height)
            if depth not in _DEPTHS.get(colour, ()) or length != 13:
                raise damaged("PNG", f"its header has colour type {colour} with {depth} bits")
            alpha = colour in (4, 6)
        elif index == 0 and (kind != b"IHDR" or stop + 4 <= size):
            raise damaged("PNG", f"it begins with the chunk {name} instead of IHDR")
        if not name.isalpha():
            raise damaged("PNG", f"there is no chunk where one should be, at byte {at:,}")
        if stop + 4 > size:
            raise cut_off("PNG", size, f"inside its {name} chunk (chunk {index + 1})")
        if kind in _CODEC:
            if zlib.crc32(view[at + 4 : stop]) != struct.unpack_from(">I", data, stop)[0]:
                raise damaged("PNG", f"the checksum of its {name} chunk at byte {at:,} is wrong")
            codec.append(view[at : stop + 4])
            seen_data |= kind == b"IDAT"
        elif kind in (b"tEXt", b"zTXt", b"iTXt"):
            keyword, text = _text(kind, data[start:stop])
            if keyword == "XML:com.adobe.xmp":
                xmp = xmp or text
            elif len(texts) < MAX_TEXTS:
                texts.append((keyword, text[:MAX_TEXT].decode("utf-8", "replace")))
        elif kind == b"eXIf":
            exif = exif or data[start:stop]
        elif kind == b"iCCP":
            profile = data[start:stop].partition(b"\0")[2][1:]
            icc = icc or inflate(profile, MAX_PROFILE)
        elif kind == b"tRNS":
            alpha = True
        elif kind == b"acTL" and length == 8:
            frames = max(1, struct.unpack_from(">I", data, start)[0])
        elif kind == b"fcTL":
            animated_first |= not seen_data
        elif kind == b"caBX":
            extras["JUMBF (content credentials)"] = length
        at = stop + 4
        if kind == b"IEND":
            break
    else:
        raise damaged("PNG", f"it has more than {MAX_CHUNKS:,} chunks")
    if not seen_data:
        raise damaged("PNG", "it has no picture data")
    if at < size:
        extras["bytes after the end of the picture"] = size - at
    if frames > 1 and not animated_first:
        notes.append(
            "The picture examined is the default image, which is not a frame of the animation."
        )
    if interlace:
        notes.append("The picture is stored interlaced.")
    return Header(
        format="APNG" if frames > 1 else "PNG",
        mime="image/png",
        width=width,
        height=height,
        bits=depth,
        colour=_COLOURS[colour],
        codec=b"".join(codec),
        frames=frames,
        has_alpha=alpha,
        exif=exif,
        xmp=xmp[:MAX_XMP],
        icc=icc,
        texts=tuple(texts),
        extras=tuple(extras.items()),
        notes=tuple(notes),
    )


def inflate(data: bytes, limit: int) -> bytes:
    """At most `limit` bytes of zlib-compressed `data`; what was readable where it is damaged."""
    try:
        return zlib.decompressobj().decompress(data, limit)
    except zlib.error:
        return b""


def _name(kind: bytes) -> str:
    return kind.decode("ascii", "replace")


def _text(kind: bytes, body: bytes) -> tuple[str, bytes]:
    """Keyword and UTF-8 text of a text chunk."""
    keyword, _, rest = body.partition(b"\0")
    key = keyword[:79].decode("latin-1")
    if kind == b"tEXt":
        return key, rest[:MAX_XMP].decode("latin-1").encode()
    if kind == b"zTXt":
        return key, inflate(rest[1:], MAX_XMP).decode("latin-1").encode()
    compressed = rest[:1] == b"\1"
    text = rest[2:].partition(b"\0")[2].partition(b"\0")[2]
    return key, inflate(text, MAX_XMP) if compressed else text[:MAX_XMP]
