"""Measures with intervals: AUC, true-positive rate at a false-positive rate, equal error rate."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]


def auc(real: ArrayLike, fake: ArrayLike) -> float:
    """Area under the ROC curve, P(fake > real) + P(fake = real) / 2, by ranks."""
    a, b = np.asarray(real, np.float64), np.asarray(fake, np.float64)
    if not a.size or not b.size:
        return float("nan")
    ordered = np.sort(a)
    below = np.searchsorted(ordered, b, "left")
    equal = np.searchsorted(ordered, b, "right") - below
    return float((below + 0.5 * equal).mean() / a.size)


def tpr_at_fpr(real: ArrayLike, fake: ArrayLike, fpr: float = 0.01) -> float:
    """Share of fakes above the smallest threshold that at most `fpr` of the reals exceed."""
    a, b = np.sort(np.asarray(real, np.float64))[::-1], np.asarray(fake, np.float64)
    if not a.size or not b.size:
        return float("nan")
    return float((b > a[min(int(np.floor(fpr * a.size)), a.size - 1)]).mean())


def equal_error_rate(real: ArrayLike, fake: ArrayLike) -> float:
    """The error at the threshold where misses and false alarms are closest."""
    a, b = np.sort(np.asarray(real, np.float64)), np.sort(np.asarray(fake, np.float64))
    thresholds = np.unique(np.concatenate([a, b]))
    alarms = 1 - np.searchsorted(a, thresholds, "left") / a.size
    misses = np.searchsorted(b, thresholds, "left") / b.size
    best = int(np.argmin(np.abs(alarms - misses)))
    return float((alarms[best] + misses[best]) / 2)


def average_precision(real: ArrayLike, fake: ArrayLike) -> float:
    """Area under precision over recall, at the classes' own sizes."""
    a, b = np.asarray(real, np.float64), np.asarray(fake, np.float64)
    if not a.size or not b.size:
        return float("nan")
    label = np.concatenate([np.zeros(a.size), np.ones(b.size)])
    hits = label[np.argsort(-np.concatenate([a, b]), kind="stable")]
    precision = np.cumsum(hits) / np.arange(1, hits.size + 1)
    return float((precision * hits).sum() / hits.sum())


def accuracy(real: ArrayLike, fake: ArrayLike, threshold: float) -> float:
    """Share of right answers at a threshold, at the classes' own sizes."""
    a, b = np.asarray(real, np.float64), np.asarray(fake, np.float64)
    if not a.size + b.size:
        return float("nan")
    return float(((a <= threshold).sum() + (b > threshold).sum()) / (a.size + b.size))


@dataclass(frozen=True, slots=True)
class Estimate:
    """A value, its 95 % interval, and how many independent reals and fakes it rests on."""

    value: float
    low: float
    high: float
    reals: int
    fakes: int

    def __str__(self) -> str:
        if not np.isfinite(self.value):
            return "not measured"
        return f"{self.value:.3f} [{self.low:.3f}, {self.high:.3f}]"


def bootstrap(
    measure: Callable[[Floats, Floats], float],
    real: ArrayLike,
    fake: ArrayLike,
    real_groups: Sequence[str] | None = None,
    fake_groups: Sequence[str] | None = None,
    rounds: int = 1000,
    seed: int = 0,
) -> Estimate:
    """Percentile bootstrap over groups (one original, one clip, one person is one group).

    Reals and fakes are drawn independently. With under ten groups on a side the interval is too
    narrow; the counts are part of the estimate so that a table can show them.
    """
    a, b = np.asarray(real, np.float64), np.asarray(fake, np.float64)
    if not a.size or not b.size:
        return Estimate(float("nan"), float("nan"), float("nan"), 0, 0)
    rng = np.random.default_rng(seed)
    parts_a = _partition(a, real_groups)
    parts_b = _partition(b, fake_groups)
    draws = [measure(_draw(parts_a, rng), _draw(parts_b, rng)) for _ in range(rounds)]
    low, high = np.nanpercentile(draws, [2.5, 97.5])
    return Estimate(measure(a, b), float(low), float(high), len(parts_a), len(parts_b))


def _partition(values: Floats, groups: Sequence[str] | None) -> list[Floats]:
    if groups is None:
        return list(values[:, None])
    names = np.asarray(groups)
    return [values[names == name] for name in dict.fromkeys(groups)]


def _draw(parts: list[Floats], rng: np.random.Generator) -> Floats:
    return np.concatenate([parts[i] for i in rng.integers(len(parts), size=len(parts))])


def markdown(header: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    """A Markdown table; the first column is left-aligned, the others right-aligned."""
    lines = ["| " + " | ".join(header) + " |", "|---|" + "---:|" * (len(header) - 1)]
    lines += ["| " + " | ".join(str(cell) for cell in row) + " |" for row in rows]
    return "\n".join(lines)


def between_markers(text: str, name: str, table: str) -> str:
    """`text` with what stands between `<!-- name -->` and `<!-- /name -->` replaced."""
    start, end = f"<!-- {name} -->", f"<!-- /{name} -->"
    if start not in text or end not in text:
        raise ValueError(f"the card has no place for the table {name!r}")
    head, rest = text.split(start, 1)
    return f"{head}{start}\n{table}\n{end}{rest.split(end, 1)[1]}"
