"""A compression on another grid is found where there was one, and only there."""

from __future__ import annotations

import io

import numpy as np
import pytest
from localisation import map_auc, named_map
from pictures import SAMPLES, compressed, examine, jpeg, photograph, png, sample, splice
from PIL import Image

from telltale.detectors._shared.block_dct import block_dct
from telltale.detectors._shared.lattice import REACH, histograms, periodicity
from telltale.detectors.forensic import nonaligned_jpeg
from telltale.detectors.forensic.nonaligned_jpeg import USUAL
from telltale.media.jpeg_quality import ijg_table
from telltale.scene import luma


def fact(finding: object, name: str) -> object:
    return next(f.value for f in finding.facts if f.name == name)  # type: ignore[attr-defined]


@pytest.mark.parametrize(("first", "last"), [(70, None), (80, None), (60, 95), (70, 95), (60, 90)])
def test_points_at_a_paste_off_the_grid(first: int, last: int | None) -> None:
    moved = np.roll(compressed(photograph(21), first), (2, 7), (0, 1))
    made = splice(photograph(1), moved, 203, 361, 208)
    finding = examine(
        nonaligned_jpeg, png(made.pixels) if last is None else jpeg(made.pixels, last)
    )
    assert finding.score is not None
    assert finding.score.value > USUAL
    assert (fact(finding, "earlier_grid_x"), fact(finding, "earlier_grid_y")) == (7, 2)
    assert map_auc(named_map(finding, "other_grid"), made.truth) > 0.97
    box = finding.parts[0].region.box
    assert box is not None
    assert made.truth[int(box.y + box.h / 2), int(box.x + box.w / 2)]


def test_a_cropped_picture_is_told_from_a_paste_and_shows_what_lacks_the_trace() -> None:
    cropped = np.ascontiguousarray(compressed(photograph(2), 70)[3:, 6:])
    made = splice(cropped, photograph(22)[3:, 6:], 200, 320, 208)
    finding = examine(nonaligned_jpeg, jpeg(made.pixels, 95))
    assert "Most of the picture" in finding.sentence
    assert (fact(finding, "earlier_grid_x"), fact(finding, "earlier_grid_y")) == (2, 5)
    assert map_auc(named_map(finding, "other_grid"), made.truth) > 0.95


@pytest.mark.parametrize("quality", [None, 75, 92])
def test_untouched_pictures_stay_quiet(quality: int | None) -> None:
    pictures = [photograph(0), photograph(3), *(sample(name) for name in SAMPLES[:2])]
    for pixels in pictures:
        finding = examine(
            nonaligned_jpeg, png(pixels) if quality is None else jpeg(pixels, quality)
        )
        assert finding.score is not None
        assert finding.score.value < USUAL
        assert not finding.maps


def test_saving_twice_on_one_grid_stays_quiet() -> None:
    for i in range(3):
        finding = examine(nonaligned_jpeg, jpeg(compressed(photograph(i), 70), 92))
        assert finding.score is not None
        assert finding.score.value < USUAL


def test_histograms_are_those_of_the_transform_at_every_shift() -> None:
    plane = luma(photograph(0)[:128, :128])
    counts = histograms(plane)
    assert counts.sum(axis=2).min() == counts.sum(axis=2).max()
    for y, x in ((0, 0), (3, 5)):
        direct = block_dct(np.ascontiguousarray(plane[y:, x:]))[:14, :14, 8 * 1 + 2].ravel()
        expected = np.bincount(
            np.clip(np.rint(direct * 2), -2 * REACH, 2 * REACH).astype(int) + 2 * REACH,
            minlength=counts.shape[2],
        )
        # windows begin 15 pixels before the end at the latest, blocks 8
        mine = counts[8 * y + x, 4 * 1 + 2]
        assert (
            np.abs(np.cumsum(mine) / mine.sum() - np.cumsum(expected) / expected.sum()).max() < 0.06
        )


def test_the_steps_of_a_saving_are_the_strongest_periods_on_its_grid() -> None:
    buffer = io.BytesIO()
    Image.fromarray(photograph(3)).convert("L").save(buffer, "JPEG", quality=60)
    grey = np.asarray(Image.open(buffer)).astype(np.float32)
    z = periodicity(histograms(grey))[0]
    table = ijg_table(60)
    for v, u in ((0, 1), (1, 0), (1, 1), (2, 0)):
        found = int(np.argmax(z[4 * v + u])) + 2
        assert table[v, u] % found == 0
        assert found > 2


def test_refuses_with_reasons() -> None:
    pixels = photograph(0)
    assert examine(nonaligned_jpeg, png(pixels[:200])).reason == "image_too_small"
    flat = np.full((300, 300, 3), 77, np.uint8)
    assert examine(nonaligned_jpeg, png(flat)).reason == "flat_or_saturated"
    assert examine(nonaligned_jpeg, png(pixels), "tab-capture").reason == "needs_original_bytes"
