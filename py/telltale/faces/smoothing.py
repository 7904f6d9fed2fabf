"""How much a face's landmarks tremble from frame to frame, and the same without the tremble."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


@dataclass(slots=True)
class OneEuro:
    """A low-pass filter that follows quick motion and steadies slow.

    G. Casiez, N. Roussel, D. Vogel, "1 Euro Filter: A Simple Speed-based Low-pass Filter for Noisy
    Input in Interactive Systems", CHI 2012, section 4. `cutoff` in hertz; `beta` is per unit of
    speed, which is taken in sizes of the face a second, so that near and far faces are alike.
    """

    cutoff: float = 1.5
    beta: float = 6.0
    speed_cutoff: float = 1.0
    _time: float = -math.inf
    _value: Floats = field(default_factory=lambda: np.empty(0))
    _speed: Floats = field(default_factory=lambda: np.empty(0))

    def update(self, points: NDArray[np.floating], time_s: float, size: float) -> Floats:
        """Filtered (n, 2) points; begins anew after a pause of half a second."""
        now = np.asarray(points, np.float64)
        step = time_s - self._time
        if not 0 < step < 0.5 or self._value.shape != now.shape:
            self._value, self._speed = now, np.zeros_like(now)
        else:
            speed = (now - self._value) / step / max(size, 1e-9)
            share = _share(step, np.full_like(now, self.speed_cutoff))
            self._speed = share * speed + (1 - share) * self._speed
            share = _share(step, self.cutoff + self.beta * np.abs(self._speed))
            self._value = share * now + (1 - share) * self._value
        self._time = time_s
        return self._value


def tremble(before: Floats, middle: Floats, after: Floats) -> float:
    """Standard deviation in pixels of the noise of (n, 2) points in three neighbouring frames.

    From second differences: steady motion cancels, and noise of deviation s leaves sqrt(6) s. The
    median absolute value over the points keeps moving lips out.
    """
    second = np.asarray(after) - 2 * np.asarray(middle) + np.asarray(before)
    return float(1.4826 * np.median(np.abs(second)) / math.sqrt(6))


def _share(step: float, cutoff: Floats) -> Floats:
    ratio = 2 * math.pi * cutoff * step
    return np.asarray(ratio / (ratio + 1), np.float64)
