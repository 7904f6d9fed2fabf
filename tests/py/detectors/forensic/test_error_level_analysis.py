"""Error level analysis finds another compression history, and is quiet where there is none."""

from __future__ import annotations

import io

import numpy as np
import pytest
from localisation import map_auc, named_map
from pictures import SAMPLES, compressed, examine, jpeg, photograph, png, sample, splices
from PIL import Image

from telltale.detectors.forensic import error_level_analysis as ela
from telltale.detectors.forensic.error_level_analysis import USUAL


def test_equals_the_published_definition_pixel_for_pixel() -> None:
    pixels = sample("coffee")
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "JPEG", quality=90)
    again = np.asarray(Image.open(buffer)).astype(float)
    reference = np.zeros(pixels.shape[:2])
    for channel in range(3):
        reference += np.abs(pixels[..., channel].astype(float) - again[..., channel]) / 3
    assert np.abs(ela.error_level(pixels, 90) - reference).max() < 1e-5


def test_a_gain_of_fifteen_is_for_the_eye_alone() -> None:
    error = named_map(examine(ela, png(sample("coffee"))), "error_level")
    assert error.high == pytest.approx(17.0)
    assert error.values.max() < 255 / 3


@pytest.mark.parametrize(
    ("host", "donor", "final", "least"),
    [
        (75, None, None, 0.90),
        (85, None, 95, 0.90),
        (None, 60, 95, 0.90),
        (75, None, 85, 0.80),
    ],
)
def test_points_at_the_splice(
    host: int | None, donor: int | None, final: int | None, least: float
) -> None:
    found = []
    for made in splices(4, host, donor):
        file = png(made.pixels) if final is None else jpeg(made.pixels, final)
        finding = examine(ela, file)
        assert finding.status == "ok"
        relative = named_map(finding, "against_equal_texture")
        found.append(map_auc(relative, made.truth, deviation=True))
    assert np.mean(found) > least


def test_names_the_box_of_the_splice() -> None:
    made = next(splices(1, 85, None))
    finding = examine(ela, jpeg(made.pixels, 95))
    box = finding.parts[0].region.box
    assert finding.score is not None
    assert box is not None
    assert finding.score.value > USUAL
    inside = made.truth[int(box.y) : int(box.y + box.h), int(box.x) : int(box.x + box.w)]
    assert inside.mean() > 0.6


@pytest.mark.parametrize("quality", [75, 85, 95])
def test_untouched_pictures_stay_quiet(quality: int) -> None:
    values = [
        examine(ela, jpeg(pixels, quality)).score.value  # type: ignore[union-attr]
        for pixels in [*(photograph(i) for i in range(6)), *(sample(name) for name in SAMPLES)]
    ]
    assert np.median(values) < USUAL
    assert np.mean(np.array(values) > USUAL) <= 0.2


def test_does_not_resave_at_the_file_s_own_quality() -> None:
    near = examine(ela, jpeg(photograph(0), 90))
    far = examine(ela, jpeg(photograph(0), 97))
    assert [f.value for f in near.facts if f.name == "resave_quality"] == [75]
    assert [f.value for f in far.facts if f.name == "resave_quality"] == [90]


def test_maps_follow_the_orientation() -> None:
    made = next(splices(1, 75, None))
    exif = Image.Exif()
    exif[0x0112] = 6  # turn 90 degrees clockwise to see it upright
    finding = examine(ela, jpeg(made.pixels, 97, exif=exif))
    upright_truth = np.rot90(made.truth, -1)
    relative = named_map(finding, "against_equal_texture")
    assert map_auc(relative, upright_truth, deviation=True) > 0.9
    box = finding.parts[0].region.box
    assert box is not None
    assert upright_truth[int(box.y + box.h / 2), int(box.x + box.w / 2)]


def test_refuses_with_reasons() -> None:
    pixels = photograph(0)
    assert examine(ela, jpeg(pixels[:96, :400], 90)).reason == "image_too_small"
    assert examine(ela, png(np.full((256, 256, 3), 128, np.uint8))).reason == "flat_or_saturated"
    assert examine(ela, png(pixels), "screen-crop").reason == "needs_original_bytes"


def test_says_that_strong_compression_evens_out() -> None:
    caveats = examine(ela, jpeg(compressed(photograph(1), 90), 50)).caveats
    assert any("strongly compressed" in caveat for caveat in caveats)
