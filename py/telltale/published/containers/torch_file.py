"""PyTorch's two containers: the archive (since 1.6) and the sequence of pickles before it.

Read without PyTorch, through `restricted_pickle`; the layouts are those of `torch.serialization`.
"""

from __future__ import annotations

import io
import struct
import zipfile
from typing import Any

import numpy as np
from numpy.typing import NDArray

from telltale.published.containers import restricted_pickle
from telltale.published.refusal import ImportRefused

_MAGIC = 0x1950A86A20F9469CFC6C
_TYPES = {
    "DoubleStorage": "<f8",
    "FloatStorage": "<f4",
    "HalfStorage": "<f2",
    "LongStorage": "<i8",
    "IntStorage": "<i4",
    "ShortStorage": "<i2",
    "CharStorage": "|i1",
    "ByteStorage": "|u1",
    "BoolStorage": "|b1",
}


def recognises(data: bytes) -> bool:
    """Whether bytes are an archive with a `data.pkl`, or begin with the old format's number."""
    if data.startswith(b"PK\x03\x04"):
        return True
    return data[:1] == b"\x80" and struct.pack("<Q", _MAGIC & (2**64 - 1)) in data[:32]


def read(data: bytes) -> dict[str, NDArray[np.generic]]:
    """Every tensor by its path: a state dictionary, one inside a checkpoint, or a whole module."""
    loaded = _read_archive(data) if data.startswith(b"PK") else _read_sequence(data)
    return dict(restricted_pickle.named_arrays(loaded))


class _Storage:
    """Numbers that tensors are views of; `values` may be filled after tensors were made."""

    def __init__(self, dtype: str, size: int) -> None:
        self.values: NDArray[Any] = np.zeros(0, dtype)
        self.dtype, self.size = np.dtype(dtype), size


class _Tensor:
    """A view of a storage that is resolved when all numbers are there."""

    def __init__(self, storage: _Storage, offset: int, size: Any, stride: Any) -> None:
        self.storage, self.offset = storage, int(offset)
        self.size = tuple(int(n) for n in size)
        self.stride = tuple(int(n) for n in stride)

    def array(self) -> NDArray[Any]:
        values = self.storage.values
        last = self.offset + sum((n - 1) * s for n, s in zip(self.size, self.stride, strict=True))
        small = min((*self.size, *self.stride, self.offset), default=0)
        if small < 0 or (all(self.size) and last >= len(values)):
            raise ImportRefused("unreadable", "A tensor reaches beyond the numbers in the file.")
        view = np.lib.stride_tricks.as_strided(
            values[self.offset :],
            self.size,
            tuple(s * values.itemsize for s in self.stride),
            writeable=False,
        )
        return np.ascontiguousarray(view)


def _rebuild_tensor(storage: Any, offset: Any, size: Any, stride: Any, *more: Any) -> _Tensor:
    if not isinstance(storage, _Storage):
        raise ImportRefused("unreadable", "A tensor has no storage.")
    return _Tensor(storage, offset, size, stride)


def _rebuild_parameter(tensor: Any, *more: Any) -> Any:
    return tensor


class _Kind(str):
    """The name of a storage class."""


_EXTRA: dict[tuple[str, str], Any] = {
    ("torch._utils", "_rebuild_tensor"): _rebuild_tensor,
    ("torch._utils", "_rebuild_tensor_v2"): _rebuild_tensor,
    ("torch._utils", "_rebuild_parameter"): _rebuild_parameter,
    **{("torch", name): _Kind(name) for name in _TYPES},
    **{("torch.cuda", name): _Kind(name) for name in _TYPES},
    ("torch", "Size"): tuple,
}


def _read_archive(data: bytes) -> Any:
    try:
        archive = zipfile.ZipFile(io.BytesIO(data))
        names = {info.filename: info for info in archive.infolist()}
        root = next(name for name in names if name.endswith("data.pkl"))[: -len("data.pkl")]
        storages: dict[str, _Storage] = {}

        def persistent(pid: Any) -> _Storage:
            storage = storages.get(pid[2])
            if storage is None:
                storage = storages[pid[2]] = _new_storage(pid)
                raw = archive.read(f"{root}data/{pid[2]}")
                storage.values = np.frombuffer(raw, storage.dtype)
            return storage

        pickled = archive.read(root + "data.pkl")
        loaded = restricted_pickle.load(pickled, extra=_EXTRA, persistent=persistent)
    except StopIteration as error:
        raise ImportRefused("unknown_container", "The archive holds no PyTorch file.") from error
    except zipfile.BadZipFile as error:
        raise ImportRefused("unreadable", "The file is damaged or incomplete.") from error
    return _resolved(loaded)


def _read_sequence(data: bytes) -> Any:
    file = io.BytesIO(data)
    storages: dict[str, _Storage] = {}

    def persistent(pid: Any) -> Any:
        if pid[0] == "module":  # (marker, class, source file, source): the class, already inert
            return pid[1]
        storage = storages.get(pid[2])
        if storage is None:
            storage = storages[pid[2]] = _new_storage(pid)
        view = pid[5] if len(pid) > 5 else None
        if view is None:
            return storage
        raise ImportRefused("unreadable", "Views of storage are not read from the old container.")

    magic, _version, _system = (restricted_pickle.load_from(file) for _ in range(3))
    if magic != _MAGIC:
        raise ImportRefused("unknown_container", "The file is no PyTorch file.")
    loaded = restricted_pickle.load_from(file, extra=_EXTRA, persistent=persistent)
    for key in restricted_pickle.load_from(file):
        storage = storages[key]
        (count,) = struct.unpack("<q", file.read(8))
        if count != storage.size:
            raise ImportRefused("unreadable", "A storage has another size than it declares.")
        raw = file.read(count * storage.dtype.itemsize)
        if len(raw) != count * storage.dtype.itemsize:
            raise ImportRefused("unreadable", "The file ends within its numbers.")
        storage.values = np.frombuffer(raw, storage.dtype)
    return _resolved(loaded)


def _new_storage(pid: Any) -> _Storage:
    kind, size = pid[1], int(pid[4])
    if pid[0] != "storage" or str(kind) not in _TYPES or size < 0:
        raise ImportRefused("unreadable", f"The file holds numbers of the unknown kind {kind!r}.")
    return _Storage(_TYPES[str(kind)], size)


def _resolved(value: Any) -> Any:
    """The same object with every `_Tensor` replaced by its array."""
    if isinstance(value, _Tensor):
        return value.array()
    if isinstance(value, restricted_pickle.Inert):
        value.state = _resolved(value.state)
        return value
    if isinstance(value, dict):
        return {key: _resolved(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_resolved(item) for item in value]
    return value
