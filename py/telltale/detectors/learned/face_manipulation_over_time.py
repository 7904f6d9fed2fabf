"""Face manipulation over a clip: the detector of `face_manipulation`, frame after frame."""

from __future__ import annotations

import numpy as np

from telltale.detectors._shared import face_input
from telltale.detectors._shared.over_time import mean_interval, trimmed_mean
from telltale.detectors._shared.stored import stored
from telltale.detectors.learned.face_manipulation import CARD, CLASSES, LIMITS, area_map, examine
from telltale.finding import Fact
from telltale.runtime.context import Context
from telltale.series import FaceFrame, Lane, Outcome, Reading, Series, nothing_seen

__all__ = ["CARD", "LANE", "conclude", "measure"]

LANE = Lane(
    "full",
    "log-odds of a manipulated face",
    "higher_is_suspicious",
    -6.0,
    6.0,
    threshold=float(stored(CARD.id)["threshold"]["value"]),
)


def measure(frame: FaceFrame, context: Context) -> Reading:
    """The network's log-odds; extra are the four class probabilities, the map its own."""
    if (why := face_input.admit(frame.face, LIMITS)) is not None:
        return Reading(None, why)
    found = examine(frame.pixels, frame.face.landmarks, context)
    area = area_map(frame.face, found)
    return Reading(found.logit, extra=found.probabilities, embedding=found.embedding, map=area)


def conclude(series: Series) -> Outcome:
    """The trimmed mean of the log-odds; a fact tells the mean over the frames, as SBI takes it."""
    if not series.times:
        return nothing_seen(series)
    score = trimmed_mean(series.v)
    mean, low, high, size = mean_interval(series.v)
    kinds = series.extra.mean(0)
    limit = LANE.threshold or 0.0
    above = float((series.v > limit).mean())
    said = (
        f"In {len(series.times)} frames the network's log-odds average {score:.1f}; "
        f"{above:.0%} of the frames lie above the limit of single pictures."
    )
    if score > limit:
        said += f" The nearest class is {CLASSES[1 + int(np.argmax(kinds[1:]))].replace('_', ' ')}."
    return Outcome(
        said,
        score,
        "trimmed mean log-odds of a manipulated face",
        facts=(
            Fact("frames", len(series.times)),
            Fact("mean", round(mean, 3), "log-odds"),
            Fact("mean_low", round(low, 3), "log-odds, 95 %"),
            Fact("mean_high", round(high, 3), "log-odds, 95 %"),
            Fact("effective_frames", round(size, 1)),
            Fact("mean_probability_as_in_sbi", round(float(1 - kinds[0]), 4), "mean over frames"),
        ),
        caveats=tuple(stored(CARD.id)["caveats"]),
    )
