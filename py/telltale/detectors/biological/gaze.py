"""Gaze: whether both eyes turn together."""

from __future__ import annotations

import numpy as np

from telltale.detectors._shared import eyes
from telltale.detectors._shared.over_time import effective_size
from telltale.finding import Card, Fact, Inapplicable, Reference
from telltale.runtime.context import Context
from telltale.series import FaceFrame, Lane, Outcome, Reading, Series, nothing_seen, refuse

CARD = Card(
    id="gaze",
    version="1",
    family="biological",
    title="Both eyes together",
    question="Do both eyes look the same way as they move?",
    how="In each frame the dark part of both lid openings is located between the corners of its "
    "eye. Eyes that look together move it together; the lane is how far they differ, in widths of "
    "the eye, less the usual difference of this person.",
    limits=(
        "People squint, look at things nearby, and wear glasses. Lashes and shadows move the dark "
        "part.",
        "Small eyes cannot be measured, and eyes that hardly move tell nothing. There is no "
        "validated limit.",
    ),
    references=(
        Reference(
            "I. Demir, U. A. Ciftci",
            "Where Do Deep Fakes Look? Synthetic Face Detection via Gaze Tracking",
            "ETRA",
            2021,
            "https://arxiv.org/abs/2101.01165",
        ),
    ),
    weak=True,
)
LANE = Lane(
    "geometry", "difference between both eyes", "higher_is_suspicious", 0.0, 0.3, "eye widths"
)
LEAST_EYE, MOST_YAW, LEAST_FRAMES = 22.0, 25.0, 40
#: The eyes must move at least so much (standard deviation, in eye widths) to be compared.
_LEAST_MOVE = 0.02


def measure(frame: FaceFrame, context: Context) -> Reading:
    """How far the two differ; extra are where left and right iris stand."""
    del context
    if abs(frame.face.quality["yaw_deg"]) > MOST_YAW:
        return Reading(None, Inapplicable("face_turned_away"))
    across = float(np.linalg.norm(frame.face.landmarks[39] - frame.face.landmarks[36]))
    if across < LEAST_EYE:
        why = f"The eye is {across:.0f} pixels wide; this needs at least {LEAST_EYE:.0f}."
        return Reading(None, Inapplicable("face_too_small", why))
    pair = eyes.both(frame.pixels, frame.face)
    if pair is None:
        return Reading(None, Inapplicable("face_turned_away", "An eye is shut or out of sight."))
    left, right = pair[0].gaze, pair[1].gaze
    return Reading(abs(left - right), extra=np.array([left, right]))


def conclude(series: Series) -> Outcome:
    """Correlation of both eyes, and the spread of their difference."""
    if not series.times:
        return nothing_seen(series)
    if len(series.times) < LEAST_FRAMES:
        return refuse("too_short", f"Only {len(series.times)} frames show both eyes open.")
    left, right = series.extra.T
    difference = left - right
    away = np.abs(difference - np.median(difference))
    moves = float(min(left.std(), right.std()))
    facts = (
        Fact("frames", len(series.times)),
        Fact("effective_frames", round(effective_size(left + right), 1)),
        Fact("eyes_move", round(moves, 4), "eye widths"),
        Fact("usual_difference", round(float(np.median(difference)), 4), "eye widths"),
    )
    if moves < _LEAST_MOVE:
        said = refuse("too_short", "The eyes hardly move in this clip.", facts)
        return Outcome(said.sentence, facts=facts, why=said.why, values=away)
    together = float(np.corrcoef(left, right)[0, 1])
    return Outcome(
        f"Both eyes move with a correlation of {together:.2f}; their difference varies by "
        f"{difference.std():.3f} of an eye's width.",
        float(difference.std()),
        "spread of the difference",
        "eye widths",
        (*facts, Fact("correlation", round(together, 3))),
        values=away,
    )
