"""Unusual parts of a container are named; files as common writers make them have none."""

from __future__ import annotations

import struct
import zlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from media_factory import jpeg, photograph, png, png_chunk, save
from metadata_factory import camera_exif, exif_segment, insert, segment
from telltale.detectors.provenance import anomalies
from telltale.media.decode import open_media
from telltale.media.model import MediaError

PIXELS = photograph(48, 64)
PNG, JPEG = png(PIXELS), jpeg(PIXELS)
GIF = b"GIF89a" + save(PIXELS, "GIF")[6:]
WEBP = save(PIXELS, "WEBP", exif=camera_exif())


def found(file: bytes) -> tuple[str, ...]:
    return anomalies.find(open_media(file, "x"))


def riff(kind: bytes, body: bytes) -> bytes:
    return kind + struct.pack("<I", len(body)) + body + bytes(len(body) & 1)


@pytest.mark.parametrize(
    "file",
    [PNG, JPEG, WEBP, insert(JPEG, exif_segment(camera_exif())), save(PIXELS, "GIF")],
    ids=["png", "jpeg", "webp", "camera", "gif"],
)
def test_ordinary_files_have_nothing_unusual(file: bytes) -> None:
    assert found(file) == ()


def test_what_stands_behind_a_png_is_named() -> None:
    (text,) = found(PNG + b"PK\3\4" + bytes(600))
    assert "604 bytes, a ZIP archive" in text


def test_private_chunks_and_scattered_picture_data_are_named() -> None:
    private = found(PNG[:33] + png_chunk(b"stEg", bytes(500)) + PNG[33:])
    assert private == ("A chunk \u201cstEg\u201d of 500 bytes belongs to no known use.",)
    at = PNG.index(b"IDAT") - 4
    (length,) = struct.unpack_from(">I", PNG, at)
    body = PNG[at + 8 : at + 8 + length]
    halves = png_chunk(b"IDAT", body[:100]), png_chunk(b"IDAT", body[100:])
    text = png_chunk(b"tEXt", b"a\0b")
    assert zlib.decompress(body)
    split = PNG[:at] + halves[0] + text + halves[1] + PNG[at + 12 + length :]
    assert any("which the format forbids" in s for s in found(split))


def test_segments_of_no_known_use_and_doubled_exif_are_named() -> None:
    (text,) = found(insert(JPEG, segment(0xE7, b"Secret\0" + bytes(4000))))
    assert "APP7 of 4,007 bytes" in text
    assert "Secret" in text
    exif = exif_segment(camera_exif())
    (text,) = found(insert(JPEG, exif, exif))
    assert "EXIF 2 times" in text


def test_a_webp_whose_header_and_parts_disagree_is_named() -> None:
    at = WEBP.index(b"VP8X") + 8
    hidden = WEBP[:at] + bytes([WEBP[at] & ~0x08]) + WEBP[at + 1 :]
    assert "EXIF that its header does not announce" in found(hidden)[0]
    announced = WEBP[:at] + bytes([WEBP[at] | 0x04]) + WEBP[at + 1 :]
    assert "announces XMP that is not there" in found(announced)[0]
    extra = WEBP + riff(b"HIDE", bytes(30))
    extra = extra[:4] + struct.pack("<I", len(extra) - 8) + extra[8:]
    assert "\u201cHIDE\u201d of 30 bytes" in found(extra)[0]


def extension(label: int, *blocks: bytes) -> bytes:
    return bytes([0x21, label]) + b"".join(bytes([len(b)]) + b for b in blocks) + b"\0"


def test_what_is_odd_in_a_gif_is_named() -> None:
    at = 13 + 3 * 2 ** ((GIF[10] & 7) + 1)
    for added in (
        extension(0xFF, b"NETSCAPE2.0", b"\1\0\0"),
        extension(0xFE, b"made by hand"),
        extension(0xF9, bytes(4)),
    ):
        assert found(GIF[:at] + added + GIF[at:]) == ()
    hidden = extension(0xFF, b"PRIVATE1234", bytes(200), bytes(100))
    (text,) = found(GIF[:at] + hidden + GIF[at:])
    assert (
        text
        == f"An extension \u201cPRIVATE1234\u201d of {len(hidden)} bytes belongs to no known use."
    )
    (text,) = found(GIF[:at] + extension(0x77, b"abc") + GIF[at:])
    assert "\u201c0x77\u201d" in text
    (text,) = found(GIF[:at] + extension(0xFE, *[b"x" * 250] * 20) + GIF[at:])
    assert "Comments of 5,0" in text
    (text,) = found(GIF + b"Rar!\x1a\x07" + bytes(50))
    assert "56 bytes, a RAR archive" in text
    old = b"GIF87a" + GIF[6:at] + extension(0xFE, b"new") + GIF[at:]
    assert "calls itself GIF87a" in found(old)[0]


@settings(max_examples=80, deadline=None)
@given(st.sampled_from([PNG, JPEG, WEBP, GIF]), st.data())
def test_damaged_files_never_crash(file: bytes, data: st.DataObject) -> None:
    made = bytearray(file)
    for _ in range(data.draw(st.integers(1, 6))):
        made[data.draw(st.integers(12, len(made) - 1))] = data.draw(st.integers(0, 255))
    try:
        media = open_media(bytes(made), "x")
    except MediaError:
        return
    assert len(anomalies.find(media)) <= anomalies.MAX_FOUND
