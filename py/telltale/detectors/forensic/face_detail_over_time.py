"""Resolution of the face against its surroundings over a clip, as in `face_resolution`."""

from __future__ import annotations

import numpy as np

from telltale.detectors._shared.effective_width import by_rescaling, by_spectrum
from telltale.detectors._shared.face_window import face_width, face_window
from telltale.detectors._shared.over_time import mean_interval
from telltale.detectors.forensic.face_resolution import CARD, LEAST_WIDTH, MOST_YAW
from telltale.finding import Fact, Inapplicable
from telltale.runtime.context import Context
from telltale.scene import luma
from telltale.series import FaceFrame, Lane, Outcome, Reading, Series, nothing_seen

__all__ = ["CARD", "LANE", "conclude", "measure"]

LANE = Lane(
    "full",
    "detail of the face against its surroundings",
    "lower_is_suspicious",
    -3.0,
    1.0,
    "octaves",
)


def measure(frame: FaceFrame, context: Context) -> Reading:
    """The milder of the two comparisons of `face_resolution`, in octaves."""
    del context
    if face_width(frame.face) < LEAST_WIDTH:
        return Reading(None, Inapplicable("face_too_small"))
    if abs(frame.face.quality.get("yaw_deg", 0.0)) > MOST_YAW:
        return Reading(None, Inapplicable("face_turned_away"))
    window = face_window(luma(frame.pixels), frame.face)
    rescaling, _ = by_rescaling(window)
    spectral = by_spectrum(window)
    if rescaling.octaves is None or spectral.octaves is None:
        why = "There is too little structure in or around this face to compare."
        return Reading(None, Inapplicable("flat_or_saturated", why))
    return Reading(max(rescaling.octaves, spectral.octaves))


def conclude(series: Series) -> Outcome:
    """The median over the track. Video codecs soften faces and surroundings unequally, so the
    limit of photographs is not used."""
    if not series.times:
        return nothing_seen(series)
    mean, low, high, size = mean_interval(series.v)
    score = float(np.median(series.v))
    return Outcome(
        f"Over {len(series.times)} frames the face carries {score:+.2f} octaves of detail against "
        "its surroundings.",
        score,
        "median detail of the face against its surroundings",
        "octaves",
        (
            Fact("frames", len(series.times)),
            Fact("effective_frames", round(size, 1)),
            Fact("mean", round(mean, 3), "octaves"),
            Fact("mean_low", round(low, 3), "octaves, 95 %"),
            Fact("mean_high", round(high, 3), "octaves, 95 %"),
        ),
    )
