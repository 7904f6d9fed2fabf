"""Metadata made by script: EXIF, XMP, IPTC, ICC and JPEG segments, in order and hostile."""

from __future__ import annotations

import struct
from collections.abc import Iterable


def segment(marker: int, payload: bytes) -> bytes:
    """A JPEG marker segment."""
    return bytes([0xFF, marker]) + struct.pack(">H", len(payload) + 2) + payload


def insert(jpeg_file: bytes, *segments: bytes) -> bytes:
    """The JPEG file with segments right behind its first marker."""
    return jpeg_file[:2] + b"".join(segments) + jpeg_file[2:]


def tiff(
    image: Iterable[tuple[int, int, int, bytes]] = (),
    exif: Iterable[tuple[int, int, int, bytes]] = (),
    gps: Iterable[tuple[int, int, int, bytes]] = (),
    thumbnail: bytes = b"",
    order: str = "<",
) -> bytes:
    """A TIFF structure as in EXIF; entries are (tag, type, count, value bytes)."""
    image = list(image)
    out = bytearray((b"II*\0" if order == "<" else b"MM\0*") + struct.pack(order + "I", 8))
    pointers = {0x8769: list(exif), 0x8825: list(gps)}
    image += [(tag, 4, 1, b"\0\0\0\0") for tag, entries in pointers.items() if entries]
    patches = _directory(out, image, order)
    for tag, entries in pointers.items():
        if entries:
            struct.pack_into(order + "I", out, patches[tag], len(out))
            _directory(out, entries, order)
    if thumbnail:
        struct.pack_into(order + "I", out, patches[-1], len(out))
        at = len(out) + 2 + 2 * 12 + 4
        where = struct.pack(order + "I", at), struct.pack(order + "I", len(thumbnail))
        _directory(out, [(0x0201, 4, 1, where[0]), (0x0202, 4, 1, where[1])], order)
        out += thumbnail
    return bytes(out)


def _directory(
    out: bytearray, entries: list[tuple[int, int, int, bytes]], order: str
) -> dict[int, int]:
    """Append a directory and its values; where each tag's value lies, -1 the next directory."""
    places, start = {}, len(out)
    out += struct.pack(order + "H", len(entries)) + bytes(12 * len(entries) + 4)
    places[-1] = len(out) - 4
    for index, (tag, kind, count, value) in enumerate(sorted(entries)):
        at = start + 2 + 12 * index
        struct.pack_into(order + "HHI", out, at, tag, kind, count)
        places[tag] = at + 8
        if len(value) <= 4:
            out[at + 8 : at + 8 + len(value)] = value
        else:
            struct.pack_into(order + "I", out, at + 8, len(out))
            out += value + bytes(len(value) & 1)
    return places


def ascii_entry(tag: int, text: str) -> tuple[int, int, int, bytes]:
    """A text entry."""
    raw = text.encode() + b"\0"
    return tag, 2, len(raw), raw


def rational_entry(tag: int, *values: tuple[int, int]) -> tuple[int, int, int, bytes]:
    """An entry of fractions, for little-endian structures."""
    return tag, 5, len(values), b"".join(struct.pack("<II", *v) for v in values)


def orientation_entry(value: int, order: str = "<") -> tuple[int, int, int, bytes]:
    """The orientation tag."""
    return 0x0112, 3, 1, struct.pack(order + "H", value)


def exif_segment(structure: bytes) -> bytes:
    """The JPEG segment that holds EXIF."""
    return segment(0xE1, b"Exif\0\0" + structure)


def camera_exif(thumbnail: bytes = b"") -> bytes:
    """EXIF as a camera writes it."""
    return tiff(
        [
            ascii_entry(0x010F, "Acme"),
            ascii_entry(0x0110, "Testcam 5"),
            ascii_entry(0x0131, "Firmware 1.2"),
            ascii_entry(0x013B, "A. Person"),
            orientation_entry(1),
        ],
        exif=[
            ascii_entry(0x9003, "2024:05:06 07:08:09"),
            rational_entry(0x829A, (1, 125)),
            (0x9000, 7, 4, b"0232"),
            (0x927C, 7, 40, bytes(range(40))),
            (0x9286, 7, 13, b"ASCII\0\0\0hello"),
        ],
        gps=[
            (1, 2, 2, b"S\0"),
            rational_entry(2, (33, 1), (51, 1), (3000, 100)),
            (3, 2, 2, b"E\0"),
            rational_entry(4, (151, 1), (12, 1), (0, 1)),
        ],
        thumbnail=thumbnail,
    )


def xmp_packet(inner: str) -> bytes:
    """An XMP packet around the content of one rdf:Description."""
    return (
        '<?xpacket begin="" id="W5M0MpCehiHzreSzNTczkc9d"?><x:xmpmeta xmlns:x="adobe:ns:meta/">'
        '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description'
        ' rdf:about="" xmlns:xmp="http://ns.adobe.com/xap/1.0/" xmlns:dc="http://purl.org/dc/elements/1.1/"'
        ' xmlns:Iptc4xmpExt="http://iptc.org/std/Iptc4xmpExt/2008-02-29/">'
        f'{inner}</rdf:Description></rdf:RDF></x:xmpmeta><?xpacket end="w"?>'
    ).encode()


AI_SOURCE = "http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia"
AI_XMP = xmp_packet(
    f"<Iptc4xmpExt:DigitalSourceType>{AI_SOURCE}</Iptc4xmpExt:DigitalSourceType>"
    "<xmp:CreatorTool>Painter 9</xmp:CreatorTool>"
    "<dc:creator><rdf:Seq><rdf:li>First</rdf:li><rdf:li>Second</rdf:li></rdf:Seq></dc:creator>"
)
SCRIPT = "<script>alert('x')</script><img src=x onerror=fetch('https://example.org')>"


def iptc_segment(*datasets: tuple[int, str]) -> bytes:
    """The JPEG segment of Photoshop resources with IPTC-IIM data sets of record 2."""
    body = b"".join(
        b"\x1c\2" + bytes([number]) + struct.pack(">H", len(text.encode())) + text.encode()
        for number, text in datasets
    )
    resource = b"8BIM" + struct.pack(">H", 0x0404) + b"\0\0" + struct.pack(">I", len(body)) + body
    return segment(0xED, b"Photoshop 3.0\0" + resource)


def icc_profile(name: str = "Test RGB", version: int = 2) -> bytes:
    """A profile with a header and a description, and nothing to convert colours with."""
    if version == 2:
        raw = name.encode() + b"\0"
        tag = b"desc" + bytes(4) + struct.pack(">I", len(raw)) + raw
    else:
        raw = name.encode("utf-16-be")
        tag = (
            b"mluc"
            + bytes(4)
            + struct.pack(">II", 1, 12)
            + b"enUS"
            + struct.pack(">II", len(raw), 28)
        )
        tag += raw
    header = bytearray(128)
    header[8] = version
    header[12:24] = b"mntrRGB XYZ "
    header[36:40] = b"acsp"
    body = bytes(header) + struct.pack(">I4sII", 1, b"desc", 144, len(tag)) + tag
    return struct.pack(">I", len(body)) + body[4:]


def billion_laughs() -> bytes:
    """An XMP packet with an entity bomb."""
    entities = '<!ENTITY a0 "ha">' + "".join(
        f'<!ENTITY a{i} "{f"&a{i - 1};" * 10}">' for i in range(1, 10)
    )
    return f"<!DOCTYPE x [{entities}]><x>&a9;</x>".encode()
