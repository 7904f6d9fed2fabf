"""The lattice test keeps its promise on false alarms, and finds what up-sampling layers leave."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray
from pictures import SAMPLES, compressed, examine, jpeg, photograph, png, sample
from scipy import stats

from telltale.detectors._shared.spectral_lattice import (
    LEVELS,
    NEIGHBOURS,
    PERIODS,
    Peaks,
    lattice,
    log10_false_alarms,
    peaks,
)
from telltale.detectors.forensic import upsampling_lattice
from telltale.detectors.forensic.upsampling_lattice import USUAL
from telltale.scene import luma


def coloured_noise(seed: int, side: int = 512, power: float = 1.0) -> NDArray[np.float32]:
    """A field that repeats nowhere, with the falling spectrum of a photograph."""
    rng = np.random.default_rng(seed)
    frequency = np.hypot(np.fft.fftfreq(side)[:, None], np.fft.rfftfreq(side)[None])
    frequency[0, 0] = 1
    field = np.fft.irfft2(np.fft.rfft2(rng.normal(size=(side, side))) / frequency**power)
    return np.asarray(128 + 12 * field / field.std(), np.float32)


def pattern(seed: int, period: int, side: int, strength: float) -> NDArray[np.float32]:
    tile = np.random.default_rng(seed + 50).normal(size=(period, period)) * strength
    return np.tile(tile, (side // period, side // period)).astype(np.float32)


def significance(field: NDArray[np.float32]) -> dict[int, float]:
    found = peaks(field)
    return {period: -log10_false_alarms(found, period) for period in PERIODS}


def test_a_lattice_is_every_frequency_of_a_period_once() -> None:
    """Against the spectrum of a pattern: non-zero there, off the axes, and nowhere else."""
    for period in PERIODS:
        power = np.abs(np.fft.fft2(pattern(0, period, 64, 1.0)))
        power[0] = power[:, 0] = power[32, 32] = 0  # the axes and the colour filter array's place
        ys, xs = np.nonzero(power > 1e-3)
        theirs = {
            frozenset({(int(y), int(x)), ((64 - int(y)) % 64, (64 - int(x)) % 64)})
            for y, x in zip(ys, xs, strict=True)
        }
        step = 64 // period
        points = [(y * step, x * step) for y, x in lattice(period)]
        ours = {frozenset({(y, x), ((64 - y) % 64, (64 - x) % 64)}) for y, x in points}
        assert len(ours) == len(points)
        assert ours == theirs


def test_one_tile_is_as_surprising_as_its_rank() -> None:
    """Of 25 in the neighbourhood the strongest has a chance of 1/25; none can be less."""
    found = peaks(coloured_noise(0, 128))
    assert found.tiles == 1
    inner = found.surprise[8:56, 8:56]
    assert inner.max() == pytest.approx(np.log10(len(NEIGHBOURS) + 1))
    # each rank is as frequent as the others: its chance is a uniform variable
    ranks = np.rint(10**-inner * (len(NEIGHBOURS) + 1))
    counts = np.bincount(ranks.astype(int).ravel(), minlength=26)[1:]
    assert counts.min() > 0.5 * inner.size / 25
    assert counts.max() < 1.6 * inner.size / 25


def test_joined_ranks_follow_the_gamma_law() -> None:
    """-log10 of the tail equals SciPy's for sums of 1, 4 and 16 exponentials."""
    from telltale.detectors._shared.spectral_lattice import _surprise

    total = np.linspace(0.1, 60, 200)
    for tiles in (1, 4, 16):
        expected = -stats.gamma.logsf(total, tiles) / np.log(10)
        assert _surprise(total, tiles) == pytest.approx(expected, abs=1e-9)


@pytest.mark.parametrize("power", [0.0, 1.0, 2.0])
def test_false_alarms_are_as_rare_as_promised(power: float) -> None:
    """Among 40 fields that repeat nowhere, those with fewer than 0.1 expected must be few."""
    best = [max(significance(coloured_noise(i, 256, power)).values()) for i in range(40)]
    assert sum(v > 1 for v in best) <= 8  # 0.1 each would be 4
    assert max(best) < USUAL


@pytest.mark.parametrize("period", PERIODS)
def test_a_pattern_far_below_the_grain_is_found_and_named(period: int) -> None:
    """A sixth of the grain's size, spread over the whole picture."""
    grain = np.random.default_rng(3).normal(size=(1024, 1024)).astype(np.float32) * 3 + 128
    found = significance(grain + pattern(1, period, 1024, 0.5))
    assert found[period] > USUAL
    assert max(found, key=lambda p: found[p]) == period


def test_a_single_line_is_no_lattice() -> None:
    """A wave of one frequency, even one of the lattice's own, is not enough."""
    grain = np.random.default_rng(5).normal(size=(1024, 1024)).astype(np.float32) + 128
    y, x = np.mgrid[:1024, :1024]
    wave = 0.3 * np.cos(2 * np.pi * (y * 3 / 8 + x * 2 / 8))
    field = (grain + wave).astype(np.float32)
    assert peaks(field).surprise[3 * 64, 2 * 64] > 2.9  # the strongest in all four tiles
    assert max(significance(field).values()) < USUAL


def test_rough_spectra_pay_for_it() -> None:
    """Where other frequencies stand out as often, the same points mean nothing."""
    rng = np.random.default_rng(0)
    surprise = np.zeros((128, 65))
    for y, x in lattice(8):
        surprise[y * 16, x * 16] = 5.0
    assert -log10_false_alarms(Peaks(surprise, 4), 8) > 50
    rough = np.where(rng.random(surprise.shape) < 0.5, 5.0, 0.0)
    for y, x in lattice(8):
        rough[y * 16, x * 16] = 5.0
    assert -log10_false_alarms(Peaks(rough, 4), 8) < 8
    assert -log10_false_alarms(Peaks(np.zeros((128, 65)), 4), 8) == pytest.approx(
        -np.log10(len(PERIODS) * len(LEVELS))
    )


@pytest.mark.parametrize("quality", [None, 95, 75])
def test_finds_upsampling_layers(quality: int | None) -> None:
    from test_spectrum import generated

    values = []
    for seed in range(3):
        pixels = generated(seed, 3)
        finding = examine(upsampling_lattice, png(compressed(pixels, quality)))
        assert finding.score is not None
        values.append(finding.score.value)
    assert np.median(values) > (20 if quality != 75 else USUAL)
    assert "repeats every 8 pixels" in finding.sentence


@pytest.mark.parametrize("quality", [50, 75, 90, None])
def test_untouched_pictures_stay_quiet(quality: int | None) -> None:
    pictures = [*(photograph(i) for i in range(4)), *(sample(name) for name in SAMPLES)]
    for pixels in pictures:
        file = png(compressed(pixels, quality))
        finding = examine(upsampling_lattice, file)
        assert finding.score is not None
        assert finding.score.value < USUAL
        assert "beyond chance" in finding.sentence


def test_the_map_shows_the_lattice_around_the_middle() -> None:
    field = luma(photograph(2)) + pattern(0, 8, 768, 6.0)
    pixels = np.repeat(np.clip(np.rint(field), 0, 255).astype(np.uint8)[..., None], 3, axis=2)
    (map_,) = examine(upsampling_lattice, png(pixels)).maps
    assert map_.space == "frequency"
    middle = map_.values.shape[0] // 2
    step = map_.values.shape[0] // 8
    lit = map_.values[middle % step :: step, middle % step :: step]
    assert np.median(lit) > 5
    assert np.median(map_.values) < 1


def test_refuses_with_reasons() -> None:
    pixels = photograph(0)
    assert examine(upsampling_lattice, png(pixels[:200])).reason == "image_too_small"
    flat = np.full((300, 300, 3), 80, np.uint8)
    assert examine(upsampling_lattice, png(flat)).reason == "flat_or_saturated"
    redrawn = examine(upsampling_lattice, png(pixels), "screen-crop")
    assert redrawn.reason == "needs_original_bytes"
    assert "JPEG's own blocks" in examine(upsampling_lattice, jpeg(pixels, 95)).sentence
    large = np.tile(pixels, (2, 2, 1))
    assert "above 1.1 megapixels" in examine(upsampling_lattice, png(large)).sentence
