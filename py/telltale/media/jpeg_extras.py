"""What a JPEG file carries beside its picture: metadata, thumbnails, comments, what follows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from telltale.media import tiff

EXIF = b"Exif\0\0"
XMP = b"http://ns.adobe.com/xap/1.0/\0"
EXTENDED_XMP = b"http://ns.adobe.com/xmp/extension/\0"
ICC = b"ICC_PROFILE\0"
MPF = b"MPF\0"
PHOTOSHOP = b"Photoshop 3.0\0"
JUMBF = b"JP"
#: Comments are kept up to this length and number.
MAX_COMMENT, MAX_COMMENTS = 4096, 20
#: Photoshop resources are kept up to about this size.
MAX_RESOURCES = 1024 * 1024
#: Segments walked in search of a frame header.
MAX_HEADER_SEGMENTS = 5000
#: The longest tail that is searched for a video.
MAX_TAIL_SEARCH = 8 * 1024 * 1024

_SOF = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
#: Magic bytes of what is found after the end of a picture, and the name of each.
_TAILS = (
    (b"\xff\xd8\xff", "jpeg"),
    (b"PK\x03\x04", "zip"),
    (b"Rar!\x1a\x07", "rar"),
    (b"7z\xbc\xaf\x27\x1c", "7z"),
    (b"\x89PNG", "png"),
    (b"GIF8", "gif"),
    (b"%PDF", "pdf"),
    (b"\x1f\x8b", "gzip"),
    (b"<?xml", "xml"),
    (b"<", "html"),
)


class SegmentLike(Protocol):
    """The part of `jpeg.Segment` that is needed here."""

    @property
    def marker(self) -> int: ...
    @property
    def start(self) -> int: ...
    @property
    def stop(self) -> int: ...


@dataclass(frozen=True, slots=True)
class Extras:
    """See the module; `others` names further things and their sizes in bytes."""

    exif: bytes
    xmp: bytes
    icc: bytes
    photoshop: bytes
    comments: tuple[str, ...]
    thumbnails: tuple[dict[str, int], ...]
    trailing_kind: str
    others: tuple[tuple[str, int], ...]


def read(data: bytes, segments: Sequence[SegmentLike], end: int) -> Extras:
    """Collect everything beside the picture of `data`, whose first picture stops at `end`."""
    exif = xmp = photoshop = b""
    icc: dict[int, bytes] = {}
    comments: list[str] = []
    thumbnails: list[dict[str, int]] = []
    others: dict[str, int] = {}
    has_mpf = False
    for s in segments:
        if not (0xE0 <= s.marker <= 0xEF or s.marker == 0xFE):
            continue
        head = data[s.start : min(s.start + 40, s.stop)]
        size = s.stop - s.start
        if s.marker == 0xFE:
            if len(comments) < MAX_COMMENTS:
                text = data[s.start : min(s.stop, s.start + MAX_COMMENT)]
                comments.append(text.decode("utf-8", "replace"))
        elif s.marker == 0xE0 and head.startswith((b"JFIF\0", b"JFXX\0")):
            thumbnails += _jfif_thumbnail(data, s.start, s.stop)
        elif s.marker == 0xE1 and head.startswith(EXIF) and not exif:
            exif = data[s.start + len(EXIF) : s.stop]
            thumbnails += exif_thumbnail(exif, s.start + len(EXIF))
        elif s.marker == 0xE1 and head.startswith(XMP) and not xmp:
            xmp = data[s.start + len(XMP) : s.stop]
        elif s.marker == 0xE1 and head.startswith(EXTENDED_XMP):
            others["extended XMP"] = others.get("extended XMP", 0) + size
        elif s.marker == 0xE2 and head.startswith(ICC) and size > len(ICC) + 2:
            icc.setdefault(head[len(ICC)], data[s.start + len(ICC) + 2 : s.stop])
        elif s.marker == 0xE2 and head.startswith(MPF):
            has_mpf = True
            others["multi-picture index"] = size
        elif s.marker == 0xEB and head.startswith(JUMBF):
            others["JUMBF (content credentials)"] = (
                others.get("JUMBF (content credentials)", 0) + size
            )
        elif s.marker == 0xED and head.startswith(PHOTOSHOP):
            others["Photoshop resources"] = others.get("Photoshop resources", 0) + size
            if len(photoshop) < MAX_RESOURCES:
                photoshop += data[s.start + len(PHOTOSHOP) : s.stop]
    return Extras(
        exif=exif,
        xmp=xmp,
        icc=b"".join(icc[k] for k in sorted(icc)),
        photoshop=photoshop,
        comments=tuple(comments),
        thumbnails=tuple(thumbnails),
        trailing_kind=trailing_kind(data, end, has_mpf),
        others=tuple(others.items()),
    )


def frame_size(data: bytes, start: int, stop: int) -> tuple[int, int] | None:
    """(width, height) of the JPEG at `data[start:stop]`, or None: reads only up to its header."""
    if data[start : start + 2] != b"\xff\xd8":
        return None
    at = start + 2
    for _ in range(MAX_HEADER_SEGMENTS):
        if at + 9 > stop or data[at] != 0xFF:
            return None
        marker = data[at + 1]
        if marker == 0xFF:
            at += 1
            continue
        if marker in _SOF:
            return (data[at + 7] << 8) | data[at + 8], (data[at + 5] << 8) | data[at + 6]
        length = (data[at + 2] << 8) | data[at + 3]
        if length < 2 or marker == 0xDA:
            return None
        at += 2 + length
    return None


def _jfif_thumbnail(data: bytes, start: int, stop: int) -> list[dict[str, int]]:
    """The uncompressed thumbnail of JFIF or the JPEG, palette or RGB one of JFXX (JFIF 1.02)."""
    body = data[start : min(stop, start + 16)]
    if body.startswith(b"JFIF\0"):
        if len(body) >= 14 and body[12] and body[13]:
            size = min(3 * body[12] * body[13], stop - start - 14)
            return [_thumbnail(body[12], body[13], start + 14, size)]
    elif len(body) >= 8:
        if body[5] == 0x10 and (found := frame_size(data, start + 6, stop)):
            return [_thumbnail(*found, start + 6, stop - start - 6)]
        if body[5] in (0x11, 0x13):
            return [_thumbnail(body[6], body[7], start + 8, stop - start - 8)]
    return []


def exif_thumbnail(exif: bytes, base: int) -> list[dict[str, int]]:
    """Where the JPEG of the second directory lies (Exif 2.32, 4.5.5), `exif` being at `base`."""
    directories = tiff.read(exif)
    if not directories or "thumbnail" not in directories:
        return []
    offset = directories["thumbnail"].get(0x0201)
    length = directories["thumbnail"].get(0x0202)
    if not isinstance(offset, int) or not isinstance(length, int) or length <= 0:
        return []
    found = frame_size(exif, offset, min(len(exif), offset + length))
    if not found:
        return []
    return [_thumbnail(*found, base + offset, min(length, len(exif) - offset))]


def _thumbnail(width: int, height: int, offset: int, size: int) -> dict[str, int]:
    return {"width": width, "height": height, "offset": offset, "bytes": max(size, 0)}


def trailing_kind(data: bytes, end: int, has_mpf: bool = False) -> str:
    """What follows the end of the picture: "none", "padding", "jpeg", "mp4", "zip", ... "unknown".

    A second JPEG that a multi-picture index announces (CIPA DC-007) is "mpf"; a video behind it,
    or behind anything else, adds "+mp4" (motion photo).
    """
    if end >= len(data):
        return "none"
    head = data[end : end + 64]
    kind = next((name for magic, name in _TAILS if head.startswith(magic)), "unknown")
    if kind == "jpeg" and has_mpf:
        kind = "mpf"
    elif head[4:8] == b"ftyp":
        return "mp4"
    elif head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        kind = "webp"
    elif not head.strip(b"\0\xff \r\n\t") and _is_padding(data, end):
        return "padding"
    elif kind == "unknown" and head.isascii() and head.decode("ascii").isprintable():
        kind = "text"
    if data.find(b"ftyp", end, end + MAX_TAIL_SEARCH) >= 0:
        return f"{kind}+mp4"
    return kind


def _is_padding(data: bytes, end: int) -> bool:
    return all(
        not data[at : at + 65536].strip(b"\0\xff \r\n\t") for at in range(end, len(data), 65536)
    )
