"""What is known about the JPEG files that programs and cameras write, and the match of a file.

Every entry rests on an open fact: the libjpeg source (scaling of tables, order of markers), the
mozjpeg source (its default table), Pillow's `JpegPresets` (tables of Photoshop's presets), or a
measurement of a file that names its writer in its own metadata.
"""

from __future__ import annotations

import hashlib
import io
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from PIL import Image, JpegPresets

from telltale.media import jpeg
from telltale.media.model import JpegStructure

#: mozjpeg's default base table for both luma and chroma (jcparam.c, N. Robidoux).
ROBIDOUX = np.array(
    [
        [16, 16, 16, 18, 25, 37, 56, 85],
        [16, 17, 20, 27, 34, 40, 53, 75],
        [16, 20, 24, 31, 43, 62, 91, 135],
        [18, 27, 31, 40, 53, 74, 106, 156],
        [25, 34, 43, 53, 69, 94, 131, 189],
        [37, 40, 62, 74, 94, 124, 169, 238],
        [56, 53, 91, 106, 131, 169, 226, 311],
        [85, 75, 135, 156, 189, 238, 311, 418],
    ],
    np.int32,
)
#: Digest of all tables (`digest`) -> what a file with these tables said about its writer.
MEASURED = {
    "16a0314db8ef13ac": "Adobe Photoshop, quality 12 (measured: version 21.1)",
    "134af48f62cf422b": "Adobe Photoshop, quality 8 (measured: version 24.1)",
    "d743ff05c3405ddd": "Adobe Photoshop, quality 0 (measured: CS2)",
    "17c2a883c27b773a": "Adobe Lightroom (measured: version 5.3)",
    "34f63c2b4c9ee0cb": "Adobe Fireworks (measured: CS5)",
    "26b0c0df50536bb5": "Adobe Fireworks (measured: CS5)",
    "22fc6f2e294f07df": "Adobe Fireworks (measured: CS4)",
}
#: What encoders write into a comment, and who they are.
COMMENTS = (
    ("CREATOR: gd-jpeg", "GD, the library of PHP and of many websites"),
    ("Lavc", "FFmpeg: the picture was probably taken from a video"),
    ("Intel(R) JPEG Library", "the Intel JPEG Library"),
    ("LEAD Technologies", "LEADTOOLS"),
    ("AppleMark", "Apple's QuickTime"),
    ("Optimized by JPEGmini", "JPEGmini"),
    ("Created with GIMP", "GIMP"),
    ("Compressed by jpeg-recompress", "jpeg-recompress"),
    ("XV Version", "XV"),
    ("ACD Systems", "ACDSee"),
)


@dataclass(frozen=True, slots=True)
class Match:
    """A known writer whose files look like this one: `family` in one word, `name`, and why."""

    family: str
    name: str
    why: str


@dataclass(frozen=True, slots=True)
class Layout:
    """How the coding parts of a JPEG file are laid out."""

    huffman: str  # "standard", "optimised", "none" (arithmetic)
    table_segments: int
    huffman_segments: int
    libjpeg_order: bool


def digest(structure: JpegStructure) -> str:
    """16 hexadecimal digits that stand for the quantisation tables of a file, in order of id."""
    raw = b"".join(t.values.astype("<u2").tobytes() for t in structure.tables)
    return hashlib.sha256(raw).hexdigest()[:16]


def layout(data: bytes, structure: JpegStructure) -> Layout:
    """Read the Huffman tables and the order of the coding segments of a JPEG file."""
    segments, _ = jpeg.walk(data)
    coding = [s for s in segments if not (0xE0 <= s.marker <= 0xEF or s.marker == jpeg.COM)]
    names = tuple(
        "SOF" if s.marker in jpeg.FRAMES else jpeg.name_of(s.marker)
        for s in coding[:60]
        if s.marker != jpeg.DRI
    )
    tables = _huffman(data, segments)
    if structure.arithmetic:
        huffman = "none"
    else:
        huffman = "standard" if tables and tables <= _standard_huffman() else "optimised"
    quantisation = sum(s.marker == jpeg.DQT for s in segments)
    count = len(structure.tables)
    # libjpeg: one segment for each table, all before the frame, then Huffman tables and scans
    ordered = (
        quantisation == count
        and names[:count] == ("DQT",) * count
        and names[count : count + 1] == ("SOF",)
        and set(names[count + 1 :]) <= {"DHT", "SOS"}
    )
    return Layout(huffman, quantisation, sum(s.marker == jpeg.DHT for s in segments), ordered)


def _huffman(data: bytes, segments: list[jpeg.Segment]) -> set[bytes]:
    """The distinct Huffman tables (T.81 B.2.4.2): counts and symbols, whatever their number."""
    found: set[bytes] = set()
    for s in segments:
        at = s.start
        while s.marker == jpeg.DHT and at + 17 <= s.stop and len(found) < 100:
            size = 17 + sum(data[at + 1 : at + 17])
            found.add(data[at + 1 : min(at + size, s.stop)])
            at += size
    return found


@lru_cache(maxsize=1)
def _standard_huffman() -> frozenset[bytes]:
    """The example tables of T.81 annex K.3, as the bundled libjpeg writes them."""
    file = _encoded()
    return frozenset(_huffman(file, jpeg.walk(file)[0]))


def _encoded(**options: object) -> bytes:
    buffer = io.BytesIO()
    Image.new("RGB", (16, 16)).save(buffer, "JPEG", **options)
    return buffer.getvalue()


@lru_cache(maxsize=1)
def _presets() -> dict[str, str]:
    """Digest -> name of the Photoshop presets that Pillow lists."""
    found: dict[str, str] = {}
    for name in JpegPresets.presets:
        structure = jpeg.read(_encoded(quality=name)).jpeg
        assert structure is not None
        title = name.replace("_", " ").replace("web ", "save for web, ")
        found.setdefault(digest(structure), f"Adobe Photoshop's preset \u201c{title}\u201d")
    return found


def robidoux_quality(structure: JpegStructure) -> int | None:
    """The quality whose mozjpeg default tables these are, or None."""
    for quality in range(1, 101):
        scale = 5000 // quality if quality < 50 else 200 - 2 * quality
        table = np.clip((ROBIDOUX * scale + 50) // 100, 1, 255)
        if _all_equal(structure, table):
            # from 97 on the rounded tables no longer differ from flat ones
            return quality if table.max() > 4 else None
    return None


def _all_equal(structure: JpegStructure, table: NDArray[np.int32]) -> bool:
    return all(np.array_equal(t.values, table) for t in structure.tables)


def matches(structure: JpegStructure, found: Layout, has_photoshop: bool) -> tuple[Match, ...]:
    """The known writers that write such files; empty where none is known."""
    out = []
    for comment in structure.comments:
        for begun, name in COMMENTS:
            if comment.startswith(begun):
                out.append(
                    Match("comment", name, f"the comment \u201c{comment[:60].strip()}\u201d")
                )
    key = digest(structure)
    if key in MEASURED:
        out.append(Match("adobe", MEASURED[key], "its quantisation tables"))
    if key in _presets():
        out.append(Match("adobe", _presets()[key], "its quantisation tables"))
    adobe = structure.adobe_transform is not None
    if (
        adobe
        and found.table_segments == 1
        and found.huffman_segments == 1
        and not (structure.quality_exact)
    ):
        also = " and Photoshop resources" if has_photoshop else ""
        why = f"one segment for all tables of a kind, an Adobe marker{also}, tables of its own"
        if not any(m.family == "adobe" for m in out):
            out.append(Match("adobe", "an Adobe program", why))
    if structure.quality_exact and structure.quality is not None:
        quality = int(structure.quality)
        if found.libjpeg_order and structure.has_jfif:
            why = f"libjpeg's own tables at quality {quality}, and its order of segments"
            out.append(Match("libjpeg", "a program built on libjpeg", why))
        else:
            why = f"libjpeg's tables at quality {quality}, which many cameras and programs use"
            out.append(Match("ijg", "an encoder with the standard tables", why))
    elif (quality_ := robidoux_quality(structure)) is not None:
        why = f"the default tables at quality {quality_}"
        out.append(Match("mozjpeg", "mozjpeg, which websites and picture optimisers use", why))
    return tuple(out)
