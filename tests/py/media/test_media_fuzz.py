"""Whatever the bytes, opening them gives a picture or a `MediaError`, and nothing else."""

from __future__ import annotations

import json
import struct
from collections.abc import Callable

from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from PIL import Image

import media_factory as make
import metadata_factory as said
from telltale.media import jpeg, tiff, xmp
from telltale.media.decode import open_media
from telltale.media.header import MAX_PIXELS
from telltale.media.model import MediaError

SMALL = make.photograph(24, 40)
TINY_JPEG = make.jpeg(SMALL)
SEEDS = [
    TINY_JPEG,
    make.jpeg(SMALL, progressive=True),
    make.jpeg(SMALL, restart_marker_blocks=2),
    make.save(Image.fromarray(SMALL).convert("CMYK"), "JPEG"),
    make.arithmetic_jpeg(),
    said.insert(
        TINY_JPEG,
        said.exif_segment(said.camera_exif(TINY_JPEG)),
        said.segment(0xE1, b"http://ns.adobe.com/xap/1.0/\0" + said.AI_XMP),
        said.iptc_segment((5, "title")),
        said.segment(0xE2, b"ICC_PROFILE\0\1\1" + said.icc_profile()),
    ),
    make.png(SMALL),
    make.png16(SMALL),
    make.interlaced_png(SMALL),
    make.save(Image.fromarray(SMALL).quantize(16), "PNG"),
    *(make.animation(SMALL, format, 3) for format in ("GIF", "PNG", "WEBP")),
    make.save(SMALL, "WEBP"),
    make.save(SMALL, "WEBP", lossless=True),
    make.save(SMALL, "BMP"),
    make.save(SMALL, "GIF"),
]
QUICK = settings(
    max_examples=250,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
CHANGES = st.lists(
    st.tuples(
        st.sampled_from(["set", "cut", "insert"]),
        st.one_of(st.integers(0, 700), st.integers(0, 1 << 20)),
        st.binary(min_size=1, max_size=8),
    ),
    min_size=1,
    max_size=6,
)


def changed(data: bytes, changes: list[tuple[str, int, bytes]]) -> bytes:
    out = bytearray(data)
    for what, place, body in changes:
        at = place % (len(out) + 1)
        if what == "set":
            out[at : at + len(body)] = body
        elif what == "cut":
            del out[at : at + len(body)]
        else:
            out[at:at] = body
    return bytes(out)


def with_right_checksums(data: bytes) -> bytes:
    """A damaged PNG whose damage lies behind valid checksums."""
    out, at = bytearray(data[:8]), 8
    while at + 12 <= len(data):
        (length,) = struct.unpack_from(">I", data, at)
        if at + 12 + length > len(data):
            break
        out += make.png_chunk(data[at + 4 : at + 8], data[at + 8 : at + 8 + length])
        at += 12 + length
    return bytes(out + data[at:])


def refusal(open: Callable[[bytes], object], data: bytes) -> MediaError | None:
    """The error of `open`, if it is the one that it may raise."""
    try:
        open(data)
    except MediaError as error:
        return error
    return None


def open_strictly(data: bytes) -> None:
    media = open_media(data, "name.jpg")
    assert media.pixels.shape[0] * media.pixels.shape[1] <= MAX_PIXELS
    json.dumps(media.exif, allow_nan=False).encode()


def open_or_refuse(data: bytes) -> None:
    error = refusal(open_strictly, data)
    assert error is None or (error.code and str(error).endswith("."))


@QUICK
@given(st.sampled_from(SEEDS), CHANGES)
def test_damaged_files(seed: bytes, changes: list[tuple[str, int, bytes]]) -> None:
    data = changed(seed, changes)
    open_or_refuse(data)
    if data.startswith(b"\x89PNG\r\n\x1a\n"):
        open_or_refuse(with_right_checksums(data))


MAGICS = [b"", b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"GIF89a", b"BM", b"RIFF\x20\0\0\0WEBPVP8X"]


@QUICK
@given(st.sampled_from(MAGICS), st.binary(max_size=300))
@example(b"", b"RIFF")
def test_random_bytes_behind_a_magic_number(magic: bytes, body: bytes) -> None:
    open_or_refuse(magic + body)


MARKERS = st.integers(0, 255)


@QUICK
@given(st.lists(st.tuples(MARKERS, st.binary(max_size=80)), max_size=12), st.binary(max_size=40))
def test_arbitrary_jpeg_segments(segments: list[tuple[int, bytes]], tail: bytes) -> None:
    data = b"\xff\xd8" + b"".join(said.segment(m, body) for m, body in segments) + tail
    error = refusal(jpeg.read, data)
    codes = ("truncated", "damaged", "unsupported_format", "too_many_pixels")
    assert error is None or error.code in codes


@QUICK
@given(st.sampled_from([b"II*\0", b"MM\0*"]), st.binary(max_size=300), CHANGES)
def test_arbitrary_exif(order: bytes, body: bytes, changes: list[tuple[str, int, bytes]]) -> None:
    tiff.read(order + body)
    tiff.read(changed(said.camera_exif(TINY_JPEG), changes))


@QUICK
@given(CHANGES)
def test_damaged_xmp(changes: list[tuple[str, int, bytes]]) -> None:
    for path, value in xmp.read(changed(said.AI_XMP, changes)).items():
        assert isinstance(path, str)
        assert len(value) <= xmp.MAX_TEXT
