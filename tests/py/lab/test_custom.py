"""A network of one's own through the form: files, self-test, refusals, findings."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

import media_factory as made
from telltale.lab import bench, check, cli, custom
from telltale.lab.custom import FormRefused, form_from
from telltale.lab.loading import DetectorRefused
from telltale.runtime.inference import OnnxModels, network

FORM: dict[str, Any] = {
    "id": "redness_net",
    "title": "Redness",
    "question": "Is the picture red?",
    "how": "The mean of the red channel goes through one weight.",
    "limits": ["It knows nothing but red."],
    "authors": "A. Nobody",
    "paper": "A made-up network",
    "venue": "Tests",
    "year": 2025,
    "url": "https://example.org/",
    "input": "image",
    "output": "score",
    "side": 32,
    "mean": [0.0, 0.0, 0.0],
    "scale": [1.0, 1.0, 1.0],
    "activation": "none",
}


def mean_of_red() -> bytes:
    """A network whose score is twice the mean of the first channel."""
    weight = numpy_helper.from_array(np.array([[2.0], [0.0], [0.0]], np.float32), "w")
    nodes = [
        helper.make_node("GlobalAveragePool", ["image"], ["pooled"]),
        helper.make_node("Flatten", ["pooled"], ["flat"]),
        helper.make_node("MatMul", ["flat", "w"], ["score"]),
    ]
    graph = helper.make_graph(
        nodes,
        "red",
        [helper.make_tensor_value_info("image", TensorProto.FLOAT, [1, 3, 32, 32])],
        [helper.make_tensor_value_info("score", TensorProto.FLOAT, [1, 1])],
        [weight],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
    return bytes(model.SerializeToString())


def made_detector(folder: Path, **changes: Any) -> Path:
    data = mean_of_red()
    return custom.write(form_from(FORM | changes), data, network(data), folder)


def test_a_network_and_a_form_become_a_detector_that_answers_as_the_network(tmp_path: Path) -> None:
    path = made_detector(tmp_path)
    models = OnnxModels()
    (detector,) = cli.loaded([path], models)
    pixels = made.photograph(96, 128)
    finding = bench.run(detector, bench.open_picture(made.png(pixels)), models)
    assert finding.status == "ok"
    assert finding.unreviewed
    assert finding.score is not None
    assert finding.score.value == pytest.approx(2 * pixels[..., 0].mean() / 255, abs=0.01)
    (used,) = models.used()
    assert used["id"] == "redness_net"
    assert used["self_test_error"] == pytest.approx(0.0, abs=1e-6)


def test_the_written_file_keeps_the_form(tmp_path: Path) -> None:
    path = made_detector(tmp_path, title='Say "red"', how="Back\\slash and\nline.")
    models = OnnxModels()
    cli.loaded([path], models)
    found = check.check_file(path, models, megapixels=0.3)
    assert check.passed(found), check.summary(found)


def test_another_network_under_the_recorded_name_is_refused(tmp_path: Path) -> None:
    path = made_detector(tmp_path)
    data = bytearray(path.with_suffix(".onnx").read_bytes())
    data[-1] ^= 1
    path.with_suffix(".onnx").write_bytes(data)
    with pytest.raises(DetectorRefused, match="not the network whose self-test"):
        cli.loaded([path], OnnxModels())
    path.with_suffix(".onnx").unlink()
    with pytest.raises(DetectorRefused, match="beside it"):
        cli.loaded([path], OnnxModels())


def test_a_machine_that_misses_the_self_test_does_not_answer(tmp_path: Path) -> None:
    path = made_detector(tmp_path)
    form = json.loads(path.with_suffix(".json").read_text("utf-8"))
    form["self_test"]["outputs"]["score"]["values"][0] += 0.5
    path.with_suffix(".json").write_text(json.dumps(form), "utf-8")
    models = OnnxModels()
    (detector,) = cli.loaded([path], models)
    finding = bench.run(detector, bench.open_picture(made.png(made.photograph(64, 64))), models)
    assert finding.reason == "model_self_test_failed"


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"id": "face_detection"}, "shipped"),
        ({"side": 4}, "side must be"),
        ({"layout": "CHWN"}, "layout must be one of"),
        ({"scale": [1, 1, 0]}, "scale"),
        ({"limits": []}, "limits"),
        ({"limits": "none"}, "must be a list"),
        ({"colour": "red"}, "no field colour"),
        ({"output": "logits"}, "no output called logits"),
        ({"side": 64}, "does not run on this input"),
        ({"index": 7}, "index 7"),
    ],
)
def test_a_form_that_does_not_fit_is_refused_in_words(
    tmp_path: Path, change: dict[str, Any], said: str
) -> None:
    with pytest.raises(FormRefused, match=said):
        made_detector(tmp_path, **change)
    assert not list(tmp_path.iterdir())


def test_a_field_that_is_missing_is_named() -> None:
    with pytest.raises(FormRefused, match="title"):
        form_from({key: value for key, value in FORM.items() if key != "title"})


def test_the_command_makes_it_and_refuses_what_is_no_network(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    from telltale.cli import main

    net, form = tmp_path / "net.onnx", tmp_path / "form.json"
    form.write_text(json.dumps(FORM), "utf-8")
    net.write_bytes(b"no network")
    command = ["lab", "model", str(net), "--form", str(form), "--out", str(tmp_path / "out")]
    assert main(command) == 1
    assert "no network" in capsys.readouterr().err
    net.write_bytes(mean_of_red())
    assert main(command) == 0
    assert sorted(p.suffix for p in (tmp_path / "out").iterdir()) == [".json", ".onnx", ".py"]
    onnx.checker.check_model(onnx.load(tmp_path / "out/redness_net.onnx"))
