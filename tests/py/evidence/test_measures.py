"""Measures of likelihood ratios against closed forms and by brute force."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.optimize import isotonic_regression

from models.verdict.measures import (
    average_precision,
    calibration_error,
    cllr,
    min_cllr,
    reliability,
    tippett,
)


def gaussians(n: int = 20_000) -> tuple[np.ndarray, np.ndarray]:
    """log10 LRs of two unit Gaussians at -1 and +1: exactly calibrated by construction."""
    rng = np.random.default_rng(0)
    return tuple(2 * rng.normal(mean, 1, n) / np.log(10) for mean in (-1.0, 1.0))


def test_silence_costs_one_bit_and_certainty_nothing() -> None:
    zero = np.zeros(10)
    assert cllr(zero, zero) == pytest.approx(1.0)
    assert cllr(zero - 12, zero + 12) == pytest.approx(0.0, abs=1e-9)


def test_calibrated_ratios_cannot_be_improved_much() -> None:
    real, fake = gaussians()
    assert min_cllr(real, fake) == pytest.approx(cllr(real, fake), abs=0.01)
    assert calibration_error(real, fake) < 0.015
    overconfident = 3 * real, 3 * fake
    assert cllr(*overconfident) > 1.3 * cllr(real, fake)
    assert min_cllr(*overconfident) == pytest.approx(min_cllr(real, fake))
    assert calibration_error(*overconfident) > 0.05


def test_recalibration_is_isotonic_regression() -> None:
    real, fake = (x[:300] for x in gaussians())
    y = np.repeat([0.0, 1.0], 300)
    order = np.argsort(np.concatenate([real, fake]), kind="stable")
    fitted = np.clip(isotonic_regression(y[order]).x, 1e-9, 1 - 1e-9)
    llr = np.empty(600)
    llr[order] = np.log10(fitted / (1 - fitted))
    assert min_cllr(real, fake) == pytest.approx(cllr(llr[:300], llr[300:]), abs=1e-6)


def test_equal_ratios_are_one_place_however_they_stand() -> None:
    """Most pictures get the ratio of a silent test: sorting them by class would be cheating."""
    rng = np.random.default_rng(0)
    real, fake = (np.where(rng.random(400) < 0.7, 0.0, x[:400]) for x in gaussians())
    assert calibration_error(real, fake) < 0.03
    nothing = np.zeros(400)
    assert calibration_error(nothing, nothing) == 0
    assert min_cllr(nothing, nothing) == pytest.approx(1)
    jitter = [x + rng.normal(0, 1e-9, 400) for x in (real, fake)]
    assert min_cllr(real, fake) == pytest.approx(min_cllr(*jitter), abs=0.02)


def test_average_precision_by_hand() -> None:
    assert average_precision(np.array([0.1, 0.6]), np.array([0.5, 0.9])) == pytest.approx(5 / 6)


def test_reliability_and_tippett_count_everyone() -> None:
    real, fake = gaussians(1000)
    assert sum(count for _, _, count in reliability(real, fake)) == 2000
    shares = tippett(fake, np.array([-9.0, 0.0, 9.0]))
    assert shares[0] == 1
    assert shares[1] == pytest.approx((fake >= 0).mean())
    assert shares[2] == 0
