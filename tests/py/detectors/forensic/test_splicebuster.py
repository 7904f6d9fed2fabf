"""Splicebuster counts the reference's words, and points at what has another noise structure."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from localisation import auc, map_auc, named_map
from pictures import examine, jpeg, photograph, png, splice
from scipy import ndimage

from telltale.detectors._shared import cooccurrence
from telltale.detectors.forensic import splicebuster
from telltale.scene import luma

GOLDEN = json.loads((Path(__file__).parent / "golden/splicebuster.json").read_text("utf-8"))


def striped_picture() -> np.ndarray:
    rng = np.random.default_rng(11)
    grey = 120 + 40 * np.sin(np.mgrid[:140, :180][1] / 9) + rng.normal(size=(140, 180)) * 4
    return np.clip(np.rint(grey), 0, 255).astype(np.float32)


def test_counts_the_words_of_the_reference() -> None:
    """At the reference's places, which it shifts a little between the four kinds of word."""
    p, (h, w) = striped_picture(), GOLDEN["shape"]
    across = cooccurrence._levels(p[:, :-3] - 3 * p[:, 1:-2] + 3 * p[:, 2:-1] - p[:, 3:])
    down = cooccurrence._levels(p[:-3] - 3 * p[1:-2] + 3 * p[2:-1] - p[3:])
    words = {
        "along": (
            cooccurrence._words(across[4:, 1:], h, w, 0, 1),
            cooccurrence._words(down[1:, 4:], h, w, 1, 0),
        ),
        "across": (
            cooccurrence._words(across[2:, 3:], h, w, 1, 0),
            cooccurrence._words(down[3:, 2:], h, w, 0, 1),
        ),
    }
    for name, pair in words.items():
        counts = sum(np.bincount(cooccurrence.CLASSES[word].ravel(), minlength=25) for word in pair)
        assert counts.tolist() == GOLDEN[name], name


def test_counts_every_pixel_once_in_its_square() -> None:
    p = striped_picture()
    counts = cooccurrence.cooccurrences(p, 8)
    assert counts.shape == (17, 22, 50)
    assert np.all(counts.sum(axis=2) == 4 * 64)
    small, large = cooccurrence.cooccurrences(p[:128, :176], 8), counts[:16]
    assert np.abs(small[:-1, :-1] - large[:-1, :-1]).max() == 0


def test_words_are_equal_when_reversed_or_negated() -> None:
    p = striped_picture()[:128, :176]
    total = [
        cooccurrence.cooccurrences(v, 16).sum(axis=(0, 1)) for v in (p, p[::-1, ::-1], 255 - p)
    ]
    for other in total[1:]:
        assert np.abs(other - total[0]).max() < 0.02 * total[0].sum()


@pytest.mark.parametrize(("quality", "least"), [(None, 0.9), (95, 0.9), (85, 0.8)])
def test_points_at_the_splice(quality: int | None, least: float) -> None:
    ours, bright, busy = [], [], []
    for i in range(4, 8):  # not the pictures on which the constants were chosen
        made = splice(
            photograph(i, noise=1.0),
            photograph(i + 20, noise=4.0, blur=1.0),
            80 * (i - 3),
            400 - 48 * (i - 3),
            256,
        )
        finding = examine(
            splicebuster, png(made.pixels) if quality is None else jpeg(made.pixels, quality)
        )
        ours.append(map_auc(named_map(finding, "distance_from_model"), made.truth))
        grey = luma(made.pixels)
        variance = ndimage.uniform_filter(grey**2, 15) - ndimage.uniform_filter(grey, 15) ** 2
        bright.append(auc(grey, made.truth))
        busy.append(auc(variance, made.truth))
    print(quality, np.mean(ours), np.mean(bright), np.mean(busy))
    assert np.mean(ours) > least
    assert np.mean(ours) > max(np.mean(bright), np.mean(busy))


def test_the_fit_leaves_outliers_out() -> None:
    rng = np.random.default_rng(0)
    samples = rng.normal(size=(3000, 8))
    samples[:200] += 30
    model = splicebuster.fitted(samples)
    assert model.outliers == pytest.approx(200 / 3000, abs=0.04)
    assert model.distance[:200].min() > 4 * model.distance[200:].max()


def test_untouched_pictures_stay_below_the_splice() -> None:
    clean = examine(splicebuster, png(photograph(2)))
    made = splice(photograph(2), photograph(22, noise=5.0), 160, 240, 256)
    pasted = examine(splicebuster, png(made.pixels))
    assert clean.score is not None
    assert pasted.score is not None
    assert pasted.score.value > 1.5 * clean.score.value


def test_refuses_with_reasons() -> None:
    assert examine(splicebuster, png(photograph(0)[:300])).reason == "image_too_small"
    assert examine(splicebuster, png(np.full((400, 400, 3), 9, np.uint8))).reason == (
        "flat_or_saturated"
    )
