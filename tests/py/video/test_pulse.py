"""Pulse: the published methods to the last digit, an injected pulse found, a photograph without."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from telltale.detectors._shared import pulse_signals
from telltale.detectors.biological import pulse
from telltale.series import Reading, Series

GOLDEN = json.loads((Path(__file__).parent / "golden/pulse.json").read_text("utf-8"))


def colours(n: int, rate: float, bpm: float, seed: int, noise: float = 0.15) -> np.ndarray:
    """(n, 3) mean skin colours with a pulse of a hundredth, drifting light, and noise."""
    rng = np.random.default_rng(seed)
    t = np.arange(n) / rate
    beat = np.sin(2 * np.pi * bpm / 60 * t)
    base, amplitude = np.array([180.0, 120.0, 100.0]), np.array([0.3, 0.8, 0.5]) * 0.01
    light = 1 + 0.05 * np.sin(2 * np.pi * 0.2 * t) + 0.02 * t / t[-1]
    return base * (1 + amplitude * beat[:, None]) * light[:, None] + rng.normal(0, noise, (n, 3))


@pytest.mark.parametrize("case", GOLDEN, ids=lambda case: f"{case['rate']} Hz")
def test_chrom_and_pos_equal_their_reference(case: dict) -> None:
    """Every seventh value of a widely used implementation (its formulas, run once)."""
    rgb = colours(case["n"], case["rate"], case["bpm"], case["seed"])
    for name, method in (("chrom", pulse_signals.chrom), ("pos", pulse_signals.pos)):
        got = method(rgb, case["rate"])[::7]
        assert np.abs(got - np.array(case[name])).max() < 1e-9, name


@pytest.mark.parametrize("case", GOLDEN, ids=lambda case: f"{case['bpm']} bpm")
def test_every_method_finds_the_rate(case: dict) -> None:
    rgb = colours(case["n"], case["rate"], case["bpm"], case["seed"])
    for method in (pulse_signals.green, pulse_signals.chrom, pulse_signals.pos):
        bpm, snr = pulse_signals.peak(method(rgb, case["rate"]), case["rate"])
        assert bpm == pytest.approx(case["bpm"], abs=2)
        assert snr > 5


def series(
    seconds: float = 15, fps: float = 15, depth: float = 0.01, noise: float = 0.2, sway: float = 0.0
) -> Series:
    """What `measure` would have kept of a face with a pulse of 78 in all regions."""
    rng = np.random.default_rng(5)
    row = Series(0)
    for k in range(int(seconds * fps)):
        t = k / fps
        beat = depth * np.sin(2 * np.pi * 1.3 * t)
        skin = np.array([180.0, 120.0, 100.0]) * (1 + np.array([0.3, 0.8, 0.5]) * beat)
        place = [200 + 10 * sway * np.sin(2 * np.pi * 1.3 * t), 150.0, 120.0]
        extra = np.concatenate([np.tile(skin, 3) + rng.normal(0, noise, 9), place])
        row.add(t, Reading(float(extra[1]), extra=extra))
    return row


def test_a_pulse_in_all_regions_is_reported() -> None:
    said = pulse.conclude(series())
    assert said.score == pytest.approx(78, abs=2)
    assert said.values is not None
    assert len(said.values) == 225


@pytest.mark.parametrize(
    ("row", "code"),
    [
        (series(depth=0.0), "compressed_too_much"),
        (series(seconds=5), "too_short"),
        (series(fps=8, seconds=30), "frame_rate_too_low"),
        (series(sway=1.0), "too_much_motion"),
    ],
    ids=["no pulse", "five seconds", "eight frames a second", "head bobs at that rate"],
)
def test_what_cannot_be_measured_is_not(row: Series, code: str) -> None:
    said = pulse.conclude(row)
    assert said.score is None
    assert said.why is not None
    assert said.why.code == code
