"""What is known about the JPEG files that programs and cameras write, and the match of a file.

Every entry rests on an open fact: the libjpeg source (scaling of tables, order of markers), the
mozjpeg source (its default table), Pillow's `JpegPresets` (tables of Photoshop's presets), a
measurement of a file that names its writer in its own metadata, or of files that a script let the
program write (`stored/encoders.json`).
"""

from __future__ import annotations

import hashlib
import io
import json
import struct
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, JpegPresets

from telltale.media import jpeg
from telltale.media.metadata import quoted
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
#: The intra matrix of MPEG-1 (ISO/IEC 11172-2, 2.4.3.2), which FFmpeg scales for its JPEG files.
MPEG_1 = np.array(
    [
        [8, 16, 19, 22, 26, 27, 29, 34],
        [16, 16, 22, 24, 27, 29, 34, 37],
        [19, 22, 26, 27, 29, 34, 34, 38],
        [22, 22, 26, 27, 29, 34, 37, 40],
        [22, 26, 27, 29, 32, 35, 40, 48],
        [26, 27, 29, 32, 35, 40, 48, 58],
        [26, 27, 29, 34, 38, 46, 56, 69],
        [27, 29, 35, 38, 46, 56, 69, 83],
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
    """A known writer whose files look like this one.

    Attributes
    ----------
    family
        One word.
    name
        A product between marks, or what kind of writer it is.
    why
        What speaks for it, without an article for a sentence of its own.
    """

    family: str
    name: str
    why: str

    @property
    def sentence(self) -> str:
        """Name and reason as a sentence."""
        return f"The file looks like the work of {self.name}, because of {self.why}."


@dataclass(frozen=True, slots=True)
class Layout:
    """How the coding parts of a JPEG file are laid out."""

    huffman: str  # "standard", "optimised", "none" (arithmetic)
    table_segments: int
    huffman_segments: int
    libjpeg_order: bool
    order: str  # coding segments up to the first scan, with the JFIF head
    jfif: str  # version of the JFIF head, or "no JFIF"
    density: str  # its unit (0: none, 1: inch, 2: centimetre) and resolution, or ""


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
    jfif, density = _jfif(data, segments)
    scan = names.index("SOS") + 1 if "SOS" in names else len(names)
    frame = next((jpeg.name_of(s.marker) for s in coding if s.marker in jpeg.FRAMES), "SOF")
    order = [frame if name == "SOF" else name for name in names[:scan]]
    return Layout(
        huffman=huffman,
        table_segments=quantisation,
        huffman_segments=sum(s.marker == jpeg.DHT for s in segments),
        libjpeg_order=ordered,
        order=" ".join(["APP0", *order] if density else order),
        jfif=jfif,
        density=density,
    )


def _jfif(data: bytes, segments: list[jpeg.Segment]) -> tuple[str, str]:
    """Version and density of the JFIF head (ITU-T T.871, 10.1)."""
    for s in segments:
        if s.marker == 0xE0 and data[s.start : s.start + 5] == b"JFIF\0" and s.stop - s.start >= 12:
            major, minor, unit, across, down = struct.unpack_from(">BBBHH", data, s.start + 5)
            return f"JFIF {major}.{minor:02d}", f"{unit} {across}x{down}"
    return "no JFIF", ""


def signature(structure: JpegStructure, found: Layout) -> str:
    """What all files of one writer have in common, whatever their quality and resolution."""
    if structure.quality_exact:
        tables = "IJG"
    elif robidoux_quality(structure) is not None:
        tables = "mozjpeg"
    elif mpeg_step(structure) is not None:
        tables = "MPEG-1"
    else:
        tables = "own"
    return f"{found.order}, {found.huffman} Huffman, {found.jfif}, {tables} tables"


@lru_cache(maxsize=1)
def _measured() -> tuple[dict[str, Any], ...]:
    """The rows of `stored/encoders.json`, which `models/encoders/measure.py` writes."""
    path = files("telltale.detectors.provenance") / "stored/encoders.json"
    return tuple(json.loads(path.read_text("utf-8")))


def written_alike(structure: JpegStructure, found: Layout) -> tuple[str, ...]:
    """The measured programs that write such files by themselves; many others may do so too."""
    key = signature(structure, found)
    return tuple(
        row["writer"]
        for row in _measured()
        if key in row["signatures"]
        and row["density"] in ("any", found.density)
        # a writer that signs its files did not write those without its comment
        and (not row["comment"] or any(c.startswith(row["comment"]) for c in structure.comments))
    )


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
        found.setdefault(digest(structure), f"Adobe Photoshop, preset {title}")
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


def mpeg_step(structure: JpegStructure) -> int | None:
    """The step of FFmpeg's scale whose MPEG-1 intra tables these are, or None."""
    for step in range(1, 256):
        table = MPEG_1 * step // 8
        table[0, 0] = MPEG_1[0, 0]
        if _all_equal(structure, np.clip(table, 1, 255)):
            return step
    return None


def _all_equal(structure: JpegStructure, table: NDArray[np.int32]) -> bool:
    return all(np.array_equal(t.values, table) for t in structure.tables)


def matches(structure: JpegStructure, found: Layout, has_photoshop: bool) -> tuple[Match, ...]:
    """The known writers that write such files; empty where none is known."""
    out = []
    for comment in structure.comments:
        for begun, name in COMMENTS:
            if comment.startswith(begun):
                why = f"the comment {quoted(comment[:60])}"
                out.append(Match("comment", quoted(name), why))
    key = digest(structure)
    for known in (MEASURED, _presets()):
        if key in known:
            out.append(Match("adobe", quoted(known[key]), "its quantisation tables"))
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
    elif (step := mpeg_step(structure)) is not None:
        why = f"the tables of MPEG-1 at step {step}"
        out.append(Match("mpeg", "FFmpeg or another program for videos", why))
    return tuple(out)
