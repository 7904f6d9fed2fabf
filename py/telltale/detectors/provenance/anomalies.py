"""What is unusual in the container of a file: parts that no common writer puts there.

Found by walking the container's own structure, within bounds; nothing is searched for in bytes.
Each is a sentence; every one has innocent explanations, and none is weighed.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator

from telltale.media import gif, jpeg, jpeg_extras
from telltale.media.metadata import inert, quoted
from telltale.media.model import Media

#: Parts walked, and sentences given, at the most.
MAX_PARTS, MAX_FOUND = 20_000, 8
#: Application segments of JPEG that are known: marker, how they begin.
_KNOWN_APPS = (
    (0xE0, (b"JFIF", b"JFXX", b"AVI1", b"MJPG")),
    (0xE1, (b"Exif", b"http://ns.adobe.com/", b"XMP")),
    (0xE2, (b"ICC_PROFILE", b"MPF", b"FPXR", b"urn:iso:std:iso:ts:21496")),
    (0xE3, (b"META", b"_JPSJPS_", b"Stim")),
    (0xE4, (b"QVCI", b"Scala")),
    (0xEA, (b"PhotoStudio", b"AROT")),
    (0xEB, (b"JP", b"HDR_RI")),
    (0xEC, (b"Ducky", b"PictureInfo", b"Olym")),
    (0xED, (b"Photoshop", b"Adobe_CM", b"Adobe_Photoshop")),
    (0xEE, (b"Adobe", b"HPSC")),
)
#: Segments without these marks but as large are worth a word.
_LARGE = 2048
#: Chunks of PNG that a public register or a common program knows.
_KNOWN_CHUNKS = frozenset(
    (
        b"IHDR", b"PLTE", b"IDAT", b"IEND", b"tRNS", b"cHRM", b"gAMA", b"iCCP", b"sBIT", b"sRGB",
        b"cICP", b"mDCV", b"cLLI", b"tEXt", b"zTXt", b"iTXt", b"bKGD", b"hIST", b"pHYs", b"sPLT",
        b"eXIf", b"tIME", b"acTL", b"fcTL", b"fdAT", b"oFFs", b"pCAL", b"sCAL", b"sTER", b"gIFg",
        b"gIFx", b"gIFt", b"caBX", b"CgBI", b"iDOT", b"vpAg", b"orNT", b"prVW", b"mkBF", b"mkBS",
        b"mkBT", b"mkTS", b"cmOD", b"npOl", b"npTc",
    )
)  # fmt: skip
_KNOWN_RIFF = frozenset(
    (b"VP8 ", b"VP8L", b"VP8X", b"ANIM", b"ANMF", b"ALPH", b"ICCP", b"EXIF", b"XMP ", b"C2PA")
)
#: Chunk, the bit of the header that announces it (RFC 9649, 2.7), and its name.
_ANNOUNCED = ((b"EXIF", 0x08, "EXIF"), (b"XMP ", 0x04, "XMP"), (b"ICCP", 0x20, "ICC"))
#: Application extensions of GIF that a common program writes: how the eleven bytes begin.
_KNOWN_GIF = (
    b"NETSCAPE2.0", b"ANIMEXTS1.0", b"XMP Data", b"ICCRGBG1", b"MGK8BIM", b"MGKIPTC", b"MAGICK",
    b"ADOBE:IR", b"fractint", b"C2PA_GIF", b"GIFLITE", b"STARDIV", b"ImageMagick", b"GIFCONn",
)  # fmt: skip
#: A text in the file, of which nothing is shown, longer than this is worth a word.
_LONG_COMMENT = 4096
#: What trailing data are, in words.
_TAILS = {
    "jpeg": "a second JPEG file that no index announces",
    "zip": "a ZIP archive",
    "rar": "a RAR archive",
    "7z": "a 7-Zip archive",
    "png": "a PNG file",
    "gif": "a GIF file",
    "webp": "a WebP file",
    "pdf": "a PDF document",
    "gzip": "a gzip archive",
    "xml": "an XML document",
    "html": "an HTML page",
    "text": "plain text",
    "unknown": "data of an unknown kind",
}


def find(media: Media) -> tuple[str, ...]:
    """Sentences on what is unusual in the container of a file."""
    data = media.data
    if media.jpeg is not None:
        found = list(_in_jpeg(data))
    elif data.startswith(b"\x89PNG"):
        found = list(_in_png(data))
    elif data[:4] == b"RIFF":
        found = list(_in_webp(data))
    elif data.startswith(b"GIF8"):
        found = list(_in_gif(data))
    else:
        found = []
    return tuple(found[:MAX_FOUND])


def behind(data: bytes, end: int) -> Iterator[str]:
    """What stands behind the end of the picture, where it is something."""
    kind = jpeg_extras.trailing_kind(data, end)
    what = _TAILS.get(kind.removesuffix("+mp4"))
    if what and kind.endswith("+mp4"):
        what += " and a video"
    if kind == "mp4":
        what = "a video (as in motion photos)"
    if what:
        yield (
            f"Behind the end of the picture stand {len(data) - end:,} bytes, {what}. Viewers do "
            "not show them."
        )


def _in_jpeg(data: bytes) -> Iterator[str]:
    segments, _ = jpeg.walk(data)
    exif = 0
    for s in segments[:MAX_PARTS]:
        if not 0xE0 <= s.marker <= 0xEF:
            continue
        head = data[s.start : min(s.start + 40, s.stop)]
        exif += s.marker == 0xE1 and head.startswith(jpeg_extras.EXIF)
        known = next((begun for marker, begun in _KNOWN_APPS if marker == s.marker), ())
        if s.stop - s.start >= _LARGE and not head.startswith(known):
            name = inert(head.split(b"\0")[0][:16].decode("latin-1"), 16)
            yield (
                f"A segment APP{s.marker - 0xE0} of {s.stop - s.start:,} bytes belongs to no known "
                f"use (it begins with {quoted(name)})."
            )
    if exif > 1:
        yield (
            f"The file holds EXIF {exif} times. Readers differ in which one they show; programs "
            "that add their own leave such files."
        )


def _in_png(data: bytes) -> Iterator[str]:
    at = 8
    kinds: list[bytes] = []
    unknown: dict[bytes, int] = {}
    for _ in range(MAX_PARTS):
        if at + 12 > len(data):
            return
        (length,) = struct.unpack_from(">I", data, at)
        kind = data[at + 4 : at + 8]
        if not kinds or kinds[-1] != kind:
            kinds.append(kind)
        if kind not in _KNOWN_CHUNKS:
            unknown[kind] = unknown.get(kind, 0) + length
        at += 12 + length
        if kind == b"IEND":
            break
    for kind, size in list(unknown.items())[:MAX_FOUND]:
        name = inert(kind.decode("latin-1"), 8)
        yield f"A chunk {quoted(name)} of {size:,} bytes belongs to no known use."
    if kinds.count(b"IDAT") > 1:
        yield (
            "Other chunks stand between the parts of the picture data, which the format forbids: "
            "the file was put together by hand or by a faulty program."
        )
    if kinds.count(b"eXIf") > 1:
        yield "The file holds EXIF more than once. Readers differ in which one they show."
    yield from behind(data, at)


def _in_webp(data: bytes) -> Iterator[str]:
    end = min(len(data), 8 + struct.unpack_from("<I", data, 4)[0])
    at, flags = 12, None
    seen: dict[bytes, int] = {}
    for _ in range(MAX_PARTS):
        if at + 8 > end:
            break
        kind, (length,) = data[at : at + 4], struct.unpack_from("<I", data, at + 4)
        if kind == b"VP8X" and at + 8 < end:
            flags = data[at + 8]
        seen[kind] = seen.get(kind, 0) + length
        at += 8 + length + (length & 1)
    for kind, size in seen.items():
        if kind not in _KNOWN_RIFF:
            name = inert(kind.decode("latin-1"), 8)
            yield f"A chunk {quoted(name)} of {size:,} bytes belongs to no known use."
    for kind, bit, what in _ANNOUNCED:
        if kind in seen and not (flags or 0) & bit:
            yield (
                f"The file holds {what} that its header does not announce: it was added "
                "afterwards by a program that did not update the header."
            )
        elif flags is not None and flags & bit and kind not in seen:
            yield f"The header announces {what} that is not there: it was taken out afterwards."
    yield from behind(data, end)


def _in_gif(data: bytes) -> Iterator[str]:
    """Extensions of no known use, long comments, and what the version does not allow (GIF89a)."""
    at = 13 + (3 * 2 ** ((data[10] & 7) + 1) if data[10] & 0x80 else 0)
    unknown: dict[str, int] = {}
    extensions = comments = 0
    for _ in range(MAX_PARTS):
        if at + 2 > len(data) or data[at] not in (0x21, 0x2C):
            break
        start = at
        if data[at] == 0x2C:
            if at + 11 > len(data):
                return
            flags = data[at + 9]
            at = gif.skip_blocks(data, at + 11 + (3 * 2 ** ((flags & 7) + 1) if flags >> 7 else 0))
            continue
        label = data[at + 1]
        at = gif.skip_blocks(data, at + 2)
        extensions += 1
        if label == 0xFE:
            comments += at - start - 3
        elif label == 0xFF:
            mark = data[start + 3 : start + 14]
            if not mark.startswith(_KNOWN_GIF):
                shown = inert(mark.decode("latin-1"), 11)
                unknown[shown] = unknown.get(shown, 0) + at - start
        elif label not in (0xF9, 0x01):
            unknown[f"0x{label:02X}"] = unknown.get(f"0x{label:02X}", 0) + at - start
    for name, size in unknown.items():
        yield f"An extension {quoted(name)} of {size:,} bytes belongs to no known use."
    if comments > _LONG_COMMENT:
        yield f"Comments of {comments:,} bytes are in the file. Viewers do not show them."
    if extensions and data[:6] == b"GIF87a":
        yield (
            "The file calls itself GIF87a and has extensions, which came with GIF89a: its "
            "beginning was changed or a faulty program wrote it."
        )
    if data[at : at + 1] == b";":
        yield from behind(data, at + 1)
