"""The binomial tail equals exact arithmetic and stays finite far out."""

from __future__ import annotations

from fractions import Fraction
from math import comb, log10

import pytest

from telltale.detectors._shared.significance import log10_binomial_tail


@pytest.mark.parametrize(("n", "k", "p"), [(20, 7, 8), (20, 0, 8), (5, 5, 2), (60, 31, 64)])
def test_equals_exact_arithmetic(n: int, k: int, p: int) -> None:
    chance = Fraction(1, p)
    exact = sum(comb(n, i) * chance**i * (1 - chance) ** (n - i) for i in range(k, n + 1))
    assert log10_binomial_tail(n, k, 1 / p) == pytest.approx(log10(exact), abs=1e-9)


def test_is_finite_far_out_and_zero_at_no_successes() -> None:
    assert log10_binomial_tail(5000, 5000, 1 / 64) == pytest.approx(-5000 * log10(64))
    assert log10_binomial_tail(10, 0, 0.5) == 0.0
    assert log10_binomial_tail(10, 11, 0.5) == float("-inf")
