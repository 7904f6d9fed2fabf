"""What a file really is, from its first bytes, whatever its name says."""

from __future__ import annotations

import re

from telltale.media.model import MediaError

#: Formats that are examined: their magic bytes, usual extensions and media type.
READABLE = {
    "JPEG": (b"\xff\xd8\xff", ("jpg", "jpeg", "jpe", "jfif", "mpo", "insp")),
    "PNG": (b"\x89PNG\r\n\x1a\n", ("png", "apng")),
    "WebP": (b"RIFF", ("webp",)),
    "GIF": (b"GIF8", ("gif",)),
    "BMP": (b"BM", ("bmp", "dib")),
}
_EXTENSIONS = {e: name for name, (_, extensions) in READABLE.items() for e in extensions}

_CONVERT = "Save it as PNG or JPEG to examine it; that loses some of the traces of the original."
_VIDEO = "video"
#: Formats that are recognised and refused: (offset, magic, what it is).
_REFUSED = (
    (0, b"II*\0", "a TIFF picture or camera raw file"),
    (0, b"MM\0*", "a TIFF picture or camera raw file"),
    (0, b"II+\0", "a BigTIFF picture"),
    (0, b"MM\0+", "a BigTIFF picture"),
    (0, b"IIU\0", "a Panasonic raw file"),
    (0, b"IIRO", "an Olympus raw file"),
    (0, b"FUJIFILMCCD-RAW", "a Fujifilm raw file"),
    (0, b"\xff\x0a", "a JPEG XL picture"),
    (0, b"\0\0\0\x0cJXL ", "a JPEG XL picture"),
    (0, b"\0\0\0\x0cjP  ", "a JPEG 2000 picture"),
    (0, b"\xff\x4f\xff\x51", "a JPEG 2000 picture"),
    (0, b"8BPS", "a Photoshop document"),
    (0, b"gimp xcf", "a GIMP document"),
    (0, b"\0\0\1\0", "a Windows icon"),
    (0, b"\x76\x2f\x31\x01", "an OpenEXR picture"),
    (0, b"#?RADIANCE", "a Radiance HDR picture"),
    (0, b"DDS ", "a DDS texture"),
    (0, b"qoif", "a QOI picture"),
    (0, b"%PDF", "a PDF document"),
    (0, b"%!PS", "a PostScript document"),
    (0, b"\x1aE\xdf\xa3", _VIDEO),
    (0, b"FLV\1", _VIDEO),
    (0, b"\0\0\1\xba", _VIDEO),
    (0, b"\0\0\1\xb3", _VIDEO),
    (0, b"0&\xb2u\x8ef\xcf\x11", _VIDEO),
    (0, b"ID3", "a sound file"),
    (0, b"OggS", "an Ogg sound or video file"),
    (0, b"fLaC", "a sound file"),
    (0, b"PK\x03\x04", "a ZIP archive (or an office document)"),
    (0, b"\x1f\x8b", "a gzip archive"),
    (0, b"Rar!", "a RAR archive"),
    (0, b"7z\xbc\xaf", "a 7-Zip archive"),
    (0, b"MZ", "a Windows program"),
    (0, b"\x7fELF", "a Linux program"),
    (0, b"SQLite format 3\0", "an SQLite database"),
    (0, b"\xd0\xcf\x11\xe0", "an old office document"),
)
_RIFF = {b"AVI ": _VIDEO, b"WAVE": "a sound file"}
#: Brands of ISO base media files (ISO/IEC 14496-12) that are pictures.
_BRANDS = {
    b"avif": "an AVIF picture", b"avis": "an AVIF animation", b"heic": "a HEIC picture",
    b"heix": "a HEIC picture", b"heim": "a HEIC picture", b"heis": "a HEIC picture",
    b"hevc": "a HEIC animation", b"hevx": "a HEIC animation", b"mif1": "a HEIF picture",
    b"msf1": "a HEIF animation", b"crx ": "a Canon raw file",
}  # fmt: skip
_GENERAL_BRANDS = (b"mif1", b"msf1")
_AUDIO_BRANDS = (b"M4A ", b"M4B ")
_SCRIPT = re.compile(rb"<!doctype html|<html|<head|<body|<script|<title", re.IGNORECASE)


def sniff(data: bytes) -> str:
    """The name in `READABLE` of the format of `data`, or `MediaError` saying what it is instead."""
    if not data:
        raise MediaError("empty", "The file is empty (0 bytes).")
    head = data[:1024]
    for name, (magic, _) in READABLE.items():
        if head.startswith(magic) and (name != "WebP" or head[8:12] == b"WEBP"):
            return name
    if len(data) < 12:
        for name, (magic, _) in READABLE.items():
            if magic.startswith(head) or (name == "WebP" and head.startswith(magic)):
                raise MediaError(
                    "truncated",
                    f"The file is only {_bytes(len(data))} long: at most the first bytes of a "
                    f"{name} file. Get the complete file.",
                )
        raise MediaError("not_a_picture", f"The file is only {_bytes(len(data))} long: no picture.")
    raise _refusal(data, head)


def extension_note(name: str, format: str) -> str | None:
    """A sentence when the extension of `name` belongs to another format."""
    stem, dot, extension = name.rpartition(".")
    extension = extension.lower()
    if not dot or not stem or extension in READABLE[format][1] or not extension.isalnum():
        return None
    return (
        f"The name ends in .{extension[:12]}, but this is a {format} file; it was read as {format}."
    )


def _bytes(count: int) -> str:
    return "1 byte" if count == 1 else f"{count} bytes"


def _refusal(data: bytes, head: bytes) -> MediaError:
    """The reason why a file of another kind is not examined."""
    if head[4:8] == b"ftyp":
        return _iso_media(head)
    if head[:4] == b"RIFF" and head[8:12] in _RIFF:
        return _not_examined(_RIFF[head[8:12]])
    for offset, magic, what in _REFUSED:
        if head[offset : offset + len(magic)] == magic:
            return _not_examined(what)
    if head[0] == 0x47 and data[188:189] == b"\x47":
        return _not_examined(_VIDEO)
    text = head.lstrip(b"\xef\xbb\xbf\xff\xfe \t\r\n").replace(b"\0", b"")
    if _is_svg(text):
        return MediaError(
            "unsupported_format",
            "This is an SVG drawing, not a photograph: it has no pixels to examine.",
        )
    if _SCRIPT.search(text):
        return MediaError("not_a_picture", "This is an HTML page, not a picture.")
    if text.startswith(b"<"):
        return MediaError("not_a_picture", "This is an XML document, not a picture.")
    if not head.strip(b"\0"):
        return MediaError(
            "not_a_picture", "The file begins with nothing but zero bytes: no picture."
        )
    if _is_text(data[:1024]):
        return MediaError("not_a_picture", "This is a text file, not a picture.")
    return MediaError(
        "not_a_picture",
        "This file is not a picture of a known kind (JPEG, PNG, WebP, GIF and BMP are examined).",
    )


def _is_svg(text: bytes) -> bool:
    lower = text.lower()
    place = lower.find(b"<svg")
    return (
        place >= 0
        and (text.startswith((b"<?xml", b"<!--")) or place < 256)
        and not (_SCRIPT.search(lower[:place]))
    )


def _is_text(head: bytes) -> bool:
    try:
        text = head.decode("utf-8")
    except UnicodeDecodeError as error:
        if error.start < len(head) - 3:  # a character cut by the end of the sample is no fault
            return False
        text = head[: error.start].decode("utf-8")
    return all(c.isprintable() or c in "\r\n\t\f" for c in text)


def _iso_media(head: bytes) -> MediaError:
    brands = [head[8:12]] + [head[i : i + 4] for i in range(16, min(64, len(head)), 4)]
    # the general brands stand first in many files whose coding only a later brand tells
    known = sorted((b for b in brands if b in _BRANDS), key=lambda b: b in _GENERAL_BRANDS)
    if known:
        return _not_examined(_BRANDS[known[0]])
    if brands[0] in _AUDIO_BRANDS:
        return _not_examined("a sound file")
    return _not_examined(_VIDEO)


def _not_examined(what: str) -> MediaError:
    if what == _VIDEO:
        return MediaError("video", "This is a video, not a still picture.")
    if "picture" in what or "raw" in what or "animation" in what:
        return MediaError(
            "unsupported_format", f"This is {what}, a format that is not decoded here. {_CONVERT}"
        )
    return MediaError("not_a_picture", f"This is {what}, not a picture.")
