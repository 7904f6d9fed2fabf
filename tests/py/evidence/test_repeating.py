"""What the repetitions may cost: no more than the analysis before them, by any clock."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from typing import Any

import numpy as np
import pytest
from skimage import data

from media_factory import jpeg
from telltale import analysis
from telltale.evidence import stability, verdict
from telltale.evidence.sentences import say
from telltale.report.language import Language
from telltale.report.replay import _copies
from telltale.report.verdict import as_html, as_text
from telltale.runtime.context import Context
from telltale.runtime.inference import OnnxModels

CHANGES = len(stability.CHANGES)


@dataclass
class Timed:
    """Real models on a clock of their own, which only their calls move: `cost` seconds each."""

    cost: float = 1.0
    now: float = 0.0
    calls: int = 0
    #: From this call on they are `slower` times as slow.
    slow_from: int = 1_000_000
    slower: float = 1.0
    models: OnnxModels = field(default_factory=OnnxModels)

    def available(self, model: str) -> bool:
        return self.models.available(model)

    def run(self, model: str, inputs: Mapping[str, Any]) -> dict[str, Any]:
        self.now += self.cost * (self.slower if self.calls >= self.slow_from else 1.0)
        self.calls += 1
        return self.models.run(model, inputs)

    def used(self) -> list[dict[str, Any]]:
        return self.models.used()

    @property
    def context(self) -> Context:
        return Context(self, clock=lambda: self.now)


@cache
def examined() -> tuple[analysis.Analysis, int, OnnxModels]:
    """A small picture with the finding of a carrier, and the model calls that it took."""
    state = analysis.begin(jpeg(np.ascontiguousarray(data.chelsea()[:256, :256])), "a.jpg")
    timed = Timed()
    analysis.run_detector(state, "generated_image", timed.context)
    return state, timed.calls, timed.models


def repeated(spent: float, timed: Timed) -> dict[str, Any]:
    """The assessment where the analysis took `spent` seconds, of which the carrier one a call."""
    state, calls, timed.models = examined()
    findings = [finding.timed(calls * 1e3) for finding in state.findings]
    said = verdict.reach(state.scene, findings, timed.context, spent * 1e3)
    assert said is not None
    return said


@pytest.mark.parametrize("copies", range(6))
def test_as_many_copies_as_fit_into_the_time_before(copies: int) -> None:
    _, calls, _ = examined()
    timed = Timed()
    spent = (copies + 0.5) * calls
    said = repeated(spent, timed)["stability"]
    assert len(said["trials"]) == min(copies, CHANGES)
    assert said["missing"] == CHANGES - len(said["trials"])
    assert timed.now <= spent


@pytest.mark.parametrize("slow_from", [0, 1, 2])
def test_copies_that_take_longer_than_foreseen_are_given_up(slow_from: int) -> None:
    _, calls, _ = examined()
    timed = Timed(slow_from=slow_from * calls, slower=100.0)
    spent = 10.0 * calls
    said = repeated(spent, timed)["stability"]
    assert len(said["trials"]) <= slow_from + 1
    assert timed.now <= spent + timed.slower  # it ends with the call that it is in
    assert said["missing"] == CHANGES - len(said["trials"]) > 0


def test_the_whole_analysis_is_what_they_are_measured_by() -> None:
    state, calls, models = examined()
    again = analysis.Analysis(state.scene, [f.timed(calls * 1e3) for f in state.findings])
    for seconds, copies in ((0.0, 1), (1.2, 2), (9.0, CHANGES)):
        again.stages_ms = {"decode": seconds * calls * 1e3}
        analysis.assess(again, Timed(models=models).context)
        assert again.assessment is not None
        assert len(again.assessment["stability"]["trials"]) == copies


def test_missing_copies_are_said_everywhere_and_only_where_some_are_missing() -> None:
    _, calls, _ = examined()
    short, whole = repeated(1.5 * calls, Timed()), repeated(99.0 * calls, Timed())
    assert whole["stability"]["words"] is None
    for code in ("en", "es"):
        sentence = say("stability.missing", code, done=1, all=CHANGES)
        assert short["stability"]["words"][code] == sentence
        assert sentence in as_text(short, code)
        assert sentence in as_html({"assessment": short}, {}, Language(code))


@pytest.mark.parametrize("copies", [0, 3])
def test_a_record_is_repeated_on_as_many_copies_as_it_was_made(copies: int) -> None:
    """However slow the machine that repeats it: else its answers would differ."""
    state, _, models = examined()
    context = replace(Timed(cost=1e6, models=models).context, repeat=copies)
    again = analysis.Analysis(state.scene, list(state.findings))
    analysis.assess(again, context)
    assert again.assessment is not None
    said = again.assessment["stability"]
    assert (len(said["trials"]), said["missing"]) == (copies, CHANGES - copies)
    assert _copies({"assessment": again.assessment}) == copies
    assert _copies({"assessment": {"stability": None}}) is False
    assert _copies({"assessment": {}}) is True


def test_nothing_is_missing_where_nothing_is_repeated() -> None:
    state, _, models = examined()
    said = verdict.reach(state.scene, [], Timed(models=models).context, 0.0)
    assert said is not None
    assert said["stability"] == {"trials": [], "missing": 0, "words": None}
