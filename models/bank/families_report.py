"""docs/bank-families.md: what distances to the built-in families told of the test pictures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from models.bank.families import Row, of_family, overall
from models.training.metrics import markdown
from models.verdict.measures import cllr
from models.verdict.tables import exact_interval
from telltale.bank.seed import Calibration, Seed
from telltale.bank.sentences import times

DOCUMENT = Path(__file__).parents[2] / "docs" / "bank-families.md"

INTRODUCTION = """# Distances to the built-in families

Written by `python -m models.bank.families`. Pictures of known origin, cropped, reduced and saved
again in one and the same way, compared with the prototypes of what the shipped models were trained
on. The validation split calibrates; the figures are of the test split, with exact 95 % intervals.

- "Named": the picture's own family is the nearest, within reach. "Another named": so is another.
- "Unknown named": with its own family taken out of the bank another one is named. That is what a
  generator meets that nobody has seen.
- The likelihood ratio of a family weighs "it is of this family" against "it is of another one".
  Families of which fewer than 30 pictures were measured, or whose distances told nothing of the
  validation split, have none of their own; the ratio over all families stands in, which weighs
  "the nearest family is its own" against "it is not".
- Cllr is the cost of the ratios in bits: 0 perfect, 1 as good as saying nothing. "Misled" are
  pictures of other families with a ratio above 1.

A family is a way of painting, not a program. The ratio has no part in the verdict."""


def write(tables: Mapping[str, Sequence[Row]], seeds: Sequence[Seed]) -> None:
    """Write the document."""
    parts = [INTRODUCTION]
    for seed in seeds:
        rows = [row for row in tables[seed.model] if row.split == "test"]
        parts.append(f"## {seed.model}\n\nWeights `{seed.model_sha256[:8]}`.")
        parts += [_named(seed, rows), _ratios(seed, rows)]
    DOCUMENT.write_text("\n\n".join(parts) + "\n", "utf-8")


def _named(seed: Seed, rows: Sequence[Row]) -> str:
    """How often the bank names the right family, another, and one for what it does not know."""
    reach = seed.prototypes.reach
    body = []
    for family in sorted({row.family for row in rows}):
        of = [row for row in rows if row.family == family]
        named = [row.nearest[1] if row.nearest[0] <= reach else "" for row in of]
        counts = (
            sum(name == family for name in named),
            sum(name not in (family, "") for name in named),
            sum(row.other[0] <= reach for row in of),
        )
        body.append([family, len(of), *(_share(hits, len(of)) for hits in counts)])
    return markdown(("family", "test pictures", "named", "another named", "unknown named"), body)


def _ratios(seed: Seed, rows: Sequence[Row]) -> str:
    """What each calibration's ratios are worth."""
    body = []
    for family, calibration in seed.families.items():
        distances, own, _ = of_family(rows, family)
        body.append([family, *_worth(calibration, distances, own)])
    if seed.overall is not None:
        distances, own, _ = overall(rows)
        body.append(["over all families", *_worth(seed.overall, distances, own)])
    head = ("likelihood ratio", "calibrated on", "lowest", "highest", "Cllr", "misled")
    return markdown(head, body)


def _worth(calibration: Calibration, distances: np.ndarray, own: np.ndarray) -> list[str]:
    ratios = np.array([calibration.llr(distance) for distance in distances])
    return [
        f"{calibration.own} and {calibration.others}",
        times(calibration.low),
        times(calibration.high),
        f"{cllr(ratios[~own], ratios[own]):.2f}" if own.any() else "not measured",
        _share(int((ratios[~own] > 0).sum()), int((~own).sum())),
    ]


def _share(hits: int, n: int) -> str:
    low, high = exact_interval(hits, n)
    return f"{hits / n:.0%} ({low:.0%} to {high:.0%})"
