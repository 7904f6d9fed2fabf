"""The browser's side of the seam: models through ONNX Runtime Web, progress, cancellation.

Python reads synchronously; the bridge (web/engine/bridge.js) answers with promises, and `wait`
(`pyodide.ffi.run_sync`) suspends Python until they settle. CPython tests pass a fake bridge.
"""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from telltale import detectors
from telltale.analysis import ANSWER, ASSESS, BANK, FACES
from telltale.media.model import MediaError, Rung
from telltale.runtime import inference
from telltale.runtime.context import Arrays, Context, ModelUnavailable
from telltale.runtime.gallery import Gallery
from telltale.runtime.session import Pixels, Session, plan

__all__ = [
    "Gallery",
    "agreement",
    "hang",
    "html",
    "look",
    "open_picture",
    "plan",
    "refuse",
    "start",
    "table",
    "warm",
    "warm_up",
]

#: How often the worker may look at its messages while Python works, where memory is not shared.
BREATH_S = 0.1

#: Where the worker puts the bank (web/engine/vault.js).
BANK_PATH = "/bank/bank.sqlite"

Wait = Callable[[Any], Any]


class BrowserModels:
    """`telltale.runtime.context.Models` over onnxruntime-web.

    Parameters
    ----------
    bridge
        `open(id, backend) -> {key, backend, why}`, `run(key, feeds) -> [[name, data, dims]]` and
        `close(key)`, each a promise; `backend` is "auto" or "wasm".
    zoo
        Rows `{"id", "sha256"}` of the models that the page carries.
    wait
        Turns a promise into its value.
    """

    def __init__(self, bridge: Any, zoo: list[dict[str, Any]], wait: Wait) -> None:
        self._bridge = bridge
        self._zoo = {row["id"]: row for row in zoo}
        self._lent: dict[str, inference.Lent] = {}
        self._wait = wait
        self._keys: dict[str, int] = {}
        self._used: dict[str, dict[str, Any]] = {}

    def lend(self, lent: inference.Lent) -> None:
        """Take in a network of a person's own, which the bridge knows under its id."""
        if lent.id in self._zoo and lent.id not in self._lent:
            raise ValueError(f"{lent.id} is the name of another model")
        if lent.id in self._keys:
            self._drop(lent.id)
        self._lent[lent.id] = lent
        self._zoo[lent.id] = {"id": lent.id, "sha256": hashlib.sha256(lent.onnx).hexdigest()}

    def available(self, model: str) -> bool:
        return model in self._zoo

    def run(self, model: str, inputs: Arrays) -> dict[str, NDArray[np.float32]]:
        key = self._open(model)
        try:
            return self.call(key, inputs)
        except Exception as error:
            key = self._retry(model, error)
            try:
                return self.call(key, inputs)
            except Exception as again:
                self._drop(model)
                raise _unavailable(model, "error", again) from again

    def used(self) -> list[dict[str, Any]]:
        return list(self._used.values())

    def _open(self, model: str) -> int:
        """A session that passed the model's self-test: the best backend, or else WASM."""
        if model in self._keys:
            return self._keys[model]
        if not self.available(model):
            raise ModelUnavailable(model, "model_missing", f"The model {model} is not installed.")
        why = self._try(model, "auto")
        if why and self._used.get(model, {}).get("backend") != "wasm":
            why = self._try(model, "wasm", why)
        if why:
            code = "model_self_test_failed" if self._used.get(model) else "error"
            raise ModelUnavailable(model, code, why)
        return self._keys[model]

    def _try(self, model: str, backend: str, before: str = "") -> str:
        """Open and test; returns "" or why the session was given up."""
        try:
            opened = self._wait(self._bridge.open(model, backend))
        except Exception as error:
            self._used.pop(model, None)
            return f"The model {model} could not be loaded ({_plain(error)})."
        key, used = int(opened.key), str(opened.backend)
        why = f"{before} {opened.why}".strip()
        row = {"id": model, "sha256": self._zoo[model]["sha256"], "backend": used, "why": why}
        self._used[model] = {**row, "self_test_error": None}
        try:
            missed = self._self_test(model, key)
        except Exception as broken:
            self._wait(self._bridge.close(key))
            return f"The model {model} failed on {_name(used)} ({_plain(broken)})."
        self._used[model]["self_test_error"] = missed
        if missed is None and used != "wasm":
            self._wait(self._bridge.close(key))
            return f"The model {model} has no stored answer to trust {_name(used)} by."
        if missed is not None and missed > inference.SELF_TEST_TOLERANCE:
            self._wait(self._bridge.close(key))
            return f"The model {model} missed its stored answer on {_name(used)} by {missed:.2g}."
        self._keys[model] = key
        return ""

    def _retry(self, model: str, error: Exception) -> int:
        """Give up the session that failed and open another, on WASM."""
        was = self._used[model]["backend"]
        self._drop(model)
        why = f"The model {model} failed on {_name(was)} ({_plain(error)})."
        if trouble := self._try(model, "wasm", why):
            raise ModelUnavailable(model, "error", trouble) from error
        return self._keys[model]

    def _drop(self, model: str) -> None:
        self._wait(self._bridge.close(self._keys.pop(model)))

    def _self_test(self, model: str, key: int) -> float | None:
        if model in self._lent:
            test = self._lent[model].self_test
        else:
            path = inference.zoo_folder() / model / "self_test.json"
            if not path.is_file():
                return None
            test = json.loads(path.read_text("utf-8"))
        return inference.self_test_error(test, self.call(key, inference.self_test_inputs(test)))

    def call(self, key: int, inputs: Arrays) -> dict[str, NDArray[np.float32]]:
        """The outputs of an opened session for named inputs."""
        feeds = [
            [name, np.ascontiguousarray(value).ravel(), list(np.shape(value)), str(value.dtype)]
            for name, value in inputs.items()
        ]
        answers = self._wait(self._bridge.run(key, feeds))
        return {str(name): _array(data, dims) for name, data, dims in answers}


class Cancellation:
    """Asks the worker whether the person stopped the analysis."""

    def __init__(self, bridge: Any, wait: Wait) -> None:
        self._bridge, self._wait = bridge, wait
        self._breathed = 0.0

    def __call__(self) -> bool:
        now = time.perf_counter()
        if not self._bridge.shared and now - self._breathed > BREATH_S:
            self._wait(self._bridge.breathe())
            self._breathed = time.perf_counter()
        return bool(self._bridge.cancelled())


class LazyDesk:
    """`telltale.bank.desk.Desk`, imported at the first question: a start needs no SQLite."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._desk: Any = None
        self.private = False

    def __getattr__(self, name: str) -> Any:
        if self._desk is None:
            from telltale.bank.desk import Desk

            self._desk = Desk(self._path)
        self._desk.private = self.private
        return getattr(self._desk, name)


def bank(session: Session, name: str, args: str, data: Any) -> list[Any]:
    """`Session.bank` for a JavaScript Uint8Array or null: `[json, bytes or None]`."""
    return list(session.bank(name, args, data.to_bytes() if data else b""))


def start(bridge: Any, zoo: str, engine: str) -> Session:
    """The session of a worker; `zoo` and `engine` are JSON. Called once, from web/engine."""
    from pyodide.ffi import run_sync, to_js

    def wait(promise: Any) -> Any:
        return run_sync(promise)

    models = BrowserModels(_Feeding(bridge, to_js), json.loads(zoo), wait)
    context = Context(models, bridge.progress, Cancellation(bridge, wait))
    return Session(context, json.loads(engine), LazyDesk(Path(BANK_PATH)))


def open_picture(
    session: Session, data: Any, name: str, rung: Rung, pixels: str, resume: Any
) -> str:
    """`Session.open` for a JavaScript Uint8Array, which is copied once.

    `pixels` is the JSON of `Pixels` or empty, `resume` a `Resume` of protocol.js or None.
    """
    what = Pixels(**json.loads(pixels)) if pixels else None
    if resume is None or not resume.checkpoint:
        return session.open(data.to_bytes(), name, rung, what)
    kept = resume.checkpoint.to_bytes()
    return session.open(data.to_bytes(), name, rung, what, kept, resume.findings)


def refuse(session: Session, data: Any, name: str, code: str, sentence: str) -> str:
    """`Session.refusal` for a JavaScript Uint8Array, as JSON."""
    return json.dumps(session.refusal(data.to_bytes(), name, code, sentence))


def html(records: str, pictures: Any, how: str) -> str:
    """The report of JSON records; `pictures` are JavaScript Uint8Arrays or null.

    `how` is the JSON of `{"lang": ..., "custody": {...}}`.
    """
    from telltale.report.html import render
    from telltale.report.versions import upgrade

    shown = [p.to_bytes() if hasattr(p, "to_bytes") else None for p in pictures]
    return render([upgrade(one) for one in json.loads(records)], shown, **json.loads(how))


def table(records: str) -> str:
    """A list of JSON records as CSV, a row per file."""
    from telltale.report import scores

    return scores.text((one["media"]["name"], one) for one in json.loads(records))


def agreement(recorded: str, repeated: str) -> str:
    """What agrees between two records in JSON: `{"agrees", "rows", "circumstances"}`, or
    `{"refused": why}` where the first is no record."""
    from dataclasses import asdict

    from telltale.report.replay import NotARecord, compare_records
    from telltale.report.versions import upgrade

    try:
        result = compare_records(upgrade(json.loads(recorded)), json.loads(repeated))
    except NotARecord as error:
        return json.dumps({"refused": str(error)})
    return json.dumps({"agrees": result.agrees, **asdict(result)})


def hang(gallery: Gallery, key: str, data: Any, name: str, rung: Rung, pixels: str) -> str:
    """Hand a picture (a JavaScript Uint8Array) to the gallery; "" or why it cannot be shown."""
    what = Pixels(**json.loads(pixels)) if pixels else None
    try:
        gallery.put(key, data.to_bytes(), name, rung, what)
    except MediaError as error:
        return str(error)
    return ""


def look(gallery: Gallery, glass: str, values: str, key: str, other: str) -> Any:
    """What is seen as a JavaScript list of [header, Uint8Array], or a sentence on why nothing is.

    `glass` is an id or, to compare with the picture `other`, empty.
    """
    from pyodide.ffi import to_js

    try:
        seen = gallery.look(key, glass, values) if glass else gallery.compare(key, other)
    except ValueError as error:
        return str(error)
    except MemoryError:
        return "The picture is too large for this glass in the memory at hand."
    return to_js([list(pair) for pair in seen])


def warm(step: str) -> None:
    """Import what one step needs."""
    if step == FACES:
        import_module("telltale.faces.pipeline")
    elif step == BANK:
        import_module("telltale.bank.desk")
    elif step in (ANSWER, ASSESS):
        import_module("telltale.evidence.verdict")
    else:
        detectors.load(detectors.find(step))


def warm_up() -> None:
    """Import whatever an analysis needs, by examining a small made picture without models."""
    import io

    from PIL import Image

    from telltale import analysis
    from telltale.report import html, record

    ramp = np.add.outer(np.arange(256), 3 * np.arange(256)) % 251
    noise = np.random.default_rng(0).integers(0, 5, (256, 256, 3))
    buffer = io.BytesIO()
    Image.fromarray((ramp[..., None] + noise).astype(np.uint8)).save(buffer, "JPEG", quality=90)
    state = analysis.begin(buffer.getvalue(), "warm-up.jpg")
    for _ in analysis.run_all(state, Context()):
        pass
    html.render([record.record(state, [])])


class _Feeding:
    """The bridge with its feeds converted to JavaScript arrays."""

    def __init__(self, bridge: Any, to_js: Callable[[Any], Any]) -> None:
        self.open, self.close = bridge.open, bridge.close
        self._run, self._to_js = bridge.run, to_js

    def run(self, key: int, feeds: list[Any]) -> Any:
        return self._run(key, self._to_js(feeds))


def _array(data: Any, dims: Any) -> NDArray[np.float32]:
    """A JavaScript typed array (or, in tests, an array) as float32 of the given shape."""
    shape = tuple(int(n) for n in dims)
    if isinstance(data, np.ndarray):
        return data.reshape(shape)
    out = np.empty(int(data.length), np.float32)
    data.assign_to(out)
    return out.reshape(shape)


def _unavailable(model: str, code: str, error: Exception) -> ModelUnavailable:
    return ModelUnavailable(model, code, f"The model {model} failed ({_plain(error)}).")


def _name(backend: str) -> str:
    return {"webgpu": "WebGPU", "wasm": "WebAssembly"}.get(backend, backend)


def _plain(error: Exception) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0][:160]
