"""Head poses over a clip: central against whole face, network against landmarks."""

from __future__ import annotations

import numpy as np

from telltale.detectors._shared import face_input
from telltale.detectors._shared.head_pose_tests import disagreement
from telltale.detectors._shared.over_time import mean_interval
from telltale.detectors._shared.stored import stored
from telltale.detectors.learned.head_pose import CARD, LIMITS, examine
from telltale.finding import Fact
from telltale.runtime.context import Context
from telltale.series import FaceFrame, Lane, Outcome, Reading, Series, nothing_seen

__all__ = ["CARD", "LANE", "conclude", "measure"]

LANE = Lane(
    "full",
    "decision of the support vector machine",
    "higher_is_suspicious",
    -2.0,
    2.0,
    threshold=float(stored(CARD.id)["threshold"]["value"]),
)


def measure(frame: FaceFrame, context: Context) -> Reading:
    """The decision; extra are yaw, pitch, roll of network and landmarks, and the angle between
    central and whole face, all in degrees."""
    if (why := face_input.admit(frame.face, LIMITS)) is not None:
        return Reading(None, why)
    found = examine(frame.pixels, frame.face.landmarks, context)
    extra = np.concatenate([found.network, found.landmarks, [found.poses.angle]])
    return Reading(found.decision, extra=extra)


def conclude(series: Series) -> Outcome:
    """The mean decision (as the paper's mean probability), and the poses over the sequence.

    Frames that follow one another are alike, so every interval counts the effective number of
    frames; the p-value compares the mean disagreement with single pictures of real people, since
    the frames of a clip share their person.
    """
    if not series.times:
        return nothing_seen(series)
    score, low, high, size = mean_interval(series.v)
    network, landmarks, angle = series.extra[:, :3], series.extra[:, 3:6], series.extra[:, 6]
    apart, apart_low, apart_high, _ = mean_interval(angle)
    found = disagreement(network, landmarks, stored(CARD.id)["null"])
    follow = _correlation(network[:, 0], landmarks[:, 0])
    return Outcome(
        f"Over {len(series.times)} frames central and whole face point {apart:.1f} degrees apart "
        f"on average; network and landmarks disagree as much as in {found.p:.0%} of real faces, "
        "or more.",
        score,
        "mean decision of the support vector machine",
        facts=(
            Fact("frames", len(series.times)),
            Fact("effective_frames", round(size, 1)),
            Fact("mean_low", round(low, 3), "95 %"),
            Fact("mean_high", round(high, 3), "95 %"),
            Fact("angle_central_to_whole", round(apart, 2), "degrees"),
            Fact("angle_low", round(apart_low, 2), "degrees, 95 %"),
            Fact("angle_high", round(apart_high, 2), "degrees, 95 %"),
            Fact("disagreement", round(found.distance, 2), "squared Mahalanobis distance"),
            Fact("p_value", round(found.p, 4), "share of real faces that disagree more"),
            Fact("yaw_correlation", follow, "network with landmarks over time"),
        ),
        caveats=tuple(stored(CARD.id)["caveats"]),
    )


def _correlation(first: np.ndarray, second: np.ndarray) -> float | None:
    """Pearson's, or None where the head hardly moves (under 2 degrees)."""
    if len(first) < 8 or min(first.std(), second.std()) < 2:
        return None
    return round(float(np.corrcoef(first, second)[0, 1]), 3)
