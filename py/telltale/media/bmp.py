"""The headers of a Windows or OS/2 bitmap, without decoding a pixel."""

from __future__ import annotations

import struct

from telltale.media.header import Header, check_size, cut_off, damaged
from telltale.media.model import MediaError

#: Values of biCompression: uncompressed, and uncompressed with stated colour masks.
_PLAIN = (0, 3, 6)


def read(data: bytes) -> Header:
    """Parse a file that begins with BM; raises `MediaError`."""
    size = len(data)
    if size < 26:
        raise cut_off("BMP", size, "inside its header")
    offset, header = struct.unpack_from("<II", data, 10)
    if header == 12:
        width, height, planes, bits = struct.unpack_from("<4H", data, 18)
        compression = 0
    elif header >= 40 and size >= 54:
        width, height, planes, bits, compression = struct.unpack_from("<iiHHI", data, 18)
        height = abs(height)
    elif header >= 40:
        raise cut_off("BMP", size, "inside its header")
    else:
        raise damaged("BMP", f"its header is {header} bytes long")
    if planes != 1 or bits not in (1, 2, 4, 8, 16, 24, 32):
        raise damaged("BMP", f"its header has {planes} planes of {bits} bits")
    check_size(width, height)
    if compression not in _PLAIN:
        raise MediaError(
            "unsupported_format", "This is a run-length or otherwise compressed BMP: not decoded."
        )
    end = offset + (width * bits + 31) // 32 * 4 * height
    if end > size:
        raise cut_off("BMP", size, f"but its picture needs {end:,}")
    return Header(
        format="BMP",
        mime="image/bmp",
        width=width,
        height=height,
        bits=8 if bits in (24, 32) else bits,
        colour="palette" if bits <= 8 else "RGB",
        codec=data[:end],
        # only the masks of the long headers say that the fourth byte is alpha
        has_alpha=compression == 3 and bits == 32 and header >= 56 and data[66:70] != bytes(4),
        extras=(("bytes after the end of the picture", size - end),) if size > end else (),
    )
