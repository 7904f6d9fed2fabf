"""Models through the browser's bridge: which session is trusted, and what a failure costs."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from telltale import analysis
from telltale.runtime import browser, inference
from telltale.runtime.browser import BrowserModels, Cancellation
from telltale.runtime.context import ModelUnavailable

SELF_TEST = {
    "inputs": {"x": {"shape": [1, 4], "range": [0, 1]}},
    "outputs": {"y": {"stride": 1, "values": []}},
}
ZOO = [{"id": "twice", "sha256": "a" * 64}, {"id": "untested", "sha256": "b" * 64}]


@dataclass
class Opened:
    key: int
    backend: str
    why: str


@dataclass
class FakeBridge:
    """A bridge whose model doubles its input; `gpu` says whether "auto" opens WebGPU.

    `errors` is what WebGPU adds to its answers; `fails` are the keys of sessions that break, from
    the call after which they do.
    """

    gpu: bool = False
    gpu_error: float = 0.0
    fails: dict[int, int] = field(default_factory=dict)
    opened: dict[int, str] = field(default_factory=dict)
    closed: list[int] = field(default_factory=list)
    calls: list[int] = field(default_factory=list)

    def open(self, model: str, backend: str) -> Opened:
        key = len(self.opened) + 1
        self.opened[key] = "webgpu" if backend == "auto" and self.gpu else "wasm"
        return Opened(key, self.opened[key], "as asked.")

    def run(self, key: int, feeds: list[Any]) -> list[Any]:
        assert key in self.opened
        assert key not in self.closed, "a session that was given up must not be used again"
        self.calls.append(key)
        if key in self.fails and self.calls.count(key) > self.fails[key]:
            raise RuntimeError("device lost")
        [[_, data, dims, dtype]] = feeds
        assert dtype == "float32"
        assert data.ndim == 1
        error = self.gpu_error if self.opened[key] == "webgpu" else 0.0
        return [["y", data * 2 + error, dims]]

    def close(self, key: int) -> None:
        self.closed.append(key)


@pytest.fixture(autouse=True)
def zoo(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    values = (inference.self_test_inputs(SELF_TEST)["x"] * 2).ravel().tolist()
    test = {**SELF_TEST, "outputs": {"y": {"stride": 1, "values": values}}}
    for row in ZOO:
        (tmp_path / row["id"]).mkdir()
    (tmp_path / "twice/self_test.json").write_text(json.dumps(test))
    monkeypatch.setattr(inference, "zoo_folder", lambda: tmp_path)


def models(bridge: FakeBridge) -> BrowserModels:
    return BrowserModels(bridge, ZOO, lambda value: value)


X = {"x": np.arange(6, dtype=np.float32).reshape(2, 3)}


def test_answers_keep_shape_and_type() -> None:
    y = models(FakeBridge()).run("twice", X)["y"]
    assert y.dtype == np.float32
    np.testing.assert_array_equal(y, X["x"] * 2)


def test_strided_inputs_cross_in_the_order_of_their_elements() -> None:
    turned = {"x": X["x"].T}
    np.testing.assert_array_equal(models(FakeBridge()).run("twice", turned)["y"], X["x"].T * 2)


def test_webgpu_is_kept_where_it_passes_the_self_test() -> None:
    bridge = FakeBridge(gpu=True)
    door = models(bridge)
    door.run("twice", X)
    door.run("twice", X)
    [row] = door.used()
    assert row["backend"] == "webgpu"
    assert row["self_test_error"] == 0
    assert bridge.calls == [1, 1, 1], "one self-test, then the two calls"


def test_webgpu_that_misses_the_self_test_gives_way_to_wasm() -> None:
    bridge = FakeBridge(gpu=True, gpu_error=0.5)
    door = models(bridge)
    np.testing.assert_array_equal(door.run("twice", X)["y"], X["x"] * 2)
    [row] = door.used()
    assert row["backend"] == "wasm"
    assert "missed its stored answer on WebGPU by 0.29" in row["why"]
    assert bridge.closed == [1]


def test_webgpu_is_not_trusted_without_a_self_test() -> None:
    bridge = FakeBridge(gpu=True)
    door = models(bridge)
    door.run("untested", X)
    assert door.used()[0]["backend"] == "wasm"
    assert bridge.calls == [2]


def test_a_session_that_failed_is_given_up_and_another_takes_over() -> None:
    bridge = FakeBridge(gpu=True, fails={1: 1})
    door = models(bridge)
    np.testing.assert_array_equal(door.run("twice", X)["y"], X["x"] * 2)
    [row] = door.used()
    assert row["backend"] == "wasm"
    assert "failed on WebGPU (device lost)" in row["why"]
    door.run("twice", X)
    assert bridge.closed == [1]


def test_a_model_that_fails_on_wasm_too_is_unavailable_and_tried_afresh_next_time() -> None:
    bridge = FakeBridge(fails={1: 1, 2: 1})
    door = models(bridge)
    with pytest.raises(ModelUnavailable, match="device lost") as refused:
        door.run("twice", X)
    assert refused.value.code == "error"
    assert bridge.closed == [1, 2]
    np.testing.assert_array_equal(door.run("twice", X)["y"], X["x"] * 2)
    assert bridge.opened[3] == "wasm"


def test_a_model_that_is_not_there_is_missing() -> None:
    with pytest.raises(ModelUnavailable) as refused:
        models(FakeBridge()).run("unheard_of", X)
    assert refused.value.code == "model_missing"


def test_a_model_that_does_not_load_says_why() -> None:
    class Broken(FakeBridge):
        def open(self, model: str, backend: str) -> Opened:
            raise OSError("twice is damaged: its checksum differs")

    with pytest.raises(ModelUnavailable, match="checksum differs") as refused:
        models(Broken()).run("twice", X)
    assert refused.value.code == "error"


@pytest.mark.parametrize(("shared", "breaths"), [(True, 0), (False, 1)])
def test_the_worker_reads_its_messages_where_memory_is_not_shared(
    shared: bool, breaths: int
) -> None:
    class Bridge:
        def __init__(self) -> None:
            self.shared, self.breathed = shared, 0

        def breathe(self) -> None:
            self.breathed += 1

        def cancelled(self) -> bool:
            return self.breathed > 0

    bridge = Bridge()
    ask = Cancellation(bridge, lambda value: value)
    assert ask() is (not shared)
    ask()
    assert bridge.breathed == breaths, "not with every question"


def test_warm_up_examines_a_picture_to_the_end(monkeypatch: pytest.MonkeyPatch) -> None:
    ran: list[str] = []
    run_step = analysis.run_step
    monkeypatch.setattr(
        analysis,
        "run_step",
        lambda state, step, context: ran.append(step) or run_step(state, step, context),
    )
    browser.warm_up()
    assert tuple(ran) == analysis.steps()


@pytest.mark.parametrize("step", analysis.steps(deep=True))
def test_every_step_can_be_made_ready(step: str) -> None:
    browser.warm(step)
