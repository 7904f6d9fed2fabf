"""Noisesniffer keeps and marks the reference's blocks, and finds where low noise gathers."""

from __future__ import annotations

import json
from math import log10
from pathlib import Path

import numpy as np
import pytest
from localisation import auc, map_auc, named_map
from pictures import examine, jpeg, photograph, png, splice
from scipy import ndimage, stats

from telltale.detectors.forensic import noisesniffer
from telltale.scene import luma

GOLDEN = json.loads((Path(__file__).parent / "golden/noisesniffer.json").read_text("utf-8"))


def noisy_picture() -> np.ndarray:
    rng = np.random.default_rng(7)
    y, x = np.mgrid[:240, :320]
    light = np.stack(
        [100 + 40 * np.sin(x / 40) + 30 * np.cos(y / 50) + 10 * c for c in range(3)], -1
    )
    sigma = np.full((240, 320, 1), 3.0)
    sigma[100:190, 150:260] = 1.5
    return light + rng.normal(size=light.shape) * sigma


def test_keeps_and_marks_the_blocks_of_the_reference() -> None:
    picture = noisy_picture()
    usable = noisesniffer.valid_blocks(picture, 1)  # type: ignore[arg-type]
    kept, marked = (np.zeros((7, 9), int) for _ in range(2))
    for c in range(3):
        both = noisesniffer.selected(picture[..., c], usable, 1)
        for total, blocks in zip((kept, marked), both, strict=True):
            total += noisesniffer.counted(blocks, usable.shape, 1, 40, (7, 9))
    assert np.array_equal(kept, GOLDEN["kept"])
    assert np.array_equal(marked, GOLDEN["marked"])


def test_the_bound_is_above_the_binomial_tail_and_near_it() -> None:
    for n, k in ((100, 70), (1000, 600), (5000, 3000)):
        exact = stats.binom.logsf(k - 1, n, 0.5) / np.log(10)
        bound = noisesniffer.log10_tail_bound(n, k / n)
        assert exact <= bound <= exact + log10(n)


@pytest.mark.parametrize(("quality", "least"), [(None, 0.9), (95, 0.85), (90, 0.75)])
def test_points_at_the_less_noisy_part(quality: int | None, least: float) -> None:
    """Signed, beside brightness and local variance, which know nothing of it."""
    ours, bright, busy = [], [], []
    for i in range(3):
        made = splice(
            photograph(i, noise=3.0), photograph(i + 20, noise=0.7), 80 * i, 400 - 64 * i, 256
        )
        finding = examine(
            noisesniffer, png(made.pixels) if quality is None else jpeg(made.pixels, quality)
        )
        ours.append(map_auc(named_map(finding, "low_noise_share"), made.truth))
        grey = luma(made.pixels)
        variance = ndimage.uniform_filter(grey**2, 15) - ndimage.uniform_filter(grey, 15) ** 2
        bright.append(auc(grey, made.truth))
        busy.append(auc(variance, made.truth))
    print(quality, np.mean(ours), np.mean(bright), np.mean(busy))
    assert np.mean(ours) > least
    assert np.mean(ours) > max(np.mean(bright), np.mean(busy))


def test_reports_the_area_and_stays_quiet_without_one() -> None:
    made = splice(photograph(1, noise=3.0), photograph(21, noise=0.5), 240, 320, 256)
    finding = examine(noisesniffer, png(made.pixels))
    assert finding.score is not None
    assert finding.score.value > 2
    box = finding.parts[0].region.box
    assert box is not None
    inside = made.truth[int(box.y) : int(box.y + box.h), int(box.x) : int(box.x + box.w)]
    assert inside.mean() > 0.4
    quiet = examine(noisesniffer, png(photograph(1, noise=3.0)))
    assert quiet.score is not None
    assert quiet.score.value < finding.score.value / 3


def test_refuses_with_reasons() -> None:
    assert examine(noisesniffer, png(photograph(0)[:200])).reason == "image_too_small"
    assert examine(noisesniffer, png(np.full((300, 300, 3), 9, np.uint8))).reason == (
        "flat_or_saturated"
    )
    assert examine(noisesniffer, png(photograph(0)), "video-frames").reason == (
        "needs_original_bytes"
    )
