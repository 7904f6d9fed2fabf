"""A bounded reader of JUMBF boxes (ISO/IEC 19566-5), the frame of a C2PA manifest store."""

from __future__ import annotations

import struct
from dataclasses import dataclass, field

from telltale.detectors.provenance.c2pa.errors import Malformed

#: Nesting of superboxes, and boxes altogether.
MAX_DEPTH, MAX_BOXES = 8, 5_000
MAX_LABEL = 500

_LABEL, _ID, _HASH, _PRIVATE = 0x02, 0x04, 0x08, 0x10


@dataclass(frozen=True, slots=True)
class Box:
    """A box; a superbox (`kind` b"jumb") also has a type, a label and children.

    Attributes
    ----------
    content
        The payload without the box header: what C2PA hashes.
    uuid
        The content type of a superbox, 16 bytes; its first four are letters in C2PA.
    children
        The boxes behind the description box.
    """

    kind: bytes
    content: bytes = field(repr=False)
    uuid: bytes = b""
    label: str = ""
    children: tuple[Box, ...] = ()

    def child(self, label: str) -> Box | None:
        """The child superbox of this label."""
        return next((b for b in self.children if b.kind == b"jumb" and b.label == label), None)

    def first(self, kind: bytes) -> bytes | None:
        """The payload of the first child of this kind."""
        return next((b.content for b in self.children if b.kind == kind), None)


def parse(data: bytes) -> Box:
    """The superbox that `data` consists of; raises `Malformed`."""
    budget = [MAX_BOXES]
    boxes = _boxes(data, 0, budget, padded=True)
    if not boxes or boxes[0].kind != b"jumb":
        raise Malformed("the JUMBF data does not begin with a superbox")
    return boxes[0]


def _boxes(data: bytes, depth: int, budget: list[int], padded: bool = False) -> list[Box]:
    if depth > MAX_DEPTH:
        raise Malformed(f"JUMBF boxes are nested deeper than {MAX_DEPTH} levels")
    out: list[Box] = []
    at = 0
    while at < len(data):
        if padded and out:
            break
        budget[0] -= 1
        if budget[0] < 0:
            raise Malformed(f"there are more than {MAX_BOXES:,} JUMBF boxes")
        start, stop, kind = header(data, at)
        content = data[start:stop]
        out.append(_superbox(content, depth, budget) if kind == b"jumb" else Box(kind, content))
        at = stop
    return out


def header(data: bytes, at: int = 0) -> tuple[int, int, bytes]:
    """Where the payload of the box at `at` starts and stops, and the box type."""
    if at + 8 > len(data):
        raise Malformed("a JUMBF box header is cut off")
    size, kind = struct.unpack_from(">I4s", data, at)
    start = at + 8
    if size == 1:
        if at + 16 > len(data):
            raise Malformed("a JUMBF box header is cut off")
        (size,) = struct.unpack_from(">Q", data, start)
        start += 8
    elif size == 0:
        size = len(data) - at
    stop = at + size
    if stop < start or stop > len(data):
        name = kind.decode("latin-1")
        raise Malformed(f"JUMBF box {name!r} announces {size:,} bytes where {len(data) - at:,} are")
    return start, stop, kind


def _superbox(content: bytes, depth: int, budget: list[int]) -> Box:
    start, stop, kind = header(content)
    if kind != b"jumd":
        raise Malformed("a JUMBF superbox has no description")
    body = content[start:stop]
    if len(body) < 17:
        raise Malformed("a JUMBF description is too short")
    label = ""
    if body[16] & _LABEL:
        raw, ended, _ = body[17:].partition(b"\0")
        if not ended or len(raw) > MAX_LABEL:
            raise Malformed("a JUMBF label does not end")
        label = raw.decode("utf-8", "replace")
    children = _boxes(content[stop:], depth + 1, budget)
    return Box(b"jumb", content, body[:16], label, tuple(children))
