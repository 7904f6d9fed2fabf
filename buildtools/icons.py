"""The extension's icons, drawn from the geometry of the logo; standard library only."""

from __future__ import annotations

import struct
import zlib

#: Tiles of the logo on its 32 x 32 grid: x0, y0, x1, y1, corner radii (clockwise from top left).
TILES = (
    ((3, 3, 15, 15), (3, 2, 2, 3)),
    ((17, 3, 29, 15), (2, 3, 3, 2)),
    ((3, 17, 15, 29), (2, 2, 2, 3)),
    ((19, 19, 31, 31), (2, 2, 3, 2)),
)
#: A grey and a green that stand out on a light and on a dark toolbar alike; the last tile tells.
GREY, TELL = (98, 109, 119), (14, 154, 146)
SIZES = (16, 32, 48, 128)
#: Sub-samples per pixel and axis.
_FINE = 8


def png(size: int) -> bytes:
    """A square RGBA PNG of `size` pixels with antialiased edges."""
    # a store wants a margin round the large icon: 96 of 128
    margin = 0.125 if size == 128 else 0.0
    span = 34 / (1 - 2 * margin)
    rows = bytearray()
    for y in range(size):
        rows.append(0)
        for x in range(size):
            rows += _pixel(x, y, size, span)
    header = struct.pack(">IIBBBBB", size, size, 8, 6, 0, 0, 0)
    parts = (b"IHDR", header), (b"IDAT", zlib.compress(bytes(rows), 9)), (b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(kind, data) for kind, data in parts)


def _pixel(x: int, y: int, size: int, span: float) -> bytes:
    hits = [0] * len(TILES)
    us, vs = (
        [(at + (k + 0.5) / _FINE) / size * span - (span - 34) / 2 for k in range(_FINE)]
        for at in (x, y)
    )
    for n, (box, radii) in enumerate(TILES):
        x0, y0, x1, y1 = box
        if us[0] <= x1 and us[-1] >= x0 and vs[0] <= y1 and vs[-1] >= y0:
            hits[n] = sum(_inside(u, v, box, radii) for v in vs for u in us)
    total = sum(hits)
    if not total:
        return b"\0\0\0\0"
    share = hits[-1] / total
    colour = (round(g + (t - g) * share) for g, t in zip(GREY, TELL, strict=True))
    return bytes((*colour, round(255 * min(1.0, total / _FINE**2))))


def _inside(
    u: float, v: float, box: tuple[int, int, int, int], radii: tuple[int, int, int, int]
) -> bool:
    x0, y0, x1, y1 = box
    if not (x0 <= u <= x1 and y0 <= v <= y1):
        return False
    left, top = u < (x0 + x1) / 2, v < (y0 + y1) / 2
    r = radii[0 if top and left else 1 if top else 3 if left else 2]
    dx = max(0.0, (x0 + r) - u if left else u - (x1 - r))
    dy = max(0.0, (y0 + r) - v if top else v - (y1 - r))
    return dx * dx + dy * dy <= r * r


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
