"""From all findings of an analysis to its assessment."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from typing import Any

from telltale import detectors
from telltale.evidence import provenance, stability
from telltale.evidence.assess import answer_all, assessment
from telltale.evidence.fusion import Answer
from telltale.evidence.questions import CARRIERS
from telltale.evidence.weigh import Case, Weighed, cases, reduction, weigh
from telltale.finding import Finding
from telltale.runtime.context import Cancelled, Context, ModelUnavailable
from telltale.scene import Scene


@dataclass(frozen=True, slots=True)
class _Trial:
    """The answers on one changed copy."""

    change: str
    answers: list[Answer]


@dataclass(frozen=True, slots=True)
class _Copy:
    """A scene, reduced by a factor or the scene itself."""

    scene: Scene
    factor: float = 1.0


@dataclass(frozen=True, slots=True, eq=False)
class _Seen:
    """A detector, how long it took, what it was seen on, and what that weighs."""

    detector: str
    seconds: float
    copies: tuple[_Copy, ...]
    weighed: Weighed


def reach(
    scene: Scene, findings: Sequence[Finding], context: Context, spent_ms: float = math.inf
) -> dict[str, Any] | None:
    """The JSON-ready assessment of a scene, or None where nothing has been calibrated.

    A learned test of faces that was calibrated on smaller ones only is weighed on a reduced copy.
    With `context.repeat`, the learned tests that may carry an answer are run again on
    mildly changed copies; the spread widens the intervals, and an answer that flips becomes
    inconclusive. When the person cancels, or when going on would take more than `spent_ms`, the
    time that the analysis took until here, the answers stand without the copies that are missing:
    repeating at most doubles the time. Where `context.repeat` is a number, so many copies are
    examined, however long they take: a record is repeated as it was made.
    """
    most = len(stability.CHANGES)
    until = context.clock() + spent_ms / 1e3
    if not isinstance(context.repeat, bool):
        most, until = context.repeat, math.inf
    findings = [finding for finding in findings if not finding.unreviewed]
    seen = list(_seen(scene, findings, context))
    weighed = [one.weighed for one in seen]
    plain = answer_all(weighed)
    if not plain:
        return None
    repeats = context.repeat is not False
    repeated = _repeated(seen) if repeats else []
    trials = list(islice(_trials(seen, repeated, context, until), most))
    spreads: dict[str, float] = {}
    flips: dict[str, bool] = {}
    for answer in plain:
        copies = [a for trial in trials for a in trial.answers if a.question == answer.question]
        spreads[answer.question], flips[answer.question] = stability.spread(answer, copies)
    rows = [
        {"change": trial.change, "llr": {a.question: a.llr for a in trial.answers}}
        for trial in trials
    ]
    done = None
    if repeats:
        missing = len(stability.CHANGES) - len(trials) if repeated else 0
        done = {"trials": rows, "missing": missing}
    said = provenance.statements(findings)
    return assessment(scene, answer_all(weighed, spreads, flips), done, said)


def _seen(scene: Scene, findings: Sequence[Finding], context: Context) -> Iterator[_Seen]:
    """What is weighed of each finding, and on which copies of the scene it was seen."""
    used = context.models.used()
    for finding in findings:
        seconds = finding.elapsed_ms / 1e3
        plain = _Seen(finding.detector, seconds, (_Copy(scene),), weigh(finding, scene, used))
        needed = reduction(finding, scene)
        if needed is None:
            yield plain
            continue
        copy = _Copy(stability.reduced(scene, *needed), needed[0])
        try:
            again = _run(finding.detector, copy, context)
        except (Cancelled, ModelUnavailable):
            yield plain
            continue
        also = cases(again, copy.scene, copy.factor) if again else []
        copies = (copy,) if plain.weighed.llr is None else (_Copy(scene), copy)
        weighed = weigh(finding, scene, context.models.used(), also=also)
        yield _Seen(finding.detector, seconds, copies, weighed)


def _repeated(seen: Sequence[_Seen]) -> list[_Seen]:
    """What is repeated: learned tests that may carry an answer and weigh in one."""
    return [
        one
        for one in seen
        if one.weighed.llr is not None and one.detector in CARRIERS and _learned(one.detector)
    ]


def _trials(
    seen: Sequence[_Seen], repeated: Sequence[_Seen], context: Context, until: float
) -> Iterator[_Trial]:
    """The answers on one changed copy after the other, as long as the time lasts.

    A copy is not begun where the longest before it, or what the tests took on the picture itself,
    would not fit any more, and it is given up where it takes longer than that.
    """
    if not repeated:
        return
    kept = [one.weighed for one in seen if one not in repeated]
    limited = replace(
        context, is_cancelled=lambda: context.is_cancelled() or context.clock() > until
    )
    longest = sum(one.seconds for one in repeated)
    parts = len(stability.CHANGES) * len(repeated)
    for k, change in enumerate(stability.CHANGES):
        start = context.clock()
        if start + longest > until:
            return
        try:
            limited.step(k / len(stability.CHANGES), "Repeating on a changed copy")
            again = [
                _again(one, change, _part(limited, k * len(repeated) + i, parts))
                for i, one in enumerate(repeated)
            ]
        except (Cancelled, ModelUnavailable):
            return
        longest = max(longest, context.clock() - start)
        yield _Trial(change.name, answer_all([*kept, *again]))


def _again(one: _Seen, change: stability.Change, context: Context) -> Weighed:
    """The test on changed copies of what it was seen on."""
    first: tuple[Finding, Scene] | None = None
    also: list[Case] = []
    for copy in one.copies:
        scene = stability.changed(copy.scene, change)
        finding = _run(one.detector, _Copy(scene, copy.factor), context)
        if finding is None:
            continue
        if first is None:
            first = finding, scene
        else:
            also += cases(finding, scene, copy.factor)
    if first is None:
        return Weighed(one.detector, None)
    return weigh(*first, context.models.used(), also=also)


def _part(context: Context, index: int, parts: int) -> Context:
    """A context whose progress is the `index`-th of `parts` equal parts of this one's."""

    def progress(fraction: float, text: str) -> None:
        context.progress((index + fraction) / parts, text)

    return replace(context, progress=progress)


def _run(detector: str, copy: _Copy, context: Context) -> Finding | None:
    module = detectors.load(detectors.find(detector))
    return None if module.applicable(copy.scene) else module.run(copy.scene, context)


def _learned(detector: str) -> bool:
    return detectors.load(detectors.find(detector)).CARD.family == "learned"
