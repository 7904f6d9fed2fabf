"""What is read of EXIF, maker notes, XMP, IPTC, ICC and PNG text equals ExifTool and Exiv2.

`golden/exiftool.json` was made outside this project: each file of `exif_samples.files()` was
written to disk and read by `exiftool -j -n -G1 -a -u -struct -D` (version 12.57; of each value the
group, the number or name of its tag, ExifTool's name, and the value) and by `exiv2 -PExkv` and
`-PIxkv` (version 0.27.6; key, number, value). Left out are what both programs derive and the file
does not hold, and of files with maker notes everything else. Exiv2 does not read Ricoh's note, nor
a note of Canon that was moved, nor text in Windows-1252; there ExifTool stands alone.

Differences by definition: ExifTool joins degrees, minutes and seconds to one number (here
compared with `summary`), the parts of a time by colons, and shows a byte that is no text as a
number.
"""

from __future__ import annotations

import json
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from PIL import ExifTags

import exif_samples
from telltale.media import makernotes
from telltale.media.decode import open_media

GOLDEN = json.loads((Path(__file__).parent / "golden/exiftool.json").read_text("utf-8"))
FILES = exif_samples.files()
DIRECTORIES = {"IFD0": "image", "ExifIFD": "exif", "GPS": "gps"}
NOTES = [name for name in FILES if name.startswith("note_")]
#: What the two programs call data sets of IPTC, and tags of makers, by another name.
ALIASES = {
    "Byline": "by-line",
    "Caption": "caption",
    "Caption-Abstract": "caption",
    "CopyrightNotice": "copyright notice",
    "Copyright": "copyright notice",
    "Country-PrimaryLocationName": "country",
    "CountryName": "country",
    "DateCreated": "date created",
    "ObjectName": "title",
    "OriginatingProgram": "originating program",
    "Program": "originating program",
    "ProgramVersion": "program version",
    "TimeCreated": "time created",
    "MediaGroupUUID": "ContentIdentifier",
}


def flat(value: Any) -> list[Any]:
    """Numbers as floats, text without blanks at its ends, lists as such."""
    if isinstance(value, list):
        return [part for v in value for part in flat(v)]
    try:
        return [float(Fraction(part)) for part in str(value).split()] or [""]
    except (ValueError, ZeroDivisionError):
        return [str(value).strip()]


def same(ours: Any, theirs: Any) -> bool:
    a, b = flat(ours), flat(theirs)
    return len(a) == len(b) and all(
        x == (pytest.approx(y, rel=1e-8, abs=1e-9) if isinstance(y, float) else y)
        for x, y in zip(a, b, strict=True)
    )


def same_in_bytes(ours: Any, theirs: str) -> bool:
    """As `same`; Exiv2 shows some text as the numbers of its bytes, and comments with a prefix."""
    if same(ours, theirs.removeprefix("charset=Ascii ")):
        return True
    if not isinstance(ours, str):
        return False
    numbers = [int(number) for number in theirs.split()]
    spelt = (ours.encode(), ours.encode("utf-16-le"))
    return bytes(numbers).strip(b"\0") in (raw.strip(b"\0") for raw in spelt) or (
        numbers == list(bytes.fromhex(ours))
    )


def read(name: str) -> dict[str, Any]:
    return dict(open_media(FILES[name], name).exif)


@pytest.mark.parametrize("name", ["exif_little.jpg", "exif_big.jpg"])
def test_every_exif_value_equals_exiftools(name: str) -> None:
    found = read(name)
    seen = 0
    for group, tag, title, theirs in GOLDEN[name]["exiftool"]:
        directory = found["exif"][DIRECTORIES[group]]
        known = ExifTags.GPSTAGS if group == "GPS" else ExifTags.TAGS
        ours = directory[known[tag]]
        if title in ("GPSLatitude", "GPSLongitude"):
            ours = abs(found["summary"][title.removeprefix("GPS").lower()])
        elif title == "GPSTimeStamp":
            ours = ":".join(f"{part:02.0f}" for part in ours)
        elif title == "SceneType":
            ours = int(ours, 16)
        assert same(ours, theirs), (title, ours, theirs)
        seen += 1
    assert seen == sum(len(entries) for entries in found["exif"].values())
    assert found["summary"]["latitude"] < 0 < found["summary"]["longitude"]


@pytest.mark.parametrize("name", ["exif_little.jpg", "exif_big.jpg"])
def test_every_exif_value_equals_exiv2s(name: str) -> None:
    found = read(name)["exif"]
    groups = {"Image": "image", "Photo": "exif", "GPSInfo": "gps"}
    for key, tag, theirs in GOLDEN[name]["exiv2"]:
        group = key.split(".")[1]
        known = ExifTags.GPSTAGS if group == "GPSInfo" else ExifTags.TAGS
        assert same_in_bytes(found[groups[group]][known[tag]], theirs), key


@pytest.mark.parametrize("name", NOTES)
def test_named_values_of_maker_notes_equal_exiftools(name: str) -> None:
    ours = dict(read(name)["exif"]["maker"])
    assert ours.pop("Maker") == ("Canon" if "moved" in name else name[5:-4])
    assert ours.pop("Displaced", 0) == (-266 if "moved" in name else 0)
    theirs = {ALIASES.get(title, title): v for _, _, title, v in GOLDEN[name]["exiftool"]}
    assert ours.keys() == theirs.keys()
    for title, value in theirs.items():
        assert same(ours[title], value), (title, ours[title], value)


@pytest.mark.parametrize("name", [name for name in NOTES if "exiv2" in GOLDEN[name]])
def test_named_values_of_maker_notes_equal_exiv2s(name: str) -> None:
    ours = read(name)["exif"]["maker"]
    for key, tag, theirs in GOLDEN[name]["exiv2"]:
        assert same_in_bytes(ours[makernotes.NAMES[ours["Maker"]][tag]], theirs), key


def test_xmp_equals_exiftools_reading() -> None:
    found = read("xmp.jpg")["xmp"]
    theirs = {(group, title): v for group, _, title, v in GOLDEN["xmp.jpg"]["exiftool"]}
    assert found["xmp:CreatorTool"] == theirs["XMP-xmp", "CreatorTool"]
    assert found["xmp:Rating"] == str(theirs["XMP-xmp", "Rating"])
    assert found["photoshop:City"] == theirs["XMP-photoshop", "City"]
    assert found["Iptc4xmpExt:DigitalSourceType"] == theirs["XMP-iptcExt", "DigitalSourceType"]
    # ExifTool writes dates with colons
    date, time = found["xmp:CreateDate"].split("T")
    assert f"{date.replace('-', ':')} {time}" == theirs["XMP-xmp", "CreateDate"]
    assert [found["dc:title[1]"], found["dc:title[2]"]] == [
        theirs["XMP-dc", "Title"],
        theirs["XMP-dc", "Title-en"],
    ]
    for name in ("subject", "creator"):
        ours = [found[f"dc:{name}[{k}]"] for k in (1, 2)]
        assert ours == theirs["XMP-dc", name.capitalize()]
    first, second = theirs["XMP-xmpMM", "History"]
    assert found["xmpMM:History[1]/stEvt:action"] == first["Action"]
    assert found["xmpMM:History[1]/stEvt:softwareAgent"] == first["SoftwareAgent"]
    assert found["xmpMM:History[2]/stEvt:action"] == second["Action"]
    assert (
        found["xmpMM:History[2]/stEvt:when"].replace("-", ":").replace("T", " ") == second["When"]
    )


@pytest.mark.parametrize(
    ("name", "reader"),
    [
        ("iptc_utf8.jpg", "exiftool"),
        ("iptc_utf8.jpg", "exiv2"),
        ("iptc_windows.jpg", "exiftool"),
    ],
)
def test_iptc_is_decoded_alike_in_either_coding(name: str, reader: str) -> None:
    found = read(name)["iptc"]
    theirs: dict[str, str] = {}
    for row in GOLDEN[name][reader]:
        title = row[2] if reader == "exiftool" else row[0].rsplit(".", 1)[1]
        value = "; ".join(row[-1]) if isinstance(row[-1], list) else str(row[-1])
        if title in ("CodedCharacterSet", "CharacterSet"):
            continue
        key = ALIASES.get(title, title.lower())
        theirs[key] = f"{theirs[key]}; {value}" if key in theirs else value
    # both programs set marks between the digits
    theirs["date created"] = theirs["date created"].replace(":", "").replace("-", "")
    theirs["time created"] = theirs["time created"].replace(":", "")
    assert found == theirs


@pytest.mark.parametrize("name", ["icc_2.jpg", "icc_4.jpg"])
def test_the_colour_profile_is_named_alike(name: str) -> None:
    found = read(name)["icc"]
    theirs = {title: str(v).strip() for _, _, title, v in GOLDEN[name]["exiftool"]}
    assert found["description"] == theirs["ProfileDescription"]
    assert found["class"] == theirs["ProfileClass"]
    assert found["colour space"] == theirs["ColorSpaceData"]


def test_texts_of_png_are_decoded_alike() -> None:
    ours = {keyword: text.strip() for keyword, text in read("texts.png")["text"]}
    for _, tag, _, theirs in GOLDEN["texts.png"]["exiftool"]:
        assert ours[tag.removesuffix("-de")] == theirs.strip()
