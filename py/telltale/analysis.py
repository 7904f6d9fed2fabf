"""One analysis, step by step: the same order of work in both runtimes.

The caller drives: it opens the media, asks for the steps, runs each, and keeps every finding it
has been given, so that stopping loses nothing.
"""

from __future__ import annotations

import time
import traceback
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

import numpy as np

from telltale import detectors
from telltale.detectors.unreviewed import Unreviewed, apart, marked
from telltale.evidence import fusion, teaching, weigh
from telltale.film import Film
from telltale.finding import Fact, Finding, Inapplicable, cancelled, failed, inapplicable
from telltale.media.decode import open_media, open_pixels
from telltale.media.model import Media, Rung
from telltale.runtime.context import Cancelled, Context, ModelUnavailable
from telltale.scene import Scene

#: Names of the steps that are not detectors.
FACES, ANSWER, BANK, ASSESS = "faces", "answer", "bank", "assess"
#: Why a detector of films does not run on a picture, and how one of pictures ran on a film.
FILMS_ONLY = "This test looks at a video through time, and this is a picture."
WORST_FRAME = (
    "This test looks at single pictures: it was run on a sample of the video's frames, and this is "
    "what it says of the most suspicious one."
)


@dataclass
class Analysis:
    """The state of one analysis: media, scene, findings, its start (ISO 8601, UTC), its times."""

    scene: Scene
    findings: list[Finding] = field(default_factory=list)
    stages_ms: dict[str, float] = field(default_factory=dict)
    warnings: list[str] = field(default_factory=list)
    assessment: dict[str, Any] | None = None
    started: str = field(default_factory=lambda: datetime.now(UTC).isoformat(timespec="seconds"))
    bank: dict[str, Any] | None = None
    traces: dict[str, Any] | None = None
    #: The detectors of a person's own files that were run, by id.
    unreviewed: dict[str, Unreviewed] = field(default_factory=dict)

    @property
    def media(self) -> Media:
        return self.scene.media

    @property
    def deep(self) -> bool:
        """Whether any deep test was asked for."""
        return any(
            detectors.find(finding.detector).deep
            for finding in self.findings
            if not finding.unreviewed
        )


def begin(data: bytes, name: str, rung: Rung = "file") -> Analysis:
    """Hash and decode; raises `telltale.media.model.MediaError` with a sentence for a person."""
    start = time.perf_counter()
    return _begun(open_media(data, name, rung), start)


def begin_pixels(
    data: bytes, width: int, height: int, name: str, rung: Rung, decoder: dict[str, str]
) -> Analysis:
    """The same for RGBA or RGB pixels that `decoder` decoded; see `media.decode.open_pixels`."""
    start = time.perf_counter()
    return _begun(open_pixels(data, width, height, name, rung, decoder), start)


def _begun(media: Media, start: float) -> Analysis:
    analysis = Analysis(Scene(media))
    analysis.stages_ms["decode"] = _since(start)
    return analysis


def find_faces(analysis: Analysis, context: Context) -> None:
    """Find the faces of the scene, once; the reason stands in `warnings` where that fails."""
    from telltale.faces import pipeline

    start = time.perf_counter()
    try:
        analysis.scene.faces = pipeline.find(analysis.media.pixels, context)
    except ModelUnavailable as error:
        analysis.warnings.append(f"Faces could not be looked for: {error}")
        analysis.scene.faces_unavailable = error.code
    analysis.stages_ms["faces"] = _since(start)


def run_detector(analysis: Analysis, detector_id: str, context: Context) -> Finding:
    """Run one detector of the registry; never raises for what a picture contains."""
    start = time.perf_counter()
    module = detectors.load(detectors.find(detector_id))
    why = teaching.removed(module.CARD, analysis.scene)
    finding = inapplicable(module.CARD, why) if why else run_module(module, analysis.scene, context)
    finding = teaching.lowered(finding, analysis.scene)
    finding = weigh.with_llr(finding, weigh.weigh(finding, analysis.scene, context.models.used()))
    finding = finding.timed(_since(start))
    analysis.findings.append(finding)
    return finding


def run_unreviewed(analysis: Analysis, added: Unreviewed, context: Context) -> Finding:
    """Run a detector of a person's own file on a copy of the scene; never raises.

    Called after `ASSESS`: what comes later cannot weigh in the answers.
    """
    finding = run_added(added, analysis.scene, context)
    analysis.unreviewed[added.id] = added
    analysis.findings.append(finding)
    return finding


def run_added(
    added: Unreviewed,
    scene: Scene,
    context: Context,
    lane: Callable[[list[tuple[float, Finding]]], None] | None = None,
) -> Finding:
    """The marked finding of a detector of a person's own file on a copy of a scene.

    Of a `telltale.film.Film` a detector of pictures sees every kept frame; the most suspicious one
    speaks, and the finding says when it is shown. `lane` is told what was said of each, with its
    time in seconds.
    """
    start = time.perf_counter()
    if added.of_films and not isinstance(scene, Film):
        made = inapplicable(added.module.CARD, Inapplicable("too_short", FILMS_ONLY))
    elif isinstance(scene, Film) and not added.of_films:
        said = _over_frames(added, scene, context)
        if lane:
            lane(said)
        made = _most_suspicious(added, said)
    else:
        made = run_module(added.module, apart(scene), context)
    return marked(added, made).timed(_since(start))


def _over_frames(added: Unreviewed, film: Film, context: Context) -> list[tuple[float, Finding]]:
    """What a detector of pictures says of each kept frame of a film, in order of time.

    Only the most suspicious finding keeps its maps: those of all frames would need as much memory
    as the film many times over.
    """
    said: list[tuple[float, Finding]] = []
    worst = 0
    for k, moment in enumerate(film.frames):
        inner = replace(context, progress=_share(context, k, len(film.frames)))
        said.append((moment.time_s, marked(added, run_module(added.module, apart(moment), inner))))
        if said[k][1].status == "cancelled":
            return said
        if k:
            rises = _weight(said[k][1]) > _weight(said[worst][1])
            less, worst = (worst, k) if rises else (k, worst)
            said[less] = said[less][0], replace(said[less][1], maps=())
    return said


def _most_suspicious(added: Unreviewed, said: list[tuple[float, Finding]]) -> Finding:
    """One finding for those of a film's frames, each with its time in seconds.

    That of the frame with the most suspicious score; without any score the first one that is more
    than "not applicable", else the first.
    """
    if any(finding.status == "cancelled" for _, finding in said):
        return cancelled(added.module.CARD)
    time_s, worst = max(said, key=lambda row: _weight(row[1]))
    if worst.score is None:
        return worst
    values = [finding.score.value for _, finding in said if finding.score]
    facts = (
        Fact("frame_at", round(time_s, 3), "s"),
        Fact("frames_scored", len(values)),
        Fact("median_of_frames", float(np.median(values)), worst.score.unit),
    )
    return replace(worst, facts=(*worst.facts, *facts), caveats=(WORST_FRAME, *worst.caveats))


def _weight(finding: Finding) -> tuple[float, bool]:
    """What of several findings the most suspicious one has most of."""
    return _suspicion(finding), finding.status != "not_applicable"


def _suspicion(finding: Finding) -> float:
    score = finding.score
    if score is None:
        return -np.inf
    return -score.value if score.direction == "lower_is_suspicious" else score.value


def _share(context: Context, done: int, total: int) -> Callable[[float, str], None]:
    return lambda fraction, text: context.progress((done + fraction) / total, text)


def run_module(module: detectors.Detector, scene: Scene, context: Context) -> Finding:
    """Ask whether the detector applies, run it, and turn every way out into a Finding."""
    card = module.CARD
    try:
        context.step(0.0, card.title)
        why = module.applicable(scene)
        return inapplicable(card, why) if why else module.run(scene, context)
    except Cancelled:
        return cancelled(card)
    except ModelUnavailable as error:
        return inapplicable(card, Inapplicable(error.code, error.args[0]))
    except MemoryError:
        return failed(card, "The picture is too large for this test in the memory at hand.")
    except Exception as error:  # a broken detector must not take the others with it
        traceback.print_exc()
        return failed(card, f"The test failed: {type(error).__name__}: {error}")


def assess(analysis: Analysis, context: Context) -> None:
    """Weigh all findings, repeat what carries the answers on changed copies, and answer.

    The repetitions take no longer than everything before them.
    """
    from telltale.evidence import verdict

    start = time.perf_counter()
    spent_ms = sum(analysis.stages_ms.values()) + sum(f.elapsed_ms for f in analysis.findings)
    analysis.assessment = verdict.reach(analysis.scene, analysis.findings, context, spent_ms)
    analysis.stages_ms["assess"] = _since(start)


def ask_bank(analysis: Analysis, context: Context) -> None:
    """Note the traces by which a bank knows the picture, and ask the bank where there is one."""
    from telltale.bank import section

    start = time.perf_counter()
    used = context.models.used()
    analysis.traces = section.traces_json(analysis, used)
    analysis.bank = context.bank.ask(analysis, used) if context.bank else section.not_asked()
    analysis.stages_ms["bank"] = _since(start)


def answer(analysis: Analysis, context: Context) -> None:
    """Answer from what weighs, without repetitions; it stays should the person stop the rest."""
    from telltale.evidence import verdict

    start = time.perf_counter()
    analysis.assessment = verdict.reach(
        analysis.scene, analysis.findings, replace(context, repeat=False)
    )
    analysis.stages_ms["answer"] = _since(start)


def steps(deep: bool = False) -> tuple[str, ...]:
    """The steps after `begin` in order: detectors by id, `FACES` before the first that needs it.

    A person waits for the answer, so first comes what the file says of itself, which costs
    nothing, then the tests that weigh, `ANSWER`, and the others. The slow tests stand after all
    quick ones: so a thorough examination gives the same record whether it was asked for at the
    start or goes on from a quick one. Then `BANK`, which needs what the detectors found, and
    `ASSESS`, which takes no heed of it.
    """
    entries = detectors.entries(deep)
    quick = [entry for entry in entries if not entry.deep]
    early = [entry for entry in quick if entry.module.startswith("provenance.")]
    weighing = [entry for entry in quick if fusion.weighs(entry.id)]
    late = [entry for entry in entries if entry not in early and entry not in weighing]
    ids: list[str] = []
    for entry in (*early, *weighing, None, *late):
        if entry is None:
            ids.append(ANSWER)
            continue
        if entry.faces and FACES not in ids:
            ids.append(FACES)
        ids.append(entry.id)
    return (*ids, BANK, ASSESS) if FACES in ids else (*ids, FACES, BANK, ASSESS)


def run_step(analysis: Analysis, step: str, context: Context) -> Finding | None:
    """Run one of `steps()`; the finding where the step is a detector."""
    if step == FACES:
        find_faces(analysis, context)
        return None
    if step == ANSWER:
        answer(analysis, context)
        return None
    if step == BANK:
        ask_bank(analysis, context)
        return None
    if step == ASSESS:
        assess(analysis, context)
        return None
    return run_detector(analysis, step, context)


def run_all(analysis: Analysis, context: Context, deep: bool = False) -> Iterator[Finding]:
    """Every step in order, yielding each finding as it is made."""
    for step in steps(deep):
        finding = run_step(analysis, step, context)
        if finding is not None:
            yield finding


def _since(start: float) -> float:
    return round((time.perf_counter() - start) * 1e3, 2)
