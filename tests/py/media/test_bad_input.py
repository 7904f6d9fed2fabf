"""Files that cannot be examined: each is refused with its own reason, and harms nothing."""

from __future__ import annotations

import io
import struct
import tracemalloc
import zlib

import pytest
from PIL import Image

import media_factory as make
from telltale.media.decode import open_media
from telltale.media.header import MAX_BYTES, MAX_PIXELS
from telltale.media.model import MediaError

PHOTO = make.photograph(200, 240)
WHOLE = {
    "baseline": make.jpeg(PHOTO),
    "progressive": make.jpeg(PHOTO, progressive=True),
    "restart": make.jpeg(PHOTO, restart_marker_rows=1),
    "PNG": make.png(PHOTO),
    "interlaced PNG": make.interlaced_png(PHOTO),
    "WebP": make.save(PHOTO, "WEBP"),
    "lossless WebP": make.save(PHOTO, "WEBP", lossless=True),
}


def refusal(data: bytes, name: str = "picture.jpg") -> MediaError:
    with pytest.raises(MediaError) as caught:
        open_media(data, name)
    return caught.value


@pytest.mark.parametrize("kind", WHOLE)
def test_a_file_cut_anywhere_is_refused_as_cut_off(kind: str) -> None:
    whole = WHOLE[kind]
    open_media(whole, "whole")
    cuts = make.cut_points(len(whole))
    assert len(cuts) >= 20
    for cut in cuts:
        error = refusal(whole[:cut])
        assert error.code == "truncated", (cut, str(error))
        assert "complete file" in str(error)
        if cut >= 12:
            assert kind.split()[-1].upper()[:3] in str(error).upper() or "JPEG" in str(error)
            assert f"{cut:,} bytes" in str(error)


@pytest.mark.parametrize("kind", ["baseline", "restart"])
def test_a_cut_jpeg_mended_with_an_end_marker_is_still_cut_off(kind: str) -> None:
    whole = WHOLE[kind]
    for cut in (len(whole) * 2 // 3, len(whole) - 100):
        assert refusal(whole[:cut] + b"\xff\xd9").code == "truncated"


def test_a_progressive_jpeg_without_its_last_scans_is_cut_off() -> None:
    whole = WHOLE["progressive"]
    scans = [i for i in range(len(whole) - 1) if whole[i : i + 2] == b"\xff\xda"]
    mended = whole[: scans[4]] + b"\xff\xd9"
    Image.open(io.BytesIO(mended)).load()  # the decoder does not mind
    error = refusal(mended)
    assert error.code == "truncated"
    assert "scans" in str(error)


def test_containers_in_order_around_too_few_pixels() -> None:
    rows = b"".join(b"\0" + row.tobytes() for row in PHOTO)
    header = make.png_chunk(b"IHDR", struct.pack(">IIBBBBB", 240, 200, 8, 2, 0, 0, 0))
    for short in (rows[: len(rows) // 2], rows[:-721], rows[:-700], b""):
        data = b"\x89PNG\r\n\x1a\n" + header + make.png_chunk(b"IDAT", zlib.compress(short))
        assert refusal(data + make.png_chunk(b"IEND", b"")).code == "truncated"
    webp = WHOLE["WebP"]
    length = (len(webp) - 20) // 4 * 2
    short = struct.pack("<I", 12 + length) + b"WEBPVP8 " + struct.pack("<I", length)
    assert refusal(b"RIFF" + short + webp[20 : 20 + length]).code == "damaged"


def test_a_picture_that_is_black_at_the_bottom_is_not_cut_off() -> None:
    black = PHOTO.copy()
    black[-40:] = 0
    for data in (make.png(black), make.interlaced_png(black), make.jpeg(black)):
        assert open_media(data, "x").pixels.shape == black.shape


@pytest.mark.parametrize("kind", make.REFUSED)
def test_what_is_no_picture_is_called_what_it_is(kind: str) -> None:
    says, data = make.REFUSED[kind]
    error = refusal(data)
    assert says in str(error)
    assert error.code in ("not_a_picture", "unsupported_format", "video")


def test_an_empty_file() -> None:
    error = refusal(b"")
    assert error.code == "empty"
    assert "0 bytes" in str(error)


def test_a_file_over_the_limit_is_refused_with_the_limit() -> None:
    error = refusal(bytes(MAX_BYTES + 1))
    assert error.code == "too_many_bytes"
    assert f"{MAX_BYTES:,}" in str(error)


@pytest.mark.parametrize("format", ["PNG", "JPEG", "WebP", "GIF", "BMP"])
def test_an_enormous_header_is_refused_without_memory(format: str) -> None:
    tracemalloc.start()
    error = refusal(make.header_only(format))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert error.code == "too_many_pixels"
    assert "30000 x 30000" in str(error)
    assert "900.0 megapixels" in str(error)
    assert peak < 2_000_000


def test_a_real_65_megapixel_picture_is_refused_without_decoding() -> None:
    data = make.sixty_five_megapixels()
    tracemalloc.start()
    error = refusal(data)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert error.code == "too_many_pixels"
    assert "8000 x 8125" in str(error)
    assert f"{MAX_PIXELS / 1e6:.0f} megapixels" in str(error)
    assert peak < 2_000_000


def test_a_side_beyond_the_limit() -> None:
    assert refusal(make.header_only("PNG", 70000, 1)).code == "too_many_pixels"


@pytest.mark.parametrize("format", ["PNG", "JPEG", "GIF", "BMP"])
def test_no_pixels_at_all(format: str) -> None:
    error = refusal(make.header_only(format, 0, 20))
    assert error.code == "damaged"
    assert "0 x 20" in str(error)


def test_a_flipped_byte_in_png_data_is_found() -> None:
    data = bytearray(WHOLE["PNG"])
    data[len(data) // 2] ^= 1
    error = refusal(bytes(data))
    assert error.code == "damaged"
    assert "checksum of its IDAT" in str(error)


def test_codings_that_are_not_decoded_are_named() -> None:
    for marker, words in ((0xC3, "lossless"), (0xC5, "differential sequential")):
        data = WHOLE["baseline"].replace(b"\xff\xc0", bytes([0xFF, marker]), 1)
        error = refusal(data)
        assert error.code == "unsupported_format"
        assert words in str(error)
    deep = bytearray(WHOLE["baseline"])
    deep[deep.index(b"\xff\xc0") + 4] = 12
    assert "12-bit" in str(refusal(bytes(deep)))
    rle = make.header_only("BMP", 100, 100)
    error = refusal(rle[:30] + b"\1" + rle[31:] + bytes(40000))
    assert error.code == "unsupported_format"


def test_the_decoder_is_as_good_as_new_after_every_refusal() -> None:
    before = open_media(WHOLE["baseline"], "x").pixels
    for data in make.out_of_order().values():
        refusal(data)
    assert (open_media(WHOLE["baseline"], "x").pixels == before).all()
