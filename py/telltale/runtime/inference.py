"""The door to ONNX Runtime on CPython, and the zoo of models it opens."""

from __future__ import annotations

import hashlib
import json
import tomllib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from telltale.runtime import library
from telltale.runtime.context import Arrays, ModelUnavailable

#: Largest relative difference that a self-test allows: max|a - b| <= TOLERANCE * max(1, max|b|).
SELF_TEST_TOLERANCE = 1e-3
#: Threads of a network where nobody says how many; 0: one for each core.
THREADS = 0


@dataclass(frozen=True, slots=True)
class ModelFile:
    """One row of `models/zoo.toml`, or one imported model, with its files.

    `imported` is the file a person imported it from, empty for the models that are shipped.
    """

    id: str
    folder: Path
    title: str
    licence: str
    trained_on: str
    sha256: str = ""
    imported: str = ""

    @property
    def onnx(self) -> Path:
        return self.folder / "model.onnx"


def zoo_folder() -> Path:
    """`models/`, beside the package when installed, in the repository otherwise."""
    here = Path(__file__).resolve().parents[1]
    installed = here / "_models"
    return installed if installed.is_dir() else here.parents[1] / "models"


def read_zoo(folder: Path | None = None) -> dict[str, ModelFile]:
    """The models listed in `zoo.toml`, whether their files are there or not, and imported ones.

    With a `folder`, that one alone; else also the person's own library.
    """
    place = folder or zoo_folder()
    path = place / "zoo.toml"
    rows = tomllib.loads(path.read_text("utf-8")) if path.is_file() else {}
    found = {key: _model_file(key, place, row) for key, row in rows.items()}
    for where in (place,) if folder else (place, library.folder()):
        for key, row in library.manifests(where).items():
            # nothing imported takes the place of a shipped model
            found.setdefault(key, _model_file(key, where, row))
    return found


def _model_file(key: str, place: Path, row: dict[str, Any]) -> ModelFile:
    return ModelFile(
        key,
        place / key,
        str(row["title"]),
        str(row["licence"]),
        str(row["trained_on"]),
        str(row.get("sha256", "")),
        str(row.get("file", "")),
    )


def imported() -> frozenset[str]:
    """The ids of the models that a person imported, here or before this copy was packaged."""
    places = zoo_folder(), library.folder()
    return frozenset(key for place in places for key in library.manifests(place))


def model_hashes(folder: Path | None = None) -> dict[str, str]:
    """SHA-256 of every model file of the zoo that is there."""
    return {
        key: hashlib.sha256(model.onnx.read_bytes()).hexdigest()
        for key, model in read_zoo(folder).items()
        if model.onnx.is_file()
    }


class ModelBroken(ValueError):
    """The bytes are no network that ONNX Runtime can run. `str()` says why."""


@dataclass(frozen=True, slots=True)
class Lent:
    """A network of a person's own (`telltale.lab.custom`): its file and its self-test."""

    id: str
    onnx: bytes
    self_test: dict[str, Any]


def network(onnx: bytes) -> Callable[[Arrays], dict[str, NDArray[Any]]]:
    """A network as a function of its inputs by name; raises `ModelBroken`."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.log_severity_level = 4
    try:
        session = onnxruntime.InferenceSession(onnx, options, providers=["CPUExecutionProvider"])
    except Exception as error:
        raise ModelBroken(f"This is no network that ONNX Runtime can run: {error}") from error
    names = [output.name for output in session.get_outputs()]

    def call(inputs: Arrays) -> dict[str, NDArray[Any]]:
        return dict(zip(names, session.run(names, dict(inputs)), strict=True))

    return call


class OnnxModels:
    """`telltale.runtime.context.Models` on CPython: onnxruntime on one or more CPU threads."""

    def __init__(self, folder: Path | None = None, threads: int | None = None) -> None:
        self._zoo = read_zoo(folder)
        self._lent: dict[str, Lent] = {}
        self._threads = THREADS if threads is None else threads
        self._sessions: dict[str, Any] = {}
        self._used: dict[str, dict[str, Any]] = {}

    def lend(self, lent: Lent) -> None:
        """Take in a network of a person's own; none of the zoo's is replaced (ValueError)."""
        if lent.id in self._zoo:
            raise ValueError(f"{lent.id} is the name of another model")
        self._lent[lent.id] = lent

    def available(self, model: str) -> bool:
        return model in self._lent or (model in self._zoo and self._zoo[model].onnx.is_file())

    def run(self, model: str, inputs: Arrays) -> dict[str, NDArray[np.float32]]:
        session = self._session(model)
        names = [output.name for output in session.get_outputs()]
        values = session.run(names, {k: np.ascontiguousarray(v) for k, v in inputs.items()})
        return dict(zip(names, values, strict=True))

    def used(self) -> list[dict[str, Any]]:
        return list(self._used.values())

    def _session(self, model: str) -> Any:
        if model in self._sessions:
            return self._sessions[model]
        if not self.available(model):
            raise ModelUnavailable(model, "model_missing", f"The model {model} is not installed.")
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.log_severity_level = 3
        if self._threads:
            options.intra_op_num_threads = self._threads
        lent = self._lent.get(model)
        data = lent.onnx if lent else self._zoo[model].onnx.read_bytes()
        session = onnxruntime.InferenceSession(data, options, providers=["CPUExecutionProvider"])
        error = self._self_test(model, session)
        self._used[model] = {
            "id": model,
            "sha256": hashlib.sha256(data).hexdigest(),
            "backend": "cpu",
            "why": f"onnxruntime {onnxruntime.__version__} on CPython",
            "self_test_error": error,
        }
        if error is not None and error > SELF_TEST_TOLERANCE:
            raise ModelUnavailable(
                model,
                "model_self_test_failed",
                f"The model {model} missed its stored answer by {error:.2g}.",
            )
        self._sessions[model] = session
        return session

    def _self_test(self, model: str, session: Any) -> float | None:
        """Run the stored self-test; returns the relative error, or None where none is stored."""
        test = self._stored_test(model)
        if test is None:
            return None
        outputs = session.run(list(test["outputs"]), self_test_inputs(test))
        return self_test_error(test, dict(zip(test["outputs"], outputs, strict=True)))

    def _stored_test(self, model: str) -> dict[str, Any] | None:
        if model in self._lent:
            return self._lent[model].self_test
        path = self._zoo[model].folder / "self_test.json"
        return json.loads(path.read_text("utf-8")) if path.is_file() else None


def self_test_inputs(test: dict[str, Any]) -> dict[str, NDArray[np.float32]]:
    """Inputs of a stored self-test.

    Each is the ramp frac(i * 0.61803398875) over the flat index i, scaled to `range`: the same
    numbers in every language, with no random generator to agree on.
    """
    out = {}
    for name, spec in test["inputs"].items():
        low, high = spec["range"]
        n = int(np.prod(spec["shape"]))
        ramp = np.modf(np.arange(n, dtype=np.float64) * 0.61803398875)[0]
        out[name] = (low + (high - low) * ramp).astype(np.float32).reshape(spec["shape"])
    return out


def self_test_error(test: dict[str, Any], outputs: dict[str, NDArray[np.float32]]) -> float:
    """Largest relative difference between stored and computed outputs.

    Outputs are stored as `{"stride": s, "values": [...]}`: every s-th value of the flat array.
    """
    worst = 0.0
    for name, stored in test["outputs"].items():
        got = np.asarray(outputs[name], np.float64).ravel()[:: stored["stride"]]
        want = np.asarray(stored["values"], np.float64)
        if got.shape != want.shape:
            return float("inf")
        scale = max(1.0, float(np.abs(want).max(initial=0.0)))
        worst = max(worst, float(np.abs(got - want).max(initial=0.0)) / scale)
    return worst if np.isfinite(worst) else float("inf")
