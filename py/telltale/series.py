"""Measurements over time: what a test reads from one frame, and the lane it draws.

A test over time is a detector module that also holds

    LANE: Lane                                                 how its curve is drawn
    measure(frame: FaceFrame, context: Context) -> Reading     one face in one frame, or a
                                                               `WholeFrame`
    conclude(series: Series) -> Outcome                        one face over the clip

`measure` is called as frames arrive, so nothing but its numbers is kept: memory does not grow with
the size of the pictures. `conclude` may be called at any time and again.
"""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from telltale.finding import Direction, Fact, Inapplicable, Map
from telltale.scene import Face

Floats = NDArray[np.float64]
#: Frames whose aligned patches a test may look back at.
MEMORY = 2


@dataclass(frozen=True, slots=True)
class Past:
    """What is kept of a track's earlier frame: its time, face, and aligned patch."""

    time_s: float
    face: Face
    patch: NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class FaceFrame:
    """One face in one frame.

    Attributes
    ----------
    pixels
        (H, W, 3) uint8, the whole frame, upright.
    patch
        (96, 96, 3) float32 in [0, 255]: the face aligned to the mean face.
    look
        (512,) float32 unit vector of `telltale.faces.tracking.describe`.
    full
        Whether this frame is among the few that networks look at.
    past
        At most `MEMORY` earlier frames of the track, the newest last.
    """

    pixels: NDArray[np.uint8]
    time_s: float
    index: int
    track: int
    face: Face
    patch: NDArray[np.float32]
    look: NDArray[np.float32]
    full: bool
    past: tuple[Past, ...] = ()


@dataclass(frozen=True, slots=True)
class WholeFrame:
    """One frame without regard to faces: (H, W, 3) uint8 upright pixels, and their SHA-256."""

    pixels: NDArray[np.uint8]
    time_s: float
    index: int
    sha256: str = ""


@dataclass(frozen=True, slots=True)
class Reading:
    """One point of a lane: a value, or why there is none; `extra` are numbers for `conclude`.

    `embedding` is the model's (d,) unit vector, where it has one; the bank keeps their mean. `map`
    shows where in the frame, and is kept for the most suspicious moments alone.
    """

    value: float | None
    why: Inapplicable | None = None
    extra: NDArray[np.floating] | None = None
    embedding: NDArray[np.float32] | None = None
    map: Map | None = None


@dataclass(frozen=True, slots=True)
class Lane:
    """How a test's curve is drawn: `threshold` is None where no limit was validated.

    `every` says whether the test is cheap enough for every followed frame or runs on the few
    full ones.
    """

    every: Literal["geometry", "full"]
    name: str
    direction: Direction
    low: float
    high: float
    unit: str = ""
    threshold: float | None = None


@dataclass(slots=True)
class Series:
    """What one test read of one track (None: of the whole frame), in order of time; `outcome` is
    what it last concluded."""

    track: int | None
    times: list[float] = field(default_factory=list)
    values: list[float] = field(default_factory=list)
    extras: list[NDArray[np.floating] | None] = field(default_factory=list)
    refused: list[tuple[float, Inapplicable]] = field(default_factory=list)
    outcome: Outcome | None = None

    def add(self, time_s: float, reading: Reading) -> None:
        """Take one reading in order of time; a refusal leaves a gap, a second one is dropped."""
        if reading.value is None or not np.isfinite(reading.value):
            self.refused.append((time_s, reading.why or Inapplicable("error")))
            return
        place = bisect_left(self.times, time_s)
        if place < len(self.times) and self.times[place] == time_s:
            return
        self.times.insert(place, time_s)
        self.values.insert(place, float(reading.value))
        self.extras.insert(place, reading.extra)

    def drop_before(self, time_s: float) -> None:
        """Forget what is older, for a stream without end."""
        first = int(np.searchsorted(self.times, time_s))
        del self.times[:first], self.values[:first], self.extras[:first]
        self.refused = [row for row in self.refused if row[0] >= time_s]

    @property
    def t(self) -> Floats:
        """(n,) seconds."""
        return np.asarray(self.times, np.float64)

    @property
    def v(self) -> Floats:
        """(n,) values."""
        return np.asarray(self.values, np.float64)

    @property
    def extra(self) -> Floats:
        """(n, k) what `measure` kept beside the values."""
        return np.asarray([row for row in self.extras if row is not None], np.float64)

    def main_refusal(self) -> Inapplicable | None:
        """The commonest reason for a gap."""
        if not self.refused:
            return None
        codes = [why.code for _, why in self.refused]
        most = max(dict.fromkeys(codes), key=codes.count)
        return next(why for _, why in self.refused if why.code == most)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a test says of one track: a score, or why there is none.

    `suspicion` in [0, inf) orders tracks and moments: 1 is the lane's threshold. `values` replaces
    those of the lane where only the whole series tells them.
    """

    sentence: str
    score: float | None = None
    score_name: str = ""
    unit: str = ""
    facts: tuple[Fact, ...] = ()
    why: Inapplicable | None = None
    caveats: tuple[str, ...] = ()
    values: Floats | None = None


def refuse(code: str, sentence: str = "", facts: tuple[Fact, ...] = ()) -> Outcome:
    """An outcome that says why nothing can be said."""
    why = Inapplicable(code, sentence)
    return Outcome(why.sentence, facts=facts, why=why)


def nothing_seen(series: Series) -> Outcome:
    """The outcome of a series without a value."""
    why = series.main_refusal() or Inapplicable("no_face")
    return Outcome(why.sentence, why=why)
