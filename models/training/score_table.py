"""Tables of scores, one row for each judged picture: what every figure of a card comes from."""

from __future__ import annotations

import csv
import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

#: Sections that are judged by networks without some source, not by the shipped one.
LEFT_OUT = ("cross_source",)
#: Columns before those of the methods.
FIXED = ("section", "condition", "source", "fake", "group", "weights")


@dataclass(frozen=True, slots=True)
class Entry:
    """One judged picture.

    Attributes
    ----------
    section
        Which table it belongs to: `test`, `laundering`, `cross_source` and so on.
    condition
        The chain, the operation or what was left out; empty where there is one only.
    source, fake
        Where the picture comes from, and whether that is a fake.
    group
        What ties pictures made from one original; the bootstrap draws groups.
    weights
        First eight digits of the sha256 of the network that judged it.
    scores
        By method, larger for what is suspicious; a method may be missing.
    """

    section: str
    condition: str
    source: str
    fake: bool
    group: str
    weights: str
    scores: dict[str, float]


def weights_of(path: Path) -> str:
    """The first eight digits of a file's sha256."""
    return hashlib.sha256(path.read_bytes()).hexdigest()[:8]


def write(path: Path, entries: Sequence[Entry]) -> None:
    """Write a table; methods are columns, a missing score is an empty cell."""
    methods = list(dict.fromkeys(m for e in entries for m in e.scores))
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow([*FIXED, *methods])
        for e in entries:
            cells = [f"{e.scores[m]:.5g}" if m in e.scores else "" for m in methods]
            writer.writerow(
                [e.section, e.condition, e.source, int(e.fake), e.group, e.weights, *cells]
            )


def read(path: Path) -> list[Entry]:
    """The entries of a table, in its order. Raises ValueError for another kind of file."""
    with path.open(newline="", encoding="utf-8") as file:
        rows = csv.reader(file)
        head = next(rows, [])
        if tuple(head[: len(FIXED)]) != FIXED:
            raise ValueError(f"{path} is not a table of scores")
        methods = head[len(FIXED) :]
        return [_entry(row, methods) for row in rows]


def _entry(row: Sequence[str], methods: Sequence[str]) -> Entry:
    section, condition, source, fake, group, weights = row[: len(FIXED)]
    cells = zip(methods, row[len(FIXED) :], strict=True)
    scores = {method: float(cell) for method, cell in cells if cell}
    return Entry(section, condition, source, fake == "1", group, weights, scores)


def replace(path: Path, sections: Sequence[str], entries: Sequence[Entry]) -> None:
    """Write `entries` in place of what the table at `path` had for these sections."""
    kept = [e for e in read(path) if e.section not in sections] if path.is_file() else []
    write(path, [*kept, *entries])


def select(
    entries: Iterable[Entry],
    section: str,
    condition: str | None = None,
    fake: bool | None = None,
) -> list[Entry]:
    """Entries of a section, of a condition (None: any) and of one side (None: both)."""
    return [
        e
        for e in entries
        if e.section == section
        and condition in (None, e.condition)
        and (fake is None or e.fake is fake)
    ]


def by_source(entries: Iterable[Entry]) -> dict[str, list[Entry]]:
    """Entries of each source, in order of appearance."""
    out: dict[str, list[Entry]] = {}
    for entry in entries:
        out.setdefault(entry.source, []).append(entry)
    return out


def conditions(entries: Iterable[Entry], section: str) -> list[str]:
    """Conditions of a section, in order of appearance."""
    return list(dict.fromkeys(e.condition for e in entries if e.section == section))


def values(entries: Iterable[Entry], method: str) -> list[float]:
    """Scores of one method, of the entries that have one."""
    return [e.scores[method] for e in entries if method in e.scores]


def share_above(entries: Iterable[Entry], method: str, threshold: float) -> float:
    """Share of entries above a threshold; NaN without entries."""
    found = values(entries, method)
    return float(np.mean(np.array(found) > threshold)) if found else float("nan")
