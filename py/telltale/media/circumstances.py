"""What a picture went through, where its size, compression and silence show it: no accusation.

Each circumstance is a code with numbers a person can check; the words are those of
`telltale.evidence.sentences` (`warning.<code>`).
"""

from __future__ import annotations

from dataclasses import dataclass

from telltale.media.kind import Kind
from telltale.media.model import Media

#: Below these the warnings about small and strongly compressed pictures appear.
SMALL_SIDE_PX = 400
THUMBNAIL_SIDE_PX = 200
LOW_QUALITY = 75.0
#: Longer sides that messengers and networks cut pictures down to, in pixels, as reported.
PLATFORM_SIDES = frozenset({720, 960, 1080, 1200, 1280, 1440, 1600, 2048, 4096})
#: Highest quality that they save at, as reported.
PLATFORM_QUALITY = 90.0
#: Longer over shorter side of A4 and of letter paper, and the resolutions that scanners offer.
PAPERS = ((11.69, 8.27), (11.0, 8.5))
SCAN_DPI = (150, 200, 300, 400, 600)
SCAN_TOLERANCE = 0.01
_SCANNERS = ("scan", "epson perfection", "canoscan", "fujitsu fi-", "plustek")
_CAMERA_TAGS = frozenset({"Make", "Model", "ExposureTime", "FNumber", "LensModel"})


@dataclass(frozen=True, slots=True)
class Circumstance:
    """A code and the numbers that its sentence names."""

    code: str
    facts: dict[str, int | float | str]


def circumstances(media: Media, kind: Kind) -> list[Circumstance]:
    """The circumstances of a picture that make findings weaker, the gravest first."""
    found: list[Circumstance] = []

    def add(code: str, **facts: int | float | str) -> None:
        found.append(Circumstance(code, facts))

    side, longer = sorted((media.width, media.height))
    if kind.nature == "graphic":
        add("graphic", flat=kind.flat, alike=kind.alike, hard=kind.hard)
    elif kind.nature == "captioned":
        add("captioned", share=round(100 * kind.caption))
    elif kind.nature == "letterboxed":
        add("letterboxed", share=round(100 * kind.bars))
    if kind.nature == "screenshot" or media.rung in ("tab-capture", "screen-crop"):
        add("screenshot", width=media.width, height=media.height)
    elif not media.has_original_bytes:
        add("no_original_bytes")
    if longer <= THUMBNAIL_SIDE_PX:
        add("thumbnail", width=media.width, height=media.height)
    elif side < SMALL_SIDE_PX:
        add("small", width=media.width, height=media.height)
    if media.jpeg and media.jpeg.quality is not None:
        if media.jpeg.quality < LOW_QUALITY:
            add("compressed", quality=round(media.jpeg.quality))
        if _platform(media, longer):
            add("platform", side=longer, quality=round(media.jpeg.quality))
        elif media.jpeg.quality_exact:
            add("resaved")
    if (dpi := scan_dpi(media)) is not None:
        add("scan", dpi=dpi)
    return found


def scan_dpi(media: Media) -> int | None:
    """The resolution at which a sheet of A4 or letter paper has this size, or 0 where a scanner
    names itself; None for anything else."""
    said = " ".join(str(media.tags.get(tag, "")) for tag in ("Make", "Model", "Software")).lower()
    if any(name in said for name in _SCANNERS):
        return 0
    if _CAMERA_TAGS & media.tags.keys():
        return None
    side, longer = sorted((media.width, media.height))
    for dpi in SCAN_DPI:
        for length, breadth in PAPERS:
            near = abs(longer / (length * dpi) - 1), abs(side / (breadth * dpi) - 1)
            if max(near) <= SCAN_TOLERANCE:
                return dpi
    return None


def _platform(media: Media, longer: int) -> bool:
    """A size and quality as messengers and networks make them, and no word of a camera."""
    assert media.jpeg is not None
    return (
        longer in PLATFORM_SIDES
        and media.jpeg.quality is not None
        and media.jpeg.quality <= PLATFORM_QUALITY
        and not _CAMERA_TAGS & media.tags.keys()
        and not media.jpeg.has_exif
    )
