"""What a file says about itself, held against itself and against its bytes.

Each contradiction is a sentence with its reason. Every one of them has innocent explanations;
none is weighed.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from telltale.detectors.provenance import encoders, generator_claims
from telltale.detectors.provenance.thumbnails import Comparison
from telltale.media import makernotes, xmp
from telltale.media.metadata import quoted
from telltale.media.model import Media

#: Correlation under which a thumbnail shows another picture, and grey levels over which a part
#: of it differs. On 31 camera and editor files with their own thumbnails, the least correlation
#: is 0.89 and the greatest difference 24.
OTHER_PICTURE, OTHER_PART = 0.8, 35.0
#: Pixels that EXIF may be off, for cameras that state the size before cropping to whole blocks.
_SIZE_SLACK = 16
#: Clocks in different time zones and late saving explain less than this.
_DATE_SLACK = timedelta(hours=36)
#: Programs by name; firmware never calls itself that.
_PROGRAMS = (
    "adobe", "photoshop", "lightroom", "gimp", "paint", "picasa", "snapseed", "affinity",
    "capture one", "darktable", "rawtherapee", "acdsee", "irfanview", "xnview", "pixelmator",
    "imagemagick", "photos", "canva", "facetune", "vsco", "fireworks", "corel", "google",
    "microsoft", "apple", "ffmpeg", "instagram", "whatsapp", "meitu", "photoscape", "dxo",
    "luminar", "digikam", "editor", "digital photo professional", "capture nx", "silkypix",
    "noise ninja",
)  # fmt: skip
_DATE = re.compile(r"(\d{4})[:\-](\d\d)[:\-](\d\d)(?:[ T](\d\d):(\d\d)(?::(\d\d))?)?")


def find(media: Media, comparison: Comparison | None) -> tuple[str, ...]:
    """The contradictions of a file as sentences, each with its reason."""
    return (
        *_camera_and_encoder(media),
        *_maker_note(media.exif),
        *_generated_and_camera(media.exif),
        *_thumbnail(comparison),
        *_size(media),
        *_orientation(media, comparison),
        *_dates(media.exif),
    )


def names_program(exif: dict[str, Any]) -> bool:
    """Whether the metadata themselves name a program that edits pictures."""
    image, properties = exif.get("exif", {}).get("image", {}), exif.get("xmp", {})
    said = (
        exif.get("summary", {}).get("software"),
        image.get("Software"),
        image.get("ProcessingSoftware"),
        xmp.find(properties, "xmp:CreatorTool"),
        xmp.find(properties, "stEvt:softwareAgent"),
    )
    return any(program in str(s).lower() for s in said if s for program in _PROGRAMS)


def _camera_and_encoder(media: Media) -> Iterator[str]:
    camera = media.exif.get("summary", {}).get("camera")
    if not camera or media.jpeg is None or names_program(media.exif):
        return
    has_photoshop = "Photoshop resources" in media.exif.get("container", {})
    layout = encoders.layout(media.data, media.jpeg)
    for match in encoders.matches(media.jpeg, layout, has_photoshop):
        if match.family in ("adobe", "mozjpeg", "comment", "libjpeg", "mpeg"):
            yield (
                f"The metadata name the camera {quoted(camera)} and no program. {match.sentence} "
                "It was probably saved again after it left the camera."
            )
            return


def _maker_note(exif: dict[str, Any]) -> Iterator[str]:
    """The note of a camera that another maker's camera cannot have written, or that was moved."""
    directories = exif.get("exif", {})
    note, make = directories.get("maker", {}), str(directories.get("image", {}).get("Make") or "")
    makers = makernotes.WRITERS.get(str(note.get("Maker")))
    if makers and make and not any(maker in make.lower() for maker in makers):
        yield (
            f"The metadata name the maker {quoted(make)}, but the camera's own notes in them have "
            f"the form of {quoted(note['Maker'])}. One of the two was written in or copied from "
            "another file."
        )
    if (moved := note.get("Displaced")) and not names_program(exif):
        yield (
            f"The camera's own notes lie {abs(moved)} bytes beside the place that they were "
            "written for, and the metadata name no program: they were written again after the "
            "camera."
        )


def _generated_and_camera(exif: dict[str, Any]) -> Iterator[str]:
    camera = exif.get("summary", {}).get("camera")
    claims = generator_claims.find(exif)
    stated = generator_claims.digital_source_type(exif)
    made = claims[0].generator if claims else None
    if stated and "trained" in stated[0].lower():
        made = made or f"a generative model ({stated[0]})"
    if made and camera:
        yield (
            f"The metadata name the camera {quoted(camera)} and also {quoted(made)}. A photograph "
            "may have been the model's input, or one of the two was written in later."
        )
    if claims and stated and stated[0] in ("digitalCapture", "negativeFilm", "print"):
        yield (
            f"The metadata call the picture {quoted(stated[1])}, and also carry the parameters of "
            f"{quoted(claims[0].generator)}."
        )


def _thumbnail(comparison: Comparison | None) -> Iterator[str]:
    if comparison is None:
        return
    if comparison.correlation < OTHER_PICTURE:
        yield (
            "The embedded thumbnail shows something else than the picture (correlation "
            f"{comparison.correlation:.2f}). The picture was changed or replaced by a program that "
            "left the old thumbnail in place."
        )
    elif comparison.largest > OTHER_PART:
        yield (
            "A part of the embedded thumbnail differs from the picture (by "
            f"{comparison.largest:.0f} grey levels; see the map). The picture may have been "
            "changed there by a program that left the old thumbnail in place."
        )


def _size(media: Media) -> Iterator[str]:
    detail = media.exif.get("exif", {}).get("exif", {})
    width, height = detail.get("ExifImageWidth"), detail.get("ExifImageHeight")
    if not (isinstance(width, int) and isinstance(height, int) and width > 0 and height > 0):
        return
    actual = (media.coded.shape[1], media.coded.shape[0])
    if _near((width, height), actual) or _near((height, width), actual):
        return
    long, short = max(width, height), min(width, height)
    alike = math.isclose(long / short, max(actual) / min(actual), rel_tol=0.01)
    done = "scaled" if alike else "cropped, or scaled and cropped,"
    yield (
        f"EXIF says that the picture is {width} x {height} pixels; it is {actual[0]} x "
        f"{actual[1]}. It was {done} by a program that left the old size in place."
    )


def _near(a: tuple[int, int], b: tuple[int, int]) -> bool:
    return abs(a[0] - b[0]) <= _SIZE_SLACK and abs(a[1] - b[1]) <= _SIZE_SLACK


def _orientation(media: Media, comparison: Comparison | None) -> Iterator[str]:
    if comparison and comparison.upright and comparison.correlation >= OTHER_PICTURE:
        yield (
            f"EXIF asks for the picture to be turned (orientation {media.orientation}), but the "
            "thumbnail is stored as the turned picture already: the two were not written by the "
            "same program."
        )


def _dates(exif: dict[str, Any]) -> Iterator[str]:
    image, detail = exif.get("exif", {}).get("image", {}), exif.get("exif", {}).get("exif", {})
    properties = exif.get("xmp", {})
    taken = parse_date(detail.get("DateTimeOriginal"))
    saved = parse_date(image.get("DateTime"))
    if taken and saved and saved < taken - _DATE_SLACK:
        yield (
            f"EXIF says that the file was saved on {saved:%Y-%m-%d}, before it was taken on "
            f"{taken:%Y-%m-%d}."
        )
    placed = parse_date(exif.get("exif", {}).get("gps", {}).get("GPSDateStamp"))
    if taken and placed and abs(placed - taken) > 2 * _DATE_SLACK:
        yield (
            f"The satellite date is {placed:%Y-%m-%d}, the camera's date {taken:%Y-%m-%d}: one of "
            "them was set wrongly or written in."
        )
    created = parse_date(xmp.find(properties, "xmp:CreateDate"))
    if taken and created and created < taken - _DATE_SLACK:  # later is usual: it may mean import
        yield (
            f"XMP says that the picture was made on {created:%Y-%m-%d}, before it was taken on "
            f"{taken:%Y-%m-%d} as EXIF says."
        )
    digitised = parse_date(detail.get("DateTimeDigitized"))
    if taken and digitised and digitised < taken - _DATE_SLACK:
        yield (
            f"EXIF says that the picture was digitised on {digitised:%Y-%m-%d}, before it was "
            f"taken on {taken:%Y-%m-%d}."
        )


def parse_date(value: Any) -> datetime | None:
    """A date of EXIF or XMP, without its time zone; None where it is unset or makes no sense."""
    found = _DATE.match(value.strip()) if isinstance(value, str) else None
    if not found:
        return None
    try:
        year, month, day, hour, minute, second = (int(part or 0) for part in found.groups())
        return datetime(year, month, day, hour, minute, second)
    except ValueError:
        return None
