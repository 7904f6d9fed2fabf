"""What tells real from fake in a folder without looking at the pictures.

A detector that is measured on pictures whose format, size or compression already gives the label
away may have learned just that. Copies of one picture on both sides, or in many places, make
numbers look surer than they are.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from telltale.bank import phash
from telltale.benchmark import metrics
from telltale.lab.evaluate import Row

#: From this AUC on (either way round) a fact of the file counts as a leak.
TELLING = 0.75


@dataclass(frozen=True, slots=True)
class Leak:
    """A fact of the file and the AUC in [0.5, 1] with which it alone tells fake from real."""

    fact: str
    auc: float

    @property
    def tells(self) -> bool:
        """Whether it gives the label away often enough to spoil a measurement."""
        return self.auc >= TELLING


#: Facts of a file that need no look at its pixels.
FACTS: dict[str, Callable[[Row], float]] = {
    "width": lambda row: float(row.width),
    "height": lambda row: float(row.height),
    "JPEG quality": lambda row: 101.0 if row.quality is None else row.quality,
    "bytes per pixel": lambda row: row.size_bytes / max(1, row.width * row.height),
    "JPEG or not": lambda row: float(row.format == "JPEG"),
}


def leaks(rows: Iterable[Row]) -> list[Leak]:
    """Each of `FACTS` with its AUC, the most telling first; empty where a side is missing."""
    opened = [row for row in rows if row.sha256]
    real = [row for row in opened if row.label == "real"]
    fake = [row for row in opened if row.label == "fake"]
    if not real or not fake:
        return []
    found = []
    for name, fact in FACTS.items():
        value = metrics.auc([fact(row) for row in real], [fact(row) for row in fake])
        found.append(Leak(name, max(value, 1 - value)))
    return sorted(found, key=lambda leak: -leak.auc)


def same_files(rows: Iterable[Row]) -> list[tuple[str, ...]]:
    """Paths of files that are byte for byte the same, each set once."""
    by_hash: dict[str, list[str]] = {}
    for row in rows:
        if row.sha256:
            by_hash.setdefault(row.sha256, []).append(row.path)
    return [tuple(paths) for paths in by_hash.values() if len(paths) > 1]


def groups(hashed: dict[str, NDArray[np.uint64] | None]) -> dict[str, str]:
    """A group for each path: pictures that look the same to `telltale.bank.phash` share one.

    `hashed` maps paths to `phash.hashes(pixels)`; flat pictures (None) stand alone. A group is
    named after its first path.
    """
    names = [name for name, value in hashed.items() if value is not None]
    leader = {name: name for name in hashed}

    def first(name: str) -> str:
        while leader[name] != name:
            name = leader[name]
        return name

    for k, name in enumerate(names):
        own = hashed[name]
        others = [value for value in (hashed[other] for other in names[:k]) if value is not None]
        if own is None or not others:
            continue
        near = phash.distances(own, np.stack(others)) <= phash.SAME
        for j in np.flatnonzero(near):
            a, b = sorted((first(name), first(names[int(j)])), key=list(hashed).index)
            leader[b] = a
    return {name: first(name) for name in hashed}
