"""Grid votes agree with the reference, count no accident as evidence, and find foreign grids."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from localisation import map_auc, named_map
from pictures import (
    SAMPLES,
    Pixels,
    compressed,
    examine,
    jpeg,
    photograph,
    png,
    sample,
    scene_of,
    splice,
)
from scipy.fft import dctn

from telltale import analysis
from telltale.detectors.forensic import zero_grid
from telltale.detectors.forensic.zero_grid import USUAL, foreign_area, main_grid, votes
from telltale.runtime.context import Context
from telltale.scene import luma

GOLDEN = Path(__file__).parent / "golden" / "zero.json"


def fact(finding: object, name: str) -> object:
    return next(f.value for f in finding.facts if f.name == name)  # type: ignore[attr-defined]


def paste() -> Pixels:
    """A square of a cat, saved at 85 and moved by (3, 5), in coffee saved at 80."""
    host = compressed(sample("coffee"), 80)
    cat = compressed(np.ascontiguousarray(sample("chelsea")[:200, :200]), 85)
    host = host.copy()
    host[96:224, 200:328] = np.roll(cat, (3, 5), (0, 1))[40:168, 40:168]
    return host


def test_finds_what_the_reference_finds() -> None:
    golden = json.loads(GOLDEN.read_text())
    cast = votes(np.rint(luma(paste())))
    main, _ = main_grid(cast)
    assert main == golden["main"]
    area = foreign_area(cast, main)
    assert area is not None
    reference = np.array(golden["votes_per_pixel"])
    assert area.grid == np.argsort(-reference)[1]
    ours = np.bincount(cast.grid[cast.grid >= 0], minlength=64)
    assert np.abs(ours / ours.sum() - reference / reference.sum()).max() < 0.02
    box, pitch = golden["box_of_forgery"], cast.pitch
    assert area.top * pitch == pytest.approx(box["top"], abs=20)
    assert area.left * pitch == pytest.approx(box["left"], abs=20)
    assert (area.top + area.height) * pitch == pytest.approx(box["bottom"], abs=20)
    assert (area.left + area.width) * pitch == pytest.approx(box["right"], abs=20)


def test_a_vote_is_for_the_block_with_most_zeros() -> None:
    """Each origin of some cells by SciPy's transform."""
    picture = np.rint(luma(compressed(photograph(0), 80)))
    cast = votes(picture)
    for row, column in ((3, 5), (20, 41), (60, 7), (71, 70)):
        ballot = np.empty((8, 8))
        for dy, dx in np.ndindex(8, 8):
            y, x = cast.pitch * row + dy, cast.pitch * column + dx
            block = dctn(picture[y : y + 8, x : x + 8].astype(float), norm="ortho")
            ballot[y % 8, x % 8] = (np.abs(block) < 0.5).sum()
        best = np.flatnonzero(ballot.ravel() == ballot.max())
        expected = best[0] if best.size == 1 and ballot.max() < 60 else -1
        assert cast.grid[row, column] == expected


@pytest.mark.parametrize(("first", "second"), [(85, 85), (75, 90), (95, 95), (98, 70)])
def test_finds_a_paste_off_the_grid(first: int, second: int) -> None:
    moved = np.roll(compressed(photograph(21), second), (2, 7), (0, 1))
    made = splice(compressed(photograph(1), first), moved, 200, 360, 160)
    finding = examine(zero_grid, png(made.pixels))
    assert finding.score is not None
    assert finding.score.value > 20
    assert (fact(finding, "foreign_grid_x"), fact(finding, "foreign_grid_y")) == (7, 2)
    assert map_auc(named_map(finding, "disagreeing_votes"), made.truth) > 0.95
    box = finding.parts[0].region.box
    assert box is not None
    assert made.truth[int(box.y + box.h / 2), int(box.x + box.w / 2)]


@pytest.mark.parametrize("quality", [None, 60, 80, 95, 98])
def test_untouched_pictures_stay_quiet(quality: int | None) -> None:
    pictures = [*(photograph(i) for i in range(6)), *(sample(name) for name in SAMPLES)]
    for pixels in pictures:
        finding = examine(zero_grid, png(pixels) if quality is None else jpeg(pixels, quality))
        assert finding.score is not None
        assert finding.score.value < USUAL


def test_there_is_no_grid_where_there_was_no_jpeg() -> None:
    for i in range(6):
        finding = examine(zero_grid, png(photograph(i)))
        assert fact(finding, "grid_origin_x") is None
        assert "nothing here tells of a JPEG" in finding.sentence
        assert not finding.maps


@pytest.mark.parametrize("quality", [70, 90, 98])
def test_reads_the_origin_of_a_cropped_picture(quality: int) -> None:
    cropped = np.ascontiguousarray(compressed(photograph(2), quality)[3:, 6:])
    finding = examine(zero_grid, png(cropped))
    assert (fact(finding, "grid_origin_x"), fact(finding, "grid_origin_y")) == (2, 5)
    assert "cropped" in finding.sentence


def test_says_that_the_own_grid_of_a_jpeg_covers_others() -> None:
    assert examine(zero_grid, jpeg(photograph(0), 85)).caveats
    assert not examine(zero_grid, png(photograph(0))).caveats


def test_samples_large_pictures_evenly() -> None:
    large = np.tile(compressed(photograph(0), 85), (3, 4, 1))
    finding = examine(zero_grid, png(large))
    assert fact(finding, "grid_origin_x") == 0
    box = named_map(finding, "disagreeing_votes").box
    assert box is not None
    assert box.w > 0.98 * large.shape[1]


def test_stops_when_asked() -> None:
    context = Context(is_cancelled=iter([False, False, True]).__next__)
    finding = analysis.run_module(zero_grid, scene_of(png(photograph(0))), context)
    assert finding.status == "cancelled"


def test_refuses_with_reasons() -> None:
    pixels = photograph(0)
    assert examine(zero_grid, png(pixels[:160])).reason == "image_too_small"
    flat = np.full((256, 256, 3), 77, np.uint8)
    assert examine(zero_grid, png(flat)).reason == "flat_or_saturated"
    assert examine(zero_grid, png(pixels), "tab-capture").reason == "needs_original_bytes"
