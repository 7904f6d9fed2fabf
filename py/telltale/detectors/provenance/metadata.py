"""Metadata: everything that the file says about itself, and where it contradicts itself."""

from __future__ import annotations

from typing import Any

from telltale.detectors.provenance import (
    anomalies,
    contradictions,
    generator_claims,
    hashes,
    thumbnails,
)
from telltale.detectors.provenance.thumbnails import Comparison
from telltale.finding import Card, Fact, Finding, Inapplicable, Map, Reference, ok
from telltale.media import metadata as said
from telltale.media.model import Media
from telltale.runtime.context import Context
from telltale.scene import Scene

CARD = Card(
    id="metadata",
    version="4",
    family="provenance",
    title="Metadata",
    question="What does the file say about itself, and does it contradict itself?",
    how="EXIF with maker notes, XMP, IPTC, colour profile, comments and text chunks are read, the "
    "embedded thumbnail is compared with the picture, and what is stated is held against other "
    "statements and against the bytes of the file. Hashes let you look for the same file "
    "elsewhere.",
    limits=(
        "Metadata are claims. Whoever has the file can remove, copy or forge every one of them.",
        "Missing metadata mean nothing: messengers and websites remove them.",
        "Contradictions have innocent reasons: wrong clocks, time zones, and programs that save a "
        "picture again without updating everything.",
        "Of maker notes only the fields that name camera, lens and picture are read. Perceptual "
        "hashes find only close copies.",
    ),
    references=(
        Reference(
            "E. Kee, H. Farid",
            "Digital Image Authentication from Thumbnails",
            "SPIE Media Forensics and Security XII",
            2010,
            "https://doi.org/10.1117/12.839046",
        ),
        Reference(
            "CIPA",
            "Exchangeable image file format for digital still cameras: Exif Version 2.32",
            "CIPA DC-008",
            2019,
            "https://www.cipa.jp/std/documents/e/DC-X008-Translation-2019-E.pdf",
        ),
    ),
    weak=True,
)

#: Facts listed of all directories together, and characters of each.
MAX_FACTS, MAX_TEXT = 160, 400
_SUMMARY = (
    "camera", "lens", "software", "date", "author", "latitude", "longitude"
)  # fmt: skip
#: Facebook and Instagram mark their pictures with this in IPTC "special instructions".
_FACEBOOK = "FBMD"


def applicable(scene: Scene) -> Inapplicable | None:
    """The original bytes."""
    if scene.media.has_original_bytes:
        return None
    return Inapplicable(
        "needs_original_bytes", "Metadata are in the file, and only pixels were obtained."
    )


def run(scene: Scene, context: Context) -> Finding:
    """Claims, contradictions, the thumbnail and the hashes of a file."""
    media = scene.media
    comparison = _thumbnail(media)
    context.step(0.4, "Holding statements against each other")
    found = contradictions.find(media, comparison)
    claims = generator_claims.find(media.exif)
    facts = (
        *(Fact("contradiction", text) for text in found),
        *(Fact("unusual_in_the_file", text) for text in anomalies.find(media)),
        *_claims(media, claims),
        *_hashes(media),
        *_thumbnail_facts(media, comparison),
        *_hidden(media),
        *_all(media.exif),
    )
    return ok(
        CARD,
        _sentence(media, found, claims),
        facts=facts,
        maps=_maps(media, comparison) if comparison else (),
        caveats=(
            "Metadata are easily removed or forged. That something is missing means nothing.",
        ),
    )


def _thumbnail(media: Media) -> Comparison | None:
    found = (thumbnails.compare(media, small) for small in thumbnails.embedded(media))
    return next((comparison for comparison in found if comparison), None)


def _claims(media: Media, claims: tuple[generator_claims.Claim, ...]) -> list[Fact]:
    summary = media.exif.get("summary", {})
    facts = [Fact(k, _short(summary[k])) for k in _SUMMARY if k in summary]
    for claim in claims[:6]:
        facts.append(Fact("generator_as_claimed", _short(claim.generator), f"in {claim.field}"))
        facts.append(Fact("generator_parameters", said.inert(claim.text)))
    if stated := generator_claims.digital_source_type(media.exif):
        facts.append(Fact("digital_source_type", stated[0], stated[1]))
    special = str(media.exif.get("iptc", {}).get("special instructions", ""))
    if special.startswith(_FACEBOOK):
        facts.append(Fact("passed_through", "Facebook or Instagram", "as its marker says"))
    return facts


def _hashes(media: Media) -> list[Fact]:
    of_file = hashes.of_file(media.data)
    return [
        Fact("sha256", media.sha256),
        Fact("sha1", of_file["sha1"]),
        Fact("md5", of_file["md5"]),
        *(Fact(name, value) for name, value in hashes.of_picture(media.pixels).items()),
        Fact("size", media.size_bytes, "bytes"),
    ]


def _thumbnail_facts(media: Media, comparison: Comparison | None) -> list[Fact]:
    if comparison is None:
        return [Fact("thumbnail", "none that could be compared")] if media.jpeg else []
    height, width = comparison.thumbnail.shape[:2]
    return [
        Fact("thumbnail", f"{width} x {height}", "pixels"),
        Fact("thumbnail_correlation", round(comparison.correlation, 4)),
        Fact("thumbnail_largest_difference", round(comparison.largest, 1), "grey levels"),
    ]


def _hidden(media: Media) -> list[Fact]:
    """Bytes that belong to no picture."""
    if media.jpeg:
        count, kind = media.jpeg.trailing_bytes, media.jpeg.trailing_kind
        if count:
            return [Fact("data_behind_the_picture", count, f"bytes, {kind}")]
        return []
    count = media.exif.get("container", {}).get("bytes after the end of the picture", 0)
    return [Fact("data_behind_the_picture", count, "bytes")] if count else []


def _maps(media: Media, found: Comparison) -> tuple[Map, ...]:
    shown = thumbnails.turned_upright(media, found, found.thumbnail)
    difference = thumbnails.turned_upright(media, found, found.difference)
    return (
        Map("embedded_thumbnail", shown, 0.0, 255.0, meaning="The thumbnail stored in the file."),
        Map(
            "thumbnail_difference",
            difference,
            0.0,
            2 * contradictions.OTHER_PART,
            unit="grey levels",
            meaning="Difference between the thumbnail and the picture at its size, after fitting "
            "contrast and brightness. An area that stands out was changed after the thumbnail was "
            "made, if the rest is dark.",
        ),
    )


def _all(exif: dict[str, Any]) -> list[Fact]:
    """Every value that was read, by the place where it stands."""
    facts: list[Fact] = []
    for directory, tags in exif.get("exif", {}).items():
        facts += [Fact(f"EXIF {directory}: {tag}", _short(value)) for tag, value in tags.items()]
    for kind in ("iptc", "xmp", "icc"):
        facts += [Fact(f"{kind.upper()}: {k}", _short(v)) for k, v in exif.get(kind, {}).items()]
    facts += [Fact(f"text: {_short(k)}", _short(v)) for k, v in exif.get("text", ())]
    facts += [Fact(f"container: {k}", v, "bytes") for k, v in exif.get("container", {}).items()]
    left_out = len(facts) - MAX_FACTS + int(exif.get("left_out", 0))
    if left_out > 0:
        return [*facts[:MAX_FACTS], Fact("values_left_out", left_out)]
    return facts


def _short(value: Any) -> Any:
    if isinstance(value, int | float | bool) or value is None:
        return value
    return said.inert(str(value), MAX_TEXT)


def _sentence(
    media: Media, found: tuple[str, ...], claims: tuple[generator_claims.Claim, ...]
) -> str:
    parts = []
    if claims:
        parts.append(f"The file says that it was made with {said.quoted(claims[0].generator)}.")
    elif (stated := generator_claims.digital_source_type(media.exif)) is not None:
        parts.append(f"The file says of itself: {said.quoted(stated[1])}.")
    if found:
        count = "One statement" if len(found) == 1 else f"{len(found)} statements"
        verb = "does" if len(found) == 1 else "do"
        parts.append(f"{count} of the file {verb} not fit the rest. {found[0]}")
    elif any(media.exif.get(k) for k in ("exif", "xmp", "iptc", "text")):
        parts.append("Nothing that the file says about itself contradicts the rest of it.")
    else:
        parts.append("The file says nothing about itself. Most files from the web do not.")
    if (kind := media.jpeg.trailing_kind if media.jpeg else "") in _PARCELS:
        count_ = media.jpeg.trailing_bytes if media.jpeg else 0
        parts.append(
            f"Behind the picture stands a file of the kind {said.quoted(kind)}, of {count_:,} "
            "bytes."
        )
    return " ".join(parts)


_PARCELS = ("zip", "rar", "7z", "pdf", "gzip", "jpeg", "png", "gif", "webp", "html", "xml", "mp4")
