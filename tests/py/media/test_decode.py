"""Sound files: their pixels, their facts, and what had to be done to read them."""

from __future__ import annotations

import hashlib
import io
import struct
import zlib

import numpy as np
import pytest
from PIL import Image, ImageOps

import media_factory as make
import metadata_factory as said
from telltale.media.decode import open_media
from telltale.media.model import Media

PHOTO = make.photograph(96, 130)


def opened(data: bytes, name: str = "picture") -> Media:
    return open_media(data, name)


@pytest.fixture(scope="module")
def variety() -> dict[str, bytes]:
    return make.variety()


def test_every_sound_file_gives_the_pixels_that_pillow_gives(variety: dict[str, bytes]) -> None:
    for name, data in variety.items():
        media = opened(data, name)
        image = ImageOps.exif_transpose(Image.open(io.BytesIO(data)))
        if media.bits == 16:
            assert "16 bits" in " ".join(media.notes)
        assert (media.pixels == np.asarray(image.convert("RGB"))).all(), name
        assert media.pixels.dtype == np.uint8
        assert media.pixels.shape == (media.height, media.width, 3)
        assert not media.pixels.flags.writeable
        assert not media.coded.flags.writeable
        assert not any("name ends in" in note for note in media.notes), name


def test_hash_and_bytes_are_those_received() -> None:
    data = make.jpeg(PHOTO) + b"trailing"
    media = opened(data)
    assert media.sha256 == hashlib.sha256(data).hexdigest()
    assert media.data == data
    assert media.size_bytes == len(data)
    assert media.has_original_bytes


def test_a_memoryview_is_as_good_as_bytes() -> None:
    data = make.png(PHOTO)
    assert (opened(memoryview(data)).pixels == PHOTO).all()  # type: ignore[arg-type]


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_exif_orientation_turns_pixels_upright(orientation: int, order: str) -> None:
    data = make.oriented(PHOTO, orientation, order)
    media = opened(data)
    upright = ImageOps.exif_transpose(Image.open(io.BytesIO(data)))
    assert media.orientation == orientation
    assert (media.pixels == np.asarray(upright)).all()
    assert media.coded.shape == PHOTO.shape
    assert (media.upright(media.coded) == media.pixels).all()
    assert ("upright" in " ".join(media.notes)) == (orientation != 1)


@pytest.mark.parametrize("value", [0, 9, 255])
def test_an_orientation_that_makes_no_sense_is_ignored(value: int) -> None:
    media = opened(make.oriented(PHOTO, value))
    assert media.orientation == 1
    assert media.pixels.shape == PHOTO.shape


def test_orientation_of_png_and_webp() -> None:
    structure = said.tiff([said.orientation_entry(6)])
    for format, options in (("PNG", {}), ("WEBP", {"lossless": True})):
        media = opened(make.save(PHOTO, format, exif=structure, **options))
        assert media.orientation == 6
        assert (media.pixels == np.rot90(PHOTO, -1)).all()


@pytest.mark.parametrize(
    ("data", "name", "format"),
    [
        (make.png(PHOTO), "holiday.jpg", "PNG"),
        (make.jpeg(PHOTO), "holiday.png", "JPEG"),
        (make.save(PHOTO, "WEBP"), "holiday.jpeg", "WebP"),
        (make.save(PHOTO, "GIF"), "holiday.PNG", "GIF"),
    ],
)
def test_a_wrong_extension_is_said_and_the_real_format_read(
    data: bytes, name: str, format: str
) -> None:
    media = opened(data, name)
    assert media.format == format
    (note,) = [n for n in media.notes if "name ends in" in n]
    assert name.rpartition(".")[2].lower() in note
    assert format in note


@pytest.mark.parametrize("name", ["holiday.JPG", "holiday.jpeg", "holiday", ".jpg", "a.b/holiday"])
def test_a_right_or_absent_extension_is_not_remarked(name: str) -> None:
    assert opened(make.jpeg(PHOTO), name).notes == ()


def test_16_bits_are_reduced_to_the_upper_8() -> None:
    for pixels in (PHOTO, PHOTO[..., 0]):
        media = opened(make.png16(pixels))
        expected = pixels if pixels.ndim == 3 else np.dstack([pixels] * 3)
        assert (media.pixels == expected).all()
        assert media.bits == 16
        assert "upper 8" in " ".join(media.notes)


def test_alpha_is_dropped_and_the_stored_colours_kept() -> None:
    rgba = make.with_alpha(PHOTO)
    media = opened(make.png(rgba))
    assert media.has_alpha
    assert (media.pixels == PHOTO).all()
    share = (rgba[..., 3] < 255).mean()
    assert f"{share:.1%} of it was not opaque" in " ".join(media.notes)


def test_transparent_palette_entries_keep_their_colour() -> None:
    image = Image.fromarray(PHOTO).quantize(16)
    data = make.save(image, "PNG", transparency=bytes(range(16)))
    media = opened(data)
    assert media.has_alpha
    assert media.mode == "palette"
    assert (media.pixels == np.asarray(image.convert("RGB"))).all()


def test_cmyk_and_ycck() -> None:
    cmyk = Image.fromarray(PHOTO).convert("CMYK")
    plain = make.save(cmyk, "JPEG", quality=95)
    media = opened(plain)
    assert media.mode == "CMYK"
    assert media.pixels.mean() == pytest.approx(PHOTO.mean(), abs=2)
    assert any("CMYK" in n for n in media.notes)
    # the same coefficients read as YCCK, by the transform byte of the Adobe segment
    at = plain.index(b"Adobe") + 11
    media = opened(plain[:at] + b"\2" + plain[at + 1 :])
    assert media.mode == "YCCK"
    assert media.jpeg is not None
    assert media.jpeg.adobe_transform == 2


def test_rgb_jpeg_is_not_converted_from_ycbcr() -> None:
    data = make.save(PHOTO, "JPEG", quality=100, subsampling=0, keep_rgb=True)
    media = opened(data)
    assert media.mode == "RGB"
    assert abs(media.pixels.astype(int) - PHOTO).max() <= 3


def test_arithmetic_coding() -> None:
    data = make.arithmetic_jpeg(64, 48)
    media = opened(data)
    assert media.jpeg is not None
    assert media.jpeg.arithmetic
    assert (media.pixels == np.asarray(Image.open(io.BytesIO(data)).convert("RGB"))).all()


@pytest.mark.parametrize(("format", "count"), [("GIF", 3), ("PNG", 4), ("WEBP", 5)])
def test_of_an_animation_the_first_frame_is_examined(format: str, count: int) -> None:
    data = make.animation(PHOTO, format, count)
    media = opened(data)
    first = np.asarray(Image.open(io.BytesIO(data)).convert("RGB"))
    assert media.frames == count
    assert (media.pixels == first).all()
    assert f"first of {count} frames" in " ".join(media.notes)


def test_an_apng_whose_default_image_is_no_frame_says_so() -> None:
    data = make.save(
        Image.fromarray(255 - PHOTO),
        "PNG",
        save_all=True,
        default_image=True,
        append_images=make.frames(PHOTO, 3),
    )
    media = opened(data)
    assert (media.pixels == 255 - PHOTO).all()
    assert any("default image" in n for n in media.notes)


def test_an_animation_cut_off_behind_its_first_frame_is_read_with_a_note() -> None:
    data = make.animation(PHOTO, "GIF", 4)
    media = opened(data[: len(data) * 2 // 3])
    assert (media.pixels == opened(data).pixels).all()
    assert any("goes wrong behind frame" in n for n in media.notes)


@pytest.mark.parametrize(("bits", "colour"), [(1, 0), (2, 0), (4, 0), (8, 0), (8, 2)])
def test_low_bit_depths(bits: int, colour: int) -> None:
    levels = np.random.default_rng(3).integers(0, 2**bits, (16, 16 * (3 if colour else 1)))
    unpacked = np.unpackbits(levels.astype(np.uint8)[..., None], axis=-1)[..., 8 - bits :]
    rows = np.packbits(unpacked.reshape(16, -1), axis=1).tobytes()
    media = opened(make.raw_png(16, 16, bits, colour, rows))
    expected = levels * (255 // (2**bits - 1))
    expected = expected.reshape(16, 16, 3) if colour else np.dstack([expected] * 3)
    assert (media.pixels == expected).all()
    assert media.bits == bits


def test_one_by_one_pixel_in_every_format() -> None:
    dot = np.full((1, 1, 3), 200, np.uint8)
    for format in ("PNG", "JPEG", "WEBP", "GIF", "BMP"):
        assert opened(make.save(dot, format)).pixels.shape == (1, 1, 3)


def test_icc_profile_is_named_and_not_applied() -> None:
    plain = opened(make.jpeg(PHOTO))
    assert plain.icc_profile is None
    for version in (2, 4):
        profile = said.icc_profile("Wide RGB", version)
        for data in (make.jpeg(PHOTO, icc_profile=profile), make.png(PHOTO, icc_profile=profile)):
            assert opened(data).icc_profile == "Wide RGB"
    assert (opened(make.jpeg(PHOTO, icc_profile=profile)).pixels == plain.pixels).all()
    assert opened(make.jpeg(PHOTO, icc_profile=b"broken")).icc_profile == "unnamed profile"


def test_the_record_of_the_decoder() -> None:
    facts = opened(make.jpeg(PHOTO)).decoder
    assert facts["decoder"].startswith("Pillow 1")
    assert facts["library"].startswith("libjpeg-turbo")
    assert "no draft" in facts["settings"]
    assert facts["colour management"] == "none"


def test_metadata_never_reaches_the_decoder() -> None:
    # Pillow refuses this file for its text chunk; the picture is sound
    bomb = b"Comment\0\0" + zlib.compress(bytes(80_000_000))
    data = make.raw_png(130, 96, 8, 2, PHOTO.tobytes(), make.png_chunk(b"zTXt", bomb))
    with pytest.raises(ValueError, match="too large"):
        Image.open(io.BytesIO(data)).load()
    assert (opened(data).pixels == PHOTO).all()


def test_a_name_with_surrogates_and_control_characters_is_made_inert() -> None:
    name = opened(make.png(PHOTO), "a\ud800b\x1bc" + "x" * 5000).name
    name.encode()
    assert "\x1b" not in name
    assert len(name) < 300


def test_bmp_top_down_and_with_stated_masks() -> None:
    rows = PHOTO[:, :128, ::-1]  # BGR, rows of a multiple of 4 bytes
    header = struct.pack("<IiiHHIIIIII", 40, 128, -96, 1, 24, 0, 0, 0, 0, 0, 0)
    data = b"BM" + struct.pack("<III", 54 + rows.size, 0, 54) + header + rows.tobytes()
    assert (opened(data).pixels == PHOTO[:, :128]).all()
