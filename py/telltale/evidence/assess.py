"""The assessment: answers to the three questions, warnings, and what to do next."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, cast

from telltale.evidence.bands import SCALE
from telltale.evidence.fusion import Abstention, Answer, Weights, fuse, stored_weights
from telltale.evidence.provenance import DECLARES, Statement
from telltale.evidence.questions import QUESTIONS
from telltale.evidence.sentences import say
from telltale.evidence.weigh import Weighed
from telltale.media.circumstances import Circumstance, circumstances
from telltale.scene import Scene
from telltale.wording import LANGUAGES

Words = dict[str, str]


def answer_all(
    weighed: Sequence[Weighed],
    spread: dict[str, float] | None = None,
    flips: dict[str, bool] | None = None,
    weights: dict[str, Weights] | None = None,
) -> list[Answer]:
    """The answer to every question that has fitted weights."""
    weights = stored_weights() if weights is None else weights
    return [
        fuse(
            question,
            [w for w in weighed if w.detector in question.all_detectors],
            weights[question.id],
            (spread or {}).get(question.id, 0.0),
            (flips or {}).get(question.id, False),
        )
        for question in QUESTIONS
        if question.id in weights
    ]


def assessment(
    scene: Scene,
    answers: Sequence[Answer],
    stability: dict[str, Any] | None = None,
    provenance: Sequence[Statement] = (),
) -> dict[str, Any]:
    """The JSON-ready assessment of a record; words in every language of the product.

    `stability` holds the answers on changed copies, and how many are missing; it is None where the
    person switched that off.
    `provenance` is what the file says of itself: lines of their own.
    """
    if not answers:
        return {"status": "none", "sentence": say("verdict.inconclusive"), "questions": []}
    answers = [restrained(answer, scene) for answer in answers]
    key = verdict_key(answers, scene, provenance)
    warned = warnings(scene)
    return {
        "status": "given",
        "sentence": say(key),
        "verdict": words(key),
        "provenance": [
            {
                "code": one.code,
                "detector": one.detector,
                "words": words(f"provenance.{one.code}", **one.facts),
            }
            for one in provenance
        ],
        "scale": [{"strength": band.strength, "at_least": band.at_least} for band in SCALE],
        "questions": [answer_json(answer) for answer in answers],
        "warnings": [words(f"warning.{one.code}", **one.facts) for one in warned],
        "circumstances": [{"code": one.code, "facts": one.facts} for one in warned],
        "next": [words(f"next.{step}") for step in next_steps(scene)],
        "stability": stability and {**stability, "words": _missing(stability)},
    }


def restrained(answer: Answer, scene: Scene) -> Answer:
    """The answer, or that there is none: the tests are made for photographs, and for faces."""
    question = next(q for q in QUESTIONS if q.id == answer.question)
    why = scene.kind.face_reason if question.about_faces else scene.kind.reason
    if why is None and question.about_faces and answer.llr is None and _no_face(scene):
        why = "no_face"
    if why is None:
        return answer
    abstention = cast(Abstention, why)
    return replace(answer, strength="inconclusive", side="neither", abstention=abstention)


def verdict_key(
    answers: Sequence[Answer], scene: Scene | None = None, provenance: Sequence[Statement] = ()
) -> str:
    """The one sentence on top: the strongest sign of manipulation, else what was not found.

    What the file says against itself comes before all but "substantial" signs.
    """
    declared = any(one.code in DECLARES for one in provenance)
    for strength in ("substantial", "some", "little"):
        if declared and strength == "some":
            return "verdict.declared"
        if any(a.side == "manipulated" and a.strength == strength for a in answers):
            return f"verdict.manipulated.{strength}"
    if scene is not None and scene.kind.reason is not None:
        return f"verdict.{scene.kind.reason}"
    if any(a.side == "authentic" and a.strength in ("some", "substantial") for a in answers):
        return "verdict.authentic"
    return "verdict.inconclusive"


def warnings(scene: Scene) -> list[Circumstance]:
    """The classic mistakes that this picture invites, with their numbers."""
    return [*circumstances(scene.media, scene.kind), Circumstance("question", {})]


def next_steps(scene: Scene) -> list[str]:
    """What a person can do now, most useful first."""
    steps = ["original", "earlier", "person"]
    original = scene.media.has_original_bytes and scene.kind.nature != "screenshot"
    return steps if original else ["file", *steps]


def words(key: str, **values: object) -> Words:
    """A sentence in every language."""
    return {language: say(key, language, **values) for language in LANGUAGES}


def answer_json(answer: Answer) -> dict[str, Any]:
    """An answer as it stands in the record."""
    abstention = answer.abstention
    return {
        "id": answer.question,
        "title": words(f"question.{answer.question}"),
        "manipulated": words(f"{answer.question}.manipulated"),
        "authentic": words(f"{answer.question}.authentic"),
        "answer": words(f"answer.{answer.side}.{answer.strength}"),
        "strength": answer.strength,
        "side": answer.side,
        "llr": answer.llr,
        "interval": list(answer.interval) if answer.interval else None,
        "abstention": abstention,
        "why_abstained": words(f"abstain.{abstention}") if abstention else None,
        "contributions": [
            {
                "detector": c.detector,
                "llr": c.llr,
                "weight": c.weight,
                "value": c.value,
                "weak": c.weak,
                "reduced": round(c.reduced, 4),
            }
            for c in answer.contributions
        ],
        "silent": [{"detector": w.detector, "why": w.why_not} for w in answer.silent],
    }


def _missing(stability: dict[str, Any]) -> Words | None:
    """That some of the changed copies were not examined."""
    done, missing = len(stability["trials"]), stability["missing"]
    return words("stability.missing", done=done, all=done + missing) if missing else None


def _no_face(scene: Scene) -> bool:
    return not scene.faces and scene.faces_unavailable is None
