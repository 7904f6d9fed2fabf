"""First digits are counted right, the law is fitted, and another history differs."""

from __future__ import annotations

import numpy as np
import pytest
from localisation import map_auc, named_map
from pictures import SAMPLES, compressed, examine, jpeg, photograph, png, sample, splice

from telltale.detectors.forensic import first_digits
from telltale.detectors.forensic.first_digits import FREQUENCIES, USUAL, benford, digit_counts


def test_digits_are_those_of_the_decimal_numbers() -> None:
    steps = np.zeros((1, 2, 64), np.int16)
    values = (0, 1, -9, 10, 19, -99, 100, 1234, -32768, 305)
    steps[0, 0, list(FREQUENCIES[: len(values)])] = values
    counts = digit_counts(steps)[0]
    expected = [int(str(abs(v))[0]) for v in values if v]
    assert counts[0].tolist() == np.bincount(expected, minlength=10)[1:].tolist()
    assert counts[1].sum() == 0


def test_the_law_is_recovered() -> None:
    digit = np.arange(1, 10)
    law = np.log10(1 + 1 / (0.37 + digit**1.63))
    scale, offset, power, misfit = benford(1e6 * law / law.sum())
    assert (offset, power) == pytest.approx((0.37, 1.63), abs=0.02)
    assert scale == pytest.approx(1 / law.sum(), rel=0.02)
    assert misfit < 1e-6


def test_a_second_saving_disturbs_the_law() -> None:
    def misfit(file: bytes) -> float:
        facts = {f.name: f.value for f in examine(first_digits, file).facts}
        return float(str(facts["benford_misfit"]))

    for i in range(2):
        once = misfit(jpeg(photograph(i), 90))
        twice = misfit(jpeg(compressed(photograph(i), 70), 90))
        assert twice > 5 * once


@pytest.mark.parametrize(("quality", "least"), [(95, 0.9), (85, 0.65)])
def test_points_at_another_history(quality: int, least: float) -> None:
    found = []
    for i in range(3):
        made = splice(compressed(photograph(i), 70), photograph(i + 20), 203, 361, 208)
        finding = examine(first_digits, jpeg(made.pixels, quality))
        found.append(map_auc(named_map(finding, "other_digits"), made.truth))
    assert np.mean(found) > least


@pytest.mark.parametrize("quality", [95, 80])
def test_untouched_pictures_stay_quiet(quality: int) -> None:
    for pixels in (photograph(0), photograph(2), *(sample(name) for name in SAMPLES[:2])):
        finding = examine(first_digits, jpeg(pixels, quality))
        assert finding.score is None or finding.score.value < USUAL


def test_refuses_with_reasons() -> None:
    pixels = photograph(0)
    assert examine(first_digits, png(pixels[:300])).reason == "image_too_small"
    flat = np.full((400, 400, 3), 77, np.uint8)
    assert examine(first_digits, png(flat)).reason == "flat_or_saturated"
    assert examine(first_digits, png(pixels), "tab-capture").reason == "needs_original_bytes"
