"""A bounded reader of TIFF directories, the structure that EXIF is stored in (TIFF 6.0).

Pillow's reader loads every value of every entry, so that 64 kB of hostile EXIF costs gigabytes;
this one stops at stated numbers of entries and bytes and never raises.
"""

from __future__ import annotations

import struct
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
    if data[:2] == b"II":
        order = "<"
    elif data[:2] == b"MM":
        order = ">"
    else:
        return {}
    if len(data) < 8:
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


def _directory(data: bytes, at: int, order: str, seen: set[int]) -> tuple[dict[int, Any], int]:
    """The entries of the directory at `at`, and the offset of the next one (0: none)."""
    entries: dict[int, Any] = {}
    if at in seen or not 8 <= at <= len(data) - 2:
        return entries, 0
    seen.add(at)
    (count,) = struct.unpack_from(order + "H", data, at)
    for index in range(min(count, MAX_ENTRIES)):
        entry = at + 2 + 12 * index
        if entry + 12 > len(data):
            return entries, 0
        tag, kind, number = struct.unpack_from(order + "HHI", data, entry)
        if kind not in _TYPES or number == 0 or tag in entries:
            continue
        size = _TYPES[kind][0] * number
        start = entry + 8 if size <= 4 else struct.unpack_from(order + "I", data, entry + 8)[0]
        if start + size <= len(data):
            entries[tag] = _value(data, start, kind, number, order)
    end = at + 2 + 12 * count
    following = struct.unpack_from(order + "I", data, end)[0] if end + 4 <= len(data) else 0
    return entries, following


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
