"""The markers of a JPEG file (ITU-T T.81 annex B), without decoding a pixel.

Pure functions over bytes, written for hostile input: every walk is bounded by the file's length,
every length is checked, and the only exception is `MediaError`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np

from telltale.media import jpeg_extras, jpeg_quality
from telltale.media.header import Header, check_size, cut_off, damaged
from telltale.media.model import JpegStructure, MediaError, QuantTable

#: More scans than any encoder writes; each costs a pass over the whole picture.
MAX_SCANS = 100
#: More segments than any writer makes.
MAX_SEGMENTS = 20_000
#: `JpegStructure.marker_order` and `.comments` stop here.
MAX_LISTED = 500
MAX_TEXT = 4096

SOI, EOI, SOS, DQT, DHT, DAC, DNL, DRI, DHP, COM = (
    0xD8, 0xD9, 0xDA, 0xDB, 0xC4, 0xCC, 0xDC, 0xDD, 0xDE, 0xFE,
)  # fmt: skip
APP0, APP1, APP2, APP13, APP14 = 0xE0, 0xE1, 0xE2, 0xED, 0xEE
FRAMES = {
    0xC0: "baseline",
    0xC1: "extended sequential",
    0xC2: "progressive",
    0xC3: "lossless",
    0xC5: "differential sequential",
    0xC6: "differential progressive",
    0xC7: "differential lossless",
    0xC9: "arithmetic sequential",
    0xCA: "arithmetic progressive",
    0xCB: "arithmetic lossless",
    0xCD: "differential arithmetic sequential",
    0xCE: "differential arithmetic progressive",
    0xCF: "differential arithmetic lossless",
}
DECODABLE = (0xC0, 0xC1, 0xC2, 0xC9, 0xCA)
PROGRESSIVE = (0xC2, 0xCA)
NAMES = {SOS: "SOS", DQT: "DQT", DHT: "DHT", DAC: "DAC", DNL: "DNL", DRI: "DRI", DHP: "DHP",
         COM: "COM", 0xDF: "EXP", EOI: "EOI"}  # fmt: skip

#: Row-major position of the k-th coefficient in zig-zag order (T.81 figure A.6).
ZIGZAG = np.array(
    sorted(range(64), key=lambda i: (s := i // 8 + i % 8, i // 8 if s % 2 else i % 8))
)
#: A marker; like libjpeg, whatever stands before it is skipped.
_MARKER = re.compile(rb"\xff[\x02-\xcf\xd8-\xfe]")
#: The end of entropy-coded data: FF and a byte that is neither stuffing, fill nor a restart.
_AFTER_SCAN = re.compile(rb"\xff[\x01-\xcf\xd8-\xfe]")


@dataclass(frozen=True, slots=True)
class Segment:
    """A marker at `offset` with its payload `start:stop`; a scan's data ends at `end`."""

    marker: int
    offset: int
    start: int
    stop: int
    end: int


def name_of(marker: int) -> str:
    """The name of a marker code's second byte as in T.81 table B.1."""
    if marker in NAMES:
        return NAMES[marker]
    if 0xE0 <= marker <= 0xEF:
        return f"APP{marker - 0xE0}"
    if marker in FRAMES:
        return f"SOF{marker - 0xC0}"
    return f"0x{marker:02X}"


def walk(data: bytes) -> tuple[list[Segment], int]:
    """The segments of the first picture in `data`, and the offset just after its EOI.

    Raises `MediaError`: `truncated` where the bytes end before the picture does, `damaged` where
    they are not a JPEG.
    """
    segments: list[Segment] = []
    position, size, scans = 2, len(data), 0
    while True:
        found = _MARKER.search(data, position)
        if found is None:
            where = f"in the picture data of scan {scans}" if scans else "before any picture data"
            raise cut_off("JPEG", size, f"{where}, without the end-of-picture marker")
        offset, position = found.span()
        marker = data[offset + 1]
        if marker == EOI:
            return segments, position
        if marker == SOI or marker < 0xC0 or 0xF0 <= marker <= 0xFD:
            raise damaged(
                "JPEG", f"marker 0xFF{marker:02X} at byte {offset:,} does not belong there"
            )
        if position + 2 > size or position + (length := _u16(data, position)) > size:
            raise cut_off("JPEG", size, f"inside its {name_of(marker)} segment")
        if length < 2:
            raise damaged("JPEG", f"the {name_of(marker)} segment at byte {offset:,} has no length")
        start, stop = position + 2, position + length
        end = stop
        if marker == SOS:
            scans += 1
            found = _AFTER_SCAN.search(data, stop)
            end = found.start() if found else size
        segments.append(Segment(marker, offset, start, stop, end))
        if len(segments) > MAX_SEGMENTS or scans > MAX_SCANS:
            raise damaged("JPEG", f"it has more than {MAX_SCANS} scans or {MAX_SEGMENTS} segments")
        position = end


def read(data: bytes) -> Header:
    """Parse a JPEG file that begins with FF D8; raises `MediaError`."""
    # The size is checked first, so that an enormous picture is refused as such even if cut off.
    if found := jpeg_extras.frame_size(data, 0, len(data)):
        check_size(*found)
    segments, end = walk(data)
    frames = [s for s in segments if s.marker in FRAMES]
    scans = [s for s in segments if s.marker == SOS]
    if not frames or not scans or frames[0].offset > scans[0].offset:
        raise damaged("JPEG", "it has no picture in it")
    if len(frames) > 1 or any(s.marker == DHP for s in segments):
        raise MediaError("unsupported_format", "This is a hierarchical JPEG, which is not decoded.")
    frame = frames[0]
    bits, height, width, components = _frame_header(data, frame)
    check_size(width, height)
    if frame.marker not in DECODABLE or bits != 8:
        raise MediaError(
            "unsupported_format",
            f"This is a {bits}-bit {FRAMES[frame.marker]} JPEG, which is not decoded.",
        )
    tables = _tables(data, [s for s in segments if s.offset < scans[0].offset])
    if missing := {c["table"] for c in components} - {t.id for t in tables}:
        raise damaged("JPEG", f"its quantisation table {min(missing)} is missing")
    if lacking := _incomplete(data, scans, components, frame.marker in PROGRESSIVE):
        raise MediaError(
            "truncated",
            f"This JPEG file stops after {len(scans)} of its scans: {lacking} missing. "
            "Detail has been lost; get the complete file.",
        )
    adobe = _adobe(data, segments)
    jfif = any(_is_jfif(data, s) for s in segments)
    extras = jpeg_extras.read(data, segments, end)
    quality, exact = jpeg_quality.nearest(components, tables)
    structure = JpegStructure(
        tables=tables,
        components=components,
        subsampling=_subsampling(components),
        progressive=frame.marker in PROGRESSIVE,
        arithmetic=frame.marker in (0xC9, 0xCA),
        precision_bits=bits,
        restart_interval=_restart(data, segments),
        scans=len(scans),
        adobe_transform=adobe,
        has_jfif=jfif,
        has_exif=bool(extras.exif),
        thumbnails=extras.thumbnails,
        trailing_bytes=len(data) - end,
        trailing_kind=extras.trailing_kind,
        comments=extras.comments,
        marker_order=_marker_order(segments),
        quality=quality,
        quality_exact=exact,
    )
    return Header(
        format="JPEG",
        mime="image/jpeg",
        width=width,
        height=height,
        bits=bits,
        colour=_colour(components, adobe, jfif),
        codec=_codec_bytes(data, segments, structure),
        exif=extras.exif,
        xmp=extras.xmp,
        icc=extras.icc,
        photoshop=extras.photoshop,
        texts=tuple(("comment", c) for c in extras.comments),
        extras=extras.others,
        jpeg=structure,
    )


def _u16(data: bytes, at: int) -> int:
    return (data[at] << 8) | data[at + 1]


def _frame_header(data: bytes, s: Segment) -> tuple[int, int, int, tuple[dict[str, int], ...]]:
    """T.81 B.2.2."""
    body = data[s.start : s.stop]
    if len(body) < 6 or len(body) < 6 + 3 * body[5]:
        raise damaged("JPEG", "its frame header is too short")
    bits, height, width, count = body[0], _u16(body, 1), _u16(body, 3), body[5]
    if count not in (1, 3, 4):
        raise MediaError(
            "unsupported_format",
            f"This JPEG has {count} colour components; 1, 3 and 4 are decoded.",
        )
    if height == 0:
        raise MediaError(
            "unsupported_format", "This JPEG states its height only after the picture (DNL marker)."
        )
    components = tuple(
        {"id": c, "h": hv >> 4, "v": hv & 15, "table": t}
        for c, hv, t in (body[6 + 3 * i : 9 + 3 * i] for i in range(count))
    )
    if any(not (1 <= c["h"] <= 4 and 1 <= c["v"] <= 4) for c in components):
        raise damaged("JPEG", "its sampling factors are not 1 to 4")
    return bits, height, width, components


def _tables(data: bytes, segments: list[Segment]) -> tuple[QuantTable, ...]:
    """The tables in force at the first scan (T.81 B.2.4.1), by id."""
    found: dict[int, QuantTable] = {}
    for s in segments:
        if s.marker != DQT:
            continue
        at = s.start
        while at < s.stop:
            wide, table_id = data[at] >> 4, data[at] & 15
            width = 128 if wide else 64
            body = data[at + 1 : min(at + 1 + width, s.stop)]
            if wide > 1 or table_id > 3 or len(body) < width:
                raise damaged("JPEG", "a quantisation table is incomplete")
            coded = np.frombuffer(body, ">u2" if wide else np.uint8).astype(np.int32)
            if not coded.all():
                raise damaged("JPEG", "a quantisation table holds a zero")
            values = np.empty(64, np.int32)
            values[ZIGZAG] = coded
            values.flags.writeable = False
            found[table_id] = QuantTable(table_id, 16 if wide else 8, values.reshape(8, 8))
            at += 1 + width
    return tuple(found[i] for i in sorted(found))


def _incomplete(
    data: bytes, scans: list[Segment], components: tuple[dict[str, int], ...], progressive: bool
) -> str:
    """What the scans together leave out, or nothing (T.81 G.1.1.1: every bit of every band).

    libjpeg does not mind: it smooths over coefficients that never came.
    """
    lowest = {c["id"]: np.full(64, 99) for c in components}
    for s in scans:
        body = data[s.start : s.stop]
        count = body[0] if body else 0
        if len(body) < 4 + 2 * count:
            raise damaged("JPEG", "a scan header is too short")
        first, last, low = 0, 63, 0
        if progressive:
            first, last, low = body[1 + 2 * count], body[2 + 2 * count], body[3 + 2 * count] & 15
        for i in range(count):
            if (bits := lowest.get(body[1 + 2 * i])) is not None:
                bits[first : last + 1] = np.minimum(bits[first : last + 1], low)
    if any((bits == 99).all() for bits in lowest.values()):
        return "a colour component is"
    if any((bits == 99).any() for bits in lowest.values()):
        return "some frequencies are"
    return "the last bits are" if any(bits.any() for bits in lowest.values()) else ""


def _restart(data: bytes, segments: list[Segment]) -> int:
    last = [s for s in segments if s.marker == DRI and s.stop - s.start >= 2]
    return _u16(data, last[-1].start) if last else 0


def _is_jfif(data: bytes, s: Segment) -> bool:
    # libjpeg's own rule: shorter segments do not count
    return s.marker == APP0 and s.stop - s.start >= 14 and data[s.start : s.start + 5] == b"JFIF\0"


def _is_adobe(data: bytes, s: Segment) -> bool:
    return s.marker == APP14 and s.stop - s.start >= 12 and data[s.start : s.start + 5] == b"Adobe"


def _adobe(data: bytes, segments: list[Segment]) -> int | None:
    found = [s for s in segments if _is_adobe(data, s)]
    return data[found[-1].start + 11] if found else None


def _subsampling(components: tuple[dict[str, int], ...]) -> str:
    if len(components) == 1:
        return "grey"
    first, second, third = components[:3]
    chroma = (second["h"], second["v"])
    if chroma == (third["h"], third["v"]) and not (
        first["h"] % chroma[0] or first["v"] % chroma[1]
    ):
        ratio = (first["h"] // chroma[0], first["v"] // chroma[1])
        names = {(1, 1): "4:4:4", (2, 1): "4:2:2", (2, 2): "4:2:0", (1, 2): "4:4:0",
                 (4, 1): "4:1:1", (4, 2): "4:1:0"}  # fmt: skip
        if ratio in names:
            return names[ratio]
    return ",".join(f"{c['h']}x{c['v']}" for c in components)


def _colour(components: tuple[dict[str, int], ...], adobe: int | None, jfif: bool) -> str:
    """The stored colour space, by libjpeg's rules (jdapimin.c, default_decompress_parms)."""
    if len(components) == 1:
        return "grey"
    if len(components) == 4:
        return "YCCK" if adobe == 2 else "CMYK"
    if jfif:
        return "YCbCr"
    if adobe is not None:
        return "RGB" if adobe == 0 else "YCbCr"
    return "RGB" if [c["id"] for c in components] == [0x52, 0x47, 0x42] else "YCbCr"


def _marker_order(segments: list[Segment]) -> tuple[str, ...]:
    names = tuple(name_of(s.marker) for s in segments[:MAX_LISTED])
    return (*names, "EOI") if len(segments) <= MAX_LISTED else (*names, "...")


def _codec_bytes(data: bytes, segments: list[Segment], structure: JpegStructure) -> bytes:
    """The picture without its metadata.

    libjpeg fills missing entropy-coded data with grey, silently, once it meets a marker. In the
    plain case (one Huffman-coded scan) the final EOI is therefore replaced by a few zero bytes:
    the decoder needs none of them for a complete picture, and runs dry on an incomplete one.
    """
    keep = [
        s
        for s in segments
        if s.marker in FRAMES
        or s.marker in (SOS, DQT, DHT, DAC, DRI)
        or _is_jfif(data, s)
        or _is_adobe(data, s)
    ]
    plain = structure.scans == 1 and not structure.progressive and not structure.arithmetic
    view = memoryview(data)
    parts: list[bytes | memoryview] = [b"\xff\xd8"]
    parts += [view[s.offset : s.end] for s in keep]
    parts.append(bytes(16) if plain else b"\xff\xd9")
    return b"".join(parts)
