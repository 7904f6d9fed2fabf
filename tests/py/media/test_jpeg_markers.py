"""What the markers of a JPEG say: tables, sampling, scans, thumbnails, what follows."""

from __future__ import annotations

import io
import struct

import numpy as np
import pytest
from PIL import Image

import media_factory as make
import metadata_factory as said
from telltale.media import jpeg
from telltale.media.jpeg_quality import ijg_table
from telltale.media.model import JpegStructure, MediaError

PHOTO = make.photograph(96, 130)
JFIF_THUMBNAIL = said.segment(0xE0, b"JFIF\0\1\2\0\0\1\0\1\2\3" + bytes(18))


def structure(data: bytes) -> JpegStructure:
    found = jpeg.read(data).jpeg
    assert found is not None
    return found


@pytest.mark.parametrize("quality", range(1, 101))
def test_quality_and_tables_are_those_of_the_encoder(quality: int) -> None:
    data = make.jpeg(PHOTO[:16, :16], quality)
    found = structure(data)
    assert found.quality == quality
    assert found.quality_exact
    for table in found.tables:
        assert (table.values == ijg_table(quality, chrominance=table.id == 1)).all()
        pillow = Image.open(io.BytesIO(data)).quantization  # type: ignore[attr-defined]
        assert table.values.ravel().tolist() == list(pillow[table.id])
    assert (found.luma == ijg_table(quality)).all()


def test_tables_of_another_encoder_have_a_nearest_quality() -> None:
    table = ijg_table(80).ravel() + np.tile([0, 1], 32)
    data = make.save(PHOTO, "JPEG", qtables=[table.tolist(), table.tolist()])
    found = structure(data)
    assert not found.quality_exact
    assert found.quality == pytest.approx(80, abs=3)
    assert (found.luma.ravel() == table).all()


def test_16_bit_tables() -> None:
    wide = (ijg_table(5).ravel() * 3).tolist()
    zigzag = [wide[i] for i in jpeg.ZIGZAG]
    table = said.segment(0xDB, b"\x10" + struct.pack(">64H", *zigzag))
    frame = b"\xff\xc1" + struct.pack(">HBHHB", 11, 8, 8, 8, 1) + b"\1\x11\0"
    data = b"\xff\xd8" + table + frame + b"\xff\xda\0\x08\1\1\0\0\x3f\0\0\xff\xd9"
    found = structure(data)
    assert found.tables[0].precision_bits == 16
    assert found.luma.ravel().tolist() == wide


@pytest.mark.parametrize("subsampling", ["4:4:4", "4:2:2", "4:2:0"])
def test_subsampling(subsampling: str) -> None:
    assert structure(make.jpeg(PHOTO, 80, subsampling)).subsampling == subsampling


def test_rarer_subsampling() -> None:
    data = bytearray(make.jpeg(PHOTO, 80, "4:4:4"))
    at = data.index(b"\xff\xc0") + 11
    for factors, name in ((0x12, "4:4:0"), (0x41, "4:1:1"), (0x42, "4:1:0"), (0x31, "3x1,1x1,1x1")):
        data[at] = factors
        assert structure(bytes(data)).subsampling == name
    assert structure(make.jpeg(PHOTO[..., 0])).subsampling == "grey"


def test_progressive_and_restart() -> None:
    plain = structure(make.jpeg(PHOTO))
    assert not plain.progressive
    assert plain.scans == 1
    assert plain.restart_interval == 0
    progressive = structure(make.jpeg(PHOTO, progressive=True))
    assert progressive.progressive
    assert progressive.scans == 10
    assert structure(make.jpeg(PHOTO, restart_marker_blocks=7)).restart_interval == 7
    assert structure(make.arithmetic_jpeg()).arithmetic


def test_marker_order_and_application_segments() -> None:
    data = said.insert(
        make.jpeg(PHOTO), said.segment(0xED, b"Photoshop 3.0\0"), said.segment(0xFE, b"hello")
    )
    found = structure(data)
    assert found.marker_order[:5] == ("APP13", "COM", "APP0", "DQT", "DQT")
    assert found.marker_order[-2:] == ("SOS", "EOI")
    assert found.comments == ("hello",)
    assert found.has_jfif
    assert not found.has_exif
    assert found.adobe_transform is None
    cmyk = make.save(Image.fromarray(PHOTO).convert("CMYK"), "JPEG")
    assert structure(cmyk).adobe_transform is not None


def test_thumbnails_are_found_where_they_lie() -> None:
    small = make.jpeg(PHOTO[::4, ::4])
    exif = said.insert(make.jpeg(PHOTO), said.exif_segment(said.camera_exif(small)))
    (thumbnail,) = structure(exif).thumbnails
    assert (thumbnail["width"], thumbnail["height"]) == (33, 24)
    start, size = thumbnail["offset"], thumbnail["bytes"]
    assert exif[start : start + size] == small
    jfxx = said.insert(make.jpeg(PHOTO), said.segment(0xE0, b"JFXX\0\x10" + small))
    (thumbnail,) = structure(jfxx).thumbnails
    assert exif.count(small) == 1
    assert jfxx[thumbnail["offset"] : thumbnail["offset"] + thumbnail["bytes"]] == small
    (thumbnail,) = structure(said.insert(make.jpeg(PHOTO), JFIF_THUMBNAIL)).thumbnails
    assert (thumbnail["width"], thumbnail["height"], thumbnail["bytes"]) == (2, 3, 18)


def second_picture() -> bytes:
    """A multi-picture file as phones write it."""
    buffer = io.BytesIO()
    first, second = make.frames(PHOTO, 2)
    first.save(buffer, "MPO", save_all=True, append_images=[second])
    return buffer.getvalue()


@pytest.mark.parametrize(
    ("tail", "kind"),
    [
        (b"", "none"),
        (bytes(300), "padding"),
        (b"PK\x03\x04" + bytes(100), "zip"),
        (make.mp4(), "mp4"),
        (make.jpeg(PHOTO[:16, :16]), "jpeg"),
        (make.jpeg(PHOTO[:16, :16]) + make.mp4(), "jpeg+mp4"),
        (make.png(PHOTO[:8, :8]), "png"),
        (b"%PDF-1.4 ", "pdf"),
        (b"<script>x</script>", "html"),
        (b"secret words", "text"),
        (b"\x93\x01\x02\x03", "unknown"),
        (bytes(200_000) + b"\x93", "unknown"),
    ],
)
def test_what_follows_the_picture(tail: bytes, kind: str) -> None:
    found = structure(make.jpeg(PHOTO) + tail)
    assert found.trailing_kind == kind
    assert found.trailing_bytes == len(tail)


def test_a_multi_picture_file_is_its_first_picture() -> None:
    data = second_picture()
    header = jpeg.read(data)
    assert header.jpeg is not None
    assert header.jpeg.trailing_kind == "mpf"
    assert (header.width, header.height) == (130, 96)
    assert "multi-picture index" in dict(header.extras)


def test_fill_bytes_and_stray_bytes_before_markers_are_skipped() -> None:
    data = make.jpeg(PHOTO)
    at = data.index(b"\xff\xdb")
    filled = data[:at] + b"\xff" * 50 + b"\0stray" + data[at:]
    found = structure(filled)
    assert found.quality == 90
    assert structure(data).marker_order == found.marker_order


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        (b"\xff\xdb\0\x43\1", b"\xff\xdb\0\x43\3", "table 1 is missing"),
        (b"\xff\xdb\0\x43\0", b"\xff\xdb\0\x43\5", "table is incomplete"),
        (b"\xff\xc4\0\x1f", b"\xff\xc4\0\1", "no length"),
        (b"\xff\xc4\0\x1f", b"\xff\xd8\0\x1f", "does not belong"),
        (b"\1\x22\0\2\x11\1", b"\1\x02\0\2\x11\1", "sampling factors"),
    ],
)
def test_broken_rules_are_named(old: bytes, new: bytes, words: str) -> None:
    data = make.jpeg(PHOTO)
    assert old in data
    with pytest.raises(MediaError, match=words) as caught:
        jpeg.read(data.replace(old, new, 1))
    assert caught.value.code == "damaged"


def test_a_table_with_a_zero_is_refused() -> None:
    data = bytearray(make.jpeg(PHOTO))
    data[data.index(b"\xff\xdb") + 20] = 0
    with pytest.raises(MediaError, match="holds a zero"):
        jpeg.read(bytes(data))


def test_more_scans_than_any_encoder_writes() -> None:
    data = make.jpeg(PHOTO)
    at, end = data.index(b"\xff\xda"), len(data) - 2
    with pytest.raises(MediaError, match="scans"):
        jpeg.read(data[:at] + data[at:end] * (jpeg.MAX_SCANS + 1) + b"\xff\xd9")


def test_an_endless_run_of_fill_or_stuffing_is_walked_at_once() -> None:
    head = make.jpeg(PHOTO)[:20]
    for body in (b"\xff" * 20_000_000, b"\xff\0" * 10_000_000):
        with pytest.raises(MediaError) as caught:
            jpeg.read(head + body)
        assert caught.value.code == "truncated"
