"""Colour displacement is measured to a fraction of a pixel, and what fits no lens is found."""

from __future__ import annotations

import io

import numpy as np
import pytest
from localisation import map_auc, named_map
from pictures import Pixels, Splice, aberrated, examine, jpeg, leaves, photograph, png, splice
from PIL import Image
from scipy import ndimage

from telltale.detectors._shared.channel_displacement import (
    displacement,
    lens,
    moments,
)
from telltale.detectors.forensic import chromatic_aberration
from telltale.detectors.forensic.chromatic_aberration import LEAST_STRENGTH, USUAL
from telltale.finding import Finding


def fact(finding: Finding, name: str) -> float:
    return next(float(f.value) for f in finding.facts if f.name == name)  # type: ignore[arg-type]


def moved(red: tuple[float, float], blue: tuple[float, float]) -> Pixels:
    """A smooth coloured scene whose red and blue lie (x, y) pixels beside green."""
    scene = ndimage.gaussian_filter(leaves(3, 512), (2.0, 2.0, 0)) * (220, 235, 200) + 10
    for channel, (x, y) in ((0, red), (2, blue)):
        scene[..., channel] = ndimage.shift(scene[..., channel], (y, x), order=3, mode="nearest")
    return np.clip(np.rint(scene), 0, 255).astype(np.uint8)


def test_moments_are_sums_of_products() -> None:
    """By hand on the middle cell: nothing clipped, gradients as central differences."""
    pixels = moved((0, 0), (0, 0))[:96, :96].clip(8, 240)
    half = pixels.astype(float).reshape(48, 2, 48, 2, 3).mean(axis=(1, 3))
    green = half[..., 1]
    columns = [
        np.ones((16, 16)),
        green[16:32, 16:32],
        (green[16:32, 17:33] - green[16:32, 15:31]) / 2,
        (green[17:33, 16:32] - green[15:31, 16:32]) / 2,
        half[16:32, 16:32, 0],
        half[16:32, 16:32, 2],
    ]
    expected = [[float((a * b).sum()) for b in columns] for a in columns]
    assert moments(pixels)[:, :, 1, 1] == pytest.approx(np.array(expected), rel=1e-12)


def test_strips_make_no_difference() -> None:
    """A picture higher than a strip has the cells of the same picture begun one strip lower."""
    tall = np.concatenate(
        [moved((0, 0), (0, 0)), moved((1, 0), (0, 1))[:, :], photograph(0)[:, :512]]
    )
    whole = moments(tall)
    lower = moments(tall[512:])
    assert np.array_equal(whole[:, :, 18:40], lower[:, :, 2:24])


@pytest.mark.parametrize("by", [(0.3, -0.2), (-0.8, 0.5), (1.4, 1.0)])
def test_measures_the_displacement(by: tuple[float, float]) -> None:
    sums = moments(moved(by, (-by[0], -by[1])))
    for channel, sign in ((4, 1), (5, -1)):
        found = displacement(sums, channel)
        assert found.valid.mean() > 0.5
        # halved pixels; content moved by +x is found where green's gradient points back
        typical = np.median(found.shift[found.valid], axis=0) * 2
        assert typical == pytest.approx(-sign * np.array(by), abs=0.05, rel=0.15)


def test_the_lens_is_that_of_the_scene() -> None:
    """0.003 about the middle of 768 pixels: 0.94 px root mean square over the cells."""
    found = displacement(moments(aberrated(0)), 4)
    y, x = np.nonzero(found.valid)
    expected = 0.003 * 32 * np.hypot(y - y.mean(), x - x.mean())
    assert lens(found).strength == pytest.approx(float(np.sqrt((expected**2).mean())), rel=0.15)
    assert np.median(np.abs(lens(found).rest[found.valid])) < 0.15


def wrong_fringes(seed: int) -> Splice:
    """A square from the opposite corner of another picture by the same lens."""
    far = np.roll(aberrated(seed + 20), (384, 384), (0, 1))
    at = 60 if seed % 2 else 500
    return splice(aberrated(seed), far, at, at, 208)


@pytest.mark.parametrize(("quality", "least"), [(None, 0.97), (95, 0.95), (85, 0.9), (75, 0.8)])
def test_points_at_what_another_place_was(quality: int | None, least: float) -> None:
    """Signed AUC against the truth by construction."""
    areas = []
    for seed in range(3):
        made = wrong_fringes(seed)
        file = png(made.pixels) if quality is None else jpeg(made.pixels, quality)
        finding = examine(chromatic_aberration, file)
        areas.append(map_auc(named_map(finding, "against_the_lens"), made.truth))
    assert np.mean(areas) > least


def test_says_so_and_where() -> None:
    for seed in range(2):
        made = wrong_fringes(seed)
        finding = examine(chromatic_aberration, jpeg(made.pixels, 95))
        assert finding.score is not None
        assert finding.score.value > USUAL
        assert "does not fit the lens" in finding.sentence
        box = finding.parts[0].region.box
        assert box is not None
        middle = made.truth[int(box.y + box.h / 2), int(box.x + box.w / 2)]
        assert middle
        assert finding.parts[0].facts[0].value > 0.3  # type: ignore[operator]


@pytest.mark.parametrize("quality", [None, 95, 85, 75])
def test_an_untouched_picture_fits_its_lens(quality: int | None) -> None:
    for seed in range(3):
        pixels = aberrated(seed)
        finding = examine(
            chromatic_aberration, png(pixels) if quality is None else jpeg(pixels, quality)
        )
        assert finding.score is not None
        assert finding.score.value < USUAL
        assert "as well as usual" in finding.sentence


def test_a_cropped_picture_still_has_its_lens() -> None:
    finding = examine(chromatic_aberration, jpeg(aberrated(1)[200:, 180:], 95))
    assert finding.score is not None
    assert finding.score.value < USUAL
    assert fact(finding, "displacement_of_red") > LEAST_STRENGTH


def test_without_aberration_nothing_is_compared() -> None:
    finding = examine(chromatic_aberration, jpeg(photograph(0), 95))
    assert finding.status == "ok"
    assert finding.score is None
    assert not finding.maps
    assert "hardly part" in finding.sentence
    assert fact(finding, "displacement_of_red") < LEAST_STRENGTH


def test_a_turned_picture_is_pointed_at_where_it_is_seen() -> None:
    made = wrong_fringes(0)
    exif = Image.Exif()
    exif[0x0112] = 6  # to be turned by 90 degrees clockwise when shown
    finding = examine(chromatic_aberration, jpeg(made.pixels, 95, exif=exif))
    map_ = named_map(finding, "against_the_lens")
    assert map_auc(map_, np.rot90(made.truth, -1)) > 0.9


def test_refuses_with_reasons() -> None:
    assert examine(chromatic_aberration, png(photograph(0)[:400])).reason == "image_too_small"
    grey = np.repeat(photograph(0)[..., 1:2], 3, axis=2)
    refused = examine(chromatic_aberration, png(grey))
    assert refused.reason == "outside_validated_range"
    assert "no colour" in refused.sentence
    buffer = io.BytesIO()
    Image.fromarray(photograph(0)).convert("L").save(buffer, "JPEG")
    assert examine(chromatic_aberration, buffer.getvalue()).reason == "outside_validated_range"
    flat = np.full((600, 600, 3), (80, 120, 40), np.uint8)
    assert examine(chromatic_aberration, png(flat)).reason == "flat_or_saturated"
