"""Conversion from the npm packages: pinned, deterministic, and strict."""

import hashlib
import importlib.util
import sys
import tomllib
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from telltale.faces import canonical

MODELS = Path(__file__).resolve().parents[3] / "models"
sys.path.insert(0, str(MODELS))

conversion = pytest.importorskip("conversion", reason="needs the `build` extra")

from tflite_to_onnx import UnsupportedOperator, convert  # noqa: E402


def load(path: Path):
    spec = importlib.util.spec_from_file_location(f"{path.parent.name}_{path.stem}", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(params=["face_detection", "face_landmarks"])
def recipe(request):
    recipe = load(MODELS / request.param / "convert.py").RECIPE
    assert (conversion.ROOT / "node_modules" / recipe.file).is_file(), "run npm install"
    return recipe


def test_conversion_gives_the_pinned_bytes(recipe):
    model = convert(
        conversion.read_source(recipe),
        inputs=recipe.inputs,
        outputs=recipe.outputs,
        free_size=recipe.free_size,
    )
    zoo = tomllib.loads((MODELS / "zoo.toml").read_text("utf-8"))
    assert hashlib.sha256(model).hexdigest() == zoo[recipe.id]["sha256"]


def test_weights_stay_float16(recipe):
    import onnx

    model = onnx.load_from_string((recipe.folder / "model.onnx").read_bytes())
    halves = [t for t in model.graph.initializer if t.data_type == onnx.TensorProto.FLOAT16]
    stored = sum(len(t.raw_data) for t in model.graph.initializer)
    assert sum(len(t.raw_data) for t in halves) > 0.95 * stored


def test_other_source_bytes_are_refused(recipe):
    with pytest.raises(conversion.ConversionError, match="source"):
        conversion.read_source(replace(recipe, sha256="0" * 64))


def test_missing_source_is_named(recipe):
    with pytest.raises(conversion.ConversionError, match="npm install"):
        conversion.read_source(replace(recipe, file="@mediapipe/nothing.tflite"))


def test_unknown_operators_are_refused(recipe):
    """The mesh with attention holds custom operators; a wrong network would be worse than none."""
    packed = conversion.ROOT / "node_modules/@mediapipe/face_mesh"
    data = (packed / "face_mesh_solution_packed_assets.data").read_bytes()[:2_495_952]
    with pytest.raises(UnsupportedOperator):
        convert(data, inputs=("image",), outputs={})


def test_canonical_face_is_that_of_mediapipe():
    script = load(MODELS / "face_landmarks" / "canonical.py")
    points = script.landmarks_3d(script.PACKED.read_bytes()[script.PART])
    np.testing.assert_allclose(canonical.POINTS, points, atol=1e-9)
