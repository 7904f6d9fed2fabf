"""A bounded reader of TIFF directories, the structure that EXIF is stored in (TIFF 6.0).

Pillow's reader loads every value of every entry, so that 64 kB of hostile EXIF costs gigabytes;
this one stops at stated numbers of entries and bytes and never raises.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import Any

#: Entries read of one directory, bytes of text kept of one value, numbers kept of one value.
MAX_ENTRIES, MAX_TEXT, MAX_NUMBERS = 400, 4096, 64

#: Type code -> (size in bytes, struct character).
_TYPES = {
    1: (1, "B"), 2: (1, "s"), 3: (2, "H"), 4: (4, "I"), 5: (8, "II"), 6: (1, "b"), 7: (1, "s"),
    8: (2, "h"), 9: (4, "i"), 10: (8, "ii"), 11: (4, "f"), 12: (8, "d"), 13: (4, "I"),
}  # fmt: skip
#: Tags that point to a further directory, and its name.
_POINTERS = {0x8769: "exif", 0x8825: "gps", 0xA005: "interoperability"}


def read(data: bytes) -> dict[str, dict[int, Any]]:
    """The directories "image", "thumbnail", "exif", "gps", "interoperability" that are there.

    Each maps tag numbers to int, float, str, memoryview (bytes) or a list of numbers; rationals
    are floats (None for a zero denominator). Entries that point outside the data are left out.
    Each directory is read once at most, so that loops end.
    """
    order = order_of(data)
    if order is None or len(data) < 8:
        return {}
    found: dict[str, dict[int, Any]] = {}
    seen: set[int] = set()
    (first,) = struct.unpack_from(order + "I", data, 4)
    found["image"], following = _directory(data, first, order, seen)
    if following:
        found["thumbnail"], _ = _directory(data, following, order, seen)
    for parent in ("image", "exif"):
        for tag, name in _POINTERS.items():
            offset = found.get(parent, {}).get(tag)
            if isinstance(offset, int) and name not in found:
                found[name], _ = _directory(data, offset, order, seen)
    return {name: entries for name, entries in found.items() if entries}


def order_of(mark: bytes) -> str | None:
    """ "<" or ">" of the two letters with which a structure begins; None where it is neither."""
    return {b"II": "<", b"MM": ">"}.get(bytes(mark[:2]))


def directory(data: bytes, at: int, order: str, shift: int = 0) -> dict[int, Any]:
    """The entries of the one directory at `at`, whose offsets count from `shift` in `data`.

    Bounded as in `read`, and empty where no directory is. Never raises.
    """
    entries: dict[int, Any] = {}
    for tag, kind, number, start in _entries(data, at, order, shift):
        if tag not in entries:
            entries[tag] = _value(data, start, kind, number, order)
    return entries


def place(data: bytes, at: int, order: str, tag: int) -> tuple[int, int] | None:
    """Offset and bytes of the value of `tag` in the directory at `at`; None where it is not."""
    for found, kind, number, start in _entries(data, at, order):
        if found == tag:
            return start, _TYPES[kind][0] * number
    return None


def _directory(data: bytes, at: int, order: str, seen: set[int]) -> tuple[dict[int, Any], int]:
    """The entries of the directory at `at`, and the offset of the next one (0: none)."""
    if at in seen or not 8 <= at <= len(data) - 2:
        return {}, 0
    seen.add(at)
    (count,) = struct.unpack_from(order + "H", data, at)
    end = at + 2 + 12 * count
    following = struct.unpack_from(order + "I", data, end)[0] if end + 4 <= len(data) else 0
    return directory(data, at, order), following


def _entries(
    data: bytes, at: int, order: str, shift: int = 0
) -> Iterator[tuple[int, int, int, int]]:
    """Tag, type, number of values and the offset of the first of each entry that fits."""
    if not 0 <= at <= len(data) - 2:
        return
    (count,) = struct.unpack_from(order + "H", data, at)
    for entry in range(at + 2, at + 2 + 12 * min(count, MAX_ENTRIES), 12):
        if entry + 12 > len(data):
            return
        tag, kind, number = struct.unpack_from(order + "HHI", data, entry)
        if kind not in _TYPES or number == 0:
            continue
        size = _TYPES[kind][0] * number
        start = entry + 8
        if size > 4:
            start = struct.unpack_from(order + "I", data, entry + 8)[0] + shift
        if 0 <= start <= len(data) - size:
            yield tag, kind, number, start


def _value(data: bytes, start: int, kind: int, number: int, order: str) -> Any:
    if kind == 2:
        text = data[start : start + min(number, MAX_TEXT)].split(b"\0", 1)[0]
        try:
            return text.decode("utf-8").strip()
        except UnicodeDecodeError:  # ASCII is what TIFF allows; cameras write Latin-1 too
            return text.decode("latin-1").strip()
    if kind == 7 or (kind == 1 and number > 4):
        return memoryview(data)[start : start + number]  # no copy: many entries may share bytes
    number = min(number, MAX_NUMBERS)
    code = _TYPES[kind][1]
    values: list[Any] = list(struct.unpack_from(order + code * number, data, start))
    if kind in (5, 10):
        values = [
            round(n / d, 9) if d else None for n, d in zip(values[::2], values[1::2], strict=True)
        ]
    return values[0] if number == 1 else values
