"""Statements are shown as claims, contradictions with their reasons, and silence as nothing."""

from __future__ import annotations

import hashlib
import json
import struct
from contextlib import suppress
from html import escape

import numpy as np
import pytest
from examining import examined, facts
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, PngImagePlugin

import exif_samples
from media_factory import Pixels, jpeg, photograph, png, save
from metadata_factory import (
    AI_XMP,
    SCRIPT,
    ascii_entry,
    exif_segment,
    insert,
    orientation_entry,
    segment,
    tiff,
    xmp_packet,
)
from telltale.detectors.provenance import encoder_signature, hashes, metadata
from telltale.finding import Finding
from telltale.media.decode import open_pixels
from telltale.media.model import MediaError
from telltale.report.language import language
from telltale.scene import Scene

PIXELS = photograph(360, 480)
#: Tables of no known writer, as a camera of its own would have.
OWN = [[2 + (13 * i) % 17 for i in range(64)], [2 + (11 * i) % 19 for i in range(64)]]
WRITTEN: dict[str, dict[str, object]] = {"PNG": {}, "WebP": {"quality": 90}}
CAMERA = [ascii_entry(0x010F, "Acme"), ascii_entry(0x0110, "Testcam 5")]


def small(pixels: Pixels, width: int = 160, height: int = 120, bars: int = 0) -> bytes:
    """A thumbnail file, with black bars above and below."""
    inner = Image.fromarray(pixels).resize((width, height - 2 * bars), Image.Resampling.LANCZOS)
    canvas = np.zeros((height, width, 3), np.uint8)
    canvas[bars : height - bars] = np.asarray(inner)
    return jpeg(canvas, 80)


def camera_file(
    pixels: Pixels = PIXELS,
    thumbnail: bytes | None = None,
    image: list | None = None,
    exif: list | None = None,
    qtables: list | None = OWN,
    **options: object,
) -> bytes:
    """A file as a camera writes it: EXIF in front, tables of its own."""
    plain = jpeg(pixels, **({"qtables": qtables} if qtables else {}), **options)
    structure = tiff(
        [*CAMERA, *(image or [])],
        exif or [],
        thumbnail=small(PIXELS) if thumbnail is None else thumbnail,
    )
    return insert(plain, exif_segment(structure))


def contradictions(finding: Finding) -> str:
    """The contradictions found, each of which the phrase book has."""
    found = facts(finding, "contradiction")
    for text in (*found, finding.sentence):
        assert language("es").translate(text) is not None, text
    return "\n".join(found)


def test_a_camera_file_in_order_contradicts_nothing() -> None:
    size = [(0xA002, 4, 1, struct.pack("<I", 480)), (0xA003, 4, 1, struct.pack("<I", 360))]
    taken = ascii_entry(0x9003, "2024:05:06 07:08:09")
    finding = examined(metadata, camera_file(exif=[*size, taken]))
    assert contradictions(finding) == ""
    assert facts(finding, "camera") == ["Acme Testcam 5"]
    assert facts(finding, "thumbnail_correlation")[0] > 0.97
    assert "contradicts the rest" in finding.sentence


def with_note_of(maker: str, make: str) -> bytes:
    """A file whose maker note has the form of `maker`, and whose EXIF names `make`."""
    note = maker.encode().ljust(12, b"\0") + struct.pack("<HHHII", 1, 0x51, 2, 4, 0) + bytes(4)
    structure = tiff([ascii_entry(0x010F, make)], [(0x927C, 7, len(note), note)])
    return insert(jpeg(PIXELS, qtables=OWN), exif_segment(structure))


def test_a_maker_note_of_another_maker_is_a_contradiction() -> None:
    for make in ("Panasonic", "LEICA CAMERA AG"):
        finding = examined(metadata, with_note_of("Panasonic", make))
        assert "own notes" not in contradictions(finding)
        assert facts(finding, "EXIF maker: Maker") == ["Panasonic"]
    said = contradictions(examined(metadata, with_note_of("Panasonic", "Acme")))
    assert "the form of \u201cPanasonic\u201d" in said
    assert "Acme" in said


def test_a_canon_note_that_was_moved_is_a_contradiction_unless_a_program_says_so() -> None:
    def file(moved: int) -> bytes:
        structure = exif_samples.with_note("Canon", moved)
        return insert(jpeg(PIXELS, qtables=OWN), exif_segment(structure))

    assert "266 bytes beside" in contradictions(examined(metadata, file(-266)))
    assert "beside" not in contradictions(examined(metadata, file(0)))


def test_hashes_are_those_of_the_file() -> None:
    file = jpeg(PIXELS)
    finding = examined(metadata, file)
    for name in ("sha256", "sha1", "md5"):
        assert facts(finding, name) == [hashlib.new(name, file).hexdigest()]


def test_perceptual_hashes_stay_close_for_copies_and_far_for_others() -> None:
    def distance(a: Pixels, b: Pixels, name: str) -> int:
        one, other = (int(hashes.of_picture(p)[name], 16) for p in (a, b))
        return (one ^ other).bit_count()

    image = Image.fromarray(PIXELS)
    copy = np.asarray(image.resize((240, 180)))
    for name in ("phash", "dhash"):
        assert distance(PIXELS, copy, name) <= 6
        assert distance(PIXELS, photograph(360, 480, seed=9), name) >= 16


def test_perceptual_hashes_equal_the_imagehash_library() -> None:
    from media_factory import sample

    # ImageHash 4.3 on scikit-image's own pictures
    assert hashes.of_picture(sample("coffee")) == {
        "phash": "bb8320376c0f3637",
        "dhash": "f3e96933160b1b36",
    }


def test_the_thumbnail_of_another_picture_is_a_contradiction() -> None:
    other = small(photograph(360, 480, seed=3))
    finding = examined(metadata, camera_file(thumbnail=other))
    assert "shows something else" in contradictions(finding)
    assert {m.name for m in finding.maps} == {"embedded_thumbnail", "thumbnail_difference"}


@pytest.mark.parametrize("format", ["PNG", "WebP"])
def test_thumbnails_in_other_files_than_jpeg_are_compared_as_well(format: str) -> None:
    def file(of: Pixels) -> bytes:
        exif = tiff(CAMERA, [], thumbnail=small(of))
        return save(PIXELS, format, exif=b"Exif\0\0" + exif, **WRITTEN[format])

    same, other = (examined(metadata, file(p)) for p in (PIXELS, photograph(360, 480, seed=3)))
    assert facts(same, "thumbnail_correlation")[0] > 0.97
    assert "thumbnail" not in contradictions(same)
    assert "shows something else" in contradictions(other)
    assert {m.name for m in other.maps} == {"embedded_thumbnail", "thumbnail_difference"}


def test_a_part_changed_after_the_thumbnail_was_made_is_found_where_it_is() -> None:
    edited = PIXELS.copy()
    edited[60:150, 300:420] = 255 - edited[60:150, 300:420]
    edited[60:150, 300:420] //= 2
    finding = examined(metadata, camera_file(edited))
    assert "A part of the embedded thumbnail differs" in contradictions(finding)
    values = next(m for m in finding.maps if m.name == "thumbnail_difference").values
    row, column = np.unravel_index(values.argmax(), values.shape)
    assert 60 <= (row + 0.5) * 360 / values.shape[0] <= 150
    assert 300 <= (column + 0.5) * 480 / values.shape[1] <= 420


def test_bars_and_other_contrast_of_a_thumbnail_are_no_contradiction() -> None:
    wide = photograph(320, 480)
    brighter = np.clip(wide.astype(float) * 0.8 + 40, 0, 255).astype(np.uint8)
    bars = examined(metadata, camera_file(wide, thumbnail=small(brighter, bars=7)))
    assert "thumbnail" not in contradictions(bars)


@pytest.mark.parametrize("orientation", [3, 6, 8])
def test_a_turned_picture_is_compared_as_it_is_stored(orientation: int) -> None:
    finding = examined(metadata, camera_file(image=[orientation_entry(orientation)]))
    assert "thumbnail" not in contradictions(finding)
    shown = next(m for m in finding.maps if m.name == "embedded_thumbnail").values
    assert (shown.shape[0] > shown.shape[1]) == (orientation in (6, 8))


def test_a_camera_and_the_layout_of_a_program_contradict_unless_the_file_says_so() -> None:
    silent = examined(metadata, camera_file(qtables=None, quality=85))
    assert "a program built on libjpeg" in contradictions(silent)
    honest = [ascii_entry(0x0131, "GIMP 2.10")]
    assert contradictions(examined(metadata, camera_file(image=honest, qtables=None))) == ""


def test_another_size_than_exif_says_is_a_contradiction() -> None:
    scaled = [(0xA002, 4, 1, struct.pack("<I", 4000)), (0xA003, 4, 1, struct.pack("<I", 3000))]
    assert "It was scaled by" in contradictions(examined(metadata, camera_file(exif=scaled)))
    cropped = [(0xA002, 4, 1, struct.pack("<I", 700)), (0xA003, 4, 1, struct.pack("<I", 480))]
    assert "It was cropped" in contradictions(examined(metadata, camera_file(exif=cropped)))


def test_a_picture_saved_before_it_was_taken_is_a_contradiction() -> None:
    taken = [ascii_entry(0x9003, "2024:05:06 07:08:09")]
    saved = [ascii_entry(0x0132, "2023:01:02 03:04:05")]
    found = contradictions(examined(metadata, camera_file(image=saved, exif=taken)))
    assert "saved on 2023-01-02, before it was taken on 2024-05-06" in found
    zone = [ascii_entry(0x0132, "2024:05:05 22:08:09")]
    assert contradictions(examined(metadata, camera_file(image=zone, exif=taken))) == ""
    unset = [ascii_entry(0x0132, "0000:00:00 00:00:00")]
    assert contradictions(examined(metadata, camera_file(image=unset, exif=taken))) == ""


PARAMETERS = "a castle\nNegative prompt: fog\nSteps: 20, Sampler: Euler a, CFG scale: 7, Seed: 1"
COMFY = json.dumps({"3": {"class_type": "KSampler", "inputs": {"seed": 5}}})
NOVEL = json.dumps({"steps": 28, "sampler": "k_euler", "uncond_scale": 1.0})


@pytest.mark.parametrize(
    ("keyword", "text", "name"),
    [
        ("parameters", PARAMETERS, "Stable Diffusion"),
        ("prompt", COMFY, "ComfyUI"),
        ("Comment", NOVEL, "NovelAI"),
        ("invokeai_metadata", "{}", "InvokeAI"),
        ("Description", "a castle --v 6 Job ID: 0a1b", "Midjourney"),
    ],
)
def test_generators_are_shown_as_claims(keyword: str, text: str, name: str) -> None:
    info = PngImagePlugin.PngInfo()
    info.add_text(keyword, text)
    finding = examined(metadata, png(PIXELS, pnginfo=info))
    assert facts(finding, "generator_as_claimed")[0].startswith(name)
    assert finding.sentence.startswith("The file says that it was made with")


def test_parameters_in_exif_and_a_camera_contradict() -> None:
    comment = b"ASCII\0\0\0" + PARAMETERS.encode()
    finding = examined(metadata, camera_file(exif=[(0x9286, 7, len(comment), comment)]))
    assert facts(finding, "generator_as_claimed")
    assert (
        "name the camera \u201cAcme Testcam 5\u201d and also \u201cStable Diffusion"
        in contradictions(finding)
    )


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("coding", ["utf-16-be", "utf-16-le", "utf-16"])
def test_parameters_in_utf_16_are_read_in_either_byte_order(coding: str, order: str) -> None:
    comment = b"UNICODE\0" + PARAMETERS.replace("castle", "Schl\u00f6\u00dfchen").encode(coding)
    structure = tiff(exif=[(0x9286, 7, len(comment), comment)], order=order)
    finding = examined(metadata, insert(jpeg(PIXELS), exif_segment(structure)))
    assert facts(finding, "generator_as_claimed") == ["Stable Diffusion (web UI parameters)"]
    assert facts(finding, "generator_parameters")[0].startswith("a Schl\u00f6\u00dfchen\nNegative")


def test_the_graph_that_comfyui_stores_in_webp_is_no_camera() -> None:
    stored = tiff(
        [ascii_entry(0x010F, 'workflow:{"nodes": []}'), ascii_entry(0x0110, f"prompt:{COMFY}")]
    )
    finding = examined(metadata, save(PIXELS, "WEBP", exif=stored))
    assert facts(finding, "generator_as_claimed") == ["ComfyUI", "ComfyUI"]
    assert facts(finding, "camera") == []
    assert contradictions(finding) == ""


def test_parameters_in_xmp_are_a_claim() -> None:
    inner = (
        f"<dc:description><rdf:Alt><rdf:li>{escape(PARAMETERS)}</rdf:li></rdf:Alt></dc:description>"
    )
    file = insert(
        jpeg(PIXELS), segment(0xE1, b"http://ns.adobe.com/xap/1.0/\0" + xmp_packet(inner))
    )
    assert facts(examined(metadata, file), "generator_as_claimed")


def test_the_digital_source_type_is_put_in_words() -> None:
    file = insert(jpeg(PIXELS), segment(0xE1, b"http://ns.adobe.com/xap/1.0/\0" + AI_XMP))
    finding = examined(metadata, file)
    assert facts(finding, "digital_source_type") == ["trainedAlgorithmicMedia"]
    assert "made by a generative model" in finding.sentence


@pytest.mark.parametrize("keyword", ["Comment", "Description", "prompt", "Software"])
def test_ordinary_texts_name_no_generator(keyword: str) -> None:
    info = PngImagePlugin.PngInfo()
    info.add_text(keyword, 'Steps to the castle; {"nodes": none} of which were sampled')
    assert not facts(examined(metadata, png(PIXELS, pnginfo=info)), "generator_as_claimed")


def test_a_file_behind_the_picture_is_named() -> None:
    finding = examined(metadata, jpeg(PIXELS) + b"PK\3\4" + bytes(5000))
    assert facts(finding, "data_behind_the_picture") == [5004]
    assert "a file of the kind \u201czip\u201d, of 5,004 bytes" in finding.sentence


def test_no_metadata_mean_nothing() -> None:
    finding = examined(metadata, png(PIXELS))
    assert "says nothing about itself" in finding.sentence
    assert any("missing means nothing" in c for c in finding.caveats)


def test_hostile_values_stay_bounded_and_inert() -> None:
    many = "".join(f"<dc:x{i}>{escape(SCRIPT)}</dc:x{i}>" for i in range(290))
    packet = xmp_packet(f"<xmp:CreatorTool>{escape(SCRIPT)}\u202e</xmp:CreatorTool>{many}")
    file = insert(jpeg(PIXELS), segment(0xE1, b"http://ns.adobe.com/xap/1.0/\0" + packet))
    finding = examined(metadata, file)
    assert len(finding.facts) < 200
    assert facts(finding, "values_left_out")[0] > 0
    for fact in finding.facts:
        assert len(str(fact.value)) < 800
        assert "\u202e" not in str(fact.value)


def test_a_thumbnail_of_nonsense_is_left_alone() -> None:
    for bad in (b"\xff\xd8\xff\xc0\0\x11\x08\xff\xff\xff\xff" + bytes(40), small(PIXELS)[:900]):
        finding = examined(metadata, camera_file(thumbnail=bad))
        assert "thumbnail" not in contradictions(finding)


def test_pixels_alone_have_no_metadata() -> None:
    media = open_pixels(PIXELS.tobytes(), 480, 360, "x", "canvas")
    refused = metadata.applicable(Scene(media))
    assert refused is not None
    assert refused.code == "needs_original_bytes"


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_mutated_metadata_never_crash(data: st.DataObject) -> None:
    made = bytearray(CAMERA_FILE)
    for _ in range(data.draw(st.integers(1, 6))):
        made[data.draw(st.integers(2, 4000))] = data.draw(st.integers(0, 255))
    with suppress(MediaError):
        examined(metadata, bytes(made))
        examined(encoder_signature, bytes(made))


CAMERA_FILE = camera_file(photograph(64, 96), exif=[ascii_entry(0x9003, "2024:05:06 07:08:09")])
