"""The published verbal scale of log10 likelihood ratios.

After the ENFSI guideline for evaluative reporting (2015), shortened to what uncontrolled pictures
can support: nothing above "substantial" is ever said.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Side = Literal["manipulated", "authentic", "neither"]
Strength = Literal["inconclusive", "little", "some", "substantial"]


@dataclass(frozen=True, slots=True)
class Band:
    """A strength of evidence and the smallest |log10 LR| that earns it."""

    strength: Strength
    at_least: float


#: From strong to weak. LR 2, 10 and 100 for the odds against chance.
SCALE: tuple[Band, ...] = (
    Band("substantial", 2.0),
    Band("some", 1.0),
    Band("little", 0.3),
    Band("inconclusive", 0.0),
)

#: The most that one detector may contribute, whatever it claims: just under "substantial".
SINGLE_DETECTOR_CAP = 1.9


def strength_of(llr: float) -> Strength:
    """The band of a log10 likelihood ratio, whichever side it supports."""
    return next(band.strength for band in SCALE if abs(llr) >= band.at_least)


def side_of(llr: float) -> Side:
    """Which proposition a log10 likelihood ratio supports."""
    if strength_of(llr) == "inconclusive":
        return "neither"
    return "manipulated" if llr > 0 else "authentic"
