"""One score per face for each test that may carry a verdict on a video."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from telltale.detectors._shared.over_time import top_third, trimmed_mean
from telltale.evidence.calibration import Conditions
from telltale.evidence.weigh import Case

if TYPE_CHECKING:
    from telltale.video import VideoAnalysis

#: The tests, each with the way in which it makes one score of many frames (docs/video.md).
RULES: dict[str, Callable[[NDArray[np.float64]], float]] = {
    "face_manipulation": trimmed_mean,
    "face_warping": top_third,
}
#: Fewest readings that are one score.
LEAST_READINGS = 6


def scores(analysis: VideoAnalysis) -> dict[str, list[Case]]:
    """By test, the scores of all faces that were read often enough; `face` is the track."""
    out: dict[str, list[Case]] = {test: [] for test in RULES}
    for (test, track), row in analysis.series.items():
        if track is None or test not in RULES or track not in analysis.keyframes:
            continue
        values = row.v[beat(row.times, analysis.plan.full_every_s)]
        if len(values) >= LEAST_READINGS:
            about = conditions(analysis.keyframes[track].face.quality)
            out[test].append(Case(RULES[test](values), about, track))
    return out


def conditions(quality: dict[str, float]) -> Conditions:
    """The width of a face; and, in place of a JPEG's quality, the percentage of its detail that no
    codec has erased."""
    kept = 100 * (1 - quality["compression"])
    return Conditions(float(np.log2(max(quality["width_px"], 1.0))), kept)


def beat(times: Sequence[float], every_s: float) -> NDArray[np.intp]:
    """Which of the ascending `times` to take so that none follows within 0.8 of `every_s`.

    A second look goes to moments that stood out. They must not count more often for that.
    """
    taken: list[int] = []
    for k, time_s in enumerate(times):
        if not taken or time_s - times[taken[-1]] >= 0.8 * every_s:
            taken.append(k)
    return np.array(taken, np.intp)
