"""Pickles without their power: arrays and tensors are rebuilt, classes become inert, calls do not
happen.

A pickle is a program. This reader knows a closed list of functions that rebuild arrays. Classes
of the libraries that published networks use become `Inert`: they keep their state and do nothing.
Everything else is refused by name.
"""

from __future__ import annotations

import io
import pickle
from collections import OrderedDict
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from telltale.published.refusal import ImportRefused

#: Modules whose classes published pickles contain; they are kept as `Inert`, never imported.
INERT_MODULES = (
    "argparse",
    "efficientnet_pytorch",
    "models",
    "network",
    "pretrainedmodels",
    "sklearn",
    "torch.nn",
    "torchvision.models",
    "xception",
)
_DEEPEST = 64


class Inert:
    """What stands in for an object of a class that is not imported: its class name and state."""

    def __init__(self, *arguments: Any) -> None:
        self.arguments = arguments
        self.state: dict[str, Any] = {}

    def __setstate__(self, state: Any) -> None:
        self.state = state if isinstance(state, dict) else {"state": state}

    def __setitem__(self, key: Any, value: Any) -> None:
        self.state[str(key)] = value


def recognises(data: bytes) -> bool:
    """Whether bytes begin like a pickle: protocol 2 or later, or the text protocol's opcodes."""
    return data[:1] == b"\x80" or data[:1] in (b"(", b"]", b"}", b"c")


class Reader(pickle.Unpickler):
    """The restricted reader; `extra` adds known functions, `persistent` finds storage."""

    def __init__(
        self,
        file: Any,
        extra: dict[tuple[str, str], Any] | None = None,
        persistent: Callable[[Any], Any] | None = None,
    ) -> None:
        super().__init__(file, encoding="latin1")
        self._known = {**_KNOWN, **(extra or {})}
        self._persistent = persistent

    def find_class(self, module: str, name: str) -> Any:
        if (module, name) in self._known:
            return self._known[module, name]
        if any(module == one or module.startswith(one + ".") for one in INERT_MODULES):
            return type(name, (Inert,), {"__module__": module})
        raise ImportRefused(
            "hostile",
            f"The file asks to run {module}.{name}, which no file of weights needs. It was not "
            "run, and the file is refused.",
        )

    def persistent_load(self, pid: Any) -> Any:
        if self._persistent is None:
            raise ImportRefused("unreadable", "The pickle refers to storage that it does not hold.")
        return self._persistent(pid)


def load(data: bytes, **options: Any) -> Any:
    """The object of a pickle; raises `ImportRefused` where it is hostile or damaged."""
    return load_from(io.BytesIO(data), **options)


def load_from(file: Any, **options: Any) -> Any:
    """The next object of an open file; raises as `load`."""
    try:
        return Reader(file, **options).load()
    except ImportRefused:
        raise
    except (pickle.UnpicklingError, MemoryError, RecursionError, AttributeError, ImportError) as e:
        raise ImportRefused("unreadable", f"The file is damaged or incomplete: {e}.") from e


def arrays(data: bytes) -> dict[str, NDArray[np.generic]]:
    """Every array in a pickle, named by the path to it."""
    return dict(named_arrays(load(data)))


def named_arrays(value: Any, path: str = "", depth: int = 0) -> list[tuple[str, NDArray[Any]]]:
    """(path, array) of every array within containers and inert objects, in their order.

    Modules of PyTorch are walked as `named_parameters` does, so that paths are those of a
    state dictionary.
    """
    if depth > _DEEPEST:
        raise ImportRefused("unreadable", "The file nests deeper than any network.")
    if isinstance(value, np.ndarray):
        return [(path, value)] if value.dtype != object else []
    if isinstance(value, (float, np.floating)):
        return [(path, np.asarray(value, np.float64))]
    found: list[tuple[str, NDArray[Any]]] = []
    for key, item in _children(value):
        found += named_arrays(item, f"{path}.{key}" if path else str(key), depth + 1)
    return found


def _children(value: Any) -> list[tuple[Any, Any]]:
    if isinstance(value, Inert):
        state = value.state
        if "_parameters" in state and "_modules" in state:
            groups = ("_parameters", "_buffers", "_modules")
            return [pair for group in groups for pair in (state.get(group) or {}).items()]
        return list(state.items())
    if isinstance(value, dict):
        return list(value.items())
    if isinstance(value, (list, tuple)):
        return list(enumerate(value))
    return []


def _reconstruct(kind: Any, shape: Any, code: Any) -> NDArray[Any]:
    del kind, shape, code
    return _Rebuilt((0,), np.uint8)


class _Rebuilt(np.ndarray):
    """An array that takes its pickled state, but never one of Python objects."""

    def __setstate__(self, state: Any, /) -> None:
        _, shape, dtype, *_rest = state
        _check_dtype(dtype)
        super().__setstate__(state)
        del shape


def _check_dtype(dtype: Any) -> None:
    if not isinstance(dtype, np.dtype) or dtype.hasobject:
        raise ImportRefused("unreadable", "The file holds arrays of objects instead of numbers.")


def _dtype(name: Any, *flags: Any) -> Any:
    # a copy: the pickle sets its byte order, and the original belongs to everybody
    dtype = np.dtype(name, False, True)
    if dtype.hasobject:
        # kept as a name only: classes of scikit-learn have such attributes, weights have not
        return np.dtype("V1")
    return dtype


def _scalar(dtype: Any, data: Any = b"") -> Any:
    _check_dtype(dtype)
    raw = data.encode("latin1") if isinstance(data, str) else bytes(data)
    return np.frombuffer(raw, dtype, 1)[0]


def _old_object(kind: Any, base: Any, state: Any) -> Any:
    del base, state
    if isinstance(kind, type) and issubclass(kind, Inert):
        return kind()
    raise ImportRefused("hostile", f"The file asks to build a {kind!r}, which is refused.")


def _encode(text: Any, encoding: Any = "latin1") -> bytes:
    """How old protocols write bytes; no other codec is anybody's business here."""
    if encoding != "latin1" or not isinstance(text, str):
        raise ValueError("bytes are written in an unknown way")
    return text.encode("latin1")


_KNOWN: dict[tuple[str, str], Any] = {
    ("collections", "OrderedDict"): OrderedDict,
    ("_codecs", "encode"): _encode,
    **{
        (module, name): value
        for module in ("numpy.core.multiarray", "numpy._core.multiarray")
        for name, value in (("_reconstruct", _reconstruct), ("scalar", _scalar))
    },
    ("numpy", "ndarray"): np.ndarray,
    ("numpy", "dtype"): _dtype,
    **{(module, "_reconstructor"): _old_object for module in ("copy_reg", "copyreg")},
    **{(module, "object"): object for module in ("__builtin__", "builtins")},
    **{(module, "set"): set for module in ("__builtin__", "builtins")},
}
