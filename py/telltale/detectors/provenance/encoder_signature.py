"""Encoder signature: which program or camera writes JPEG files that look like this one."""

from __future__ import annotations

from telltale.detectors.provenance import encoders
from telltale.finding import Card, Fact, Finding, Inapplicable, Reference, ok
from telltale.media.metadata import quoted
from telltale.media.model import JpegStructure
from telltale.runtime.context import Context
from telltale.scene import Scene

CARD = Card(
    id="encoder_signature",
    version="2",
    family="provenance",
    title="Encoder signature",
    question="What kind of program or camera wrote this JPEG file last?",
    how="Encoders differ in their quantisation tables, in how they divide colour, in their Huffman "
    "tables and in the order of the segments. These are compared with a small table of known "
    "writers, each resting on an open source or a measured file, and with the files that a "
    "script let programs write.",
    limits=(
        "Only the last writer leaves these traces. Being saved again by a program is normal and "
        "does not mean manipulation.",
        "Many programs and cameras share libjpeg and its tables; a match names a family, not a "
        "product.",
        "Messengers, telephones and most cameras cannot be measured and are not in the table.",
        "The table of known writers is small. \u201cUnknown\u201d is a common and innocent answer.",
        "All of it can be imitated.",
    ),
    references=(
        Reference(
            "E. Kee, M. K. Johnson, H. Farid",
            "Digital Image Authentication from JPEG Headers",
            "IEEE Transactions on Information Forensics and Security 6(3)",
            2011,
            "https://doi.org/10.1109/TIFS.2011.2128309",
        ),
        Reference(
            "ITU-T",
            "Digital compression and coding of continuous-tone still images",
            "Recommendation T.81",
            1992,
            "https://www.w3.org/Graphics/JPEG/itu-t81.pdf",
        ),
    ),
    weak=True,
)


def applicable(scene: Scene) -> Inapplicable | None:
    """The original bytes of a JPEG file."""
    if not scene.media.has_original_bytes:
        return Inapplicable("needs_original_bytes")
    if scene.media.jpeg is None:
        return Inapplicable("not_jpeg")
    return None


def run(scene: Scene, context: Context) -> Finding:
    """The families of encoders that write such files, and the features that were compared."""
    del context
    media = scene.media
    structure = media.jpeg
    assert structure is not None
    found = encoders.layout(media.data, structure)
    has_photoshop = "Photoshop resources" in media.exif.get("container", {})
    known = encoders.matches(structure, found, has_photoshop)
    alike = encoders.written_alike(structure, found)
    facts = [Fact("looks_like", _bare(m.name), m.why) for m in known]
    facts = facts or [Fact("looks_like", "unknown")]
    if alike:
        facts.append(Fact("written_alike_by", ", ".join(alike), "as measured"))
    if structure.quality is not None:
        exact = "IJG, exact" if structure.quality_exact else "IJG, nearest"
        facts.append(Fact("quality", structure.quality, exact))
    facts += [
        Fact("colour_subsampling", structure.subsampling),
        Fact("progressive", structure.progressive),
        Fact("scans", structure.scans),
        Fact("huffman_tables", found.huffman),
        Fact("quantisation_tables", len(structure.tables), "tables"),
        Fact("quantisation_segments", found.table_segments, "segments"),
        Fact("restart_interval", structure.restart_interval, "units"),
        Fact("segments", " ".join(_shortened(structure.marker_order))),
        Fact("tables_digest", encoders.digest(structure)),
        *_tables(structure),
    ]
    return ok(CARD, _sentence(known, alike), facts=tuple(facts))


def _sentence(known: tuple[encoders.Match, ...], alike: tuple[str, ...]) -> str:
    parts = [match.sentence for match in known]
    if alike:
        names = quoted(", ".join(alike), 400)
        parts.append(f"Of the programs that were measured, these write files laid out so: {names}.")
    elif not known:
        parts.append(
            "Unknown encoder: no known writer leaves these tables and this order of segments. "
            "Nothing follows from that."
        )
    return " ".join(parts)


def _bare(name: str) -> str:
    """A name without the marks that it has in a sentence."""
    return name.strip("\u201c\u201d")


def _shortened(markers: tuple[str, ...]) -> list[str]:
    """The order of segments with repetitions counted."""
    out: list[str] = []
    count = 0
    for index, name in enumerate(markers):
        count += 1
        if index + 1 == len(markers) or markers[index + 1] != name:
            out.append(name if count == 1 else f"{name}\u00d7{count}")
            count = 0
    return out[:60]


def _tables(structure: JpegStructure) -> list[Fact]:
    return [
        Fact(f"table_{t.id}", " | ".join(" ".join(map(str, row)) for row in t.values.tolist()))
        for t in structure.tables
    ]
