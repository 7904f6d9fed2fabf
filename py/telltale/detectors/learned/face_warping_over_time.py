"""Face warping artifacts over a clip: the mean of the highest third of its frames."""

from __future__ import annotations

from telltale.detectors._shared import face_input
from telltale.detectors._shared.over_time import mean_interval
from telltale.detectors._shared.stored import stored
from telltale.detectors.learned.face_warping import CARD, LIMITS, examine, video_score
from telltale.finding import Fact
from telltale.runtime.context import Context
from telltale.series import FaceFrame, Lane, Outcome, Reading, Series, nothing_seen

__all__ = ["CARD", "LANE", "conclude", "measure"]

LANE = Lane(
    "full",
    "mean of the five highest regions",
    "higher_is_suspicious",
    0.0,
    1.0,
    threshold=float(stored(CARD.id)["threshold"]["value"]),
)


def measure(frame: FaceFrame, context: Context) -> Reading:
    """The score of one frame as in `face_warping`."""
    if (why := face_input.admit(frame.face, LIMITS)) is not None:
        return Reading(None, why)
    return Reading(examine(frame.pixels, frame.face.landmarks, context).score)


def conclude(series: Series) -> Outcome:
    """Mean of the highest third (Li & Lyu, section 4.3)."""
    if not series.times:
        return nothing_seen(series)
    score = video_score(series.v)
    mean, low, high, size = mean_interval(series.v)
    return Outcome(
        f"The highest third of {len(series.times)} frames averages {score:.2f} on a scale where 1 "
        "is like a face warped into place.",
        score,
        "mean of the highest third of the frames",
        facts=(
            Fact("frames", len(series.times)),
            Fact("mean", round(mean, 4)),
            Fact("mean_low", round(low, 4), "95 %"),
            Fact("mean_high", round(high, 4), "95 %"),
            Fact("effective_frames", round(size, 1)),
        ),
        caveats=tuple(stored(CARD.id)["caveats"]),
    )
