"""Flicker along the rim of a face, where the mask of a swap would end."""

from __future__ import annotations

import numpy as np

from telltale.detectors._shared import patch_regions
from telltale.detectors._shared.over_time import mean_interval
from telltale.finding import Card, Fact, Inapplicable, Reference
from telltale.runtime.context import Context
from telltale.series import FaceFrame, Lane, Outcome, Reading, Series, nothing_seen

CARD = Card(
    id="border_flicker",
    version="1",
    family="forensic",
    title="Flicker at the rim of the face",
    question="Does the rim of the face change from frame to frame more than its middle?",
    how="Three frames that follow one another are aligned. What the middle one differs from the "
    "mean of its neighbours is change that is no steady motion; its level at the rim of the face "
    "is compared with that inside, in octaves.",
    limits=(
        "Turning the head, hair, glasses and shadows move at the rim in genuine clips.",
        "Swaps that are blended well or smoothed over time do not flicker. There is no validated "
        "limit.",
    ),
    references=(
        Reference(
            "Y. Zheng, J. Bao, D. Chen, M. Zeng, F. Wen",
            "Exploring Temporal Coherence for More General Video Face Forgery Detection",
            "ICCV",
            2021,
            "https://arxiv.org/abs/2108.06693",
        ),
    ),
    weak=True,
)
LANE = Lane(
    "geometry",
    "flicker of the rim against the middle",
    "higher_is_suspicious",
    -1.0,
    3.0,
    "octaves",
)
LEAST_EYES, MOST_YAW = 30.0, 30.0
#: Frames further apart are not neighbours; a head that turns faster shows new skin.
_GAP_S, _MOST_TURN = 0.2, 6.0


def measure(frame: FaceFrame, context: Context) -> Reading:
    """log2 of the median second difference at the rim over that inside."""
    del context
    quality = frame.face.quality
    if quality["inter_ocular_px"] < LEAST_EYES:
        return Reading(None, Inapplicable("face_too_small"))
    if abs(quality["yaw_deg"]) > MOST_YAW:
        return Reading(None, Inapplicable("face_turned_away"))
    if len(frame.past) < 2 or frame.time_s - frame.past[0].time_s > 2 * _GAP_S:
        return Reading(None, Inapplicable("frame_rate_too_low", "No neighbouring frames."))
    if abs(quality["yaw_deg"] - frame.past[0].face.quality["yaw_deg"]) > _MOST_TURN:
        return Reading(None, Inapplicable("too_much_motion"))
    before, middle, after = (
        patch_regions.luma(p) for p in (frame.past[0].patch, frame.past[1].patch, frame.patch)
    )
    change = np.abs(middle - (before + after) / 2)
    rim = float(change[patch_regions.rim()].mean())
    core = float(change[patch_regions.core()].mean())
    # a quarter of a grey level is what rounding leaves
    return Reading(float(np.log2((rim + 0.25) / (core + 0.25))), extra=np.array([rim, core]))


def conclude(series: Series) -> Outcome:
    """The median over the track; the share of frames in which the rim changes twice as much."""
    if not series.times:
        return nothing_seen(series)
    _, low, high, size = mean_interval(series.v)
    score = float(np.median(series.v))
    rim, core = series.extra.mean(0)
    return Outcome(
        f"Between neighbouring frames the rim of the face changes {2**score:.1f} times as much as "
        f"its middle ({rim:.1f} against {core:.1f} grey levels on average).",
        score,
        "median flicker of the rim against the middle",
        "octaves",
        (
            Fact("frames", len(series.times)),
            Fact("effective_frames", round(size, 1)),
            Fact("mean_low", round(low, 3), "octaves, 95 %"),
            Fact("mean_high", round(high, 3), "octaves, 95 %"),
            Fact("share_doubled", round(float((series.v > 1).mean()), 3)),
        ),
    )
