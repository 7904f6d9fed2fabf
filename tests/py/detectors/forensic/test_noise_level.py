"""The noise level test estimates known noise, and points at an area with other noise."""

from __future__ import annotations

import numpy as np
import pytest
import pywt
from localisation import map_auc, named_map
from pictures import examine, jpeg, photograph, png, sample, splice
from scipy import ndimage

from telltale.detectors.forensic import noise_level
from telltale.detectors.forensic.noise_level import USUAL, block_noise, diagonal_detail
from telltale.scene import luma


def fact(finding: object, name: str) -> float:
    return next(f.value for f in finding.facts if f.name == name)  # type: ignore[attr-defined]


@pytest.mark.parametrize("shape", [(256, 384), (301, 275)])
def test_equals_the_published_definition(shape: tuple[int, int]) -> None:
    """The whole transform of PyWavelets, and the median estimator block by block."""
    picture = luma(photograph(0)[: shape[0], : shape[1]])
    detail = pywt.dwt2(picture.astype(np.float64), "db8")[1][2]
    reference = np.array(
        [
            [
                np.median(np.abs(detail[y : y + 8, x : x + 8])) / 0.6745
                for x in range(0, detail.shape[1] - 7, 8)
            ]
            for y in range(0, detail.shape[0] - 7, 8)
        ]
    )
    ours = block_noise(diagonal_detail(picture))
    assert ours.shape == reference.shape
    assert np.abs(ours - reference).max() < 1e-4


@pytest.mark.parametrize("sigma", [1.0, 3.0, 8.0])
def test_estimates_known_noise(sigma: float) -> None:
    noise = np.random.default_rng(0).normal(128, sigma, (512, 512)).astype(np.float32)
    assert np.median(block_noise(diagonal_detail(noise))) == pytest.approx(sigma, rel=0.03)


def test_the_map_lies_where_it_was_measured() -> None:
    """A spot of noise in a clean picture has its centre at the centre of its cells."""
    picture = np.tile(np.linspace(60, 180, 512), (512, 1))
    picture += np.random.default_rng(1).normal(0, 0.6, picture.shape)
    picture[256:320, 128:192] += np.random.default_rng(2).normal(0, 8, (64, 64))
    pixels = np.repeat(np.clip(np.rint(picture), 0, 255).astype(np.uint8)[..., None], 3, axis=2)
    map_ = named_map(examine(noise_level, png(pixels)), "noise_level")
    y, x = np.nonzero(map_.values > 4)
    assert map_.box is not None
    side = map_.box.w / map_.values.shape[1]
    assert (x.mean() + 0.5) * side == pytest.approx(160, abs=4)
    assert (y.mean() + 0.5) * side == pytest.approx(288, abs=4)


@pytest.mark.parametrize(
    ("host", "donor", "quality", "least"),
    [
        (1.0, 3.0, None, 0.95),
        (1.0, 3.0, 95, 0.93),
        (3.0, 1.0, None, 0.95),
        (3.0, 1.0, 95, 0.93),
        (1.0, 3.0, 90, 0.90),
    ],
)
def test_points_at_the_splice(host: float, donor: float, quality: int | None, least: float) -> None:
    found = []
    for i in range(4):
        made = splice(
            photograph(i, noise=host), photograph(i + 20, noise=donor), 80 * i, 512 - 64 * i, 208
        )
        file = png(made.pixels) if quality is None else jpeg(made.pixels, quality)
        relative = named_map(examine(noise_level, file), "against_equal_blocks")
        found.append(map_auc(relative, made.truth, deviation=True))
    assert np.mean(found) > least


def test_counts_inconsistent_areas() -> None:
    clean = photograph(0, noise=0.5)
    made = splice(clean, photograph(20, noise=6.0), 240, 320, 208)
    assert fact(examine(noise_level, png(made.pixels)), "inconsistent_areas") >= 1
    assert fact(examine(noise_level, png(clean)), "inconsistent_areas") == 0


@pytest.mark.parametrize("quality", [90, 95, None])
def test_untouched_pictures_stay_quiet(quality: int | None) -> None:
    pictures = [
        *(photograph(i) for i in range(6)),
        *map(sample, ("astronaut", "chelsea", "rocket")),
    ]
    for pixels in pictures:
        finding = examine(noise_level, png(pixels) if quality is None else jpeg(pixels, quality))
        assert finding.score is None or finding.score.value < USUAL


def test_offers_focus_as_the_innocent_reason() -> None:
    """The sharp cup before an out of focus table is a false alarm that must be worded as one."""
    finding = examine(noise_level, png(sample("coffee")))
    assert finding.score is not None
    assert finding.score.value > USUAL
    assert "focus" in finding.sentence
    assert noise_level.CARD.weak


def test_brightness_alone_is_no_inconsistency() -> None:
    """Photon noise grows with light; a bright half must not be called noisy."""
    light = np.full((512, 512), 40.0)
    light[:, 256:] = 160.0
    light += np.tile(np.linspace(0, 30, 512), (512, 1)).T
    rng = np.random.default_rng(5)
    grey = np.clip(np.rint(light + rng.normal(size=light.shape) * np.sqrt(light / 10)), 0, 255)
    pixels = np.repeat(grey.astype(np.uint8)[..., None], 3, axis=2)
    finding = examine(noise_level, png(pixels))
    assert finding.score is not None
    assert finding.score.value < 0.5


def test_refuses_what_compression_has_emptied() -> None:
    finding = examine(noise_level, jpeg(photograph(3), 60))
    assert finding.reason == "compressed_too_much"
    assert "grey levels" in finding.sentence


def test_refuses_what_smoothing_has_emptied() -> None:
    smooth = ndimage.gaussian_filter(photograph(3).astype(float), (3, 3, 0)).astype(np.uint8)
    finding = examine(noise_level, png(smooth))
    assert finding.reason == "compressed_too_much"
    assert fact(finding, "without_fine_detail") > 0.6
    assert finding.maps


def test_refuses_with_reasons() -> None:
    pixels = photograph(0)
    assert examine(noise_level, png(pixels[:200])).reason == "image_too_small"
    flat = np.full((300, 300, 3), 9, np.uint8)
    assert examine(noise_level, png(flat)).reason == "flat_or_saturated"
    assert examine(noise_level, png(pixels), "video-frames").reason == "needs_original_bytes"
