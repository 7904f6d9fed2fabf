"""IPTC-IIM captions inside Photoshop image resources (IIM 4.2; Adobe file formats, 2019)."""

from __future__ import annotations

import struct

#: Data sets kept and bytes kept of each.
MAX_SETS, MAX_TEXT = 60, 4096

_NAMES = {
    3: "object type", 5: "title", 7: "edit status", 10: "urgency", 12: "subject reference",
    15: "category", 20: "supplemental categories", 22: "fixture identifier", 25: "keywords",
    26: "content location code", 27: "content location name", 30: "release date",
    35: "release time", 37: "expiration date", 38: "expiration time",
    40: "special instructions", 55: "date created",
    60: "time created", 62: "digital creation date", 63: "digital creation time",
    65: "originating program", 70: "program version", 75: "object cycle", 80: "by-line",
    85: "by-line title", 90: "city", 92: "sublocation", 95: "province or state",
    100: "country code", 101: "country", 103: "original transmission reference",
    105: "headline", 110: "credit", 115: "source", 116: "copyright notice", 118: "contact",
    120: "caption", 122: "caption writer", 131: "image orientation", 135: "language",
}  # fmt: skip
#: Envelope record, data set 90: the escape sequence that announces UTF-8 (IIM 4.2, 1:90).
_UTF_8 = b"\x1b%G"


def read(resources: bytes) -> dict[str, str]:
    """Names of record 2 and their text; repeated ones are joined by "; ". Never raises."""
    found: dict[str, str] = {}
    at = 0
    while at + 12 <= len(resources) and resources[at : at + 4] == b"8BIM":
        (kind,) = struct.unpack_from(">H", resources, at + 4)
        at += 6 + (resources[at + 6] + 2) // 2 * 2
        if at + 4 > len(resources):
            break
        (size,) = struct.unpack_from(">I", resources, at)
        if kind == 0x0404:
            _data_sets(resources[at + 4 : at + 4 + size], found)
        at += 4 + (size + 1) // 2 * 2
    return found


def _data_sets(body: bytes, found: dict[str, str]) -> None:
    at, utf8 = 0, False
    for _ in range(MAX_SETS):
        if at + 5 > len(body) or body[at] != 0x1C:
            return
        record, number, length = struct.unpack_from(">BBH", body, at + 1)
        raw = body[at + 5 : at + 5 + min(length, MAX_TEXT)]
        at += 5 + length
        if (record, number) == (1, 90):
            utf8 = raw.startswith(_UTF_8)
        elif record == 2 and number in _NAMES:
            text = _decoded(raw, utf8)
            name = _NAMES[number]
            found[name] = f"{found[name]}; {text}"[:MAX_TEXT] if name in found else text


def _decoded(raw: bytes, utf8: bool) -> str:
    """Text as announced; without that, UTF-8 where it is that, else Windows-1252 as most wrote."""
    try:
        return raw.decode("utf-8", "replace" if utf8 else "strict")
    except UnicodeDecodeError:
        return raw.decode("cp1252", "replace")
