"""The verdict on a video: one question, about its faces, answered from films of known origin.

Nothing that was calibrated on pictures is applied to a film. A test's score of many frames is
weighed by a calibration of its own (`models.video.calibrate`), and the answer is cut to what the
few persons filmed support; mostly that is too little, and then the first sentence says why.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any

import numpy as np

from telltale.evidence import overtime
from telltale.evidence.assess import answer_json, words
from telltale.evidence.bands import SCALE, side_of, strength_of
from telltale.evidence.calibration import Calibration, from_json
from telltale.evidence.fusion import Answer, Weights, fuse
from telltale.evidence.questions import QUESTIONS
from telltale.evidence.sentences import say
from telltale.evidence.weigh import Case, Weighed, drift, of_cases
from telltale.finding import Finding

if TYPE_CHECKING:
    from telltale.video import VideoAnalysis

FORMAT = "telltale-video-calibration/1"
QUESTION = next(q for q in QUESTIONS if q.id == "face")
#: What a person can do, most useful first; see `telltale.evidence.sentences`.
_STEPS = ("original", "file", "person")
#: Codecs of animations: their few colours and stills are not those of a film.
_NO_FILM = ("gif", "webp")
#: Reasons that a video's sentences have words for.
BECAUSE = frozenset(
    {
        "nothing_weighed", "detectors_disagree", "faces_disagree", "interval_includes_zero",
        "too_little", "unknown_kinds", "no_face", "too_short", "image_too_small", "face_too_small",
        "compressed_too_much", "outside_validated_range", "face_turned_away", "model_missing",
        "model_self_test_failed", "live", "animation", "cancelled",
    }
)  # fmt: skip
#: Where the record's closed list of reasons has another name for one of `BECAUSE`.
_CODES = {"live": "outside_validated_range", "animation": "outside_validated_range"}


@dataclass(frozen=True, slots=True)
class Stored:
    """What `models.video.calibrate` has fitted.

    `bounds` are those of the answer, of whole films that the fit had not seen; `persons` is the
    number of people filmed, the independent sources.
    """

    calibrations: dict[str, Calibration]
    weights: Weights
    bounds: tuple[float, float]
    persons: int


@cache
def stored() -> Stored:
    """The shipped calibration."""
    path = files("telltale.evidence").joinpath("stored", "video", "calibration.json")
    return read(path.read_text("utf-8"))


def read(text: str) -> Stored:
    """Read what `models.video.calibrate` wrote; raises ValueError for another format."""
    raw: dict[str, Any] = json.loads(text)
    if raw.get("format") != FORMAT:
        raise ValueError(f"not a {FORMAT} file")
    low, high = raw["bounds"]
    return Stored(
        {name: from_json(json.dumps(one)) for name, one in raw["calibrations"].items()},
        Weights(raw["weights"], SCALE[0].at_least),
        (float(low), float(high)),
        int(raw["persons"]),
    )


def assessment(analysis: VideoAnalysis, models_used: list[dict[str, Any]]) -> dict[str, Any]:
    """The JSON-ready assessment of a video, in the form of a picture's."""
    why = _not_asked(analysis)
    if why is not None:
        return _none(why, moments=bool(analysis.tracks))
    answer = answer_of(overtime.scores(analysis), analysis.findings, models_used, stored())
    why = because(answer)
    key, values = _verdict(answer, why)
    row = {**answer_json(answer), "abstention": None, "why_abstained": None}
    if answer.side != "manipulated":
        said = words(f"video.because.{why}")
        reason = {language: f"{text[0].upper()}{text[1:]}." for language, text in said.items()}
        row |= {"abstention": _CODES.get(why, why), "why_abstained": reason}
    return {
        "status": "given",
        "sentence": say(key, **values["en"]),
        "verdict": {language: say(key, language, **said) for language, said in values.items()},
        "scale": [{"strength": band.strength, "at_least": band.at_least} for band in SCALE],
        "questions": [row],
        "warnings": [words("video.bounds", persons=stored().persons), words("warning.question")],
        "next": _next(moments=True),
    }


def answer_of(
    said: dict[str, list[Case]],
    findings: list[Finding],
    models_used: list[dict[str, Any]],
    known: Stored,
) -> Answer:
    """The answer to the question about faces, cut to the bounds of whole films."""
    by_test = {finding.detector: finding for finding in findings}
    voices = [
        _weighed(test, said[test], by_test.get(test), models_used, calibration)
        for test, calibration in known.calibrations.items()
    ]
    return within(fuse(QUESTION, voices, known.weights), known.bounds)


def within(answer: Answer, bounds: tuple[float, float]) -> Answer:
    """The answer cut to what the films support, with the strength that is left.

    It never speaks against a manipulation.
    """
    if answer.llr is None or answer.interval is None:
        return answer
    llr = float(np.clip(answer.llr, *bounds))
    low, high = (float(np.clip(end, *bounds)) for end in answer.interval)
    cut = replace(answer, llr=llr, interval=(low, high))
    if answer.abstention:
        return cut
    if side_of(llr) == "authentic":  # fakes of kinds that were not tried have low scores too
        return replace(cut, strength="inconclusive", side="neither")
    return replace(cut, strength=strength_of(llr), side=side_of(llr))


def because(answer: Answer) -> str:
    """Which of `BECAUSE` keeps an answer from accusing anybody."""
    if answer.llr is None:
        codes = [voice.code for voice in answer.silent if voice.code in BECAUSE]
        return str(codes[0]) if codes else "nothing_weighed"
    low = side_of(answer.llr) == "authentic"
    return answer.abstention or ("unknown_kinds" if low else "too_little")


def _weighed(
    test: str,
    rows: list[Case],
    finding: Finding | None,
    models_used: list[dict[str, Any]],
    calibration: Calibration,
) -> Weighed:
    if finding is None or finding.status != "ok":
        code = finding.reason if finding else None
        return Weighed(test, None, why_not=finding.sentence if finding else "", code=code)
    if why := drift(finding, calibration, models_used):
        return Weighed(test, None, why_not=why)
    if not rows:
        least = overtime.LEAST_READINGS
        return Weighed(test, None, why_not=say("silent.few_frames", least=least), code="too_short")
    weighed = of_cases(test, rows, calibration)
    if weighed.code == "compressed_too_much":
        kept, least = (round(v) for v in (rows[0].conditions.quality, calibration.quality_range[0]))
        return replace(weighed, why_not=say("silent.other_detail", least=least, kept=kept))
    return weighed


def _not_asked(analysis: VideoAnalysis) -> str | None:
    """Why the question is not even asked, or None."""
    if analysis.cancelled:
        return "cancelled"
    if analysis.plan.kind == "live":
        return "live"
    if not analysis.tracks:
        return "no_face"
    if analysis.clip.meta.codec.lower() in _NO_FILM:
        return "animation"
    return None


def _verdict(answer: Answer, why: str) -> tuple[str, dict[str, dict[str, str]]]:
    """The key of the first sentence, and what fills it in each language."""
    if answer.side == "manipulated":
        return f"video.manipulated.{answer.strength}", {"en": {}, "es": {}}
    said = words(f"video.because.{why}")
    return "video.cannot", {language: {"why": text} for language, text in said.items()}


def _none(why: str, moments: bool) -> dict[str, Any]:
    said = words(f"video.because.{why}")
    cannot = {lang: say("video.cannot", lang, why=text) for lang, text in said.items()}
    return {
        "status": "none",
        "sentence": cannot["en"],
        "words": cannot,
        "abstention": _CODES.get(why, why),
        "questions": [],
        "next": _next(moments),
    }


def _next(moments: bool) -> list[dict[str, str]]:
    return [words(f"next.{step}") for step in (("moments",) if moments else ()) + _STEPS]
