"""Gaps and peaks of a histogram: found where grey levels were bent, and nowhere else."""

from __future__ import annotations

import numpy as np
import pytest
from localisation import map_auc, named_map
from pictures import SAMPLES, Pixels, examine, jpeg, photograph, png, sample, splice

from telltale.detectors.forensic import contrast_enhancement
from telltale.detectors.forensic.contrast_enhancement import (
    USUAL,
    WHOLE,
    cell_histograms,
    empty_levels,
    gap_energy,
)


def bent(pixels: Pixels, gamma: float) -> Pixels:
    return np.rint(255 * (np.arange(256) / 255) ** gamma).astype(np.uint8)[pixels]


@pytest.mark.parametrize("gamma", [0.5, 0.6, 0.7])
def test_points_at_a_bent_area(gamma: float) -> None:
    made = splice(photograph(1), bent(photograph(1), gamma), 203, 361, 240)
    finding = examine(contrast_enhancement, png(made.pixels))
    assert finding.score is not None
    assert finding.score.value > USUAL
    assert map_auc(named_map(finding, "gaps_and_peaks"), made.truth) > 0.93
    box = finding.parts[0].region.box
    assert box is not None
    assert made.truth[int(box.y + box.h / 2), int(box.x + box.w / 2)]


@pytest.mark.parametrize("quality", [None, 95, 80])
def test_untouched_pictures_stay_quiet(quality: int | None) -> None:
    for pixels in (photograph(0), photograph(2), *(sample(name) for name in SAMPLES[:2])):
        file = png(pixels) if quality is None else jpeg(pixels, quality)
        finding = examine(contrast_enhancement, file)
        assert finding.score is None or finding.score.value < USUAL
    assert "as a whole" not in examine(contrast_enhancement, png(photograph(0))).sentence


def test_a_picture_bent_as_a_whole_is_named_as_ordinary() -> None:
    """No area of it is pointed at, which a camera's own curve would otherwise bring about."""
    finding = examine(contrast_enhancement, png(bent(photograph(0), 0.6)))
    assert "which is ordinary" in finding.sentence
    assert "areas cannot be compared" in finding.sentence
    assert finding.score is None
    assert not finding.parts


def test_energy_is_one_for_independent_pixels_of_a_smooth_density() -> None:
    rng = np.random.default_rng(2)
    grey = np.clip(np.rint(rng.normal(120, 35, (640, 640))), 0, 255).astype(np.uint8)
    counts = cell_histograms(grey)
    assert counts.sum() == grey.size
    assert gap_energy(counts).mean() == pytest.approx(1, abs=0.1)
    whole = np.bincount(bent(grey, 0.6).ravel(), minlength=256).astype(float)
    assert gap_energy(whole) > WHOLE
    assert empty_levels(whole) > 10
    assert empty_levels(counts.sum(axis=(0, 1))) == 0


def test_refuses_with_reasons() -> None:
    pixels = photograph(0)
    assert examine(contrast_enhancement, png(pixels[:300])).reason == "image_too_small"
    flat = np.full((400, 400, 3), 77, np.uint8)
    assert examine(contrast_enhancement, png(flat)).reason == "flat_or_saturated"
    assert (
        examine(contrast_enhancement, png(pixels), "tab-capture").reason == "needs_original_bytes"
    )
