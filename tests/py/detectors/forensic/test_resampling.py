"""Resampling: an enlarged area stands out, untouched pictures do not, factors are read."""

from __future__ import annotations

import numpy as np
import pytest
from localisation import map_auc, named_map
from pictures import SAMPLES, Pixels, examine, jpeg, photograph, png, sample, splice
from PIL import Image
from scipy import ndimage

from telltale.detectors._shared.outlying_box import outlying_box
from telltale.detectors.forensic import resampling
from telltale.detectors.forensic.resampling import (
    USUAL,
    WHOLE_PEAK,
    prediction,
    probability,
    second_derivative,
)
from telltale.scene import luma


def resized(pixels: Pixels, factor: float, method: Image.Resampling) -> Pixels:
    side = round(pixels.shape[0] * factor)
    return np.asarray(Image.fromarray(pixels).resize((side, side), method))


@pytest.mark.parametrize(
    ("factor", "method"),
    [
        (1.3, Image.Resampling.BILINEAR),
        (1.6, Image.Resampling.BICUBIC),
        (1.25, Image.Resampling.LANCZOS),
        (1.9, Image.Resampling.BICUBIC),
    ],
)
def test_points_at_an_enlarged_area(factor: float, method: Image.Resampling) -> None:
    large = resized(photograph(4), factor, method)
    made = splice(photograph(1), large[100:868, 100:868], 180, 360, 240)
    finding = examine(resampling, png(made.pixels))
    assert map_auc(named_map(finding, "resampled"), made.truth) > 0.93
    box = finding.parts[0].region.box
    assert finding.score is not None
    # the faint peaks of a bilinear filter are pointed at and not called odd
    assert (finding.score.value > USUAL) is (method is not Image.Resampling.BILINEAR)
    assert box is not None
    assert made.truth[int(box.y + box.h / 2), int(box.x + box.w / 2)]


def test_an_area_of_another_sharpness_stands_out_and_is_not_called_resampled() -> None:
    """Its spectrum differs as a whole: no frequency stands alone, as in a scene out of focus."""
    soft = ndimage.gaussian_filter(photograph(1).astype(float), (1.5, 1.5, 0))
    made = splice(photograph(1), np.rint(soft).astype(np.uint8), 180, 360, 240)
    finding = examine(resampling, png(made.pixels))
    facts = {fact.name: float(str(fact.value)) for fact in finding.facts}
    assert facts["peaks_stand_out"] > 2 > facts["peaks_stand_alone"]
    assert finding.score is not None
    assert finding.score.value < USUAL
    assert "No area" in finding.sentence


@pytest.mark.parametrize("quality", [None, 95, 80])
def test_untouched_pictures_stay_quiet(quality: int | None) -> None:
    for pixels in (photograph(0), photograph(2), *(sample(name) for name in SAMPLES[:2])):
        finding = examine(resampling, png(pixels) if quality is None else jpeg(pixels, quality))
        assert finding.score is not None
        assert finding.score.value < USUAL
        assert "resized" not in finding.sentence


@pytest.mark.parametrize("factor", [1.25 + 1 / 64, 1.4, 1.7])
def test_reads_the_factor_of_a_picture_resized_as_a_whole(factor: float) -> None:
    large = resized(photograph(5), factor, Image.Resampling.BILINEAR)
    found = second_derivative(luma(np.ascontiguousarray(large)))
    assert found.value > WHOLE_PEAK
    expected = 768 / large.shape[0]
    alias = min(expected, 1 - expected)
    assert found.frequency == pytest.approx(alias, abs=0.004)


def test_prediction_recovers_known_weights() -> None:
    """A picture in which every second pixel is the mean of its neighbours left and right."""
    rng = np.random.default_rng(1)
    plane = rng.uniform(40, 200, (200, 401)).astype(np.float32)
    plane[:, 1:-1:2] = (plane[:, :-2:2] + plane[:, 2::2]) / 2
    weights, sigma = prediction(plane)
    assert weights[[3, 4]] == pytest.approx([0.5, 0.5], abs=0.01)
    assert sigma < 1
    likely = probability(plane, weights, sigma)
    assert likely[:, 0::2].min() > 0.99
    assert likely[:, 1::2].mean() < 0.2


def test_where_only_one_place_is_textured_the_box_is_there() -> None:
    """It deviates from no other; an empty place instead of it would have no mean to tell of."""
    valid = np.zeros((10, 10), bool)
    valid[5:8, 4:7] = True
    found = outlying_box(np.where(valid, 3.0, 0.0), valid)
    assert found is not None
    here = np.s_[found.top : found.top + found.height, found.left : found.left + found.width]
    assert valid[here].mean() >= 0.5
    assert found.deviation == 0


def test_refuses_with_reasons() -> None:
    pixels = photograph(0)
    assert examine(resampling, png(pixels[:300])).reason == "image_too_small"
    flat = np.full((400, 400, 3), 77, np.uint8)
    assert examine(resampling, png(flat)).reason == "flat_or_saturated"
    assert examine(resampling, png(pixels), "video-frames").reason == "needs_original_bytes"
