"""HEIF and AVIF: the items of ISO/IEC 23008-12, read without decoding a pixel.

Neither runtime decodes these pictures, so that a person is told what their container says: size,
camera, dates, programs, and what is unusual in it.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass

from telltale.media import metadata
from telltale.media.boxes import children, outermost, word
from telltale.media.boxes_unusual import MAX_FOUND, unusual
from telltale.media.bytesource import of_bytes
from telltale.media.header import Header

#: Items and extents read at the most: a 48-megapixel picture of a phone has about 60 items.
MAX_ITEMS, MAX_EXTENTS = 10_000, 40_000
#: The largest metadata item that is read.
MAX_METADATA = 16 * 1024 * 1024
#: Types of items that a standard or a common camera knows.
KNOWN_ITEMS = frozenset(
    (
        "hvc1", "hev1", "lhv1", "hvt1", "avc1", "av01", "vvc1", "jpeg", "j2k1", "unci", "mski",
        "grid", "iovl", "iden", "tmap", "sato", "Exif", "mime", "uri ", "infe", "jumb", "tili",
    )
)  # fmt: skip
_CODED = ("hvc1", "hev1", "av01", "avc1", "vvc1", "jpeg", "j2k1", "unci", "grid", "iovl", "iden")
_XMP = b"application/rdf+xml"


@dataclass(frozen=True, slots=True)
class Item:
    """An item: number, type, content type of `mime`, whether hidden, and its (offset, length)."""

    id: int
    kind: str
    content: bytes = b""
    hidden: bool = False
    extents: tuple[tuple[int, int], ...] = ()


@dataclass(frozen=True, slots=True)
class Contents:
    """What a HEIF or AVIF file holds.

    Attributes
    ----------
    width, height
        Of the primary item before turning, 0 where the file does not say.
    exif, xmp, icc
        The raw TIFF structure, packet and profile, empty where there is none.
    unusual
        Sentences, as those of `telltale.detectors.provenance.anomalies`.
    """

    brand: str
    width: int
    height: int
    items: tuple[Item, ...]
    exif: bytes
    xmp: bytes
    icc: bytes
    unusual: tuple[str, ...]


def read(data: bytes) -> Contents:
    """The contents of a file that begins with a `ftyp` box; damage is told in `unusual`."""
    source, found = of_bytes(data), list[str]()
    boxes = list(outermost(source, found))
    brand = word(data[8:12])
    meta = next((b for b in boxes if b.kind == b"meta"), None)
    try:
        # a full box: four bytes of version and flags stand before what it holds
        placed = dict(reversed([*_placed(data, meta.start + 4, meta.end)])) if meta else {}
        inside = {kind: data[start:end] for kind, (start, end) in placed.items()}
        items = _items(inside, placed.get(b"idat", (-1, -1))[0])
        width, height, icc = _properties(inside)
    except (struct.error, IndexError, ValueError, OverflowError) as error:
        found.append(f"The list of contents is damaged ({type(error).__name__}).")
        return Contents(brand, 0, 0, (), b"", b"", b"", tuple(found))
    exif = next((i for i in items if i.kind == "Exif"), None)
    packet = next((i for i in items if i.kind == "mime" and i.content == _XMP), None)
    animated = any(b.kind == b"moov" for b in boxes)
    covered = None if animated or not items else _covered(items, len(data))
    found += unusual(source, boxes, covered)
    found += _odd_items(items, len(data))
    return Contents(
        brand,
        width,
        height,
        items,
        _tiff(_bytes(data, exif)),
        _bytes(data, packet),
        icc,
        tuple(found[:MAX_FOUND]),
    )


def told(data: bytes) -> str:
    """Sentences on what the file says of itself and what is unusual in it; empty for nothing."""
    contents = read(data)
    header = Header(
        format="HEIF",
        mime="image/heif",
        width=contents.width,
        height=contents.height,
        bits=8,
        colour="YCbCr",
        codec=b"",
        exif=contents.exif,
        xmp=contents.xmp,
        icc=contents.icc,
    )
    summary = metadata.read(header).get("summary", {})
    said = []
    if contents.width and contents.height:
        said.append(f"Its container says: {contents.width} x {contents.height} pixels.")
    for name, what in (
        ("camera", "Camera"),
        ("date", "Date"),
        ("software", "Program"),
        ("digital_source_type", "Source type"),
    ):
        if value := summary.get(name):
            said.append(f"{what}: {metadata.inert(str(value), 80)}.")
    if "latitude" in summary:
        said.append(f"Place: {summary['latitude']:.5f}, {summary['longitude']:.5f}.")
    return " ".join((*said, *contents.unusual))


def _placed(data: bytes, start: int, end: int) -> Iterator[tuple[bytes, tuple[int, int]]]:
    """The boxes side by side in `data[start:end]`: type, and where the content lies."""
    at = start
    while at + 8 <= end:
        size, kind = struct.unpack_from(">I4s", data, at)
        size = size or end - at
        if size < 8 or at + size > end:
            return
        yield kind, (at + 8, at + size)
        at += size


def _items(inside: dict[bytes, bytes], idat: int) -> tuple[Item, ...]:
    """The entries of `iinf` with the places that `iloc` gives; `idat` is where that begins."""
    places = dict(_places(inside.get(b"iloc", b""), idat))
    body = inside.get(b"iinf", b"")
    if len(body) < 6:
        return ()
    out: list[Item] = []
    for kind, entry in children(body[6 if body[0] == 0 else 8 :]):
        if kind != b"infe" or len(entry) < 12 or entry[0] < 2:
            continue
        if len(out) >= MAX_ITEMS:
            raise ValueError("too many items")
        wide = entry[0] >= 3
        (id_,) = struct.unpack_from(">I" if wide else ">H", entry, 4)
        at = 4 + (4 if wide else 2) + 2
        # behind the type: the item's name, then the content type of `mime`
        content = entry[at + 4 :].partition(b"\0")[2].partition(b"\0")[0]
        typed = word(entry[at : at + 4])
        out.append(Item(id_, typed, content, bool(entry[3] & 1), places.get(id_, ())))
    return tuple(out)


def _places(body: bytes, idat: int) -> Iterator[tuple[int, tuple[tuple[int, int], ...]]]:
    """Item and extents of `iloc` (ISO/IEC 14496-12, 8.11.3), as places in the file."""
    if len(body) < 8:
        return
    version = body[0]
    sizes = body[4] >> 4, body[4] & 15, body[5] >> 4, body[5] & 15 if version else 0
    at = 6
    (count,) = struct.unpack_from(">I" if version == 2 else ">H", body, at)
    at += 4 if version == 2 else 2
    total = 0
    for _ in range(min(count, MAX_ITEMS)):
        (id_,) = struct.unpack_from(">I" if version == 2 else ">H", body, at)
        at += 4 if version == 2 else 2
        method = 0
        if version:
            method = body[at + 1] & 15
            at += 2
        at += 2  # the data reference
        base, at = _number(body, at, sizes[2])
        (extents,) = struct.unpack_from(">H", body, at)
        at += 2
        total += extents
        if total > MAX_EXTENTS:
            raise ValueError("too many extents")
        found = []
        for _ in range(extents):
            at += sizes[3]
            offset, at = _number(body, at, sizes[0])
            length, at = _number(body, at, sizes[1])
            if method == 0:
                found.append((base + offset, length))
            elif method == 1 and idat >= 0:
                found.append((idat + base + offset, length))
        yield id_, tuple(found)


def _number(body: bytes, at: int, size: int) -> tuple[int, int]:
    """A big-endian number of 0, 4 or 8 bytes and the offset behind it."""
    if at + size > len(body):
        raise ValueError("cut off")
    return int.from_bytes(body[at : at + size], "big"), at + size


def _properties(inside: dict[bytes, bytes]) -> tuple[int, int, bytes]:
    """Width, height and ICC profile of the primary item (`pitm`, `ipco`, `ipma`)."""
    if b"pitm" not in inside or b"iprp" not in inside:
        return 0, 0, b""
    pitm = inside[b"pitm"]
    (primary,) = struct.unpack_from(">I" if pitm[0] else ">H", pitm, 4)
    parts = dict(reversed([*children(inside[b"iprp"])]))
    listed = list(children(parts.get(b"ipco", b"")))[:MAX_ITEMS]
    width = height = 0
    icc = b""
    for index in _associated(parts.get(b"ipma", b""), primary):
        if not 1 <= index <= len(listed):
            continue
        kind, body = listed[index - 1]
        if kind == b"ispe" and len(body) >= 12:
            width, height = struct.unpack_from(">II", body, 4)
        elif kind == b"colr" and body[:4] in (b"prof", b"rICC"):
            icc = body[4:]
    return width, height, icc


def _associated(body: bytes, wanted: int) -> list[int]:
    """Numbers of the properties of an item, from 1."""
    if len(body) < 8:
        return []
    version, wide = body[0], body[3] & 1
    (count,) = struct.unpack_from(">I", body, 4)
    at = 8
    for _ in range(min(count, MAX_ITEMS)):
        (id_,) = struct.unpack_from(">I" if version else ">H", body, at)
        at += 4 if version else 2
        number = body[at]
        at += 1
        step = 2 if wide else 1
        if id_ == wanted:
            mask = 0x7FFF if wide else 0x7F
            return [
                int.from_bytes(body[at + step * k : at + step * (k + 1)], "big") & mask
                for k in range(number)
            ]
        at += step * number
    return []


def _bytes(data: bytes, item: Item | None) -> bytes:
    if item is None or sum(length for _, length in item.extents) > MAX_METADATA:
        return b""
    return b"".join(data[at : at + length] for at, length in item.extents)


def _tiff(exif: bytes) -> bytes:
    """The TIFF structure of an `Exif` item, whose first four bytes say where it begins."""
    if len(exif) < 8:
        return b""
    (skip,) = struct.unpack_from(">I", exif)
    body = exif[4 + skip :] if skip < len(exif) else exif[4:]
    return body.removeprefix(b"Exif\0\0")


def _covered(items: tuple[Item, ...], size: int) -> int:
    """Bytes of the file that extents name, each once."""
    covered, end = 0, 0
    for at, length in sorted(extent for item in items for extent in item.extents):
        stop = min(at + length, size)
        covered += max(0, stop - max(at, end))
        end = max(end, stop)
    return covered


def _odd_items(items: tuple[Item, ...], size: int) -> Iterator[str]:
    unknown = sorted({i.kind for i in items} - KNOWN_ITEMS)
    if unknown:
        yield f"Items of no known type are in the file: {', '.join(unknown[:5])}."
    beyond = sum(at + length > size for i in items for at, length in i.extents)
    if beyond:
        yield (
            f"{beyond} parts lie beyond the end of the file: it is cut off or was put together "
            "wrongly."
        )
    if sum(i.kind == "Exif" for i in items) > 1:
        yield "The file holds EXIF more than once. Readers differ in which one they show."
    if items and not any(i.kind in _CODED for i in items):
        yield "The file lists no picture."
