"""JPEG and PNG files whose metadata hold something of everything: types, orders, maker notes."""

from __future__ import annotations

import struct
import zlib
from typing import Any

import media_factory as make
import metadata_factory as said
from telltale.media import tiff

Entry = tuple[int, int, tuple[Any, ...]]
_CODES = {1: "B", 2: "s", 3: "H", 4: "I", 5: "I", 6: "b", 7: "s", 8: "h", 9: "i", 10: "i", 12: "d"}

#: An EXIF tag of every type, with values at both ends of the range.
IMAGE: tuple[Entry, ...] = (
    (0x010E, 2, (b"A stone bridge at noon\0",)),
    (0x010F, 2, (b"Acme\0",)),
    (0x0110, 2, (b"Testcam 5\0",)),
    (0x0112, 3, (6,)),
    (0x011A, 5, (300, 1)),
    (0x0128, 3, (2,)),
    (0x0131, 2, (b"Firmware 1.2\0",)),
    (0x0132, 2, (b"2024:05:06 07:08:09\0",)),
    (0x013B, 2, (b"A. Person\0",)),
    (0x013E, 5, (313, 1000, 329, 1000)),
    (0x0213, 3, (1,)),
    (0x8298, 2, (b"2024 A. Person\0",)),
    (0x9C9B, 1, tuple("Brücke".encode("utf-16-le") + b"\0\0")),
)
DETAIL: tuple[Entry, ...] = (
    (0x829A, 5, (1, 125)),
    (0x829D, 5, (28, 10)),
    (0x8822, 3, (2,)),
    (0x8827, 3, (6400,)),
    (0x9000, 7, (b"0232",)),
    (0x9003, 2, (b"2024:05:06 07:08:09\0",)),
    (0x9010, 2, (b"+02:00\0",)),
    (0x9101, 7, (bytes((1, 2, 3, 0)),)),
    (0x9203, 10, (-7, 2)),
    (0x9204, 10, (-1, 3)),
    (0x9206, 5, (321, 100)),
    (0x9207, 3, (5,)),
    (0x9209, 3, (16,)),
    (0x920A, 5, (50, 1)),
    (0x9214, 3, (2000, 1500, 300)),
    (0x9286, 7, (b"ASCII\0\0\0hello there",)),
    (0x9291, 2, (b"42\0",)),
    (0xA002, 4, (64,)),
    (0xA003, 4, (48,)),
    (0xA20E, 5, (5_184_000, 907)),
    (0xA301, 7, (b"\1",)),
    (0xA405, 3, (75,)),
    (0xA420, 2, (b"0123456789abcdef0123456789abcdef\0",)),
    (0xA431, 2, (b"SN 12345\0",)),
    (0xA432, 5, (24, 1, 70, 1, 28, 10, 28, 10)),
    (0xA434, 2, (b"Acme 24-70 mm\0",)),
)
PLACE: tuple[Entry, ...] = (
    (0, 1, (2, 3, 0, 0)),
    (1, 2, (b"S\0",)),
    (2, 5, (33, 1, 51, 1, 3000, 100)),
    (3, 2, (b"E\0",)),
    (4, 5, (151, 1, 12, 1, 0, 1)),
    (5, 1, (1,)),
    (6, 5, (125, 10)),
    (7, 5, (5, 1, 8, 1, 9, 1)),
    (0x12, 2, (b"WGS-84\0",)),
    (0x1D, 2, (b"2024:05:06\0",)),
)

#: Maker, Make in EXIF, what stands before the directory, entries; see `note`.
NOTES: dict[str, tuple[str, tuple[Entry, ...]]] = {
    "Apple": (
        "Apple",
        (
            (0x0001, 9, (14,)),
            (0x000A, 9, (3,)),
            (0x000B, 2, (b"6C4A-BURST\0",)),
            (0x0011, 2, (b"0F31-CONTENT\0",)),
            (0x0014, 9, (10,)),
            (0x0015, 2, (b"77AA-IMAGE\0",)),
        ),
    ),
    "Canon": (
        "Canon",
        (
            (0x0006, 2, (b"Canon EOS 9000\0",)),
            (0x0007, 2, (b"Firmware Version 1.0.8\0",)),
            (0x0008, 4, (1_171_771,)),
            (0x0009, 2, (b"A. Person\0",)),
            (0x0095, 2, (b"EF24-70mm\0",)),
        ),
    ),
    "Fujifilm": (
        "FUJIFILM",
        (
            (0x0000, 7, (b"0130",)),
            (0x1000, 2, (b"FINE   \0",)),
            (0x1001, 3, (3,)),
            (0x1002, 3, (256,)),
        ),
    ),
    "Nikon": (
        "NIKON CORPORATION",
        (
            (0x0001, 7, (b"0210",)),
            (0x0004, 2, (b"FINE  \0",)),
            (0x0005, 2, (b"AUTO        \0",)),
            (0x0007, 2, (b"AF-S  \0",)),
            (0x0084, 5, (18, 1, 70, 1, 35, 10, 45, 10)),
            (0x00A7, 4, (4321,)),
        ),
    ),
    "Olympus": (
        "OLYMPUS CORPORATION",
        (
            (0x0104, 2, (b"1.05\0",)),
            (0x0200, 4, (0, 0, 0)),
            (0x0201, 3, (2,)),
            (0x0207, 2, (b"D4322\0",)),
        ),
    ),
    "Panasonic": (
        "Panasonic",
        (
            (0x0001, 3, (2,)),
            (0x0002, 7, (bytes((0, 1, 0, 21)),)),
            (0x0025, 7, (b"\0\0S0106040302\0\0\0",)),
            (0x0051, 2, (b"LUMIX G 20\0",)),
        ),
    ),
    "Pentax": (
        "PENTAX Corporation",
        ((0x0000, 1, (7, 1, 0, 2)), (0x0008, 3, (2,)), (0x0229, 2, (b"1234567\0",))),
    ),
    "Ricoh": ("RICOH", ((0x0001, 2, (b"Rdc\0",)), (0x0002, 2, (b"Rev0113\0",)))),
    "Sony": (
        "SONY",
        ((0x0102, 4, (2,)), (0xB001, 3, (257,)), (0xB020, 2, (b"Standard\0",)), (0xB027, 4, (24,))),
    ),
}


def exif(order: str, detail: tuple[Entry, ...] = DETAIL, image: tuple[Entry, ...] = IMAGE) -> bytes:
    """A TIFF structure with all of the above."""
    lists = [[_entry(e, order) for e in entries] for entries in (image, detail, PLACE)]
    return said.tiff(lists[0], lists[1], lists[2], order=order)


def with_note(maker: str, moved: int = 0) -> bytes:
    """A TIFF structure with the note of a maker; `moved` is by how much its footer (Canon) errs."""
    make_, entries = NOTES[maker]
    image = ((0x010F, 2, (make_.encode() + b"\0",)), (0x0110, 2, (b"Testcam 5\0",)))
    order = ">" if maker in ("Apple", "Ricoh") else "<"
    size = len(note(maker, entries, order, 0, 0))
    empty = exif(order, ((0x927C, 7, (bytes(size),)),), image)
    pointer = tiff.read(empty)["image"][0x8769]
    place = tiff.place(empty, pointer, order, 0x927C)
    assert place is not None
    return exif(order, ((0x927C, 7, (note(maker, entries, order, place[0], moved),)),), image)


def note(maker: str, entries: tuple[Entry, ...], order: str, at: int, moved: int) -> bytes:
    """A maker note that lies at `at`: its beginning, its directory, and what follows."""
    if maker == "Apple":
        return b"Apple iOS\0\0\1MM" + _directory(entries, ">", 14)
    if maker == "Fujifilm":
        return b"FUJIFILM" + struct.pack("<I", 12) + _directory(entries, "<", 12)
    if maker == "Nikon":
        return b"Nikon\0\2\x10\0\0MM\0*" + struct.pack(">I", 8) + _directory(entries, ">", 8)
    if maker == "Olympus":
        return b"OLYMPUS\0II\3\0" + _directory(entries, "<", 12)
    begun = {
        "Canon": b"",
        "Panasonic": b"Panasonic\0\0\0",
        "Pentax": b"AOC\0II",
        "Ricoh": b"Ricoh\0\0\0",
        "Sony": b"SONY DSC \0\0\0",
    }[maker]
    body = begun + _directory(entries, order, at - moved + len(begun))
    return body + (b"II*\0" + struct.pack("<I", at - moved) if maker == "Canon" else b"")


def _directory(entries: tuple[Entry, ...], order: str, at: int) -> bytes:
    """A directory at `at` from where its offsets count, and its values behind it."""
    head, values = struct.pack(order + "H", len(entries)), b""
    behind = at + 2 + 12 * len(entries) + 4
    for entry in sorted(entries):
        tag, kind, count, raw = _entry(entry, order)
        head += struct.pack(order + "HHI", tag, kind, count)
        if len(raw) <= 4:
            head += raw.ljust(4, b"\0")
        else:
            head += struct.pack(order + "I", behind + len(values))
            values += raw + bytes(len(raw) & 1)
    return head + bytes(4) + values


def _entry(entry: Entry, order: str) -> tuple[int, int, int, bytes]:
    tag, kind, values = entry
    if kind in (2, 7):
        return tag, kind, len(values[0]), values[0]
    raw = struct.pack(order + _CODES[kind] * len(values), *values)
    return tag, kind, len(values) // (2 if kind in (5, 10) else 1), raw


XMP = said.xmp_packet(
    "<xmp:CreatorTool>Painter 9</xmp:CreatorTool><xmp:CreateDate>2024-05-06T07:08:09+02:00"
    "</xmp:CreateDate><xmp:Rating>4</xmp:Rating>"
    '<dc:title><rdf:Alt><rdf:li xml:lang="x-default">Br\u00fccke</rdf:li>'
    '<rdf:li xml:lang="en">Bridge</rdf:li></rdf:Alt></dc:title>'
    "<dc:subject><rdf:Bag><rdf:li>stone</rdf:li><rdf:li>water &amp; light</rdf:li></rdf:Bag>"
    "</dc:subject><dc:creator><rdf:Seq><rdf:li>A. Person</rdf:li><rdf:li>B. Person</rdf:li>"
    "</rdf:Seq></dc:creator>"
    f"<Iptc4xmpExt:DigitalSourceType>{said.AI_SOURCE}</Iptc4xmpExt:DigitalSourceType>"
    '<xmpMM:History xmlns:xmpMM="http://ns.adobe.com/xap/1.0/mm/" '
    'xmlns:stEvt="http://ns.adobe.com/xap/1.0/sType/ResourceEvent#"><rdf:Seq>'
    '<rdf:li stEvt:action="created" stEvt:softwareAgent="Painter 9"/>'
    '<rdf:li rdf:parseType="Resource"><stEvt:action>saved</stEvt:action>'
    "<stEvt:when>2024-05-07T01:02:03Z</stEvt:when></rdf:li></rdf:Seq></xmpMM:History>"
    '<photoshop:City xmlns:photoshop="http://ns.adobe.com/photoshop/1.0/">Ulm</photoshop:City>'
)


def iptc(utf8: bool) -> bytes:
    """IPTC data sets of record 2, announced as UTF-8 or in Windows-1252 without a word."""
    coding = "utf-8" if utf8 else "cp1252"
    sets = {
        5: "Br\u00fccke", 25: "stone", 55: "20240506", 60: "070809+0200", 65: "Painter", 70: "9",
        80: "A. Person", 90: "K\u00f6ln", 101: "Germany", 105: "Noon", 110: "Agency",
        116: "\u00a9 2024", 120: "At the \u2018river\u2019",
    }  # fmt: skip
    body = b"\x1c\1\x5a\0\3\x1b%G" if utf8 else b""
    for number, text in [*sets.items(), (25, "water")]:
        raw = text.encode(coding)
        body += b"\x1c\2" + bytes([number]) + struct.pack(">H", len(raw)) + raw
    head = b"8BIM" + struct.pack(">H", 0x0404) + b"\0\0" + struct.pack(">I", len(body))
    return said.segment(0xED, b"Photoshop 3.0\0" + head + body + bytes(len(body) & 1))


def png_texts() -> bytes:
    """Chunks of a PNG file: plain, compressed, and international text."""
    return (
        make.png_chunk(b"tEXt", b"Software\0Painter 9")
        + make.png_chunk(b"tEXt", "Author\0Zo\u00eb".encode("latin-1"))
        + make.png_chunk(b"zTXt", b"Comment\0\0" + zlib.compress(b"word " * 40))
        + make.png_chunk(b"iTXt", "Title\0\0\0de\0Titel\0Br\u00fccke \u4e2d".encode())
    )


def files() -> dict[str, bytes]:
    """Every sample by name."""
    photo = make.photograph(48, 64)
    plain = make.jpeg(photo)
    app1 = said.segment(0xE1, b"http://ns.adobe.com/xap/1.0/\0" + XMP)
    found = {
        f"exif_{name}.jpg": said.insert(plain, said.exif_segment(exif(order)))
        for name, order in (("little", "<"), ("big", ">"))
    }
    for maker in NOTES:
        found[f"note_{maker}.jpg"] = said.insert(plain, said.exif_segment(with_note(maker)))
    moved = said.exif_segment(with_note("Canon", -266))
    return {
        **found,
        "note_moved.jpg": said.insert(plain, moved),
        "xmp.jpg": said.insert(plain, app1),
        "iptc_utf8.jpg": said.insert(plain, iptc(True)),
        "iptc_windows.jpg": said.insert(plain, iptc(False)),
        "icc_2.jpg": make.jpeg(photo, icc_profile=said.icc_profile("Test RGB", 2)),
        "icc_4.jpg": make.jpeg(photo, icc_profile=said.icc_profile("Test RGB", 4)),
        "texts.png": make.raw_png(64, 48, 8, 2, photo.tobytes(), png_texts()),
    }
