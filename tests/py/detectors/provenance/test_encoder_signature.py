"""Writers are told by their tables and layout, and an unknown one is called unknown."""

from __future__ import annotations

import json
from importlib.resources import files

import numpy as np
import pytest
from examining import examined, facts

from media_factory import jpeg, photograph, png
from metadata_factory import insert, segment
from telltale.detectors import provenance
from telltale.detectors.provenance import encoder_signature as es
from telltale.detectors.provenance.encoders import MPEG_1, ROBIDOUX
from telltale.media.decode import open_media
from telltale.report.language import language
from telltale.scene import Scene

PIXELS = photograph(64, 96)


@pytest.mark.parametrize("quality", [30, 75, 92])
@pytest.mark.parametrize("progressive", [False, True])
def test_libjpeg_is_recognised_with_its_quality(quality: int, progressive: bool) -> None:
    finding = examined(es, jpeg(PIXELS, quality, progressive=progressive))
    assert facts(finding, "looks_like") == ["a program built on libjpeg"]
    assert facts(finding, "quality") == [quality]
    assert facts(finding, "progressive") == [progressive]
    assert f"quality {quality}" in finding.sentence


def test_optimised_huffman_tables_are_told_from_the_standard_ones() -> None:
    assert facts(examined(es, jpeg(PIXELS)), "huffman_tables") == ["standard"]
    assert facts(examined(es, jpeg(PIXELS, optimize=True)), "huffman_tables") == ["optimised"]


@pytest.mark.parametrize(("preset", "name"), [("low", "low"), ("web_high", "save for web, high")])
def test_photoshop_presets_are_recognised(preset: str, name: str) -> None:
    finding = examined(es, jpeg(PIXELS, quality=preset, subsampling=""))
    assert any(name in m and "Photoshop" in m for m in facts(finding, "looks_like"))


def test_mozjpeg_is_recognised_by_its_default_tables() -> None:
    table = np.clip((ROBIDOUX * 50 + 50) // 100, 1, 255).ravel().tolist()
    # Pillow scales given tables by the quality; at 50 it leaves them as they are
    finding = examined(es, jpeg(PIXELS, 50, qtables=[table, table]))
    assert facts(finding, "looks_like")[0].startswith("mozjpeg")
    assert "quality 75" in finding.sentence


def test_an_adobe_layout_with_tables_of_its_own_is_recognised() -> None:
    odd = [[3 + (7 * i) % 11 for i in range(64)], [5 + (5 * i) % 13 for i in range(64)]]
    plain = jpeg(PIXELS, qtables=odd, optimize=True)
    joined = _joined(plain, 0xDB)
    joined = _joined(joined, 0xC4)
    adobe = segment(0xEE, b"Adobe" + bytes([0, 100, 0, 0, 0, 0, 1]))
    file = insert(joined[:2] + joined[joined.index(b"\xff\xdb") :], adobe)
    assert facts(examined(es, file), "looks_like") == ["an Adobe program"]


def _joined(file: bytes, marker: int) -> bytes:
    """The file with all segments of a marker in one, where the first was."""
    from telltale.media import jpeg as markers

    found = [s for s in markers.walk(file)[0] if s.marker == marker]
    body = b"".join(file[s.start : s.stop] for s in found)
    out = file
    for s in reversed(found):
        out = out[: s.offset] + out[s.stop :]
    at = found[0].offset
    return out[:at] + segment(marker, body) + out[at:]


def test_an_encoder_that_signs_itself_is_named() -> None:
    comment = segment(0xFE, b"CREATOR: gd-jpeg v1.0 (using IJG JPEG v62), quality = 90\n")
    finding = examined(es, insert(jpeg(PIXELS, 90), comment))
    assert facts(finding, "looks_like")[0].startswith("GD")


def test_what_the_measured_programs_write_is_told_apart_by_its_layout() -> None:
    plain = jpeg(PIXELS)
    (alike,) = facts(examined(es, plain), "written_alike_by")
    assert all(name in alike for name in ("Pillow", "OpenCV", "Firefox"))
    assert "Chromium" not in alike
    assert "GD" not in alike  # which signs its files
    (alike,) = facts(examined(es, jpeg(PIXELS, optimize=True)), "written_alike_by")
    assert "Chromium" in alike
    assert "OpenCV" not in alike
    # a resolution that no program states by itself leaves those that take it from their source
    (alike,) = facts(examined(es, jpeg(PIXELS, dpi=(123, 123))), "written_alike_by")
    assert "OpenCV" not in alike
    assert "Qt" in alike


def test_a_file_without_a_head_and_with_joined_tables_is_that_of_go() -> None:
    plain = jpeg(PIXELS)
    joined = _joined(_joined(plain, 0xDB), 0xC4)
    file = joined[:2] + joined[joined.index(b"\xff\xdb") :]
    finding = examined(es, file)
    assert facts(finding, "written_alike_by") == ["Go (image/jpeg)"]
    assert "write files laid out so: \u201cGo (image/jpeg)\u201d" in finding.sentence


@pytest.mark.parametrize("step", [2, 5, 31])
def test_the_tables_of_mpeg_are_those_of_a_program_for_videos(step: int) -> None:
    table = np.clip(MPEG_1 * step // 8, 1, 255)
    table[0, 0] = 8
    finding = examined(es, jpeg(PIXELS, 50, qtables=[table.ravel().tolist()]))
    assert facts(finding, "looks_like") == ["FFmpeg or another program for videos"]
    assert f"step {step}" in finding.sentence


def test_every_measured_row_names_what_was_measured() -> None:
    rows = json.loads((files(provenance) / "stored/encoders.json").read_text("utf-8"))
    assert len(rows) >= 24
    for row in rows:
        assert row["version"], row["writer"]
        assert len(row["qualities"]) >= 3, row["writer"]
        assert all(" Huffman, " in known for known in row["signatures"]), row["writer"]


@pytest.mark.parametrize(
    "file",
    [
        jpeg(PIXELS, 90),
        jpeg(PIXELS, quality="low", subsampling=""),
        insert(jpeg(PIXELS, 90), segment(0xFE, b"CREATOR: gd-jpeg v1.0, quality = 90. No more")),
        jpeg(PIXELS, 50, qtables=[np.clip(ROBIDOUX // 2, 1, 255).ravel().tolist()] * 2),
        jpeg(PIXELS, 50, qtables=[np.clip(MPEG_1, 1, 255).ravel().tolist()]),
    ],
    ids=["libjpeg", "photoshop", "comment", "mozjpeg", "mpeg"],
)
def test_every_sentence_is_in_the_phrase_book(file: bytes) -> None:
    sentence = examined(es, file).sentence
    assert language("es").translate(sentence) is not None, sentence


def test_unknown_tables_are_called_unknown_and_nothing_follows() -> None:
    odd = [[1 + (13 * i) % 17 for i in range(64)], [2 + (11 * i) % 19 for i in range(64)]]
    finding = examined(es, jpeg(PIXELS, qtables=odd))
    assert facts(finding, "looks_like") == ["unknown"]
    assert "Nothing follows from that" in finding.sentence


def test_what_is_not_jpeg_is_refused() -> None:
    refused = es.applicable(Scene(open_media(png(PIXELS), "x")))
    assert refused is not None
    assert refused.code == "not_jpeg"
