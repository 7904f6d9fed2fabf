"""Kinds of picture: graphics are recognised, photographs are left alone."""

from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image
from skimage import data

from metadata_factory import ascii_entry, exif_segment, insert, tiff
from models.verdict.graphics import GRAPHICS
from telltale.media.circumstances import circumstances, scan_dpi
from telltale.media.decode import open_media
from telltale.media.kind import kind_of, recognise
from telltale.media.model import Media

EXPECTED = {
    "text page": {"graphic"},
    "drawing": {"graphic"},
    "line art": {"graphic"},
    "chart": {"graphic"},
    "ramps": {"graphic"},
    "caption on a photograph": {"captioned"},
    "screen of an app": {"screenshot", "graphic", "captioned"},
    "photograph with bars": {"screenshot", "letterboxed"},
}
QUALITY: dict[str, dict[str, int]] = {"PNG": {}, "JPEG": {"quality": 75}}
PHOTOGRAPHS = ("astronaut", "coffee", "chelsea", "camera", "rocket", "immunohistochemistry", "moon")


def saved(pixels: np.ndarray, kind: str, **options: int) -> Media:
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, kind, **options)
    return open_media(buffer.getvalue(), "a")


#: `ramps` as JPEG is a known failure, tested as one in `test_known_failures.py`.
RECOGNISED = [(n, k) for n in GRAPHICS for k in ("PNG", "JPEG") if (n, k) != ("ramps", "JPEG")]


@pytest.mark.parametrize(("name", "kind"), RECOGNISED)
def test_graphics_are_recognised(name: str, kind: str) -> None:
    made = GRAPHICS[name](np.random.default_rng(3), data.astronaut())
    assert kind_of(saved(made, kind, **QUALITY[kind])).nature in EXPECTED[name]


@pytest.mark.parametrize("name", PHOTOGRAPHS)
@pytest.mark.parametrize("quality", [95, 75, 40])
def test_photographs_are_left_alone(name: str, quality: int) -> None:
    pixels = getattr(data, name)()
    kind = kind_of(
        saved(np.asarray(Image.fromarray(pixels).convert("RGB")), "JPEG", quality=quality)
    )
    assert kind.nature == "photograph"
    assert kind.reason is None


def test_a_bright_sky_is_no_caption_and_a_night_no_bars() -> None:
    photo = data.astronaut()
    sky = photo.copy()
    sky[:140] = 250
    assert recognise(sky).nature == "photograph"
    night = photo.copy()
    night[:200] = 1
    assert recognise(night).nature == "photograph"


def test_a_camera_named_in_the_file_is_no_screenshot() -> None:
    shown = GRAPHICS["photograph with bars"](np.random.default_rng(1), data.coffee())
    assert recognise(shown).nature == "screenshot"
    assert recognise(shown, camera=True).nature == "letterboxed"


@pytest.mark.parametrize("shape", [(1, 1, 3), (8, 3000, 3), (17, 15, 3)])
def test_tiny_and_uniform_pictures_have_a_kind(shape: tuple[int, ...]) -> None:
    noise = np.random.default_rng(0).integers(0, 255, shape, np.uint8)
    for pixels in (np.zeros(shape, np.uint8), noise):
        assert 0 <= recognise(pixels).flat <= 1


def naming(media: Media, tag: int, value: str) -> Media:
    """The same JPEG file with an EXIF tag of text."""
    structure = tiff([ascii_entry(tag, value)])
    return open_media(insert(media.data, exif_segment(structure)), media.name)


def test_a_picture_of_a_camera_in_the_size_of_a_screen_is_no_screenshot() -> None:
    pixels = np.zeros((1080, 1920, 3), np.uint8)
    photograph = Image.fromarray(data.coffee()).resize((1920, 680), Image.Resampling.BICUBIC)
    pixels[200:-200] = np.asarray(photograph)
    barred = saved(pixels, "JPEG", quality=92)
    assert kind_of(barred).nature == "screenshot"
    assert kind_of(naming(barred, 0x010F, "Acme")).nature == "letterboxed"


def test_a_sheet_of_paper_is_a_scan_and_a_camera_picture_is_not() -> None:
    sheet = saved(np.resize(data.page(), (1754, 1240)), "JPEG", quality=85)
    assert scan_dpi(sheet) == 150
    assert scan_dpi(naming(sheet, 0x0110, "EOS")) is None
    assert scan_dpi(naming(sheet, 0x0131, "Epson Perfection V600")) == 0
    assert scan_dpi(saved(data.coffee(), "JPEG", quality=90)) is None
    assert "scan" in {one.code for one in circumstances(sheet, kind_of(sheet))}
