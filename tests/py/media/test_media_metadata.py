"""Metadata becomes bounded, inert, JSON-ready values, however hostile it is."""

from __future__ import annotations

import json
import struct
import tracemalloc
import zlib
from typing import Any

import numpy as np
import pytest

import exif_samples
import media_factory as make
import metadata_factory as said
from telltale.media import icc, iptc, makernotes, metadata, tiff, xmp
from telltale.media.decode import open_media

PHOTO = make.photograph(48, 64)
PLAIN = make.jpeg(PHOTO)


def said_by(data: bytes) -> dict[str, Any]:
    """The metadata of a file, having gone through strict JSON."""
    found = open_media(data, "x").exif
    text = json.dumps(found, allow_nan=False)
    assert len(text) < 12 * metadata.MAX_TOTAL
    return json.loads(text)


def with_exif(structure: bytes) -> bytes:
    return said.insert(PLAIN, said.exif_segment(structure))


def with_xmp(packet: bytes) -> bytes:
    return said.insert(PLAIN, said.segment(0xE1, b"http://ns.adobe.com/xap/1.0/\0" + packet))


def test_a_picture_that_says_nothing() -> None:
    assert said_by(PLAIN) == {}
    assert said_by(make.png(PHOTO)) == {}


def test_camera_exif_and_its_summary() -> None:
    for data in (
        with_exif(said.camera_exif()),
        make.png(PHOTO, exif=said.camera_exif()),
        make.save(PHOTO, "WEBP", exif=said.camera_exif()),
    ):
        found = said_by(data)
        assert found["summary"] == {
            "software": "Firmware 1.2",
            "camera": "Acme Testcam 5",
            "date": "2024:05:06 07:08:09",
            "author": "A. Person",
            "latitude": pytest.approx(-(33 + 51 / 60 + 30 / 3600)),
            "longitude": pytest.approx(151.2),
        }
        detail = found["exif"]["exif"]
        assert detail["ExposureTime"] == pytest.approx(0.008)
        assert detail["ExifVersion"] == "0232"
        assert detail["UserComment"] == "hello"
        assert detail["MakerNote"] == "40 bytes"


def test_the_declared_source_type_of_generated_pictures() -> None:
    png_text = b"XML:com.adobe.xmp\0\0\0\0\0" + said.AI_XMP
    for data in (
        with_xmp(said.AI_XMP),
        make.raw_png(64, 48, 8, 2, PHOTO.tobytes(), make.png_chunk(b"iTXt", png_text)),
        make.save(PHOTO, "WEBP", xmp=said.AI_XMP),
    ):
        found = said_by(data)
        assert found["summary"]["digital_source_type"] == said.AI_SOURCE
        assert found["summary"]["software"] == "Painter 9"
        assert found["xmp"]["dc:creator[2]"] == "Second"


def test_the_source_type_is_found_as_an_attribute_and_under_any_prefix() -> None:
    packet = (
        '<r:RDF xmlns:r="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><r:Description '
        'xmlns:q="http://iptc.org/std/Iptc4xmpExt/2008-02-29/" '
        f'q:DigitalSourceType="{said.AI_SOURCE}"/></r:RDF>'
    )
    assert xmp.read(packet.encode())["Iptc4xmpExt:DigitalSourceType"] == said.AI_SOURCE


def test_text_chunks_of_generators() -> None:
    chunks = make.png_chunk(b"tEXt", b"parameters\0a cat, Steps: 20") + make.png_chunk(
        b"zTXt", b"Software\0\0" + zlib.compress("Malprogramm \u00fc".encode("latin-1"))
    )
    found = said_by(make.raw_png(64, 48, 8, 2, PHOTO.tobytes(), chunks))
    assert ["parameters", "a cat, Steps: 20"] in found["text"]
    assert found["summary"]["software"] == "Malprogramm \u00fc"


def test_iptc_captions() -> None:
    segment = said.iptc_segment((80, "Someone"), (120, "At the sea"), (25, "sea"), (25, "sun"))
    found = said_by(said.insert(PLAIN, segment))
    assert found["iptc"] == {"by-line": "Someone", "caption": "At the sea", "keywords": "sea; sun"}
    assert found["summary"]["author"] == "Someone"


def test_icc_facts() -> None:
    found = said_by(make.jpeg(PHOTO, icc_profile=said.icc_profile("Test RGB")))
    assert found["icc"]["description"] == "Test RGB"
    assert found["icc"]["colour space"] == "RGB"


def test_content_credentials_are_noticed() -> None:
    found = said_by(said.insert(PLAIN, said.segment(0xEB, b"JP\0\1" + bytes(60))))
    assert found["summary"]["content_credentials"] == 64


def test_script_text_stays_text() -> None:
    entries = [said.ascii_entry(0x010E, said.SCRIPT), said.ascii_entry(0x0131, said.SCRIPT)]
    found = said_by(with_exif(said.tiff(entries)))
    assert found["exif"]["image"]["ImageDescription"] == said.SCRIPT
    assert found["summary"]["software"] == said.SCRIPT


def test_text_in_latin_1_and_in_windows_tags() -> None:
    title = "Gr\u00fc\u00dfe".encode("utf-16-le") + b"\0\0"
    structure = said.tiff([(0x8298, 2, 6, b"\xa9 You\0"), (0x9C9B, 1, len(title), title)])
    found = said_by(with_exif(structure))["exif"]["image"]
    assert found["Copyright"] == "\u00a9 You"
    assert found["XPTitle"] == "Gr\u00fc\u00dfe"


def test_control_characters_and_surrogates_are_replaced() -> None:
    assert metadata.inert("a\x1b[31m\x00b\ud800c\nd") == "a\ufffd[31m\ufffdb?c\nd"


def test_megabytes_of_text_are_cut_and_say_so() -> None:
    text = b"Comment\0" + b"x" * 5_000_000
    found = said_by(make.raw_png(64, 48, 8, 2, PHOTO.tobytes(), make.png_chunk(b"tEXt", text)))
    ((_, kept),) = found["text"]
    assert len(kept) < metadata.MAX_VALUE + 50
    assert "more characters" in kept


def test_too_many_values_are_left_out_and_counted() -> None:
    chunk = make.png_chunk(b"tEXt", b"k\0" + b"y" * 4000)
    found = said_by(make.raw_png(64, 48, 8, 2, PHOTO.tobytes(), chunk * 500))
    assert found["left_out"] > 0
    assert len(json.dumps(found)) < 2 * metadata.MAX_TOTAL


def test_thousands_of_compressed_bombs_cost_little() -> None:
    bomb = make.png_chunk(b"zTXt", b"k\0\0" + zlib.compress(bytes(10_000_000)))
    data = make.raw_png(64, 48, 8, 2, PHOTO.tobytes(), bomb * 1000)
    tracemalloc.start()
    said_by(data)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 60_000_000


def test_an_entity_bomb_in_xmp_is_not_expanded() -> None:
    assert xmp.read(said.billion_laughs()) == {}
    assert "xmp" not in said_by(with_xmp(said.billion_laughs()))


@pytest.mark.parametrize(
    "packet",
    [
        b"",
        b"<",
        b"\xff\xfe\0",
        b"<a>" * 200_000,
        b"<a b='" + b"c" * 900_000,
        b"<?xml encoding='x'?>",
    ],
    ids=["empty", "open", "bytes", "deep", "long", "encoding"],
)
def test_broken_xmp_gives_nothing_and_no_error(packet: bytes) -> None:
    assert xmp.read(packet) == {}


def test_xmp_that_breaks_off_gives_what_came_before() -> None:
    cut = said.AI_XMP[: said.AI_XMP.index(b"<dc:creator>") + 5]
    assert xmp.read(cut)["Iptc4xmpExt:DigitalSourceType"] == said.AI_SOURCE


def test_a_directory_that_points_to_itself_ends() -> None:
    loop = struct.pack("<2sHIHHHIII", b"II", 42, 8, 1, 0x8769, 4, 1, 8, 8)
    found = tiff.read(loop)
    assert set(found) == {"image"}
    open_media(with_exif(loop), "x")


def test_entries_that_share_bytes_do_not_multiply_them() -> None:
    # 5,000 entries, each of which claims the same 60,000 bytes
    count, base = 5000, 8 + 2 + 12 * 5000 + 4
    entries = b"".join(struct.pack("<HHII", tag, 7, 60_000, 100) for tag in range(count))
    data = b"II*\0\x08\0\0\0" + struct.pack("<H", count) + entries + bytes(4) + bytes(base)
    tracemalloc.start()
    said_by(make.png(PHOTO, exif=data))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 20_000_000


def test_numbers_that_json_lacks() -> None:
    nan, fraction = struct.pack("<f", np.nan), (0x829A, 5, 1, struct.pack("<II", 1, 0))
    found = said_by(with_exif(said.tiff([(0x9999, 11, 1, nan)], exif=[fraction])))
    assert found["exif"]["image"]["0x9999"] is None
    assert found["exif"]["exif"]["ExposureTime"] is None


@pytest.mark.parametrize("latitude", [(95, 1), (1, 0)])
def test_a_position_off_the_globe_is_no_position(latitude: tuple[int, int]) -> None:
    gps = [
        said.rational_entry(2, latitude, (0, 1), (0, 1)),
        said.rational_entry(4, (10, 1), (0, 1), (0, 1)),
    ]
    assert "summary" not in said_by(with_exif(said.tiff(gps=gps)))


@pytest.mark.parametrize("maker", exif_samples.NOTES)
def test_cut_and_garbled_maker_notes_are_read_as_far_as_they_go(maker: str) -> None:
    whole = exif_samples.with_note(maker)
    assert makernotes.read(whole) is not None
    for cut in range(0, len(whole), 7):
        makernotes.read(whole[:cut])
    rng = np.random.default_rng(0)
    for _ in range(200):
        garbled = bytearray(whole)
        for at in rng.integers(8, len(whole), 6):
            garbled[at] = rng.integers(256)
        makernotes.read(bytes(garbled))


@pytest.mark.parametrize("read", [tiff.read, icc.read, iptc.read, xmp.read])
def test_cut_structures_are_read_as_far_as_they_go(read: Any) -> None:
    whole = {
        tiff.read: said.camera_exif(PLAIN),
        icc.read: said.icc_profile(),
        iptc.read: said.iptc_segment((5, "title"), (80, "someone"))[18:],
        xmp.read: said.AI_XMP,
    }[read]
    assert read(whole)
    for cut in range(0, len(whole), 3):
        read(whole[:cut])
