"""Blinks: how often, how long, and whether both eyes close together."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from telltale.detectors._shared import patch_regions
from telltale.faces import landmarks
from telltale.finding import Card, Fact, Inapplicable, Reference
from telltale.runtime.context import Context
from telltale.series import FaceFrame, Lane, Outcome, Reading, Series, nothing_seen, refuse

CARD = Card(
    id="blink",
    version="1",
    family="biological",
    title="Blinks",
    question="Does the person blink, and as people do?",
    how="The eye aspect ratio (height of the lid opening over its width, of both eyes) is followed "
    "from frame to frame. A blink is a dip of at least a ninth against the moments before and "
    "after while both eyes also look unlike this person's open eyes. The rate comes with its "
    "interval.",
    limits=(
        "Current generators blink. A usual rate proves nothing.",
        "People blink 4 to 26 times a minute, less when reading; a minute without a blink is rare, "
        "ten seconds are not.",
        "The mesh smooths eyelids, so that light or quick blinks are missed: the limits of this "
        "test were set on three blinks of two people.",
    ),
    references=(
        Reference(
            "T. Soukupová, J. Čech",
            "Real-Time Eye Blink Detection using Facial Landmarks",
            "Computer Vision Winter Workshop",
            2016,
            "https://vision.fe.uni-lj.si/cvww2016/proceedings/papers/05.pdf",
        ),
        Reference(
            "Y. Li, M.-C. Chang, S. Lyu",
            "In Ictu Oculi: Exposing AI Created Fake Videos by Detecting Eye Blinking",
            "WIFS",
            2018,
            "https://arxiv.org/abs/1806.02877",
        ),
        Reference(
            "A. R. Bentivoglio et al.",
            "Analysis of blink rate patterns in normal subjects",
            "Movement Disorders",
            1997,
            "https://doi.org/10.1002/mds.870120629",
        ),
    ),
    weak=True,
)
LANE = Lane("geometry", "eye aspect ratio", "none", 0.0, 0.5)

#: Least seconds of face, frames a second, degrees of turn, and pixels between the eyes.
LEAST_S, LEAST_FPS, MOST_YAW, LEAST_EYES = 20.0, 11.5, 35.0, 30.0
#: Least dip of the eye's opening against the larger openings before and after, and of the eyes'
#: likeness to the open eyes of this person.
_DEPTH, _UNLIKE = 0.11, 0.06
#: Seconds before and after that a dip is compared with, and between two blinks.
_REACH_S, _APART_S = 0.3, 0.2
#: A longer pause between two frames is a gap.
_GAP_S = 0.25
#: Blinks a minute at rest, in conversation, and reading (Bentivoglio et al. 1997).
NORMS = {"at rest": 17.0, "in conversation": 26.0, "reading": 4.5}


@dataclass(frozen=True, slots=True)
class Blink:
    """When the eyes were most shut and for how long they were half shut, in seconds, and how far
    the opening fell, as a share."""

    middle_s: float
    duration_s: float
    depth: float


def measure(frame: FaceFrame, context: Context) -> Reading:
    """The mean eye aspect ratio; extra are those of both eyes, and the pixels of both."""
    del context
    quality = frame.face.quality
    if quality["inter_ocular_px"] < LEAST_EYES:
        return Reading(None, Inapplicable("face_too_small"))
    if abs(quality["yaw_deg"]) > MOST_YAW or abs(quality["pitch_deg"]) > MOST_YAW:
        return Reading(None, Inapplicable("face_turned_away"))
    points = frame.face.landmarks
    left, right = (aspect_ratio(points[eye]) for eye in (landmarks.LEFT_EYE, landmarks.RIGHT_EYE))
    grey = patch_regions.luma(frame.patch)
    pixels = [grey[box].ravel() for box in patch_regions.eye_boxes()]
    extra = np.concatenate([[left, right], *pixels]).astype(np.float32)
    return Reading((left + right) / 2, extra=extra)


def aspect_ratio(eye: NDArray[np.floating]) -> float:
    """(|p2 - p6| + |p3 - p5|) / (2 |p1 - p4|) of (6, d) points of one eye (equation 1)."""
    p = np.asarray(eye, np.float64)
    across = float(np.linalg.norm(p[0] - p[3]))
    lids = float(np.linalg.norm(p[1] - p[5]) + np.linalg.norm(p[2] - p[4]))
    return lids / (2 * max(across, 1e-9))


def conclude(series: Series) -> Outcome:
    """Events, rate a minute with its interval, and how both eyes move together."""
    if not series.times:
        return nothing_seen(series)
    seen = seconds_seen(series.t)
    events = blinks_of(series)
    facts = [
        Fact("seconds_of_face", round(seen, 1), "s"),
        Fact("blinks", len(events)),
        Fact("usual_opening", round(usual_opening(series.v), 3), "eye aspect ratio"),
        Fact("times", ", ".join(f"{b.middle_s:.1f}" for b in events[:20]) or "none", "s"),
    ]
    if events:
        durations = [b.duration_s for b in events]
        facts.append(Fact("median_duration", round(float(np.median(durations)), 2), "s"))
    if len(series.times) > 30:
        left, right = series.extra[:, :2].T
        if min(left.std(), right.std()) > 0:
            together = float(np.corrcoef(left, right)[0, 1])
            facts.append(Fact("both_eyes_correlation", round(together, 3)))
    if len(series.times) < 2 or seen / max(len(series.times) - 1, 1) > 1 / LEAST_FPS:
        return refuse("frame_rate_too_low", "", tuple(facts))
    if seen < LEAST_S:
        why = (
            f"The face is seen for {seen:.1f} s, in which it blinks {len(events)} times; a rate "
            f"needs at least {LEAST_S:.0f} s."
        )
        return refuse("too_short", why, tuple(facts))
    rate = 60 * len(events) / seen
    low, high = (60 * n / seen for n in poisson_interval(len(events)))
    facts += [
        Fact("rate_low", round(low, 1), "a minute, 95 %"),
        Fact("rate_high", round(high, 1), "a minute, 95 %"),
        *(Fact(f"norm {name}", value, "a minute") for name, value in NORMS.items()),
    ]
    said = f"{len(events)} blinks in {seen:.0f} s: {rate:.0f} a minute ({low:.0f} to {high:.0f})."
    if high < min(NORMS.values()):
        said += " That is less than people usually blink even when they read."
    elif low > 2 * max(NORMS.values()):
        said += " That is more than twice what is usual in conversation."
    else:
        said += " People blink so."
    return Outcome(said, rate, "blinks a minute", "a minute", tuple(facts))


def seconds_seen(times: NDArray[np.float64]) -> float:
    """Seconds between the (n,) times, without the gaps."""
    steps = np.diff(times)
    return float(steps[steps <= _GAP_S].sum())


def usual_opening(values: NDArray[np.float64]) -> float:
    """The median of the upper half: of the open eyes."""
    return float(np.median(values[values >= np.median(values)]))


def blinks_of(series: Series) -> list[Blink]:
    """The blinks of a series of `measure`."""
    pixels = series.extra[:, 2:]
    half = pixels.shape[1] // 2
    return find_blinks(
        series.t, series.v, np.maximum(likeness(pixels[:, :half]), likeness(pixels[:, half:]))
    )


def likeness(pixels: NDArray[np.float64]) -> NDArray[np.float64]:
    """(n,) correlation of each row of (n, k) pixels with the median row."""
    centred = pixels - pixels.mean(1, keepdims=True)
    centred /= np.maximum(np.linalg.norm(centred, axis=1, keepdims=True), 1e-9)
    usual = np.median(centred, 0)
    return np.asarray(centred @ usual / max(float(np.linalg.norm(usual)), 1e-9), np.float64)


def find_blinks(
    times: NDArray[np.float64], values: NDArray[np.float64], looks: NDArray[np.float64]
) -> list[Blink]:
    """Dips of (n,) aspect ratios in which (n,) `looks`, the likeness to open eyes, fall too."""
    found: list[Blink] = []
    for k in range(1, len(times) - 1):
        apart = times - times[k]
        left = (apart >= -_REACH_S) & (apart < 0)
        right = (apart > 0) & (apart <= _REACH_S)
        near = np.abs(apart) <= _APART_S
        if min(left.sum(), right.sum()) < 3 or values[k] > values[near].min():
            continue
        usual = min(float(values[left].max()), float(values[right].max()))
        unlike = min(float(looks[left].max()), float(looks[right].max())) - float(looks[near].min())
        depth = 1 - float(values[k]) / max(usual, 1e-9)
        if depth < _DEPTH or unlike < _UNLIKE:
            continue
        if found and times[k] - found[-1].middle_s < _APART_S:
            continue
        half = (usual + float(values[k])) / 2
        shut = near & (values < half)
        steps = float(np.median(np.diff(times[left | near | right])))
        found.append(Blink(float(times[k]), float(shut.sum()) * steps, depth))
    return found


def poisson_interval(count: int) -> tuple[float, float]:
    """The exact 95 % interval of the mean of a Poisson count (F. Garwood, Biometrika 28, 1936)."""
    from scipy.stats import chi2

    low = float(chi2.ppf(0.025, 2 * count) / 2) if count else 0.0
    return low, float(chi2.ppf(0.975, 2 * count + 2) / 2)
