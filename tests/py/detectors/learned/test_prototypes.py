"""The base bank answers with the nearest family, or with none of these."""

from __future__ import annotations

import numpy as np

from telltale.detectors._shared.prototypes import Prototypes, mean_direction, relate

BANK = Prototypes(
    np.eye(4, dtype=np.float32)[[0, 1, 2]],
    ("a1", "a2", "b1"),
    ("a", "a", "b"),
    reach=0.3,
)


def unit(*values: float) -> np.ndarray:
    return mean_direction(np.array([values]))


def test_the_nearest_generator_of_the_nearest_family_is_named() -> None:
    found = relate(unit(0.1, 1, 0.2, 0), BANK)
    assert (found.family, found.name) == ("a", "a2")
    assert [family for family, _ in found.distances] == ["a", "b"]
    assert found.distances[0][1] < 0.05 < found.distances[1][1]


def test_far_from_everything_is_none_of_these() -> None:
    found = relate(unit(0, 0, 0.5, 1), BANK)
    assert found.family is None
    assert found.name is None
    assert found.distances[0][0] == "b"


def test_mean_direction_is_a_unit_vector() -> None:
    rows = np.random.default_rng(1).normal(size=(9, 64)) + 1
    mean = mean_direction(rows)
    assert mean.dtype == np.float32
    assert abs(np.linalg.norm(mean) - 1) < 1e-6
