"""WebM and Matroska: the EBML elements (RFC 8794, RFC 9559), and the blocks they hold."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from telltale.media.bytesource import ByteSource
from telltale.media.container import Samples, Structure
from telltale.media.picturetypes import kinds, left_by_encoder, unpack_floats

_SEGMENT, _INFO, _TRACKS, _CLUSTER = 0x18538067, 0x1549A966, 0x1654AE6B, 0x1F43B675
_NAMES = {
    0x114D9B74: "SeekHead", _INFO: "Info", _TRACKS: "Tracks", _CLUSTER: "Cluster",
    0x1C53BB6B: "Cues", 0x1254C367: "Tags", 0x1941A469: "Attachments", 0x1043A770: "Chapters",
    0xEC: "Void", 0xBF: "CRC-32",
}  # fmt: skip
_CODECS = {"V_MPEG4/ISO/AVC": b"avc1", "V_MPEG4/ISO/ASP": b"mp4v"}
_MOST_ELEMENTS = 400_000
_MOST_SMALL = 4 * 2**20


def read(source: ByteSource) -> Structure:
    """The outline and the blocks of the first video track; damage is told in notes."""
    notes: list[str] = []
    order: list[str] = []
    facts: dict[str, str | int | float] = {}
    encoders: list[tuple[str, str]] = []
    container, video, scale, codec = "Matroska", 0, 1_000_000, ""
    blocks: list[tuple[int, int, int, bool]] = []
    budget = iter(range(_MOST_ELEMENTS))
    try:
        for kind, start, end in _elements(source, 0, source.size, budget):
            if kind == 0x1A45DFA3:
                doc = dict(_small(source, start, end)).get(0x4282, b"")
                container = "WebM" if doc.startswith(b"webm") else "Matroska"
            if kind != _SEGMENT:
                continue
            if end > source.size:
                notes.append(f"The file is cut off: {end - source.size:,} bytes are missing.")
            for child, a, b in _elements(source, start, min(end, source.size), budget):
                name = _NAMES.get(child, f"{child:X}")
                if not order or order[-1] != name:
                    order.append(name)
                if child == _INFO:
                    info = dict(_small(source, a, b))
                    scale = int.from_bytes(info.get(0x2AD7B1, b"\x0f\x42\x40"), "big")
                    facts["duration_s"] = round(
                        unpack_floats(info.get(0x4489, b"")) * scale / 1e9, 3
                    )
                    for key, where in ((0x4D80, "MuxingApp"), (0x5741, "WritingApp")):
                        if key in info:
                            encoders.append((where, info[key].decode("utf-8", "replace")[:120]))
                elif child == _TRACKS:
                    video, codec = _video_track(source, a, b)
                    facts["codec_id"] = codec
                elif child == _CLUSTER and video:
                    blocks += _blocks(source, a, b, video, budget)
    except (ValueError, IndexError, StopIteration) as error:
        notes.append(f"The file's structure is damaged ({type(error).__name__}).")
    samples = None
    if blocks:
        rows = np.array(blocks, np.int64)
        starts = rows[:, 3] > 0
        entry = b"avcC\x01\0\0\0\xff"  # Matroska's usual four bytes of length
        found = kinds(source, _CODECS.get(codec, b""), entry, rows[:, 1], rows[:, 2], starts)
        samples = Samples(rows[:, 1], rows[:, 2], rows[:, 0] * scale / 1e9, starts, found)
        encoders += left_by_encoder(source, rows[:, 1], rows[:, 2])
    return Structure(
        container,
        tuple(order[:200]),
        tuple(dict.fromkeys(encoders)),
        (),
        samples,
        facts,
        tuple(notes),
    )


def _number(data: bytes, at: int, keep_marker: bool) -> tuple[int, int]:
    """A variable-length number at `at`: its value and length; raises IndexError, ValueError."""
    first = data[at]
    length = 9 - first.bit_length()
    if length > 8 or at + length > len(data):
        raise ValueError("bad number")
    value = int.from_bytes(data[at : at + length], "big")
    if not keep_marker:
        value &= (1 << (7 * length)) - 1
        if value == (1 << (7 * length)) - 1:
            value = -1  # unknown size
    return value, length


def _elements(
    source: ByteSource, at: int, end: int, budget: Iterator[int]
) -> Iterator[tuple[int, int, int]]:
    """Elements side by side: id, and where the content begins and ends."""
    while at < end and next(budget, None) is not None:
        head = source.read(at, 12)
        if len(head) < 2:
            return
        kind, a = _number(head, 0, True)
        size, b = _number(head, a, False)
        start = at + a + b
        stop = end if size < 0 else start + size
        yield kind, start, stop
        at = stop


def _small(source: ByteSource, start: int, end: int) -> Iterator[tuple[int, bytes]]:
    """The elements of a small one with their contents."""
    yield from _inside(source.read(start, min(end - start, _MOST_SMALL)))


def _video_track(source: ByteSource, start: int, end: int) -> tuple[int, str]:
    for kind, body in _small(source, start, end):
        if kind != 0xAE:
            continue
        entry = dict(_inside(body))
        if entry.get(0x83, b"") == b"\x01":
            number = int.from_bytes(entry.get(0xD7, b""), "big")
            return number, entry.get(0x86, b"").rstrip(b"\0").decode("ascii", "replace")
    return 0, ""


def _inside(data: bytes) -> Iterator[tuple[int, bytes]]:
    at = 0
    while at < len(data):
        kind, a = _number(data, at, True)
        size, b = _number(data, at + a, False)
        at += a + b
        yield kind, data[at : at + size]
        at += max(size, 0)


def _blocks(
    source: ByteSource, start: int, end: int, video: int, budget: Iterator[int]
) -> list[tuple[int, int, int, bool]]:
    """Blocks of the video track in a cluster: time in ticks, offset, size, key."""
    base, found = 0, []
    for kind, a, b in _elements(source, start, min(end, source.size), budget):
        if kind == 0xE7:
            base = int.from_bytes(source.read(a, b - a), "big")
        elif kind == 0xA3:
            found += _block(source, a, b, base, video, None)
        elif kind == 0xA0:
            inside = list(_elements(source, a, b, budget))
            key = all(kind != 0xFB for kind, _, _ in inside)
            for block, x, y in inside:
                if block == 0xA1:
                    found += _block(source, x, y, base, video, key)
    return found


def _block(
    source: ByteSource, a: int, b: int, base: int, video: int, key: bool | None
) -> list[tuple[int, int, int, bool]]:
    head = source.read(a, 12)
    number, length = _number(head, 0, False)
    if number != video:
        return []
    time = base + int.from_bytes(head[length : length + 2], "big", signed=True)
    flags = head[length + 2]
    start = a + length + 3
    return [(time, start, b - start, bool(flags & 0x80) if key is None else key)]
