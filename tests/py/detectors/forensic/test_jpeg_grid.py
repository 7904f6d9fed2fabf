"""The JPEG grid test equals its reference, reads the grid's origin and finds what breaks it."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from localisation import map_auc, named_map
from numpy.typing import NDArray
from pictures import (
    SAMPLES,
    Splice,
    compressed,
    examine,
    jpeg,
    photograph,
    png,
    sample,
    splice,
)
from PIL import Image

from telltale.detectors.forensic import jpeg_grid
from telltale.detectors.forensic.jpeg_grid import USUAL, blocking_lines, misfit
from telltale.scene import luma

GOLDEN = Path(__file__).parent / "golden" / "blk.json"


def fact(finding: object, name: str) -> object:
    return next(f.value for f in finding.facts if f.name == name)  # type: ignore[attr-defined]


def shifted_paste() -> NDArray[np.uint8]:
    """A face at quality 75 with a square of itself rolled by (3, 5)."""
    pixels = compressed(np.ascontiguousarray(sample("astronaut")[100:356, 140:396]), 75)
    pasted = pixels.copy()
    pasted[64:128, 96:192] = np.roll(pixels, (3, 5), (0, 1))[64:128, 96:192]
    return pasted


def matlab_luma(pixels: NDArray[np.uint8]) -> NDArray[np.float64]:
    """Matlab's rgb2ycbcr of doubles in [0, 255]."""
    return (pixels @ np.array([65.481, 128.553, 24.966]) + 16) / 255


def median_across(values: NDArray[np.float64], steps: range) -> NDArray[np.float64]:
    """Median over the given column offsets, borders mirrored."""
    reach = max(abs(s) for s in steps)
    padded = np.pad(values, ((0, 0), (reach, reach)), mode="symmetric")
    width = values.shape[1]
    return np.median([padded[:, reach + s : reach + s + width] for s in steps], axis=0)


def literal(picture: NDArray[np.float64]) -> NDArray[np.float64]:
    """Li et al. 2009 word by word, every row and column; blocking per 8x8 block."""
    lines = []
    for turned in (picture, picture.T):
        padded = np.pad(turned, ((0, 0), (1, 1)), mode="symmetric")
        bend = np.abs(2 * padded[:, 1:-1] - padded[:, 2:] - padded[:, :-2])
        bend[bend > 50] = 0
        tall = np.pad(bend, ((16, 16), (0, 0)), mode="symmetric")
        sums = np.array([tall[y : y + 33].sum(axis=0) for y in range(bend.shape[0])])
        lines.append(median_across(sums - median_across(sums, range(-16, 17)), range(-16, 17, 8)))
    grid = lines[0] + lines[1].T
    value = np.empty((grid.shape[0] // 8, grid.shape[1] // 8))
    for row, column in np.ndindex(value.shape):
        block = grid[8 * row : 8 * row + 8, 8 * column : 8 * column + 8]
        columns, rows = block[1:7].sum(axis=0), block[:, 1:7].sum(axis=1)
        value[row, column] = columns[1:7].max() - min(columns[0], columns[7])
        value[row, column] += rows[1:7].max() - min(rows[0], rows[7])
    return value


def test_the_definition_equals_the_matlab_toolbox() -> None:
    golden = np.array(json.loads(GOLDEN.read_text())["blocking"])
    assert np.abs(literal(matlab_luma(shifted_paste())) - golden).max() < 1e-3


@pytest.mark.parametrize("picture", ["paste", "chelsea", "simulated"])
def test_summing_before_the_medians_changes_little(picture: str) -> None:
    pixels = {
        "paste": shifted_paste(),
        "chelsea": compressed(sample("chelsea"), 85),
        "simulated": compressed(photograph(1), 70),
    }[picture]
    values = luma(pixels)
    ours = misfit(blocking_lines(values))
    reference = literal(values.astype(float))
    assert np.corrcoef(ours.ravel(), reference.ravel())[0, 1] > 0.96
    assert np.median(np.abs(ours - reference)) < 0.15 * np.std(reference)


@pytest.mark.parametrize(
    ("host", "donor", "final", "least"),
    [
        (85, 85, None, 0.95),
        (75, 75, 95, 0.95),
        (None, 75, 95, 0.85),
        (75, None, 95, 0.95),
        (75, 75, 85, 0.85),
    ],
)
def test_points_at_the_paste(
    host: int | None, donor: int | None, final: int | None, least: float
) -> None:
    found = []
    for i in range(4):
        made = off_grid(i, host, donor)
        file = png(made.pixels) if final is None else jpeg(made.pixels, final)
        found.append(map_auc(named_map(examine(jpeg_grid, file), "misfit"), made.truth))
    assert np.mean(found) > least


def off_grid(i: int, host: int | None, donor: int | None, dy: int = 4, dx: int = 3) -> Splice:
    """A square pasted (dy, dx) pixels off its own grid."""
    moved = np.roll(compressed(photograph(i + 20), donor), (dy, dx), (0, 1))
    return splice(compressed(photograph(i), host), moved, 80 * i + 40, 500 - 80 * i, 208)


def test_reads_the_shift_of_the_paste() -> None:
    made = off_grid(0, 85, 75)
    finding = examine(jpeg_grid, png(made.pixels))
    assert finding.score is not None
    assert finding.score.value > USUAL
    assert (fact(finding, "area_shift_x"), fact(finding, "area_shift_y")) == (3, 4)
    assert "displaced by (3, 4)" in finding.sentence
    box = finding.parts[0].region.box
    assert box is not None
    inside = made.truth[int(box.y) : int(box.y + box.h), int(box.x) : int(box.x + box.w)]
    assert inside.mean() > 0.6


@pytest.mark.parametrize("quality", [60, 75, 90, 95])
def test_untouched_pictures_stay_quiet(quality: int) -> None:
    pictures = [*(photograph(i) for i in range(6)), *(sample(name) for name in SAMPLES)]
    for pixels in pictures:
        finding = examine(jpeg_grid, jpeg(pixels, quality))
        assert finding.status == "ok"
        assert fact(finding, "grid_origin_x") in (0, None)
        assert finding.score is None or finding.score.value < USUAL


def test_untouched_pictures_have_their_grid_at_the_corner() -> None:
    for i in range(4):
        finding = examine(jpeg_grid, jpeg(photograph(i), 80))
        assert (fact(finding, "grid_origin_x"), fact(finding, "grid_origin_y")) == (0, 0)


@pytest.mark.parametrize(("top", "left"), [(3, 5), (0, 4), (7, 1)])
def test_reads_the_origin_of_a_cropped_picture(top: int, left: int) -> None:
    cropped = np.ascontiguousarray(compressed(photograph(2), 80)[top:, left:])
    finding = examine(jpeg_grid, png(cropped))
    assert fact(finding, "grid_origin_x") == -left % 8
    assert fact(finding, "grid_origin_y") == -top % 8
    assert "cropped or moved" in finding.sentence
    box = named_map(finding, "misfit").box
    assert box is not None
    assert (box.x, box.y) == (-left % 8, -top % 8)


def test_finds_a_paste_in_a_cropped_picture() -> None:
    made = off_grid(1, 80, 70)
    pixels, truth = np.ascontiguousarray(made.pixels[5:, 2:]), made.truth[5:, 2:]
    finding = examine(jpeg_grid, png(pixels))
    assert map_auc(named_map(finding, "misfit"), truth) > 0.95


@pytest.mark.parametrize("i", range(4))
def test_reads_no_grid_where_there_was_no_jpeg(i: int) -> None:
    """Demosaicking leaves a period of 2; it must not pass for a grid of 8."""
    finding = examine(jpeg_grid, png(photograph(i)))
    assert finding.score is None
    assert fact(finding, "grid_origin_x") is None
    assert "No 8x8 grid" in finding.sentence


def test_reads_no_grid_in_a_shrunk_picture() -> None:
    large = compressed(photograph(3), 75)
    small = np.asarray(Image.fromarray(large).resize((460, 460), Image.Resampling.LANCZOS))
    assert fact(examine(jpeg_grid, png(small)), "grid_origin_x") is None


def test_refuses_with_reasons() -> None:
    pixels = photograph(0)
    assert examine(jpeg_grid, jpeg(pixels[:160], 90)).reason == "image_too_small"
    flat = np.full((256, 256, 3), 200, np.uint8)
    assert examine(jpeg_grid, png(flat)).reason == "flat_or_saturated"
    assert examine(jpeg_grid, png(pixels), "screen-crop").reason == "needs_original_bytes"
