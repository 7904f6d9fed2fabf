"""Everything that a picture file says about itself, as a plain dictionary of inert values.

Metadata is a claim by whoever wrote the file. Here it is only read: bounded in number and length,
decoded without errors, stripped of control characters, never interpreted.
"""

from __future__ import annotations

import math
from typing import Any

from PIL import ExifTags

from telltale.media import icc, iptc, makernotes, tiff, xmp
from telltale.media.header import Header

#: Characters kept of one value, and of all values together.
MAX_VALUE, MAX_TOTAL = 4096, 128 * 1024

_USER_COMMENT, _MAKER_NOTE = 0x9286, 0x927C
_XP = range(0x9C9B, 0x9CA0)
_ENCODINGS = {b"ASCII\0\0\0": "ascii", b"UNICODE\0": "", b"JIS\0\0\0\0\0": "iso2022_jp"}
_POINTER_TAGS = (0x8769, 0x8825, 0xA005)


def read(header: Header) -> dict[str, Any]:
    """The metadata of a parsed file, JSON-ready; empty when there is none.

    Returns
    -------
    Any of these keys:

    summary
        `software`, `camera`, `lens`, `date`, `author`, `latitude` and `longitude` (degrees),
        `digital_source_type` (IPTC), `content_credentials` (bytes of C2PA data, not verified).
    exif
        Directory -> tag name -> value; "maker" holds what the maker note says.
    xmp, iptc, icc
        Property -> value.
    text
        Comments and text chunks as [keyword, text].
    container
        Other things in the file -> bytes.
    left_out
        The number of values left out because there were too many.
    """
    exif = {name: _exif_directory(name, tags) for name, tags in tiff.read(header.exif).items()}
    note = makernotes.read(header.exif)
    if note is not None:
        exif["maker"] = {"Maker": note.maker, **note.values}
        if note.displaced is not None:
            exif["maker"]["Displaced"] = note.displaced
    found: dict[str, Any] = {
        "exif": {name: tags for name, tags in exif.items() if tags},
        "xmp": xmp.read(header.xmp) if header.xmp else {},
        "iptc": iptc.read(header.photoshop),
        "icc": icc.read(header.icc) or {},
        "text": [[keyword, text] for keyword, text in header.texts],
        "container": dict(header.extras),
    }
    found = {"summary": _summary(found), **found}
    bounded = _Bounded()
    out = {name: bounded.copy(value) for name, value in found.items() if value}
    if bounded.left_out:
        out["left_out"] = bounded.left_out
    return out


def orientation(header: Header) -> int:
    """The EXIF orientation, 1 to 8; 1 when there is none or it makes no sense."""
    value = tiff.read(header.exif).get("image", {}).get(0x0112)
    return value if isinstance(value, int) and 1 <= value <= 8 else 1


def icc_description(header: Header) -> str | None:
    """The name of the colour profile, or None when there is no profile."""
    if not header.icc:
        return None
    return inert(icc.description(header.icc)) or "unnamed profile"


def inert(text: str, limit: int = MAX_VALUE) -> str:
    """`text` cut at `limit` characters, without control characters or lone surrogates."""
    cut = text[:limit].encode("utf-8", "replace").decode()
    clean = "".join(c if c.isprintable() or c in "\n\t" else "\ufffd" for c in cut)
    return clean + f" [{len(text) - limit:,} more characters]" if len(text) > limit else clean


def quoted(value: Any, limit: int = 120) -> str:
    """A name or value of a file as a short inert line between marks, for use in a sentence.

    The marks tell a reader where foreign words begin and end, and the phrase book what stays.
    """
    line = " ".join(inert(str(value), limit).split())
    return f"\u201c{line.replace(chr(0x201C), chr(34)).replace(chr(0x201D), chr(34))}\u201d"


class _Bounded:
    """Copies plain values while a budget of characters lasts."""

    def __init__(self) -> None:
        self.left = MAX_TOTAL
        self.left_out = 0

    def copy(self, value: Any) -> Any:
        if isinstance(value, dict):
            return {inert(str(k), 200): self.copy(v) for k, v in value.items() if self.fits(k, v)}
        if isinstance(value, list):
            return [self.copy(v) for v in value if self.fits("", v)]
        if isinstance(value, float) and not math.isfinite(value):
            return None  # JSON has no other word for it
        return inert(value) if isinstance(value, str) else value

    def fits(self, key: Any, value: Any) -> bool:
        """Take the cost of one entry out of the budget; containers pay for their entries."""
        cost = 8 + len(str(key)) + (min(len(value), MAX_VALUE) if isinstance(value, str) else 8)
        if cost > self.left:
            self.left_out += 1
            return False
        self.left -= cost
        return True


def _exif_directory(directory: str, tags: dict[int, Any]) -> dict[str, Any]:
    names = ExifTags.GPSTAGS if directory == "gps" else ExifTags.TAGS
    return {
        str(names.get(tag, f"0x{tag:04X}")): _exif_value(tag, value)
        for tag, value in tags.items()
        if tag not in _POINTER_TAGS
    }


def _exif_value(tag: int, value: Any) -> Any:
    """Numbers and text as they are; bytes as text, in hexadecimal if few, else their number."""
    if not isinstance(value, memoryview):
        return value
    head = bytes(value[: 2 * MAX_VALUE])
    if tag in _XP:
        return head.decode("utf-16-le", "replace").rstrip("\0")
    if tag == _USER_COMMENT and head[:8] in _ENCODINGS:
        encoding = _ENCODINGS[head[:8]] or _utf_16(head[8:])
        return head[8:].decode(encoding, "replace").strip("\0 \ufeff")
    stripped = head.rstrip(b"\0 ")
    if tag != _MAKER_NOTE and len(value) < len(head) + 1 and stripped.isascii():
        text = stripped.decode("ascii")
        if text.isprintable():
            return text
    return head.hex(" ") if len(value) <= 16 else f"{len(value):,} bytes"


def _utf_16(raw: bytes) -> str:
    """The byte order of UTF-16 text, which the standard leaves open: that of its mark, or of most.

    Programs write the order of the file, of the machine, or always the big end first (piexif, with
    which generators write their parameters); Latin text has its zeros in the first bytes then.
    """
    if raw[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return "utf-16"
    return "utf-16-be" if raw[::2].count(0) > raw[1::2].count(0) else "utf-16-le"


def _summary(found: dict[str, Any]) -> dict[str, Any]:
    """The few claims that a reader looks for first."""
    image = found["exif"].get("image", {})
    detail = found["exif"].get("exif", {})
    texts = {keyword.lower(): text for keyword, text in found["text"]}
    properties = found["xmp"]
    make, model = (_no_graph(image.get(tag)) for tag in ("Make", "Model"))
    camera = model if make and model.startswith(make.split()[0]) else f"{make} {model}".strip()
    credentials = found["container"].get("JUMBF (content credentials)")
    summary = {
        "software": image.get("Software")
        or xmp.find(properties, "xmp:CreatorTool")
        or found["iptc"].get("originating program")
        or texts.get("software"),
        "camera": camera or None,
        "lens": detail.get("LensModel"),
        "date": detail.get("DateTimeOriginal")
        or xmp.find(properties, "xmp:CreateDate")
        or image.get("DateTime")
        or texts.get("creation time"),
        "author": image.get("Artist")
        or xmp.find(properties, "dc:creator")
        or found["iptc"].get("by-line")
        or texts.get("author"),
        "digital_source_type": xmp.find(properties, "Iptc4xmpExt:DigitalSourceType"),
        "content_credentials": credentials,
        **_position(found["exif"].get("gps", {})),
    }
    return {name: value for name, value in summary.items() if value not in (None, "", [])}


def _no_graph(value: Any) -> str:
    """The name of a maker or model; nothing where ComfyUI stored its graph in the tag."""
    text = str(value or "")
    return "" if text.startswith(("prompt:{", "workflow:{")) else text


def _position(gps: dict[str, Any]) -> dict[str, float]:
    """Degrees north and east, when both are there and on the globe."""
    out = {}
    for name, negative, limit in (("Latitude", "S", 90), ("Longitude", "W", 180)):
        parts = gps.get(f"GPS{name}")
        if not isinstance(parts, list) or len(parts) != 3:
            return {}
        if not all(isinstance(p, int | float) for p in parts):
            return {}
        degrees = parts[0] + parts[1] / 60 + parts[2] / 3600
        if not abs(degrees) <= limit:
            return {}
        sign = -1 if gps.get(f"GPS{name}Ref") == negative else 1
        out[name.lower()] = round(sign * degrees, 7)
    return out
