"""JPEG ghosts finds the area with another quality, names the quality, and is quiet elsewhere."""

from __future__ import annotations

import io

import numpy as np
import pytest
from localisation import map_auc, named_map
from pictures import SAMPLES, compressed, examine, jpeg, photograph, png, sample, splice, splices
from PIL import Image

from telltale import analysis
from telltale.detectors.forensic import jpeg_ghosts
from telltale.detectors.forensic.jpeg_ghosts import USUAL, difference_curves, normalised
from telltale.runtime.context import Context


def fact(finding: object, name: str) -> object:
    return next(f.value for f in finding.facts if f.name == name)  # type: ignore[attr-defined]


def test_equals_saving_with_libjpeg() -> None:
    """Farid's d at b = 8, computed with an encoder, block by block."""
    # Away from black and white, where a decoder clips and so errs less.
    grey = np.asarray(Image.fromarray(sample("coffee")).convert("L")) // 2 + 60
    qualities = (50, 66, 80, 92)
    ours = difference_curves(grey.astype(np.float32), qualities)
    for index, quality in enumerate(qualities):
        buffer = io.BytesIO()
        Image.fromarray(grey).save(buffer, "JPEG", quality=quality)
        again = np.asarray(Image.open(buffer)).astype(float)
        squared = (grey - again) ** 2
        reference = np.array(
            [
                [squared[y : y + 8, x : x + 8].mean() for x in range(0, grey.shape[1], 8)]
                for y in range(0, grey.shape[0], 8)
            ]
        )
        # The reference also rounds the decoded pixels, which adds 1/12 squared level on average.
        assert np.mean(reference - ours[index]) == pytest.approx(1 / 12, abs=0.03)
        assert np.median(np.abs(reference - ours[index])) < 0.25
        assert np.corrcoef(ours[index].ravel(), reference.ravel())[0, 1] > 0.999


def test_normalises_each_place_over_the_qualities() -> None:
    curves = np.array([[[4.0, 1.0]], [[2.0, 1.0]], [[0.0, 1.0]]], np.float32)
    assert normalised(curves)[:, 0, 0].tolist() == [1.0, 0.5, 0.0]
    assert normalised(curves)[:, 0, 1].tolist() == [0.0, 0.0, 0.0]


@pytest.mark.parametrize(
    ("host", "donor", "final", "quality", "least"),
    [
        (None, 60, 95, 60, 0.95),
        (90, 60, 95, 60, 0.95),
        (85, None, 95, 85, 0.95),
        (75, None, 85, 75, 0.90),
        (75, None, None, 75, 0.95),
    ],
)
def test_points_at_the_splice_and_names_the_quality(
    host: int | None, donor: int | None, final: int | None, quality: int, least: float
) -> None:
    found, scores = [], []
    for made in splices(4, host, donor):
        file = png(made.pixels) if final is None else jpeg(made.pixels, final)
        finding = examine(jpeg_ghosts, file)
        assert finding.score is not None
        scores.append(finding.score.value)
        assert abs(int(fact(finding, "ghost_quality")) - quality) <= 6  # type: ignore[call-overload]
        found.append(map_auc(named_map(finding, "ghost"), made.truth, deviation=True))
    assert np.median(scores) > USUAL
    assert np.mean(found) > least


def test_says_whether_the_area_or_the_rest_has_the_history() -> None:
    area = next(splices(1, None, 60))
    rest = next(splices(1, 75, None))
    assert "one area changes" in examine(jpeg_ghosts, jpeg(area.pixels, 95)).sentence
    assert "times less" in examine(jpeg_ghosts, jpeg(area.pixels, 95)).sentence
    assert "times more" in examine(jpeg_ghosts, jpeg(rest.pixels, 95)).sentence


def test_a_paste_off_the_grid_shows_against_a_host_with_a_history() -> None:
    host, donor = compressed(photograph(0), 85), compressed(photograph(20), 60)
    shifted = np.roll(donor, (3, 5), (0, 1))
    made = splice(host, shifted, 240, 320, 208)
    finding = examine(jpeg_ghosts, jpeg(made.pixels, 95))
    assert map_auc(named_map(finding, "ghost"), made.truth, deviation=True) > 0.95


@pytest.mark.parametrize("quality", [75, 85, 95, None])
def test_untouched_pictures_stay_quiet(quality: int | None) -> None:
    pictures = [*(photograph(i) for i in range(6)), *(sample(name) for name in SAMPLES)]
    for pixels in pictures:
        finding = examine(jpeg_ghosts, png(pixels) if quality is None else jpeg(pixels, quality))
        assert finding.score is not None
        assert finding.score.value < USUAL


@pytest.mark.parametrize(("first", "second"), [(70, 90), (60, 95), (80, 97)])
def test_names_the_earlier_quality_of_the_whole(first: int, second: int) -> None:
    twice = examine(jpeg_ghosts, jpeg(compressed(photograph(2), first), second))
    assert abs(int(fact(twice, "earlier_quality_of_the_whole")) - first) <= 2  # type: ignore[call-overload]
    once = examine(jpeg_ghosts, jpeg(photograph(2), second))
    assert fact(once, "earlier_quality_of_the_whole") is None


def test_stops_when_asked() -> None:
    from pictures import scene_of

    finding = analysis.run_module(
        jpeg_ghosts, scene_of(jpeg(photograph(0), 90)), Context(is_cancelled=_after(3))
    )
    assert finding.status == "cancelled"


def _after(calls: int):  # type: ignore[no-untyped-def]
    left = iter(range(calls))
    return lambda: next(left, None) is None


def test_samples_large_pictures_evenly() -> None:
    tall = np.tile(photograph(0), (3, 4, 1))
    finding = examine(jpeg_ghosts, jpeg(tall, 90))
    assert finding.status == "ok"
    assert fact(finding, "examined_blocks") == 0.25
    box = named_map(finding, "ghost").box
    assert box is not None
    assert (box.w, box.h) == (tall.shape[1], tall.shape[0])


def test_refuses_with_reasons() -> None:
    pixels = photograph(0)
    assert examine(jpeg_ghosts, jpeg(pixels[:96, :400], 90)).reason == "image_too_small"
    flat = np.full((256, 256, 3), 255, np.uint8)
    assert examine(jpeg_ghosts, png(flat)).reason == "flat_or_saturated"
    assert examine(jpeg_ghosts, png(pixels), "tab-capture").reason == "needs_original_bytes"
