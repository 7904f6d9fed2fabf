"""Adding up likelihood ratios without letting one voice decide, or counting one voice twice."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache
from importlib.resources import files
from typing import Any, Literal, cast, get_args

import numpy as np

from telltale.evidence.bands import SCALE, SINGLE_DETECTOR_CAP, Side, Strength
from telltale.evidence.calibration import Z95
from telltale.evidence.questions import Question
from telltale.evidence.sentences import say
from telltale.evidence.weigh import Weighed

#: The most that all weak cues of a question together may contribute: below "some".
WEAK_CAP = 0.9
#: Two detectors this far on opposite sides disagree, and nothing is concluded.
DISAGREEMENT = 0.7
#: From this contribution on a test that may carry an answer agrees with it. "Substantial" needs
#: two of them: weak cues cannot make it of one.
AGREES = SCALE[-2].at_least

#: From this log10 LR on, two tests that point at different faces contradict each other.
POINTS_AT = SCALE[-2].at_least

#: Why a question has no answer. The second line holds reason codes of `telltale.finding.REASONS`
#: that stand for "nothing could be weighed" where they are why.
Abstention = Literal[
    "nothing_weighed", "detectors_disagree", "faces_disagree", "interval_includes_zero",
    "unstable", "no_face", "not_photographic", "screenshot", "image_too_small", "face_too_small",
    "compressed_too_much", "outside_validated_range", "model_missing", "model_self_test_failed",
]  # fmt: skip
_SAID = frozenset(get_args(Abstention))


@dataclass(frozen=True, slots=True)
class Contribution:
    """What one detector added to an answer: `value` = clip(weight x llr).

    `reduced` is the factor by which the copy was reduced on which it was measured.
    """

    detector: str
    llr: float
    weight: float
    value: float
    weak: bool
    reduced: float = 1.0


@dataclass(frozen=True, slots=True)
class Answer:
    """The answer to one question; `llr` is None where nothing could be weighed."""

    question: str
    llr: float | None
    interval: tuple[float, float] | None
    strength: Strength
    side: Side
    abstention: Abstention | None
    contributions: tuple[Contribution, ...]
    silent: tuple[Weighed, ...]


@dataclass(frozen=True, slots=True)
class Weights:
    """Fitted weights of a question's detectors, and where its "substantial" begins."""

    by_detector: dict[str, float]
    substantial_at: float


@cache
def stored_weights() -> dict[str, Weights]:
    """The shipped fusion weights by question."""
    path = files("telltale.evidence").joinpath("stored", "fusion.json")
    raw: dict[str, Any] = json.loads(path.read_text("utf-8")) if path.is_file() else {}
    return {
        key: Weights(
            {name: float(w) for name, w in row["weights"].items()}, float(row["substantial_at"])
        )
        for key, row in raw.get("questions", {}).items()
    }


def weighs(detector: str) -> bool:
    """Whether a detector has a weight in any answer."""
    return any(row.by_detector.get(detector, 0.0) > 0 for row in stored_weights().values())


def fuse(
    question: Question,
    weighed: Sequence[Weighed],
    weights: Weights,
    spread: float = 0.0,
    flips: bool = False,
) -> Answer:
    """Answer a question from the likelihood ratios of its detectors.

    Parameters
    ----------
    weighed
        One row per detector of the question that ran; a missing detector adds nothing.
    weights
        Non-negative weights, fitted jointly so that correlated detectors share their say.
    spread
        Half range of the answer's log10 LR under mild changes of the picture; widens the interval.
    flips
        Whether a mild change moved the answer to the other side.
    """
    heard = {name for name, weight in weights.by_detector.items() if weight > 0}
    voices = [w for w in weighed if w.llr is not None and w.detector in heard]
    silent = tuple(
        w if w.llr is None else replace(w, llr=None, why_not=say("silent.no_weight"))
        for w in weighed
        if w not in voices
    )
    if not any(w.detector in question.detectors for w in voices):
        return _nothing(question, silent)
    contributions = tuple(_contribution(question, voice, weights) for voice in voices)
    strong = [c.value for c in contributions if not c.weak]
    weak = float(np.clip(sum(c.value for c in contributions if c.weak), -WEAK_CAP, WEAK_CAP))
    llr = float(sum(strong) + weak)
    error = np.sqrt(
        sum((c.weight * v.standard_error) ** 2 for c, v in zip(contributions, voices, strict=True))
    )
    half = Z95 * float(error) + spread
    interval = (llr - half, llr + half)
    abstention: Abstention | None = None
    if flips:
        abstention = "unstable"
    elif max(strong) >= DISAGREEMENT and min(strong) <= -DISAGREEMENT:
        abstention = "detectors_disagree"
    elif _faces_disagree(question, voices):
        abstention = "faces_disagree"
    elif interval[0] < 0 < interval[1]:
        abstention = "interval_includes_zero"
    strength = "inconclusive" if abstention else _strength(llr, weights.substantial_at)
    if strength == "substantial" and sum(v * llr >= AGREES * abs(llr) for v in strong) < 2:
        strength = "some"
    side: Side = (
        "neither" if strength == "inconclusive" else "manipulated" if llr > 0 else "authentic"
    )
    return Answer(question.id, llr, interval, strength, side, abstention, contributions, silent)


def _contribution(question: Question, voice: Weighed, weights: Weights) -> Contribution:
    assert voice.llr is not None
    weight = weights.by_detector[voice.detector]
    value = float(np.clip(weight * voice.llr, -SINGLE_DETECTOR_CAP, SINGLE_DETECTOR_CAP))
    weak = voice.detector in question.weak
    return Contribution(voice.detector, voice.llr, weight, value, weak, voice.reduced)


def _strength(llr: float, substantial_at: float) -> Strength:
    for band in SCALE:
        least = (
            max(band.at_least, substantial_at) if band.strength == "substantial" else band.at_least
        )
        if abs(llr) >= least:
            return band.strength
    return "inconclusive"


def _faces_disagree(question: Question, voices: Sequence[Weighed]) -> bool:
    """Whether tests that may carry the answer each accuse another face."""
    accused = {
        w.face
        for w in voices
        if w.detector in question.detectors
        and w.face is not None
        and w.llr is not None
        and w.llr >= POINTS_AT
    }
    return len(accused) > 1


def _nothing(question: Question, silent: tuple[Weighed, ...]) -> Answer:
    """No answer, with the reason of the first test that might have carried one."""
    codes = [w.code for w in silent if w.detector in question.detectors and w.code in _SAID]
    why = cast(Abstention, codes[0]) if codes else "nothing_weighed"
    return Answer(question.id, None, None, "inconclusive", "neither", why, (), silent)
