"""A HEIF or AVIF file is refused with what its container says; what is odd in it is named."""

from __future__ import annotations

import io
import struct

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, features

from media_factory import box, heif, photograph
from metadata_factory import camera_exif
from telltale.media import heif as reader
from telltale.media.decode import open_media
from telltale.media.model import MediaError

XMP = (
    b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF '
    b'xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description '
    b'xmlns:xmp="http://ns.adobe.com/xap/1.0/" xmp:CreatorTool="Testpaint 3"/>'
    b"</rdf:RDF></x:xmpmeta>"
)
PLAIN = heif(exif=camera_exif(), xmp=XMP)


def refusal(file: bytes) -> str:
    with pytest.raises(MediaError) as caught:
        open_media(file, "x.heic")
    assert caught.value.code == "unsupported_format"
    return str(caught.value)


def test_the_refusal_says_what_the_file_says() -> None:
    said = refusal(PLAIN)
    assert "HEIC picture, a format that is not decoded here" in said
    assert "640 x 480 pixels" in said
    assert "Camera: Acme" in said
    assert "belong" not in said


def test_items_lie_where_the_index_says() -> None:
    contents = reader.read(PLAIN)
    assert [i.kind for i in contents.items] == ["hvc1", "Exif", "mime"]
    assert contents.exif == camera_exif()
    assert contents.xmp == XMP
    assert (contents.width, contents.height) == (640, 480)
    assert contents.unusual == ()
    assert "Program: Testpaint 3" in reader.told(heif(xmp=XMP))


@pytest.mark.skipif(not features.check("avif"), reason="this Pillow was built without libavif")
def test_reads_what_libavif_writes() -> None:
    buffer = io.BytesIO()
    picture = Image.fromarray(photograph(48, 64))
    picture.save(buffer, "AVIF", exif=camera_exif(), xmp=XMP, icc_profile=b"profile" * 40)
    contents = reader.read(buffer.getvalue())
    assert (contents.width, contents.height) == (64, 48)
    # libavif moves the orientation into a property of its own, so that EXIF is written anew
    assert "Camera: Acme" in reader.told(buffer.getvalue())
    assert contents.xmp == XMP
    assert contents.icc == b"profile" * 40
    assert contents.unusual == ()
    assert "AVIF picture" in refusal(buffer.getvalue())


def test_items_inside_the_list_of_contents_are_found() -> None:
    """Construction method 1: small items stand in `idat` of the list itself."""
    exif = struct.pack(">I", 0) + camera_exif()
    entry = box(b"infe", struct.pack(">HH4s", 1, 0, b"Exif") + b"\0", 2)
    places = struct.pack(">BBHHHHHII", 0x44, 0, 1, 1, 1, 0, 1, 0, len(exif))
    meta = box(
        b"meta",
        box(b"iinf", struct.pack(">H", 1) + entry, 0)
        + box(b"iloc", places, 1)
        + box(b"idat", exif),
        0,
    )
    assert reader.read(box(b"ftyp", b"mif1" + bytes(4) + b"mif1") + meta).exif == camera_exif()


@pytest.mark.parametrize(
    ("file", "said"),
    [
        (heif(extra=box(b"HIDE", bytes(300))), "\u201cHIDE\u201d of 300 bytes"),
        (heif(extra=box(b"free", b"secret " * 100)), "700 bytes of padding are not empty"),
        (heif(more=((b"wtf?", bytes(40)),)), "Items of no known type are in the file: wtf?"),
        (heif(reach=9000), "1 parts lie beyond the end"),
        (heif(unlisted=bytes(50_000)), "50,000 bytes of the stored data belong to no picture"),
        (heif(more=((b"Exif", bytes(9)), (b"Exif", bytes(9)))), "EXIF more than once"),
        (heif() + b"behind", "Bytes are left at the end that are no box"),
        (heif() + box(b"ftyp", b"heic" + bytes(4)), "has its type 2 times"),
    ],
    ids=["box", "padding", "item", "cut", "unlisted", "exif", "tail", "type"],
)
def test_what_is_unusual_is_named(file: bytes, said: str) -> None:
    assert any(said in text for text in reader.read(file).unusual)
    assert said in refusal(file)


def test_empty_padding_and_rounding_are_not_unusual() -> None:
    file = heif(extra=box(b"free", bytes(9000)), unlisted=bytes(100))
    assert reader.read(file).unusual == ()


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_damaged_files_never_crash(data: st.DataObject) -> None:
    made = bytearray(PLAIN)
    for _ in range(data.draw(st.integers(1, 8))):
        made[data.draw(st.integers(12, 700))] = data.draw(st.integers(0, 255))
    cut = data.draw(st.integers(12, len(made)))
    contents = reader.read(bytes(made[:cut]))
    assert len(contents.unusual) <= 8
    assert np.isfinite(contents.width)
