"""The assessment: answers to the three questions, warnings, and what to do next."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from telltale.evidence.bands import SCALE
from telltale.evidence.fusion import Answer, Weights, fuse, stored_weights
from telltale.evidence.questions import QUESTIONS, Question
from telltale.evidence.sentences import LANGUAGES, say
from telltale.evidence.weigh import Weighed
from telltale.media.model import Media
from telltale.scene import Scene

#: Below these the warnings about small and strongly compressed pictures appear.
SMALL_SIDE_PX = 400
LOW_QUALITY = 75.0

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
    scene: Scene, answers: Sequence[Answer], stability: dict[str, Any] | None = None
) -> dict[str, Any]:
    """The JSON-ready assessment of a record; words in every language of the product."""
    if not answers:
        return {"status": "none", "sentence": say("verdict.inconclusive"), "questions": []}
    key = verdict_key(answers)
    return {
        "status": "given",
        "sentence": say(key),
        "verdict": words(key),
        "scale": [{"strength": band.strength, "at_least": band.at_least} for band in SCALE],
        "questions": [_answer_json(answer, scene) for answer in answers],
        "warnings": [words(key, **values) for key, values in warnings(scene.media)],
        "next": [words(f"next.{step}") for step in next_steps(scene.media)],
        "stability": stability,
    }


def verdict_key(answers: Sequence[Answer]) -> str:
    """The one sentence on top: the strongest sign of manipulation, else what was not found."""
    for strength in ("substantial", "some", "little"):
        if any(a.side == "manipulated" and a.strength == strength for a in answers):
            return f"verdict.manipulated.{strength}"
    if any(a.side == "authentic" and a.strength in ("some", "substantial") for a in answers):
        return "verdict.authentic"
    return "verdict.inconclusive"


def warnings(media: Media) -> list[tuple[str, dict[str, object]]]:
    """The classic mistakes that this picture invites, as sentence keys with values."""
    found: list[tuple[str, dict[str, object]]] = []
    if media.rung in ("tab-capture", "screen-crop"):
        found.append(("warning.screenshot", {}))
    elif not media.has_original_bytes:
        found.append(("warning.no_original_bytes", {}))
    if min(media.width, media.height) < SMALL_SIDE_PX:
        found.append(("warning.small", {"width": media.width, "height": media.height}))
    if media.jpeg and media.jpeg.quality is not None:
        if media.jpeg.quality < LOW_QUALITY:
            found.append(("warning.compressed", {"quality": round(media.jpeg.quality)}))
        if media.jpeg.quality_exact:
            found.append(("warning.resaved", {}))
    found.append(("warning.question", {}))
    return found


def next_steps(media: Media) -> list[str]:
    """What a person can do now, most useful first."""
    steps = ["original", "earlier", "person"]
    return steps if media.has_original_bytes else ["file", *steps]


def words(key: str, **values: object) -> Words:
    """A sentence in every language."""
    return {language: say(key, language, **values) for language in LANGUAGES}


def _answer_json(answer: Answer, scene: Scene) -> dict[str, Any]:
    question = next(q for q in QUESTIONS if q.id == answer.question)
    abstention: str | None = answer.abstention
    if _no_face(question, scene):
        abstention = "no_face"
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
            }
            for c in answer.contributions
        ],
        "silent": [{"detector": w.detector, "why": w.why_not} for w in answer.silent],
    }


def _no_face(question: Question, scene: Scene) -> bool:
    return question.about_faces and not scene.faces and scene.faces_unavailable is None
