"""JPEG as an instrument."""

from __future__ import annotations

import io

import numpy as np
import pytest
import scipy.fft
from PIL import Image

import media_factory as make
from telltale.media import jpeg, jpeg_codec
from telltale.media.decode import open_media
from telltale.media.jpeg_quality import ijg_table

PHOTO = make.photograph(90, 131)


@pytest.mark.parametrize("subsampling", ["4:4:4", "4:2:2", "4:2:0"])
@pytest.mark.parametrize("quality", [30, 75, 95])
def test_round_trip_is_pillows(quality: int, subsampling: jpeg_codec.Subsampling) -> None:
    data = jpeg_codec.encode(PHOTO, quality, subsampling)
    structure = jpeg.read(data).jpeg
    assert structure is not None
    assert structure.quality == quality
    assert structure.subsampling == subsampling
    expected = np.asarray(Image.open(io.BytesIO(data)))
    assert (jpeg_codec.recompress(PHOTO, quality, subsampling) == expected).all()


def test_grey_stays_grey() -> None:
    assert jpeg_codec.recompress(PHOTO[..., 0], 80).shape == PHOTO.shape[:2]


@pytest.mark.parametrize("quality", [0, 101])
def test_quality_outside_the_scale(quality: int) -> None:
    with pytest.raises(ValueError, match="1 to 100"):
        jpeg_codec.encode(PHOTO, quality)


@pytest.mark.parametrize("offset", [(0, 0), (3, 5), (7, 7)])
def test_block_dct_equals_scipy(offset: tuple[int, int]) -> None:
    luma = PHOTO[..., 1]
    blocks = jpeg_codec.dct_blocks(luma, offset)
    top, left = offset
    rows, columns = (90 - top) // 8, (131 - left) // 8
    assert blocks.shape == (rows, columns, 8, 8)
    assert blocks.dtype == np.float32
    area = luma[top : top + 8 * rows, left : left + 8 * columns].astype(float)
    area = area.reshape(rows, 8, columns, 8).swapaxes(1, 2)
    expected = scipy.fft.dctn(area, axes=(2, 3), norm="ortho")
    assert np.abs(blocks - expected).max() < 2e-3


def test_a_picture_smaller_than_a_block_has_no_blocks() -> None:
    assert jpeg_codec.dct_blocks(PHOTO[:5, :20, 0]).size == 0


def test_stored_luma_shows_the_lattice_of_quantised_coefficients() -> None:
    media = open_media(jpeg_codec.encode(PHOTO[:88, :128], 60, "4:2:0"), "x.jpg")
    luma = jpeg_codec.stored_luma(media)
    assert luma is not None
    assert luma.dtype == np.uint8
    coefficients = jpeg_codec.dct_blocks(luma.astype(np.float32) - 128)
    steps = coefficients / ijg_table(60)
    off = np.abs(steps - np.rint(steps)) * ijg_table(60)
    # what is left is the rounding of pixels: 1/12 variance in each coefficient
    inside = (luma.min() > 0) and (luma.max() < 255)
    assert inside
    assert np.sqrt((off**2).mean()) < 0.35


def test_stored_luma_lies_on_the_codecs_grid_before_orientation() -> None:
    media = open_media(make.oriented(PHOTO, 6), "x.jpg")
    luma = jpeg_codec.stored_luma(media)
    assert luma is not None
    assert luma.shape == media.coded.shape[:2] == media.pixels.shape[1::-1]


def test_stored_luma_only_where_there_is_one() -> None:
    cmyk = make.save(Image.fromarray(PHOTO).convert("CMYK"), "JPEG")
    rgb = make.save(PHOTO, "JPEG", keep_rgb=True)
    for data in (cmyk, rgb, make.png(PHOTO)):
        assert jpeg_codec.stored_luma(open_media(data, "x")) is None
    grey = open_media(make.jpeg(PHOTO[..., 0]), "x")
    assert np.array_equal(jpeg_codec.stored_luma(grey), grey.pixels[..., 0])  # type: ignore[arg-type]
