"""The boxes of an ISO base media file (ISO/IEC 14496-12, 4.2), and how to walk them."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass

from telltale.media.bytesource import ByteSource

#: Outermost boxes and fragments that are walked; a hostile file could hold millions.
_MOST_BOXES = 20_000


@dataclass(frozen=True, slots=True)
class Box:
    """A box: its type, where its content begins and ends in the file."""

    kind: bytes
    start: int
    end: int


def outermost(source: ByteSource, notes: list[str]) -> Iterator[Box]:
    """The boxes side by side in the file; what goes wrong is appended to `notes`."""
    at = 0
    for _ in range(_MOST_BOXES):
        if at >= source.size:
            return
        head = source.read(at, 16)
        if len(head) < 8:
            notes.append("Bytes are left at the end that are no box.")
            return
        size, kind = struct.unpack_from(">I4s", head)
        start = at + 8
        if size == 1 and len(head) == 16:
            size, start = struct.unpack_from(">Q", head, 8)[0], at + 16
        elif size == 0:
            size = source.size - at
        if size < start - at or not all(32 <= c < 127 or c == 0xA9 for c in kind):
            notes.append(f"There is no box where one should be, at byte {at:,}.")
            return
        end = at + size
        if end > source.size:
            missing = end - source.size
            notes.append(f"The file is cut off: {missing:,} bytes of its {word(kind)} are missing.")
            end = source.size
        yield Box(kind, start, end)
        at += size


def children(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    """The boxes side by side in `data`: (type, content)."""
    at = 0
    while at + 8 <= len(data):
        size, kind = struct.unpack_from(">I4s", data, at)
        start = at + 8
        if size == 1:
            size, start = struct.unpack_from(">Q", data, start)[0], at + 16
        elif size == 0:
            size = len(data) - at
        if size < start - at:
            return
        yield kind, data[start : at + size]
        at += size


def word(kind: bytes) -> str:
    """The four characters of a type, printable."""
    return "".join(chr(c) if 32 <= c < 127 else "©" if c == 0xA9 else "?" for c in kind)
