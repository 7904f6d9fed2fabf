"""The colour filter array is read where it is, and missed where it is not."""

from __future__ import annotations

import numpy as np
import pytest
from localisation import map_auc, named_map
from pictures import SAMPLES, examine, jpeg, photograph, png, sample, splice
from PIL import Image

from telltale.detectors.forensic import cfa
from telltale.detectors.forensic.cfa import CELL, PATTERNS, USUAL, bayer_pattern, lattice_ratio


def enlarged(seed: int, factor: float = 1.4) -> np.ndarray:
    """A simulated photograph, resized: its filter array is gone."""
    side = round(768 * factor)
    large = Image.fromarray(photograph(seed)).resize((side, side), Image.Resampling.BICUBIC)
    return np.ascontiguousarray(np.asarray(large)[:768, :768])


@pytest.mark.parametrize(("quality", "least"), [(None, 0.99), (98, 0.97), (95, 0.7)])
def test_points_at_what_did_not_come_through_the_array(quality: int | None, least: float) -> None:
    made = splice(photograph(1), enlarged(21), 203, 361, 208)
    finding = examine(cfa, png(made.pixels) if quality is None else jpeg(made.pixels, quality))
    assert map_auc(named_map(finding, "trace_missing"), made.truth) > least
    assert finding.score is not None
    if quality != 95:
        assert finding.score.value > USUAL
        box = finding.parts[0].region.box
        assert box is not None
        assert made.truth[int(box.y + box.h / 2), int(box.x + box.w / 2)]


@pytest.mark.parametrize("quality", [None, 98, 95, 85])
def test_pictures_with_one_array_throughout_stay_quiet(quality: int | None) -> None:
    for i in range(3):
        file = png(photograph(i)) if quality is None else jpeg(photograph(i), quality)
        finding = examine(cfa, file)
        assert finding.status == "ok"
        assert finding.score is None or finding.score.value < USUAL


def test_nothing_is_compared_where_no_array_is_left() -> None:
    for pixels in (enlarged(2), *(sample(name) for name in SAMPLES)):
        finding = examine(cfa, jpeg(pixels, 90))
        assert finding.score is None
        assert "cannot be compared" in finding.sentence


@pytest.mark.parametrize("shift", [(0, 0), (0, 1), (1, 0), (1, 1)])
def test_names_the_pattern(shift: tuple[int, int]) -> None:
    moved = photograph(0)[shift[0] :, shift[1] :]
    name, contrast = bayer_pattern(np.ascontiguousarray(moved))
    assert name == PATTERNS[2 * shift[0] + shift[1]]
    assert contrast < 0.3


def test_ratio_is_that_of_the_papers_formula() -> None:
    """One block, with weights and lattices written out."""
    green = photograph(3)[:64, :64, 1]
    ratio = lattice_ratio(green)
    plane = green.astype(float)
    error = np.zeros_like(plane)
    error[1:-1, 1:-1] = (
        plane[:-2, 1:-1] + plane[2:, 1:-1] + plane[1:-1, :-2] + plane[1:-1, 2:]
    ) / 4 - plane[1:-1, 1:-1]
    weight = np.exp(-0.5 * np.arange(-3, 4) ** 2.0)
    weight = np.outer(weight, weight) / weight.sum() ** 2
    logs = {0: [], 1: []}
    for y in range(3 * CELL, 4 * CELL):
        for x in range(4 * CELL, 5 * CELL):
            near = error[y - 3 : y + 4, x - 3 : x + 4] ** 2
            offset = np.add.outer(np.arange(-3, 4), np.arange(-3, 4)) % 2 == 0
            local = 2 * (weight * near * offset).sum()
            logs[(y + x) % 2].append(np.log(local + 0.02))
    expected = np.mean(logs[1]) - np.mean(logs[0])
    assert ratio[3, 4] == pytest.approx(expected, abs=0.02)


def test_refuses_with_reasons() -> None:
    pixels = photograph(0)
    assert examine(cfa, png(pixels[:200])).reason == "image_too_small"
    assert examine(cfa, png(np.full((300, 300, 3), 77, np.uint8))).reason == "not_photographic"
    grey = np.repeat(pixels[..., :1], 3, axis=2)
    assert examine(cfa, png(grey)).reason == "not_photographic"
    assert examine(cfa, png(pixels), "screen-crop").reason == "needs_original_bytes"
