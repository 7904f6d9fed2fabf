"""The name and header of an ICC profile (ICC.1:2022), read with bounds; nothing is converted."""

from __future__ import annotations

import struct

#: Tags looked through, bytes of a name.
MAX_TAGS, MAX_NAME = 100, 256


def read(profile: bytes) -> dict[str, str | int] | None:
    """Name, version, class and colour space of a profile; None when there is none.

    The name is empty when the profile is damaged or has none. Never raises.
    """
    if not profile:
        return None
    facts: dict[str, str | int] = {"description": description(profile), "bytes": len(profile)}
    if len(profile) >= 128:
        facts["version"] = f"{profile[8]}.{profile[9] >> 4}"
        facts["class"] = _latin(profile[12:16])
        facts["colour space"] = _latin(profile[16:20])
        facts["creator"] = _latin(profile[80:84])
    return facts


def description(profile: bytes) -> str:
    """The text of the profile's description tag (9.2.41), or an empty string."""
    if len(profile) < 132:
        return ""
    (count,) = struct.unpack_from(">I", profile, 128)
    for index in range(min(count, MAX_TAGS)):
        at = 132 + 12 * index
        if at + 12 > len(profile):
            return ""
        name, offset, size = struct.unpack_from(">4sII", profile, at)
        if name == b"desc":
            return _text(profile[offset : offset + min(size, 65536)])
    return ""


def _text(tag: bytes) -> str:
    if tag[:4] == b"desc" and len(tag) >= 12:  # version 2: textDescriptionType
        (length,) = struct.unpack_from(">I", tag, 8)
        return _latin(tag[12 : 12 + min(length, MAX_NAME)])
    if tag[:4] == b"mluc" and len(tag) >= 28:  # version 4: multiLocalizedUnicodeType
        length, offset = struct.unpack_from(">II", tag, 20)
        body = tag[offset : offset + min(length, MAX_NAME) // 2 * 2]
        return body.decode("utf-16-be", "replace").strip("\0 ")
    return ""


def _latin(raw: bytes) -> str:
    return raw.split(b"\0", 1)[0].decode("latin-1").strip()
