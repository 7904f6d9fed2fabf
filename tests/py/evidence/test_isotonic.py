"""The isotonic curve: known likelihood ratios that no logistic can give, and when it is taken."""

from __future__ import annotations

import json

import numpy as np
import pytest

from telltale.evidence import isotonic
from telltale.evidence.calibration import Calibration, Conditions, fit, from_json

AT = Conditions(8.5, 80.0)


def mixture(n: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """n authentic scores, and n of which half look authentic: a test that sees one fake in two."""
    rng = np.random.default_rng(seed)
    fake = rng.normal(0, 1, n) + 4 * (rng.random(n) < 0.5)
    return np.concatenate([rng.normal(0, 1, n), fake]), np.repeat([False, True], n)


def truth(score: float) -> float:
    """log10 of (p(s) / 2 + p(s - 4) / 2) / p(s) for the unit Gaussian p."""
    return float(np.log10(0.5 + 0.5 * np.exp(4 * score - 8)))


def calibrated(score: np.ndarray, manipulated: np.ndarray) -> Calibration:
    n = len(score)
    rng = np.random.default_rng(1)
    size, quality = rng.uniform(7, 10, n), rng.uniform(60, 100, n)
    return fit("d", "1", "", score, manipulated, size, quality, np.tile(["a", "b"], n // 2))


@pytest.mark.parametrize("score", [-1.0, 0.0, 1.0, 2.0, 2.5])
def test_recovers_likelihood_ratios_that_no_logistic_has(score: float) -> None:
    made = calibrated(*mixture(20_000))
    assert made.method.startswith("isotonic")
    assert made.unseen_cllr["isotonic"] < made.unseen_cllr["logistic"] - 0.05
    assert made.llr(score, AT) == pytest.approx(truth(score), abs=0.1)
    assert 0 < made.standard_error(score, AT) < 0.3


def test_few_scores_get_no_curve_whatever_their_shape() -> None:
    made = calibrated(*mixture(500))
    assert set(made.unseen_cllr) == {"logistic"}
    assert made.curve is None
    assert made.method.startswith("logistic")


def test_where_the_logistic_is_right_it_stays() -> None:
    rng = np.random.default_rng(3)
    score = np.concatenate([rng.normal(0, 1, 1500), rng.normal(2, 1, 1500)])
    made = calibrated(score, np.repeat([False, True], 1500))
    assert set(made.unseen_cllr) == {"logistic", "isotonic"}
    assert made.curve is None


def test_the_curve_never_falls_and_claims_no_more_than_it_counted() -> None:
    score, manipulated = mixture(600)
    score[manipulated] += 100  # nothing in common
    curve = isotonic.fit(score, manipulated.astype(float), np.ones(1200))
    values = curve(np.linspace(-200, 200, 999))
    assert np.all(np.diff(values) >= 0)
    assert values[-1] == -values[0] == pytest.approx(np.log10(601))
    assert curve.standard_error(0.0) > 0.4  # one sample of the other class stands behind it


def test_equal_scores_have_one_ratio() -> None:
    raw = np.repeat([0.0, 1.0], 200)
    y = np.concatenate([np.tile([0, 0, 0, 1], 50), np.tile([0, 1, 1, 1], 50)]).astype(float)
    curve = isotonic.fit(raw, y, np.ones(400))
    assert curve(np.array([0.0, 1.0])) == pytest.approx(np.log10([51 / 151, 151 / 51]))


def test_it_stays_within_the_bounds_and_survives_json() -> None:
    made = calibrated(*mixture(2000))
    assert made.curve is not None
    assert made.llr(50.0, AT) == made.bounds[1]
    assert from_json(made.to_json()) == made
    damaged = json.loads(made.to_json())
    damaged["curve"]["llr"][0] = float("inf")
    with pytest.raises(ValueError, match="finite"):
        from_json(json.dumps(damaged))
