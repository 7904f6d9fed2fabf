"""What a looking glass is: a picture for the eye, made from a picture, without a score.

A glass answers no question. It shows what the eye cannot see, and a person judges.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from telltale.finding import Fact, Reference

Pixels = NDArray[np.uint8]
Value = int | float | str
Values = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Parameter:
    """A knob of a glass: one of `choices`, or else a number from `low` to `high` in `step`s."""

    name: str
    title: str
    default: Value
    low: float = 0
    high: float = 0
    step: float = 1
    choices: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Sight:
    """What is seen through a glass.

    Attributes
    ----------
    values
        (h, w) uint8, to be drawn with a colour map, 0 standing for `low` and 255 for `high`; or
        (h, w, 3) uint8 RGB, to be drawn as it is.
    meaning
        One sentence: how to read it.
    space
        `picture` where it covers the whole picture, `figure` where it is a diagram of its own.
    facts
        Numbers that belong to it.
    """

    values: Pixels
    meaning: str
    low: float = 0.0
    high: float = 255.0
    unit: str = ""
    space: Literal["picture", "figure"] = "picture"
    facts: tuple[Fact, ...] = ()


@dataclass(frozen=True, slots=True)
class Glass:
    """A glass of the registry.

    `draw` takes (h, w, 3) uint8 RGB and checked values of `parameters`; `packages` are names of
    the web wheelhouse that it needs beyond numpy and pillow.
    """

    id: str
    title: str
    about: str
    draw: Callable[[Pixels, Values], Sight]
    parameters: tuple[Parameter, ...] = ()
    packages: tuple[str, ...] = ()
    reference: Reference | None = None

    def look(self, pixels: Pixels, values: Values | None = None) -> Sight:
        """Draw with `values` (the others at their defaults); raises ValueError with a sentence."""
        return self.draw(pixels, checked(self, values or {}))


def checked(glass: Glass, values: Values) -> dict[str, Value]:
    """Every parameter with a value of its kind and within its bounds."""
    known = {p.name: p for p in glass.parameters}
    for name in values:
        if name not in known:
            there = ", ".join(known) or "none"
            raise ValueError(f"{glass.id} has no parameter {name!r}; it has: {there}.")
    return {p.name: _checked(p, values.get(p.name, p.default)) for p in glass.parameters}


def _checked(parameter: Parameter, value: Any) -> Value:
    if parameter.choices:
        if value not in parameter.choices:
            choices = ", ".join(parameter.choices)
            raise ValueError(f"{parameter.name} must be one of: {choices}.")
        return str(value)
    try:
        number = float(value)
    except (TypeError, ValueError):
        raise ValueError(f"{parameter.name} must be a number, not {value!r}.") from None
    if not parameter.low <= number <= parameter.high:
        low, high = parameter.low, parameter.high
        raise ValueError(f"{parameter.name} must be from {low:g} to {high:g}, not {number:g}.")
    return int(number) if isinstance(parameter.default, int) else number
