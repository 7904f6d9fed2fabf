"""What the browser's worker calls: one analysis at a time, step by step, in JSON.

Nothing here knows Pyodide, so CPython tests it. The worker may be killed at any moment; it hands
out a checkpoint after each step, from which the next worker goes on.
"""

from __future__ import annotations

import json
import pickle
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from telltale import analysis, detectors
from telltale.analysis import ANSWER, ASSESS, BANK, FACES, Analysis
from telltale.finding import REASONS, Finding, cancelled, failed
from telltale.media.model import MediaError, Rung
from telltale.report import record as report
from telltale.runtime.context import Arrays, Cancelled, Context, Models


@dataclass(frozen=True, slots=True)
class Pixels:
    """What is known of pixels, RGBA or RGB row by row, that something else decoded."""

    width: int
    height: int
    decoder: dict[str, str]


class AnalysisModels:
    """The models as one analysis sees them: `used` tells what ran in it, here or before."""

    def __init__(self, models: Models) -> None:
        self._models = models
        self._ran: set[str] = set()
        self._before: dict[str, dict[str, Any]] = {}

    def start(self, before: list[dict[str, Any]]) -> None:
        """A new analysis begins; `before` are the rows of the worker that began it."""
        self._ran, self._before = set(), {row["id"]: row for row in before}

    def available(self, model: str) -> bool:
        return self._models.available(model)

    def run(self, model: str, inputs: Arrays) -> dict[str, NDArray[np.float32]]:
        self._ran.add(model)
        return self._models.run(model, inputs)

    def used(self) -> list[dict[str, Any]]:
        now = {row["id"]: row for row in self._models.used() if row["id"] in self._ran}
        return list((self._before | now).values())


class Session:
    """The engine's Python half: models that stay, and the analysis in hand.

    Every method that answers returns a JSON text. `engine` is added to the record's `runtime`:
    how the engine started and whether it had threads. `desk` (`telltale.bank.desk.Desk`) is the
    bank that analyses ask.
    """

    def __init__(
        self, context: Context, engine: dict[str, Any] | None = None, desk: Any = None
    ) -> None:
        #: What every analysis of this worker starts from, what it says of itself, and its bank.
        self.context, self.engine, self.desk = context, engine or {}, desk
        self._models = AnalysisModels(context.models)
        self._context = replace(context, models=self._models, bank=desk)
        self._analysis: Analysis | None = None
        self._shown: dict[str, dict[str, Any]] = {}

    def repeating(self, wanted: bool | int) -> None:
        """Whether, or how often, what carries the answers is repeated from now on (`Context`)."""
        self._context = replace(self._context, repeat=wanted)

    def keep_nothing(self, wanted: bool) -> None:
        """Whether the bank is only asked from now on and nothing is written to it."""
        if self.desk is not None:
            self.desk.private = wanted

    def open(
        self,
        data: bytes,
        name: str,
        rung: Rung,
        pixels: Pixels | None = None,
        checkpoint: bytes | None = None,
        shown: str = "[]",
    ) -> str:
        """Hash and decode; answers `{"media": ...}`, or `{"record": ...}`, a refusal.

        `pixels` says that `data` are no file but decoded pixels. To go on with the work of
        another worker, pass its last `checkpoint()` and the JSON list of the findings that it
        answered, which have the maps that the checkpoint lacks.
        """
        self._analysis, self._shown = None, {}
        self._models.start([])
        try:
            if pixels is None:
                state = analysis.begin(data, name, rung)
            else:
                size = pixels.width, pixels.height
                state = analysis.begin_pixels(data, *size, name, rung, pixels.decoder)
        except MediaError as error:
            return _json({"record": self.refusal(data, name, error.code, str(error))})
        except Cancelled:
            return _json({"record": self.refusal(data, name, "cancelled", REASONS["cancelled"])})
        if checkpoint:
            self._restore(state, checkpoint, json.loads(shown))
        self._analysis = state
        return _json({"media": report.media_json(state.media)})

    def run(self, step: str) -> str:
        """Run one of `telltale.analysis.steps()`.

        Answers `{"finding": ...}` for a detector, `{"faces": ...}` for the faces, `{"bank": ...}`
        and `{"assessment": ...}` for what the bank says and for the first answer, else `{}`.
        """
        state = self._state()
        try:
            finding = analysis.run_step(state, step, self._context)
        except (Cancelled, KeyboardInterrupt):
            return self.cancel(step)
        return self._answer(step, finding)

    def cancel(self, step: str) -> str:
        """Note that the person stopped this step; answers like `run`."""
        return self._without(step, None)

    def fail(self, step: str, sentence: str) -> str:
        """Note that this step broke the worker before, and how; answers like `run`."""
        return self._without(step, sentence)

    def unasked(self, why: str) -> str:
        """Note that the bank could not be opened; answers like `run` of the bank's step."""
        from telltale.bank import section

        state = self._state()
        state.traces = section.traces_json(state, self._models.used())
        state.bank = section.not_asked(why)
        return self._answer(BANK, None)

    def checkpoint(self) -> bytes:
        """Everything found so far, without pixels and maps, for `open` of another worker."""
        state = self._state()
        return pickle.dumps(
            {
                "findings": [replace(f, maps=()) for f in state.findings],
                "faces": state.scene.faces,
                "faces_unavailable": state.scene.faces_unavailable,
                "stages_ms": state.stages_ms,
                "warnings": state.warnings,
                "assessment": state.assessment,
                "started": state.started,
                "bank": state.bank,
                "traces": state.traces,
                "models": self._models.used(),
            }
        )

    def record(self) -> str:
        """The record of the analysis as far as it came."""
        state = self._state()
        # each finding is in JSON already; its maps would be compressed a second time
        bare = replace(state, findings=[replace(f, maps=()) for f in state.findings])
        document = report.record(bare, self._models.used())
        document["findings"] = [self._shown[f.detector] for f in state.findings]
        return _json(with_engine(document, self.engine))

    def refusal(self, data: bytes, name: str, code: str, sentence: str) -> dict[str, Any]:
        """The record of a file that was not examined."""
        document = report.error_record(name, data, code, sentence)
        return with_engine(document, self.engine)

    def bank(self, name: str, args: str, data: bytes) -> tuple[str, bytes | None]:
        """Do something at the bank's desk: JSON of `{"answer": ...}` or `{"refused": why}`."""
        from telltale.bank.model import BankError

        try:
            answer, out = self.desk.do(name, json.loads(args), data)
        except BankError as error:
            return _json({"refused": str(error)}), None
        return _json({"answer": answer}), out

    def thumbnail(self) -> bytes:
        """A small JPEG of the picture, for reports."""
        from telltale.report.html import thumbnail

        return thumbnail(self._state().media.pixels)

    def close(self) -> None:
        """Let go of the picture."""
        self._analysis, self._shown = None, {}

    def _answer(self, step: str, finding: Finding | None) -> str:
        state = self._state()
        if finding is not None:
            self._shown[step] = report.finding_json(finding)
            return _json({"finding": self._shown[step]})
        if step == FACES:
            return _json({"faces": report.faces_json(state)})
        if step == BANK and state.bank:
            return _json({"bank": state.bank})
        if step == ANSWER and state.assessment:
            return _json({"assessment": state.assessment})
        return _json({})

    def _without(self, step: str, broke: str | None) -> str:
        """Go on without a step: `broke` says how it failed, None that it was cancelled."""
        state = self._state()
        if step == FACES:
            state.scene.faces_unavailable = "error" if broke else "cancelled"
            state.warnings.append(f"Faces were not looked for: {broke or REASONS['cancelled']}")
        if step == BANK and broke:
            from telltale.bank import section

            state.bank = section.not_asked(broke)
        if step in (FACES, ANSWER, BANK, ASSESS):
            return self._answer(step, None)
        card = detectors.load(detectors.find(step)).CARD
        finding = failed(card, broke) if broke else cancelled(card)
        state.findings.append(finding)
        return self._answer(step, finding)

    def _restore(self, state: Analysis, checkpoint: bytes, shown: list[dict[str, Any]]) -> None:
        # made by `checkpoint` above in a worker of this page, and never stored
        kept = pickle.loads(checkpoint)
        state.findings = kept["findings"]
        state.scene.faces = kept["faces"]
        state.scene.faces_unavailable = kept["faces_unavailable"]
        state.stages_ms = kept["stages_ms"] | state.stages_ms
        state.warnings, state.started = kept["warnings"], kept["started"]
        state.bank, state.traces = kept["bank"], kept["traces"]
        state.assessment = kept["assessment"]
        self._shown = {finding["detector"]: finding for finding in shown}
        self._models.start(kept["models"])

    def _state(self) -> Analysis:
        if self._analysis is None:
            raise RuntimeError("no picture is open")
        return self._analysis


def with_engine(document: dict[str, Any], engine: dict[str, Any]) -> dict[str, Any]:
    """The record with what is known of this engine; its build's key names the software."""
    engine = dict(engine)
    if build := engine.pop("build", ""):
        document["software"]["build"] = build
    document["runtime"]["engine"] = engine
    return document


def plan() -> str:
    """The steps of a thorough examination with the wheels that each needs.

    `[{"id": ..., "packages": [...], "deep": whether a quick one leaves it out}, ...]`
    """
    entries = {entry.id: entry for entry in detectors.entries(deep=True)}
    none = detectors.Entry("", "")
    rows = ((step, entries.get(step, none)) for step in analysis.steps(deep=True))
    return _json([{"id": s, "packages": e.packages, "deep": e.deep} for s, e in rows])


def _json(value: Any) -> str:
    return json.dumps(value, allow_nan=False)
