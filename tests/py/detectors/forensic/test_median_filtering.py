"""A median-filtered area stands out at every quality, and the residual is what it says."""

from __future__ import annotations

import numpy as np
import pytest
from localisation import map_auc, named_map
from pictures import SAMPLES, examine, jpeg, photograph, png, sample, splice
from scipy import ndimage

from telltale.detectors.forensic import median_filtering
from telltale.detectors.forensic.median_filtering import CELL, USUAL, median_residual
from telltale.scene import luma


@pytest.mark.parametrize(("quality", "least"), [(None, 0.96), (95, 0.93), (85, 0.8), (75, 0.68)])
def test_points_at_a_filtered_area(quality: int | None, least: float) -> None:
    found = []
    for i in range(2):
        filtered = ndimage.median_filter(photograph(i), (3, 3, 1))
        made = splice(photograph(i), filtered, 203, 361, 208)
        file = png(made.pixels) if quality is None else jpeg(made.pixels, quality)
        finding = examine(median_filtering, file)
        found.append(map_auc(named_map(finding, "smoothed"), made.truth))
        box = finding.parts[0].region.box
        assert box is not None
        inside = made.truth[int(box.y + box.h / 2), int(box.x + box.w / 2)]
        assert inside or (quality is not None and quality < 90)
    assert np.mean(found) > least


@pytest.mark.parametrize("quality", [None, 90, 75])
def test_untouched_pictures_stay_quiet(quality: int | None) -> None:
    for pixels in (photograph(0), photograph(2), *(sample(name) for name in SAMPLES[:3])):
        file = png(pixels) if quality is None else jpeg(pixels, quality)
        finding = examine(median_filtering, file)
        assert finding.score is not None
        assert finding.score.value < USUAL


def test_residual_is_that_of_scipys_median_in_every_strip() -> None:
    plane = luma(np.ascontiguousarray(np.tile(photograph(1)[:600, :200], (2, 1, 1))))
    residual, _ = median_residual(plane)
    across = np.abs(ndimage.median_filter(plane, (1, 3), mode="nearest") - plane)
    down = np.abs(ndimage.median_filter(plane, (3, 1), mode="nearest") - plane)
    both = (across + down) / 2
    for y, x in ((0, 0), (63, 5), (64, 5), (149, 24)):
        here = (slice(y * CELL, y * CELL + CELL), slice(x * CELL, x * CELL + CELL))
        assert residual[y, x] == pytest.approx(float(both[here].mean()), abs=1e-4)


def test_refuses_with_reasons() -> None:
    pixels = photograph(0)
    assert examine(median_filtering, png(pixels[:200])).reason == "image_too_small"
    flat = np.full((300, 300, 3), 77, np.uint8)
    assert examine(median_filtering, png(flat)).reason == "flat_or_saturated"
    assert examine(median_filtering, png(pixels), "tab-capture").reason == "needs_original_bytes"
