"""What computed a record: the software with its hashes, the runtime, each detector's parameters."""

from __future__ import annotations

import hashlib
import platform
import re
import sys
from collections.abc import Iterator
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Any

import numpy as np
from PIL import Image, features

import telltale
from telltale import analysis, detectors
from telltale.runtime.inference import SELF_TEST_TOLERANCE

#: Kinds of file that numbers can depend on, and folders that are none of the package's own code.
_CODE = (".py", ".json")
_NOT_CODE = ("__pycache__", "_models", "_locales")
#: What no browser has (buildtools/page.py): importing networks, measuring, the lab; no
#: shipped finding needs it.
_NATIVE_ONLY = ("benchmark/", "lab/", "published/")
#: Libraries that some detectors use: their distribution and module. Not all are always there.
_LIBRARIES = {
    "scipy": "scipy",
    "scikit-image": "skimage",
    "PyWavelets": "pywt",
    "onnxruntime": "onnxruntime",
}
_CONSTANT = re.compile(r"_?[A-Z][A-Z0-9_]*")
#: Longest list of numbers that is recorded as it is; larger tables are recorded by their hash.
_MOST_NUMBERS = 64


def software(deep: bool = False) -> dict[str, Any]:
    """Name, version, hash of the whole package, ids of the detectors asked for in running order.

    `code_sha256` is the same in both runtimes for the same sources; `build` is its beginning, or
    in the browser the key of the engine's build, which covers interpreter and libraries too.
    """
    asked = {entry.id for entry in detectors.entries(deep)}
    return {
        "name": "Telltale",
        "version": telltale.__version__,
        "build": code_sha256()[:16],
        "code_sha256": code_sha256(),
        "detectors": [step for step in analysis.steps(deep) if step in asked],
    }


def runtime() -> dict[str, Any]:
    """What computed the numbers: interpreter, libraries, decoder; how far a model may miss."""
    return {
        "kind": "pyodide" if sys.platform == "emscripten" else "cpython",
        "python": platform.python_version(),
        "numpy": np.__version__,
        "pillow": Image.__version__,
        "libjpeg": str(features.version("libjpeg_turbo") or features.version("jpg")),
        "platform": sys.platform,
        "libraries": libraries(),
        "self_test_tolerance": SELF_TEST_TOLERANCE,
    }


def libraries() -> dict[str, str]:
    """Versions of the libraries that are here, by distribution name."""
    found = {}
    for name, module in _LIBRARIES.items():
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            # the browser's wheels are there without their metadata
            if loaded := getattr(sys.modules.get(module), "__version__", ""):
                found[name] = str(loaded)
    return found


@cache
def code_sha256() -> str:
    """SHA-256 over names and contents of the package's code and tables, in the order of names."""
    digest = hashlib.sha256()
    for name, content in sorted(_members(files("telltale"), "")):
        if name.startswith(_NATIVE_ONLY):
            continue
        digest.update(f"{name}\0{hashlib.sha256(content).hexdigest()}\n".encode())
    return digest.hexdigest()


@cache
def detector_sha256(detector_id: str) -> str:
    """SHA-256 of a detector's source file; raises KeyError for an id that is not registered."""
    # of an imported network `module:NAME`, the file that holds it
    return module_sha256(detectors.find(detector_id).module.partition(":")[0])


@cache
def module_sha256(module: str) -> str:
    """SHA-256 of the source file of a module below `telltale.detectors`."""
    path = files("telltale.detectors")
    for part in f"{module.replace('.', '/')}.py".split("/"):
        path = path / part
    return hashlib.sha256(path.read_bytes()).hexdigest()


def parameters(module: object) -> dict[str, Any]:
    """The constants that a detector's module works with, its own and those it imports by name.

    Numbers, words and flat or nested lists of them as they are; tables of more than
    `_MOST_NUMBERS` values as `{"sha256", "shape"}`. Other objects are no parameters.
    """
    # an imported network is an object; its constants stand beside it in its module
    holder = module if hasattr(module, "__dict__") else sys.modules[type(module).__module__]
    found = {}
    for name, value in sorted(vars(holder).items()):
        plain = _plain(value) if _CONSTANT.fullmatch(name) else None
        if plain is not None:
            found[name] = plain
    return found


def _members(folder: Traversable, name: str) -> Iterator[tuple[str, bytes]]:
    for child in folder.iterdir():
        if child.is_dir():
            if child.name not in _NOT_CODE:
                yield from _members(child, f"{name}{child.name}/")
        elif child.name.endswith(_CODE):
            yield f"{name}{child.name}", child.read_bytes()


def _plain(value: Any) -> Any:
    if isinstance(value, np.ndarray):
        if value.size > _MOST_NUMBERS:
            return {"sha256": _table_hash(value), "shape": list(value.shape)}
        return _plain(value.tolist())
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, str):
        # a sentence is what is said, not what it is measured with
        return value if len(value) <= 40 and " " not in value else None
    if isinstance(value, bool | int):
        return value
    if isinstance(value, float):
        return value if np.isfinite(value) else str(value)
    if isinstance(value, dict):
        pairs = {str(k): _plain(v) for k, v in value.items()}
        whole = len(pairs) <= _MOST_NUMBERS and None not in pairs.values()
        return pairs if pairs and whole else None
    if isinstance(value, list | tuple | frozenset | set):
        ordered = sorted(value, key=str) if isinstance(value, set | frozenset) else value
        if len(ordered) > _MOST_NUMBERS:
            return None
        items = [_plain(item) for item in ordered]
        return None if not items or None in items else items
    return None


def _table_hash(values: np.ndarray[Any, Any]) -> str:
    little = values.astype(values.dtype.newbyteorder("<"), copy=False)
    return hashlib.sha256(np.ascontiguousarray(little).tobytes()).hexdigest()
