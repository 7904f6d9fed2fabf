"""Hard bindings: does the file still hold the bytes that were signed (C2PA 2.2, 9.2)?"""

from __future__ import annotations

import hashlib
import struct
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from telltale.detectors.provenance.c2pa.carrier import Carried
from telltale.detectors.provenance.c2pa.errors import Malformed
from telltale.media import jpeg
from telltale.media.model import Media

#: Hash algorithms that C2PA allows (2.2, 13.1).
HASHES = ("sha256", "sha384", "sha512")
MAX_RANGES, MAX_NAMES = 1_000, 25_000
#: Parts that hold no picture (colour profiles and transparency in PNG do change it).
_METADATA = ("C2PA", "SOI", "EOI", "COM", "PNGh", "tEXt", "zTXt", "iTXt", "eXIf", "tIME", "pHYs")
LABELS = ("c2pa.hash.data", "c2pa.hash.boxes")


@dataclass(frozen=True, slots=True)
class Bound:
    """Whether the hash holds, the bytes it leaves out beside the credential itself, and whether
    picture data is among them."""

    holds: bool
    left_out: int = 0
    picture_left_out: bool = False


def hash_name(*candidates: Any) -> str:
    """The first algorithm that is stated; raises `Malformed` where none is, or another one."""
    stated = next((c for c in candidates if c is not None), None)
    if stated is None:
        raise Malformed("it is not stated which hash algorithm was used")
    if stated not in HASHES:
        raise Malformed(f"hash algorithm {str(stated)[:20]!r} is not one that C2PA allows")
    return str(stated)


def data_hash(value: Any, alg: Any, media: Media, carried: Carried, grown: bool) -> Bound:
    """`c2pa.hash.data` (2.2, 18.5): the whole file but the excluded ranges.

    `grown` says that manifests were added since: the range that was the store is the store now.
    """
    if not isinstance(value, dict) or not isinstance(value.get("hash"), bytes):
        raise Malformed("the data hash has no hash")
    ranges = _ranges(value.get("exclusions"), len(media.data))
    own = (carried.spans[0][0], carried.spans[-1][1])
    if grown:
        ranges = _moved(ranges, own)
    digest = hashlib.new(hash_name(value.get("alg"), alg))
    view, at = memoryview(media.data), 0
    for start, stop in ranges:
        digest.update(view[at:start])
        at = max(at, stop)
    digest.update(view[at:])
    if digest.digest() != value["hash"]:
        return Bound(False)
    excluded = sum(stop - start for start, stop in ranges)
    left_out = excluded - _overlap(ranges, carried.spans)
    parts = _parts(media, carried)
    picture = [p[1:] for p in parts or () if not _is_metadata(p[0])]
    return Bound(True, left_out, left_out > 0 and (parts is None or _overlap(ranges, picture) > 0))


def _moved(ranges: list[tuple[int, int]], own: tuple[int, int]) -> list[tuple[int, int]]:
    """The ranges after the one that begins like `own` became `own` and pushed the later ones."""
    before = next((stop for start, stop in ranges if start == own[0]), own[1])
    by = own[1] - before
    return [
        own if start == own[0] else (start + by, stop + by) if start > own[0] else (start, stop)
        for start, stop in ranges
    ]


def _overlap(ranges: Iterable[tuple[int, int]], others: Iterable[tuple[int, int]]) -> int:
    """Bytes that lie in both; the ranges of each do not overlap one another."""
    total = 0
    mine, theirs = sorted(ranges), sorted(others)
    i = j = 0
    while i < len(mine) and j < len(theirs):
        total += max(0, min(mine[i][1], theirs[j][1]) - max(mine[i][0], theirs[j][0]))
        if mine[i][1] < theirs[j][1]:
            i += 1
        else:
            j += 1
    return total


def _is_metadata(name: str) -> bool:
    """Whether a part of a JPEG or PNG file can be changed without changing a pixel."""
    return name.startswith("APP") or name in _METADATA


def _ranges(exclusions: Any, size: int) -> list[tuple[int, int]]:
    if exclusions is None:
        return []
    if not isinstance(exclusions, list) or len(exclusions) > MAX_RANGES:
        raise Malformed("the exclusions of the data hash are not a list, or too many")
    out: list[tuple[int, int]] = []
    for entry in exclusions:
        start = entry.get("start") if isinstance(entry, dict) else None
        length = entry.get("length") if isinstance(entry, dict) else None
        if type(start) is not int or type(length) is not int or start < 0 or length < 0:
            raise Malformed("an exclusion of the data hash is not a start and a length")
        if start + length > size:
            raise Malformed("an exclusion of the data hash lies outside the file")
        out.append((start, start + length))
    out.sort()
    if any(b[0] < a[1] for a, b in pairwise(out)):
        raise Malformed("exclusions of the data hash overlap")
    return out


def boxes_hash(value: Any, alg: Any, media: Media, carried: Carried) -> Bound | None:
    """`c2pa.hash.boxes` (2.2, 18.6) of JPEG and PNG; None for other formats.

    Every part of the file must be named, in order; what is not is counted as left out.
    """
    parts = _parts(media, carried)
    if parts is None:
        return None
    listed = value.get("boxes") if isinstance(value, dict) else None
    if not isinstance(listed, list) or len(listed) > MAX_NAMES:
        raise Malformed("the boxes hash has no list of boxes")
    at, left_out, picture = 0, 0, False
    for entry in listed:
        names = entry.get("names") if isinstance(entry, dict) else None
        if not isinstance(names, list) or not names:
            raise Malformed("the boxes hash has an entry without names")
        run = parts[at : at + len(names)]
        if [name for name, _, _ in run] != names:
            return Bound(False)
        at += len(names)
        start, stop = run[0][1], run[-1][2]
        if names == ["C2PA"]:
            continue
        if entry.get("excluded") is True:
            left_out += stop - start
            picture |= not all(_is_metadata(name) for name in names)
            continue
        digest = hashlib.new(hash_name(entry.get("alg"), value.get("alg"), alg))
        digest.update(memoryview(media.data)[start:stop])
        if digest.digest() != entry.get("hash"):
            return Bound(False)
    if at < len(parts):
        return Bound(False)
    behind = len(media.data) - parts[-1][2]
    return Bound(True, left_out + behind, picture)


def _parts(media: Media, carried: Carried) -> list[tuple[str, int, int]] | None:
    """(name, start, stop) of the boxes of a file as 18.6.2 names them."""
    if media.format == "JPEG":
        return _jpeg_parts(media.data, carried)
    return _png_parts(media.data) if media.format in ("PNG", "APNG") else None


def _jpeg_parts(data: bytes, carried: Carried) -> list[tuple[str, int, int]]:
    own = {start for start, _ in carried.spans}
    out = [("SOI", 0, 2)]
    segments, end = jpeg.walk(data)
    for s in segments:
        if s.offset in own:
            if out[-1][0] == "C2PA":
                out[-1] = ("C2PA", out[-1][1], s.end)
            else:
                out.append(("C2PA", s.offset, s.end))
        else:
            out.append((jpeg.name_of(s.marker), s.offset, s.end))
    return [*out, ("EOI", end - 2, end)]


def _png_parts(data: bytes) -> list[tuple[str, int, int]]:
    out, at = [("PNGh", 0, 8)], 8
    while at + 12 <= len(data) and len(out) <= MAX_NAMES:
        length, kind = struct.unpack_from(">I4s", data, at)
        name = "C2PA" if kind == b"caBX" else kind.decode("latin-1")
        out.append((name, at, at + 12 + length))
        at += 12 + length
        if kind == b"IEND":
            break
    return out
