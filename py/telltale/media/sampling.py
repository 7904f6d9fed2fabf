"""Which frames are examined, and how thoroughly, so that a long video stays affordable.

Faces are followed at up to `geometry_fps` (a blink lasts 0.1 to 0.4 s, so 12 frames a second are
the least that show one); the networks run on `full` frames, far fewer. Both have a budget. What
needs unbroken time (blinks, pulse) gets it: where the budget does not reach for the whole clip,
unbroken stretches are spread over it.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

from telltale.media.video import Wish

Kind = Literal["whole", "spread", "every", "scenes", "live"]
Window = tuple[float, float]

#: Seconds of an unbroken stretch where a clip is too long to be followed as a whole.
STRETCH_S = 20.0


@dataclass(frozen=True, slots=True)
class Budget:
    """At most so many frames are followed (`geometry`), and examined by the networks (`full`)."""

    geometry: int = 1800
    full: int = 16


@dataclass(frozen=True, slots=True)
class Asked:
    """What a person asks for.

    Parameters
    ----------
    kind
        "auto" follows the whole clip where that is affordable, else stretches of it; "whole"
        follows it from beginning to end; "scenes" takes the first frame of each scene, "every" each
        `n`-th.
    n
        Of "every", at least 1.
    full
        Of "auto" and "whole", the networks examine about so many frames in the first look.
    closer
        Whether a second look goes back to what lies beyond a limit, frame after frame.

    Raises `ValueError` for what is out of range.
    """

    kind: Literal["auto", "whole", "every", "scenes"] = "auto"
    n: int = 1
    full: int = 16
    closer: bool = True

    def __post_init__(self) -> None:
        if self.kind not in ("auto", "whole", "every", "scenes"):
            raise ValueError(f"no such plan: {self.kind}")
        if min(self.n, self.full) < 1:
            raise ValueError("there is no plan with less than one frame")


@dataclass(frozen=True, slots=True)
class Plan:
    """Frames inside `windows` (all where empty) are followed at most `geometry_fps` times a second;
    one in `full_every_s` seconds is examined by the networks. `asked` is what it was made from."""

    kind: Kind
    geometry_fps: float
    full_every_s: float
    windows: tuple[Window, ...] = ()
    asked: Asked | None = None

    def allows(self, time_s: float) -> bool:
        """Whether a moment lies in a window."""
        return not self.windows or any(a <= time_s < b for a, b in self.windows)


def of(asked: Asked, duration_s: float, rate_fps: float) -> Plan:
    """The plan that was asked for, for a clip of `duration_s` seconds (0 where nobody knows)."""
    budget = Budget(full=asked.full)
    if asked.kind == "every":
        plan = every(asked.n, rate_fps)
    elif asked.kind == "scenes":
        plan = scenes(duration_s, rate_fps)
    elif asked.kind == "whole":
        plan = default(duration_s, rate_fps, replace(budget, geometry=sys.maxsize))
    else:
        plan = default(duration_s, rate_fps, budget)
    return replace(plan, asked=asked)


def default(duration_s: float, rate_fps: float, budget: Budget | None = None) -> Plan:
    """Follow the whole clip where the budget allows, else stretches spread over it."""
    budget = budget or Budget()
    fps = min(15.0, rate_fps or 15.0)
    if duration_s <= 0 or duration_s * fps <= budget.geometry:
        seen = duration_s or STRETCH_S
        return Plan("whole", fps, max(0.3, seen / budget.full))
    count = max(1, int(budget.geometry / fps // STRETCH_S))
    step = duration_s / count
    starts = [k * step + (step - STRETCH_S) / 2 for k in range(count)]
    windows = tuple((s, s + STRETCH_S) for s in starts)
    return Plan("spread", fps, count * STRETCH_S / budget.full, windows)


def every(n: int, rate_fps: float) -> Plan:
    """Every n-th frame, all tests on each."""
    fps = (rate_fps or 30.0) / max(1, n)
    return Plan("every", fps, 1 / fps)


def scenes(duration_s: float, rate_fps: float, budget: Budget | None = None) -> Plan:
    """The first frame of each scene, and one in half a minute of a long scene.

    Cuts are looked for a few times a second (`telltale.video` examines the frame after each).
    """
    budget = budget or Budget()
    fps = min(4.0, rate_fps or 4.0, budget.geometry / max(duration_s, 1.0))
    return Plan("scenes", fps, 30.0)


def live(geometry_fps: float = 15.0, full_every_s: float = 2.0) -> Plan:
    """A stream without end."""
    return Plan("live", geometry_fps, full_every_s)


def around(
    moments: Sequence[float], duration_s: float, reach_s: float = 0.6, count: int = 3
) -> tuple[Window, ...]:
    """Windows about the first `count` of `moments` that lie apart, for a denser second look."""
    chosen: list[float] = []
    for moment in moments:
        if all(abs(moment - other) > 2 * reach_s for other in chosen):
            chosen.append(moment)
        if len(chosen) == count:
            break
    end = duration_s or math.inf
    return tuple(sorted((max(0.0, m - reach_s), min(end, m + reach_s)) for m in chosen))


class Sampler:
    """Turns a plan into a wish for each frame, asked in order of time."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self._followed = self._examined = -math.inf

    def wish(self, time_s: float) -> Wish:
        """What to do with the frame at `time_s`, without noting that it was done."""
        if not self.plan.allows(time_s):
            return ""
        if time_s - self._examined >= 0.999 * self.plan.full_every_s:
            return "full"
        if self.plan.kind == "every":
            return ""
        # A quarter of an interval early is better than a whole one late.
        if time_s - self._followed >= 0.75 / self.plan.geometry_fps:
            return "geometry"
        return ""

    def took(self, time_s: float, wish: Wish) -> None:
        """Note that a frame was taken."""
        self._followed = time_s
        if wish == "full":
            self._examined = time_s
