"""Containers of weights: read without running anything, refused with a reason."""

from __future__ import annotations

import io
import json
import os
import pickle
import struct
import tarfile
import tempfile
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from telltale.published import containers
from telltale.published.refusal import ImportRefused

GOLDEN = Path(__file__).parent / "golden"
WEIGHTS = {"a.weight": np.arange(6, dtype=np.float32).reshape(2, 3), "a.bias": np.ones(2, "f4")}


def as_safetensors(arrays: dict[str, np.ndarray]) -> bytes:
    header, body = {}, b""
    for name, values in arrays.items():
        raw = values.astype("<f4").tobytes()
        offsets = [len(body), len(body) + len(raw)]
        header[name] = {"dtype": "F32", "shape": list(values.shape), "data_offsets": offsets}
        body += raw
    text = json.dumps(header).encode()
    return struct.pack("<Q", len(text)) + text + body


def written(path: Path, data: bytes) -> Path:
    path.write_bytes(data)
    return path


def test_safetensors_are_read_alone_and_from_archives(tmp_path: Path) -> None:
    data = as_safetensors(WEIGHTS)
    zipped, tarred = io.BytesIO(), io.BytesIO()
    with zipfile.ZipFile(zipped, "w") as archive:
        archive.writestr("x/model.safetensors", data)
        archive.writestr("x/README", "text")
    with tarfile.open(fileobj=tarred, mode="w") as tar:
        info = tarfile.TarInfo("model")
        info.size = len(data)
        tar.addfile(info, io.BytesIO(data))
    for name, raw, member in (
        ("plain", data, None),
        ("zip", zipped.getvalue(), "x/model.safetensors"),
        ("tar", tarred.getvalue(), None),
    ):
        found = containers.read(written(tmp_path / name, raw), member)
        assert {key: value.tolist() for key, value in found.items()} == {
            key: value.tolist() for key, value in WEIGHTS.items()
        }
    with pytest.raises(ImportRefused, match="--member"):
        containers.read(tmp_path / "zip")


def test_a_tensorflow_checkpoint_made_by_tensorflow_is_read() -> None:
    # written by tf.compat.v1.train.Saver from RandomState(0).randn in this order; the forty
    # similar names share prefixes, as keys of its table do
    random = np.random.RandomState(0)
    wanted: dict[str, Any] = {
        "resnet_v1_50/conv1/weights": random.randn(3, 3, 2, 2).astype("f4"),
        "resnet_v1_50/conv1/BatchNorm/gamma": random.randn(2).astype("f4"),
        "resnet_v1_50/logits/biases": random.randn(2).astype("f4"),
        "global_step": np.int32(7),
        "half": random.randn(3).astype("f2"),
        "long": np.arange(4),
    }
    prefix = "resnet_v1_50/block1/unit_{}/bottleneck_v1/conv1/BatchNorm/moving_mean"
    wanted |= {prefix.format(n): np.full(1, n, "f4") for n in range(40)}
    for name in ("small.index", "small.data-00000-of-00001", "small.meta", "small"):
        found = containers.read(GOLDEN / name)
        assert found.keys() == wanted.keys()
        for key, values in wanted.items():
            np.testing.assert_array_equal(found[key], values)


class Runs:
    def __init__(self, proof: Path) -> None:
        self.proof = proof

    def __reduce__(self) -> Any:
        return os.system, (f"touch '{self.proof}'",)


class Evaluates:
    def __reduce__(self) -> Any:
        return eval, ("__import__('os').getpid()",)


@pytest.mark.parametrize("protocol", [0, 2, 4])
def test_a_pickle_that_runs_something_is_refused_by_name_and_does_not_run(
    protocol: int, tmp_path: Path
) -> None:
    proof = tmp_path / "ran"
    for value, name in ((Runs(proof), "system"), (Evaluates(), "eval")):
        path = written(tmp_path / "x.p", pickle.dumps({"weight": value}, protocol))
        with pytest.raises(ImportRefused, match=name) as refused:
            containers.read(path)
        assert refused.value.code == "hostile"
    assert not proof.exists()


def test_arrays_of_objects_are_refused(tmp_path: Path) -> None:
    path = written(tmp_path / "x.p", pickle.dumps({"a": np.array([{}], object)}, 2))
    with pytest.raises(ImportRefused):
        containers.read(path)


def test_arrays_of_a_pickle_have_their_byte_order_and_change_no_others(tmp_path: Path) -> None:
    big = np.arange(3, dtype=">f8")
    found = containers.read(written(tmp_path / "x.p", pickle.dumps([{"a": big, "b": 2.5}], 2)))
    assert found["0.a"].tolist() == [0, 1, 2]
    assert found["0.b"] == 2.5
    assert np.dtype("f8").isnative


@pytest.mark.parametrize("cut", [0, 3, 9, 40, 200])
def test_truncated_files_are_refused(cut: int, tmp_path: Path) -> None:
    for data in (as_safetensors(WEIGHTS), pickle.dumps(WEIGHTS, 2)):
        with pytest.raises(ImportRefused):
            containers.read(written(tmp_path / "x", data[: min(cut, len(data) - 1)]))
    for name in ("small.index", "small.data-00000-of-00001"):
        (tmp_path / name).write_bytes((GOLDEN / name).read_bytes()[: -1 - cut])
    with pytest.raises(ImportRefused):
        containers.read(tmp_path / "small.index")


def test_a_data_file_that_is_missing_is_told(tmp_path: Path) -> None:
    (tmp_path / "small.index").write_bytes((GOLDEN / "small.index").read_bytes())
    with pytest.raises(ImportRefused, match="No such file"):
        containers.read(tmp_path / "small.index")


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_damaged_files_are_read_or_refused_and_nothing_else(data: st.DataObject) -> None:
    whole = data.draw(st.sampled_from([as_safetensors(WEIGHTS), pickle.dumps(WEIGHTS, 2)]))
    damaged = bytearray(whole)
    for _ in range(data.draw(st.integers(1, 4))):
        damaged[data.draw(st.integers(0, len(damaged) - 1))] = data.draw(st.integers(0, 255))
    with tempfile.TemporaryDirectory() as folder:
        path = written(Path(folder) / "x", bytes(damaged))
        try:
            found = containers.read(path)
        except ImportRefused:
            return
        assert all(isinstance(values, np.ndarray) for values in found.values())


def test_a_picture_is_no_file_of_weights(tmp_path: Path) -> None:
    with pytest.raises(ImportRefused) as refused:
        containers.read(written(tmp_path / "x.pth", b"\xff\xd8\xff\xe0" + b"0" * 99))
    assert refused.value.code == "unknown_container"
