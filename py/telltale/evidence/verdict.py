"""From all findings of an analysis to its assessment."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from telltale import detectors
from telltale.evidence import stability
from telltale.evidence.assess import answer_all, assessment
from telltale.evidence.fusion import Answer
from telltale.evidence.weigh import Weighed, weigh
from telltale.finding import Finding
from telltale.runtime.context import Cancelled, Context, ModelUnavailable
from telltale.scene import Scene


@dataclass(frozen=True, slots=True)
class _Trial:
    """The answers on one changed copy."""

    change: str
    answers: list[Answer]


def reach(scene: Scene, findings: Sequence[Finding], context: Context) -> dict[str, Any] | None:
    """The JSON-ready assessment of a scene, or None where nothing has been calibrated.

    With `context.repeat`, the learned detectors that weigh are run again on mildly changed
    copies; the spread widens the intervals, and an answer that flips becomes inconclusive. When
    the person cancels, the answers stand without the copies that are missing.
    """
    findings = [finding for finding in findings if not finding.unreviewed]
    used = context.models.used()
    weighed = [weigh(finding, scene, used) for finding in findings]
    plain = answer_all(weighed)
    if not plain:
        return None
    trials = list(_trials(scene, findings, weighed, context)) if context.repeat else []
    spreads: dict[str, float] = {}
    flips: dict[str, bool] = {}
    for answer in plain:
        copies = [a for trial in trials for a in trial.answers if a.question == answer.question]
        spreads[answer.question], flips[answer.question] = stability.spread(answer, copies)
    rows = [
        {"change": trial.change, "llr": {a.question: a.llr for a in trial.answers}}
        for trial in trials
    ]
    done = {"trials": rows} if context.repeat else None
    return assessment(scene, answer_all(weighed, spreads, flips), done)


def _trials(
    scene: Scene, findings: Sequence[Finding], weighed: Sequence[Weighed], context: Context
) -> list[_Trial]:
    repeated = [
        finding.detector
        for finding, row in zip(findings, weighed, strict=True)
        if row.llr is not None and finding.family == "learned"
    ]
    done: list[_Trial] = []
    if not repeated:
        return done
    kept = [row for row in weighed if row.detector not in repeated]
    parts = len(stability.CHANGES) * len(repeated)
    for k, change in enumerate(stability.CHANGES):
        try:
            context.step(k / len(stability.CHANGES), "Repeating on a changed copy")
            copy = stability.changed(scene, change)
            again = [
                _run(detector, copy, _part(context, k * len(repeated) + i, parts))
                for i, detector in enumerate(repeated)
            ]
        except (Cancelled, ModelUnavailable):
            break
        done.append(_Trial(change.name, answer_all([*kept, *again])))
    return done


def _part(context: Context, index: int, parts: int) -> Context:
    """A context whose progress is the `index`-th of `parts` equal parts of this one's."""

    def progress(fraction: float, text: str) -> None:
        context.progress((index + fraction) / parts, text)

    return replace(context, progress=progress)


def _run(detector: str, scene: Scene, context: Context) -> Weighed:
    module = detectors.load(detectors.find(detector))
    why = module.applicable(scene)
    if why:
        return Weighed(detector, None, why_not=why.sentence)
    return weigh(module.run(scene, context), scene, context.models.used())
