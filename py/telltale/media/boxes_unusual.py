"""What no common writer leaves in an ISO base media file (MP4, MOV, HEIF, AVIF).

Found by walking the boxes, within bounds; nothing is searched for in bytes. Each is a sentence, and
each has innocent explanations.
"""

from __future__ import annotations

from collections.abc import Sequence

from telltale.media.boxes import Box, word
from telltale.media.bytesource import ByteSource

#: Sentences given, and bytes of a padding box looked at, at the most.
MAX_FOUND, MAX_PADDING = 8, 1024 * 1024
#: Outermost boxes that ISO/IEC 14496-12 and its relatives, QuickTime or common cameras know.
KNOWN = frozenset(
    (
        b"ftyp", b"moov", b"mdat", b"free", b"skip", b"wide", b"udta", b"meta", b"uuid", b"moof",
        b"mfra", b"sidx", b"ssix", b"styp", b"emsg", b"pdin", b"prft", b"meco", b"pnot", b"PICT",
        b"idat", b"imda", b"prfl", b"mpvd", b"sefd", b"jumb",
    )
)  # fmt: skip
_PADDING = (b"free", b"skip", b"wide")
#: Bytes, and share of the data, that may belong to nothing without a word: writers round up.
SLACK_BYTES, SLACK_SHARE = 4096, 0.02


def unusual(
    source: ByteSource, boxes: Sequence[Box], spoken_for: int | None = None
) -> tuple[str, ...]:
    """Sentences on the outermost boxes.

    Parameters
    ----------
    spoken_for
        Bytes of the media data that the index points to; None where that is not known.
    """
    found: list[str] = []
    unknown: dict[bytes, int] = {}
    for box in boxes:
        if box.kind not in KNOWN:
            unknown[box.kind] = unknown.get(box.kind, 0) + box.end - box.start
    found += [
        f"A part \u201c{word(kind)}\u201d of {size:,} bytes belongs to no known use."
        for kind, size in unknown.items()
    ]
    for kind, what in ((b"ftyp", "type"), (b"moov", "index"), (b"meta", "list of contents")):
        count = sum(box.kind == kind for box in boxes)
        if count > 1:
            found.append(
                f"The file has its {what} {count} times. Readers differ in which one they use; "
                "files that were joined or patched look so."
            )
    if boxes and boxes[0].kind != b"ftyp" and any(box.kind == b"ftyp" for box in boxes):
        found.append("The file does not begin with its type: something was put before it.")
    found += _padding(source, boxes)
    if spoken_for is not None:
        held = sum(box.end - box.start for box in boxes if box.kind in (b"mdat", b"imda"))
        rest = held - spoken_for
        if rest > SLACK_BYTES + SLACK_SHARE * held:
            found.append(
                f"{rest:,} bytes of the stored data belong to no picture or sound that the index "
                "names. Editors that do not tidy up leave such remains; hidden data look the same."
            )
    return tuple(found[:MAX_FOUND])


def _padding(source: ByteSource, boxes: Sequence[Box]) -> list[str]:
    """Padding that holds something. Words of a program in short padding are usual (x264, GPAC)."""
    left, filled = MAX_PADDING, 0
    for box in boxes:
        if box.kind not in _PADDING or left <= 0:
            continue
        body = source.read(box.start, min(box.end - box.start, left))
        left -= len(body)
        if len(body.strip(b"\0")) > 256:
            filled += len(body)
    if not filled:
        return []
    return [
        f"{filled:,} bytes of padding are not empty. Old indexes remain there after editing; "
        "hidden data look the same."
    ]
