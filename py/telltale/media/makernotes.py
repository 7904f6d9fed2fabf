"""What cameras write into the maker note of EXIF, as far as it identifies camera and picture.

Makers publish nothing; layouts and names are those that the ExifTool documentation lists ("Tag
Names"). Only directories in the form of TIFF are read, with the bounds of `tiff`; notes that are
encrypted or of another form are named by their size alone.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import Any

from telltale.media import tiff

#: Longer lists are tables of settings, and longer bytes are data: they say nothing to a person.
MAX_NUMBERS, MAX_BYTES = 8, 64


@dataclass(frozen=True, slots=True)
class Form:
    """How the note of a maker begins, and where its directory and the values lie.

    Attributes
    ----------
    maker
        A key of `NAMES`.
    mark
        How the note begins; where it has no mark, `made_by` begins EXIF's Make in lower case.
    start
        Offset of the directory from the note's beginning.
    order
        "" as in EXIF, "<" or ">", or "at N": two bytes "II" or "MM" at that offset.
    own, base
        Whether offsets count from `base` bytes into the note and not from EXIF's beginning.
    stated
        Offset in the note where it states itself, counted from the same place, where its
        directory begins.
    """

    maker: str
    mark: bytes
    start: int
    order: str = ""
    own: bool = False
    base: int = 0
    stated: int | None = None
    made_by: str = ""


FORMS = (
    Form("Nikon", b"Nikon\0\2", 0, "at 10", own=True, base=10, stated=14),
    Form("Nikon (early)", b"Nikon\0\1", 8),
    Form("Olympus", b"OM SYSTEM\0\0\0", 16, "at 12", own=True),
    Form("Olympus", b"OLYMPUS\0", 12, "at 8", own=True),
    Form("Olympus", b"OLYMP\0", 8),
    Form("Fujifilm", b"FUJIFILM", 0, "<", own=True, stated=8),
    Form("Panasonic", b"Panasonic\0\0\0", 12),
    Form("Sony", b"SONY DSC \0\0\0", 12),
    Form("Sony", b"SONY CAM \0\0\0", 12),
    Form("Pentax", b"PENTAX \0", 10, "at 8", own=True),
    Form("Pentax", b"AOC\0", 6, "at 4"),
    Form("Apple", b"Apple iOS\0", 14, "at 12", own=True),
    Form("Ricoh", b"Ricoh\0\0\0", 8, ">"),
    Form("Ricoh", b"RICOH\0\0\0", 8, ">"),
    Form("Casio", b"QVC\0\0\0", 6, ">"),
    Form("Canon", b"", 0, made_by="canon"),
    Form("Minolta", b"", 0, made_by="minolta"),
    Form("Minolta", b"", 0, made_by="konica minolta"),
)
#: Tags that say which camera, lens and picture it was, or how the camera saved it.
NAMES: dict[str, dict[int, str]] = {
    "Apple": {
        0x0001: "MakerNoteVersion", 0x000A: "HDRImageType", 0x000B: "BurstUUID",
        0x0011: "ContentIdentifier", 0x0014: "ImageCaptureType", 0x0015: "ImageUniqueID",
        0x002B: "PhotoIdentifier",
    },
    "Canon": {
        0x0006: "CanonImageType", 0x0007: "CanonFirmwareVersion", 0x0008: "FileNumber",
        0x0009: "OwnerName", 0x000C: "SerialNumber", 0x0010: "CanonModelID",
        0x0028: "ImageUniqueID", 0x0095: "LensModel", 0x0096: "InternalSerialNumber",
    },
    "Casio": {0x0002: "PreviewImageSize", 0x2001: "FirmwareDate"},
    "Fujifilm": {
        0x0000: "Version", 0x0010: "InternalSerialNumber", 0x1000: "Quality", 0x1001: "Sharpness",
        0x1002: "WhiteBalance", 0x1003: "Saturation", 0x1031: "PictureMode",
        0x1304: "GEImageSize", 0x1401: "FilmMode", 0x1438: "ImageCount",
    },
    "Minolta": {0x0000: "MakerNoteVersion", 0x0102: "MinoltaQuality", 0x0103: "MinoltaImageSize"},
    "Nikon": {
        0x0001: "MakerNoteVersion", 0x0004: "Quality", 0x0005: "WhiteBalance", 0x0006: "Sharpness",
        0x0007: "FocusMode", 0x001D: "SerialNumber", 0x0080: "ImageAdjustment",
        0x0084: "Lens", 0x008F: "SceneMode", 0x00A0: "SerialNumber", 0x00A5: "ImageCount",
        0x00A7: "ShutterCount", 0x00A9: "ImageOptimization", 0x00AB: "VariProgram",
    },
    "Nikon (early)": {
        0x0003: "Quality", 0x0004: "ColorMode", 0x0005: "ImageAdjustment", 0x0008: "Focus",
    },
    "Olympus": {
        0x0104: "BodyFirmwareVersion", 0x0200: "SpecialMode", 0x0201: "Quality",
        0x0204: "DigitalZoom", 0x0207: "CameraType", 0x0209: "CameraID", 0x0404: "SerialNumber",
    },
    "Panasonic": {
        0x0001: "ImageQuality", 0x0002: "FirmwareVersion", 0x0003: "WhiteBalance",
        0x0025: "InternalSerialNumber", 0x002B: "SequenceNumber", 0x0051: "LensType",
        0x0052: "LensSerialNumber", 0x8000: "MakerNoteVersion",
    },
    "Pentax": {
        0x0000: "PentaxVersion", 0x0002: "PreviewImageSize", 0x0005: "PentaxModelID",
        0x0006: "Date", 0x0007: "Time", 0x0008: "Quality", 0x0229: "SerialNumber",
    },
    "Ricoh": {0x0001: "MakerNoteType", 0x0002: "FirmwareVersion", 0x0005: "SerialNumber"},
    "Sony": {
        0x0102: "Quality", 0xB001: "SonyModelID", 0xB020: "CreativeStyle", 0xB027: "LensType",
        0xB02B: "FullImageSize",
    },
}  # fmt: skip
#: What Make says of cameras that write a form with a mark, in lower case: any of these words.
WRITERS: dict[str, tuple[str, ...]] = {
    "Apple": ("apple",),
    "Fujifilm": ("fuji", "leica"),
    "Nikon": ("nikon",),
    "Nikon (early)": ("nikon",),
    "Olympus": ("olympus", "om digital"),
    "Panasonic": ("panasonic", "leica"),
    "Pentax": ("pentax", "asahi", "ricoh", "samsung"),
    "Sony": ("sony", "hasselblad"),
}


@dataclass(frozen=True, slots=True)
class Note:
    """A maker note: whose form it has, its named values, and whether its offsets still fit.

    Attributes
    ----------
    maker
        A key of `NAMES`.
    values
        Name -> int, float, str or a list of numbers.
    entries
        The number of entries in the directory, named or not.
    displaced
        Of Canon's notes, which end with the offset that they were written for: how many bytes
        the note stands beside that place; None where that is not known.
    """

    maker: str
    values: dict[str, Any]
    entries: int
    displaced: int | None


def read(exif: bytes) -> Note | None:
    """The maker note in an EXIF structure; None where there is none of a known form."""
    order = tiff.order_of(exif)
    directories = tiff.read(exif)
    pointer = directories.get("image", {}).get(0x8769)
    if order is None or not isinstance(pointer, int):
        return None
    place = tiff.place(exif, pointer, order, 0x927C)
    if place is None:
        return None
    note = exif[place[0] : sum(place)]
    make = str(directories["image"].get(0x010F, "")).lower()
    form = next((f for f in FORMS if _fits(f, note, make)), None)
    if form is None:
        return None
    if form.order.startswith("at "):
        at = int(form.order[3:])
        order = tiff.order_of(note[at : at + 2]) or order
    else:
        order = form.order or order
    displaced = _displaced(form, note, order, place[0])
    zero = place[0] + form.base if form.own else displaced or 0
    start = place[0] + form.start
    if form.stated is not None:
        if len(note) < form.stated + 4:
            return None
        start = zero + struct.unpack_from(order + "I", note, form.stated)[0]
    entries = tiff.directory(exif, start, order, zero)
    if not entries:
        return None
    values = {
        name: shown
        for tag, name in NAMES[form.maker].items()
        if (shown := _shown(entries.get(tag))) is not None
    }
    return Note(form.maker, values, len(entries), displaced)


def _fits(form: Form, note: bytes, make: str) -> bool:
    return note.startswith(form.mark) if form.mark else make.startswith(form.made_by)


def _shown(value: Any) -> Any:
    """A value that a person can read, or None."""
    if isinstance(value, memoryview):
        text = bytes(value[:MAX_BYTES]).strip(b"\0 ").split(b"\0", 1)[0]
        if text.isascii() and text.decode().isprintable():
            return text.decode() if text and len(value) <= MAX_BYTES else None
        return list(value) if len(value) <= 4 else None
    if isinstance(value, list):
        return value if len(value) <= MAX_NUMBERS else None
    return value if value != "" else None


def _displaced(form: Form, note: bytes, order: str, at: int) -> int | None:
    """Canon's notes end with a header of TIFF that names the offset they were written for."""
    if form.maker != "Canon" or note[-8:-4] not in (b"II*\0", b"MM\0*"):
        return None
    (written_for,) = struct.unpack(order + "I", note[-4:])
    return at - int(written_for) if written_for else None
