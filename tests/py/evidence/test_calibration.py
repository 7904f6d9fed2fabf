"""Calibration recovers known likelihood ratios, stays in bounds, and says what it covers."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest

from telltale.evidence import logistic
from telltale.evidence.bounds import empirical_bounds
from telltale.evidence.calibration import Calibration, Conditions, fit, from_json


def gaussians(n: int, shift: float, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Scores of n authentic (mean 0) and n manipulated (mean `shift`) samples, unit variance."""
    rng = np.random.default_rng(seed)
    score = np.concatenate([rng.normal(0, 1, n), rng.normal(shift, 1, n)])
    return score, np.repeat([False, True], n)


def calibrate(n: int = 2000, shift: float = 2.0) -> Calibration:
    score, manipulated = gaussians(n, shift)
    rng = np.random.default_rng(1)
    size, quality = rng.uniform(7, 10, 2 * n), rng.uniform(60, 100, 2 * n)
    source = np.tile(["a", "b"], n)
    return fit("d", "1", "0" * 64, score, manipulated, size, quality, source)


@pytest.mark.parametrize("score", [-1.0, 0.0, 1.0, 2.0, 3.0])
def test_recovers_the_known_likelihood_ratio(score: float) -> None:
    # two unit Gaussians at 0 and 2: ln LR = 2 s - 2
    truth = (2 * score - 2) / np.log(10)
    for quality in (65.0, 80.0, 95.0):
        assert calibrate(n=20_000).llr(score, Conditions(8.5, quality)) == pytest.approx(
            truth, abs=0.08
        )


def test_never_exceeds_what_the_samples_support() -> None:
    few, many = calibrate(n=20), calibrate(n=5000)
    wild = Conditions(8.5, 80.0)
    assert few.llr(50.0, wild) == few.bounds[1] < np.log10(22)
    assert many.llr(50.0, wild) == many.bounds[1] > few.bounds[1]
    assert many.llr(-50.0, wild) == many.bounds[0] < -1


def test_useless_scores_support_nothing() -> None:
    score, manipulated = gaussians(500, 0.0)
    low, high = empirical_bounds(score[~manipulated], score[manipulated])
    assert -0.4 < low <= 0 <= high < 0.4


def test_uncertainty_shrinks_with_the_sample() -> None:
    at = (2.0, Conditions(8.5, 80.0))
    assert calibrate(n=100).standard_error(*at) > 2 * calibrate(n=5000).standard_error(*at) > 0


def test_a_score_far_beyond_a_bound_is_sure_of_the_bound() -> None:
    """The strongest evidence was told as inconclusive: its interval was that of the raw ratio."""
    calibration, wild = calibrate(n=20), Conditions(8.5, 80.0)
    assert calibration.standard_error(1.4, wild) > 0.1
    assert calibration.standard_error(50.0, wild) == 0
    near = 1.4
    while calibration.llr(near, wild) < calibration.bounds[1]:
        near += 0.01
    just = calibration.standard_error(near, wild)
    assert 0 < just < calibration.bounds[1] - calibration.bounds[0], "not yet sure of it"


def test_conditions_outside_the_data_are_named() -> None:
    calibration = calibrate()
    assert calibration.covers(Conditions(8.0, 90.0)) is None
    small = calibration.covers(Conditions(5.0, 90.0))
    assert small is not None
    assert small.code == "image_too_small"
    poor = calibration.covers(Conditions(8.0, 30.0))
    assert poor is not None
    assert poor.code == "compressed_too_much"


def test_survives_json_and_refuses_damage() -> None:
    calibration = calibrate(n=100)
    assert from_json(calibration.to_json()) == calibration
    damaged = json.loads(calibration.to_json()) | {"weights": [float("nan")] * 6}
    with pytest.raises(ValueError, match="finite"):
        from_json(json.dumps(damaged))
    with pytest.raises(ValueError, match="calibration/1"):
        from_json('{"format": "other"}')


def test_logistic_keeps_signs_and_matches_its_gradient() -> None:
    rng = np.random.default_rng(0)
    x = np.column_stack([np.ones(400), rng.normal(size=(400, 3))])
    y = (rng.random(400) < 1 / (1 + np.exp(-(x @ [0.3, 1.5, -2.0, 0.0])))).astype(float)
    free = logistic.fit(x, y, l2=0.5)
    p = 1 / (1 + np.exp(-(x @ free)))
    gradient = x.T @ (p - y) + 0.5 * free * [0, 1, 1, 1]
    assert np.abs(gradient).max() < 1e-5
    bound = logistic.fit(x, y, l2=0.5, non_negative=(1, 2, 3))
    assert bound[2] == 0
    assert bound[1] > 0.5


def test_probabilities_are_calibrated_in_logits() -> None:
    score, manipulated = gaussians(20_000, 2.0)
    n = len(score)
    p = 1 / (1 + np.exp(-score))
    source = np.tile(["a", "b"], n // 2)
    flat = np.full(n, 8.5), np.full(n, 80.0)
    made = fit("d", "1", "", p, manipulated, *flat, source)
    assert made.transform == "logit"
    truth = (2 * 1.5 - 2) / np.log(10)
    assert made.llr(1 / (1 + np.exp(-1.5)), Conditions(8.5, 80.0)) == pytest.approx(truth, abs=0.08)


def test_what_is_made_of_a_source_leaves_with_it() -> None:
    """Large pictures come from one source alone: without it, nothing is known of their size.

    There every score is high. What was made of them must not stand for a calibration at that size.
    """
    rng = np.random.default_rng(5)
    rows = []
    for source, size in (("a", 8.0), ("b", 8.2), ("c", 10.0)):
        for k in range(60):
            name = f"{source}{k}"
            at = size + rng.uniform(0, 0.2)
            rows.append((rng.normal(4 if source == "c" else 0), False, at, source, name))
            rows.append((rng.normal(4), True, at, "made", name))
    score, label, at, source, group = (np.array(column) for column in zip(*rows, strict=True))
    columns = (score, label, at, np.full(len(score), 90.0), source)
    tied = fit("x", "1", "", *columns, group=group)
    loose = fit("x", "1", "", *columns)
    assert tied.bounds[1] > loose.bounds[1] + 0.2


def test_size_and_compression_alone_are_no_evidence() -> None:
    """Fakes of a data set are often all of one size, and reals of another."""
    rng = np.random.default_rng(6)
    n = 800
    manipulated = np.repeat([False, True], n)
    size = rng.normal(8.0, 0.6, 2 * n) + np.where(manipulated, 0.6, 0.0)
    quality = np.clip(rng.normal(80, 8, 2 * n) - np.where(manipulated, 6, 0), 40, 100)
    source = np.tile(["a", "b"], n)
    useless = rng.normal(0, 1, 2 * n)
    made = fit("d", "1", "", useless, manipulated, size, quality, source)
    useful = fit("d", "1", "", useless + 2 * manipulated, manipulated, size, quality, source)
    for at in (Conditions(7.2, 95.0), Conditions(8.0, 80.0), Conditions(9.2, 60.0)):
        assert abs(made.llr(0.0, at)) < 0.12
        assert useful.llr(1.0, at) == pytest.approx(0.0, abs=0.2)
        assert useful.llr(2.0, at) == pytest.approx(2 / np.log(10), abs=0.25)


def test_a_larger_score_never_speaks_less_for_a_manipulation() -> None:
    """Where one size has few pictures, a fit without this turns the score's meaning round."""
    rng = np.random.default_rng(7)
    n = 300
    manipulated = np.tile([False, True], n)
    large = np.arange(2 * n) >= 2 * n - 60
    sign = np.where(large, -1.0, 1.0)
    score = rng.normal(0, 1, 2 * n) + 2 * sign * manipulated
    size = np.where(large, 10.0, 7.5) + rng.uniform(0, 0.3, 2 * n)
    made = fit(
        "d", "1", "", score, manipulated, size, rng.uniform(60, 95, 2 * n), np.full(2 * n, "a")
    )
    free = replace(made, bounds=(-9.0, 9.0))
    for pixels in np.linspace(size.min(), size.max(), 9):
        for quality in (60.0, 80.0, 100.0):
            at = Conditions(float(pixels), quality)
            values = [free.llr(float(s), at) for s in np.linspace(-4, 6, 21)]
            assert np.all(np.diff(values) >= -1e-9)
    assert free.llr(3.0, Conditions(7.6, 80.0)) > 0.5
