"""The session that the browser's worker drives: the same record as the command line, resumable."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

import media_factory as factory
from telltale import analysis, cli, detectors
from telltale.evidence import fusion
from telltale.runtime import session as session_module
from telltale.runtime.context import Arrays, Cancelled, Context, NoModels
from telltale.runtime.session import AnalysisModels, Pixels, Session, plan


@pytest.fixture(scope="module")
def picture() -> bytes:
    return factory.jpeg(factory.photograph(300, 400), 85)


def run_all(session: Session, steps: tuple[str, ...] = analysis.steps()) -> list[dict[str, Any]]:
    """Drive the session as the worker does; the findings it answered."""
    answers = [json.loads(session.run(step)) for step in steps]
    return [answer["finding"] for answer in answers if "finding" in answer]


def comparable(record: dict[str, Any]) -> dict[str, Any]:
    """A record without what may differ from run to run."""
    timed = ("started", "created", "stages_ms", "runtime")
    timeless = {k: v for k, v in record.items() if k not in timed}
    findings = [{**f, "elapsed_ms": 0} for f in record["findings"]]
    return {**timeless, "findings": findings}


def test_plan_names_every_detector_once_with_its_wheels() -> None:
    steps = json.loads(plan())
    assert [step["id"] for step in steps] == list(analysis.steps(deep=True))
    assert [step["id"] for step in steps if not step["deep"]] == list(analysis.steps())
    packages = {step["id"]: step["packages"] for step in steps}
    for entry in detectors.REGISTRY:
        assert packages[entry.id] == list(entry.packages)


def test_slow_tests_can_be_added_to_an_analysis_that_ended(picture: bytes, tmp_path: Any) -> None:
    quick = Session(Context())
    quick.open(picture, "plain.jpg", "file")
    shown = run_all(quick)
    before = json.loads(quick.record())
    assert before["deep"] is False
    slow = [entry.id for entry in detectors.REGISTRY if entry.deep]
    assert slow
    assert not set(slow) & set(before["software"]["detectors"])

    deeper = Session(Context())
    deeper.open(picture, "plain.jpg", "file", None, quick.checkpoint(), json.dumps(shown))
    added = run_all(deeper, (*slow, analysis.ASSESS))
    assert [finding["detector"] for finding in added] == slow
    after = json.loads(deeper.record())
    assert after["deep"] is True
    assert after["findings"][: len(shown)] == shown

    path = tmp_path / "plain.jpg"
    path.write_bytes(picture)
    at_once = cli.analyze_file(path, NoModels(), deep=True)
    assert comparable(after) == comparable(json.loads(json.dumps(at_once)))


def test_record_equals_that_of_the_command_line(picture: bytes, tmp_path: Any) -> None:
    path = tmp_path / "plain.jpg"
    path.write_bytes(picture)
    session = Session(Context(), {"start": "cold"})
    opened = json.loads(session.open(picture, "plain.jpg", "file"))
    findings = run_all(session)
    record = json.loads(session.record())
    assert comparable(record) == comparable(
        json.loads(json.dumps(cli.analyze_file(path, NoModels())))
    )
    assert record["findings"] == findings
    assert len(record["media"].pop("pixels_sha256")) == 64
    assert record["media"] == opened["media"]
    assert record["runtime"]["engine"] == {"start": "cold"}


def test_the_key_of_the_engine_is_the_build_of_its_records(picture: bytes) -> None:
    session = Session(Context(), {"start": "cold", "build": "0123456789abcdef"})
    session.open(picture, "plain.jpg", "file")
    record = json.loads(session.record())
    assert record["software"]["build"] == "0123456789abcdef"
    assert "build" not in record["runtime"]["engine"]


@pytest.mark.parametrize("died_after", [1, 3])
def test_another_session_goes_on_from_a_checkpoint(picture: bytes, died_after: int) -> None:
    whole = Session(Context())
    whole.open(picture, "plain.jpg", "file")
    run_all(whole)

    first = Session(Context())
    first.open(picture, "plain.jpg", "file")
    steps = analysis.steps()
    shown = run_all(first, steps[:died_after])
    checkpoint = first.checkpoint()
    assert len(checkpoint) < 50_000, "maps and pixels must not travel with it"

    second = Session(Context())
    second.open(picture, "plain.jpg", "file", None, checkpoint, json.dumps(shown))
    run_all(second, steps[died_after:])
    expected, got = json.loads(whole.record()), json.loads(second.record())
    assert comparable(got) == comparable(expected)
    assert set(got["stages_ms"]) == set(expected["stages_ms"])


def test_a_step_that_broke_the_worker_is_a_failed_finding(picture: bytes) -> None:
    session = Session(Context())
    session.open(picture, "plain.jpg", "file")
    answer = json.loads(session.fail("jpeg_ghosts", "It took too long and was stopped."))
    assert answer["finding"]["status"] == "failed"
    assert answer["finding"]["sentence"] == "It took too long and was stopped."
    session.fail("faces", "The engine stopped.")
    record = json.loads(session.record())
    assert [f["status"] for f in record["findings"]] == ["failed"]
    assert record["faces"]["unavailable"] == "error"
    assert any("The engine stopped." in warning for warning in record["warnings"])


def test_cancelled_steps_stand_in_the_record(picture: bytes) -> None:
    session = Session(Context())
    session.open(picture, "plain.jpg", "file")
    session.run("error_level_analysis")
    for step in analysis.steps():
        if step != "error_level_analysis":
            session.cancel(step)
    record = json.loads(session.record())
    by_id = {f["detector"]: f for f in record["findings"]}
    assert by_id["error_level_analysis"]["status"] == "ok"
    assert by_id["jpeg_ghosts"]["reason"] == "cancelled"
    assert record["faces"]["unavailable"] == "cancelled"
    assert record["assessment"]["status"] == "none"


def said(assessment: dict[str, Any]) -> Any:
    """What an assessment says, without the list of what does not weigh."""
    numbers = [
        {name: question[name] for name in ("id", "llr", "interval", "strength")}
        for question in assessment["questions"]
    ]
    return assessment["verdict"], assessment["warnings"], numbers


def test_the_answer_comes_before_what_cannot_change_it_and_stays_if_that_is_stopped() -> None:
    order = analysis.steps()
    early, late = order[: order.index(analysis.ANSWER)], order[order.index(analysis.ANSWER) :]
    weighs = {entry.id for entry in detectors.entries() if fusion.weighs(entry.id)}
    assert weighs
    assert weighs <= set(early)
    assert len(late) > 3

    picture = factory.jpeg(factory.photograph(300, 400), 85)
    whole = Session(Context(repeat=False))
    whole.open(picture, "plain.jpg", "file")
    told = [json.loads(whole.run(step)) for step in order]
    (first,) = [answer["assessment"] for answer in told if "assessment" in answer]
    assert first["status"] == "given"
    assert said(json.loads(whole.record())["assessment"]) == said(first)

    stopped = Session(Context())
    stopped.open(picture, "plain.jpg", "file")
    for step in (*early, analysis.ANSWER):
        stopped.run(step)
    for step in late[1:]:
        stopped.cancel(step)
    assert said(json.loads(stopped.record())["assessment"]) == said(first)


@pytest.mark.parametrize("interruption", [Cancelled, KeyboardInterrupt])
def test_an_interrupt_in_the_midst_of_a_step_cancels_it(
    picture: bytes, interruption: type[BaseException], monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(*_: Any) -> None:
        raise interruption

    session = Session(Context())
    session.open(picture, "plain.jpg", "file")
    monkeypatch.setattr(session_module.analysis, "run_step", interrupted)
    assert json.loads(session.run("jpeg_ghosts"))["finding"]["status"] == "cancelled"


@pytest.mark.parametrize(
    ("data", "code"), [(b"", "empty"), (b"<!doctype html>", "not_a_picture")], ids=str
)
def test_a_refusal_is_a_record_with_hash_and_reason(data: bytes, code: str) -> None:
    session = Session(Context(), {"start": "snapshot"})
    record = json.loads(session.open(data, "odd.jpg", "file"))["record"]
    assert record["error"]["code"] == code
    assert record["media"]["size_bytes"] == len(data)
    assert record["runtime"]["engine"] == {"start": "snapshot"}


def test_pixels_are_examined_without_a_file() -> None:
    pixels = factory.photograph(300, 400)
    session = Session(Context())
    what = Pixels(400, 300, {"decoder": "Chromium"})
    opened = json.loads(session.open(pixels.tobytes(), "tab", "tab-capture", what))
    assert opened["media"]["rung"] == "tab-capture"
    assert opened["media"]["original_bytes"] is False
    assert opened["media"]["decoder"] == {"decoder": "Chromium"}
    assert json.loads(session.run("noise_level"))["finding"]["detector"] == "noise_level"


def test_pixels_of_the_wrong_size_are_refused() -> None:
    session = Session(Context())
    answer = json.loads(session.open(bytes(50), "tab", "canvas", Pixels(4, 4, {})))
    assert answer["record"]["error"]["code"] == "damaged"


class OneModel:
    """Models that answer zeros, and remember every model for ever as a worker does."""

    def __init__(self) -> None:
        self.rows: dict[str, dict[str, Any]] = {}

    def available(self, model: str) -> bool:
        return True

    def run(self, model: str, inputs: Arrays) -> dict[str, NDArray[np.float32]]:
        self.rows[model] = {"id": model, "sha256": "0" * 64}
        return {"out": np.zeros(1, np.float32)}

    def used(self) -> list[dict[str, Any]]:
        return list(self.rows.values())


def test_models_used_are_those_of_this_analysis() -> None:
    models = AnalysisModels(OneModel())
    models.start([])
    models.run("first", {})
    models.start([{"id": "before", "sha256": "1" * 64}])
    models.run("second", {})
    assert [row["id"] for row in models.used()] == ["before", "second"]
