"""Where a file carries its C2PA manifest store (C2PA 2.2, A.3): found by parsing the container."""

from __future__ import annotations

import struct
from dataclasses import dataclass, field

from telltale.detectors.provenance.c2pa import jumbf
from telltale.detectors.provenance.c2pa.errors import Malformed
from telltale.media import jpeg
from telltale.media.model import Media

#: The largest manifest store that is read.
MAX_STORE = 16 * 1024 * 1024
#: The UUID of a manifest store; the tail is common to all C2PA types.
STORE_UUID = b"c2pa" + bytes.fromhex("00110010800000aa00389b71")
#: Formats in which a store can be looked for.
FORMATS = ("JPEG", "PNG", "APNG", "WebP")


@dataclass(frozen=True, slots=True)
class Carried:
    """A manifest store and the byte ranges `spans` of the file that carry it (headers included)."""

    store: bytes = field(repr=False)
    spans: tuple[tuple[int, int], ...]
    stores: int = 1


def find(media: Media) -> Carried | None:
    """The manifest store of a file, or None; raises `Malformed`."""
    if media.format == "JPEG":
        found = _jpeg(media.data)
    elif media.format in ("PNG", "APNG"):
        found = [(media.data[a + 8 : b - 4], ((a, b),)) for a, b in _png(media.data)]
    elif media.format == "WebP":
        found = [(media.data[a + 8 : b], ((a, b + (b & 1)),)) for a, b in _webp(media.data)]
    else:
        return None
    if not found:
        return None
    store, spans = found[0]
    if len(store) > MAX_STORE:
        raise Malformed(f"the manifest store has {len(store):,} bytes; the limit is {MAX_STORE:,}")
    return Carried(store, spans, len(found))


def _jpeg(data: bytes) -> list[tuple[bytes, tuple[tuple[int, int], ...]]]:
    """Reassembled APP11 segments (ISO/IEC 19566-5, D.2), one entry for each C2PA store."""
    parts: dict[int, list[tuple[int, jpeg.Segment]]] = {}
    for s in jpeg.walk(data)[0]:
        if s.marker == 0xEB and s.stop - s.start >= 16 and data[s.start : s.start + 2] == b"JP":
            number, sequence = struct.unpack_from(">HI", data, s.start + 2)
            parts.setdefault(number, []).append((sequence, s))
    found = []
    for numbered in parts.values():
        pieces = [s for _, s in sorted(numbered, key=lambda entry: entry[0])]
        if sum(s.stop - s.start for s in pieces) > MAX_STORE:
            raise Malformed(f"the manifest store has more than {MAX_STORE:,} bytes")
        store = _reassembled(data, pieces)
        if is_store(store):
            sequence = [z for z, _ in sorted(numbered, key=lambda entry: entry[0])]
            if sequence != list(range(sequence[0], sequence[0] + len(sequence))):
                raise Malformed("a piece of the manifest store is missing or there twice")
            found.append((store, tuple((s.offset, s.stop) for s in pieces)))
    return found


def _reassembled(data: bytes, pieces: list[jpeg.Segment]) -> bytes:
    first = pieces[0]
    wide = data[first.start + 8 : first.start + 12] == b"\0\0\0\1"
    head = 24 if wide else 16  # the box header is repeated in front of every piece
    return data[first.start + 8 : first.stop] + b"".join(
        data[s.start + head : s.stop] for s in pieces[1:]
    )


def is_store(data: bytes) -> bool:
    """Whether `data` begins like a manifest store."""
    try:
        start, stop, kind = jumbf.header(data)
    except Malformed:
        start, stop, kind = 8, len(data), data[4:8]  # a store that is cut off is still one
    return kind == b"jumb" and STORE_UUID in data[start : min(stop, start + 40)]


def _png(data: bytes) -> list[tuple[int, int]]:
    """The caBX chunks as (offset, offset behind the checksum)."""
    found, at = [], 8
    while at + 12 <= len(data):
        length, kind = struct.unpack_from(">I4s", data, at)
        if kind == b"caBX":
            found.append((at, at + 12 + length))
        if kind == b"IEND":
            break
        at += 12 + length
    return found


def _webp(data: bytes) -> list[tuple[int, int]]:
    """The C2PA chunks as (offset, offset behind the payload)."""
    found, at = [], 12
    end = min(len(data), 8 + struct.unpack_from("<I", data, 4)[0])
    while at + 8 <= end:
        kind, length = struct.unpack_from("<4sI", data, at)
        if kind == b"C2PA" and at + 8 + length <= end:
            found.append((at, at + 8 + length))
        at += 8 + length + (length & 1)
    return found
