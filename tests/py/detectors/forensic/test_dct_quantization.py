"""Blocks off the steps of an earlier saving are found, in JPEG and in lossless copies."""

from __future__ import annotations

import numpy as np
import pytest
from localisation import map_auc, named_map
from pictures import SAMPLES, compressed, examine, jpeg, photograph, png, sample, splice

from telltale.detectors.forensic import dct_quantization
from telltale.detectors.forensic.dct_quantization import USUAL, gathered_at, inconsistency


@pytest.mark.parametrize(("host", "last"), [(70, None), (85, None), (70, 95), (80, 90), (60, 85)])
def test_points_at_what_was_not_in_the_earlier_saving(host: int, last: int | None) -> None:
    made = splice(compressed(photograph(1), host), photograph(21), 203, 361, 208)
    file = png(made.pixels) if last is None else jpeg(made.pixels, last)
    finding = examine(dct_quantization, file)
    assert finding.score is not None
    assert map_auc(named_map(finding, "off_the_steps"), made.truth) > 0.9
    if last is None or last > 85:
        assert finding.score.value > USUAL
    box = finding.parts[0].region.box
    assert box is not None
    assert made.truth[int(box.y + box.h / 2), int(box.x + box.w / 2)]


def test_nothing_is_measured_where_there_was_no_earlier_saving() -> None:
    for pixels in (photograph(0), *(sample(name) for name in SAMPLES[:2])):
        for file in (png(pixels), jpeg(pixels, 90), jpeg(pixels, 75)):
            finding = examine(dct_quantization, file)
            assert finding.score is None or finding.score.value < USUAL


def test_pictures_saved_twice_as_a_whole_stay_quiet() -> None:
    for pixels in (photograph(0), photograph(3), *(sample(name) for name in SAMPLES[:2])):
        for file in (png(compressed(pixels, 75)), jpeg(compressed(pixels, 70), 92)):
            finding = examine(dct_quantization, file)
            assert finding.score is not None
            assert finding.score.value < USUAL


def test_reads_the_step_and_measures_the_distance() -> None:
    rng = np.random.default_rng(3)
    plain = rng.laplace(0, 30, 20_000).astype(np.float32)
    assert gathered_at(plain) == 0
    noisy = np.rint(plain / 11) * 11 + rng.normal(0, 0.4, plain.size).astype(np.float32)
    assert gathered_at(noisy.astype(np.float32)) == 11
    blocks = np.zeros((1, 2, 64), np.float32)
    blocks[0, :, 1], blocks[0, :, 8] = (22, 26), (-10, -12)
    distance, counted = inconsistency(blocks, {1: 11, 8: 5})
    assert counted.tolist() == [[2, 2]]
    assert distance[0] == pytest.approx([0, (4 / 11 + 2 / 5) / 2], abs=1e-6)


def test_refuses_with_reasons() -> None:
    pixels = photograph(0)
    assert examine(dct_quantization, png(pixels[:200])).reason == "image_too_small"
    flat = np.full((300, 300, 3), 77, np.uint8)
    assert examine(dct_quantization, png(flat)).reason == "flat_or_saturated"
    assert examine(dct_quantization, png(pixels), "tab-capture").reason == "needs_original_bytes"
