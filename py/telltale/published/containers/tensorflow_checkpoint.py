"""TensorFlow's checkpoint (tensor bundle): `NAME.index`, a sorted table, and its data files.

The table is LevelDB's, uncompressed; its values are `BundleEntryProto` messages
(tensorflow/core/protobuf/tensor_bundle.proto). Read without TensorFlow.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from telltale.published.refusal import ImportRefused

_TABLE_MAGIC = 0xDB4775248B80FB57
_FOOTER = 48
#: DataType of tensorflow/core/framework/types.proto
_TYPES = {1: "<f4", 2: "<f8", 3: "<i4", 4: "|u1", 9: "<i8", 19: "<f2"}


def index_of(path: Path) -> Path | None:
    """The index file that belongs to `path`: itself, or beside a `.data-` or `.meta` file."""
    name = path.name
    for end in (".index", ".meta"):
        if name.endswith(end):
            return path.with_name(name[: -len(end)] + ".index")
    if ".data-" in name:
        return path.with_name(name[: name.index(".data-")] + ".index")
    beside = path.with_name(name + ".index")
    return beside if not path.is_file() and beside.is_file() else None


def read(index: Path) -> dict[str, NDArray[np.generic]]:
    """The variables of a checkpoint by name; raises `ImportRefused` where a part is missing."""
    from telltale.published.containers import read_bytes

    try:
        entries = dict(_entries(read_bytes(index)))
        if b"" not in entries:
            raise ImportRefused("unreadable", "The checkpoint's index has no header.")
        shards = dict(_fields(entries.pop(b""))).get(1, 1)
        files: dict[int, bytes] = {}
        found = {}
        for name, message in entries.items():
            found[name.decode()] = _variable(index, int(shards), message, files)
        return found
    except (IndexError, KeyError, struct.error, UnicodeDecodeError, TypeError, ValueError) as error:
        raise ImportRefused("unreadable", f"The checkpoint is damaged: {error}.") from error


def _variable(
    index: Path, shards: int, message: bytes, files: dict[int, bytes]
) -> NDArray[np.generic]:
    from telltale.published.containers import read_bytes

    fields = dict(_fields(message))
    code = int(fields.get(1, 0))
    dtype = _TYPES.get(code)
    if dtype is None:
        raise ImportRefused("unreadable", f"The checkpoint holds the unknown type {code}.")
    shape = [
        int(dict(_fields(dim)).get(1, 0))
        for number, dim in _fields(fields.get(2, b""))
        if number == 2
    ]
    shard, offset, size = (int(fields.get(n, 0)) for n in (3, 4, 5))
    if shard not in files:
        name = f"{index.name[: -len('.index')]}.data-{shard:05d}-of-{shards:05d}"
        files[shard] = read_bytes(index.with_name(name))
    raw = files[shard][offset : offset + size]
    if len(raw) != size or size != int(np.prod(shape, dtype=np.int64)) * np.dtype(dtype).itemsize:
        raise ImportRefused("unreadable", "The checkpoint ends within its numbers.")
    return np.frombuffer(raw, dtype).reshape(shape)


def _entries(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Key and value of every row of a LevelDB table."""
    if len(data) < _FOOTER or struct.unpack("<Q", data[-8:])[0] != _TABLE_MAGIC:
        raise ImportRefused("unreadable", "The checkpoint's index is damaged or incomplete.")
    footer = data[-_FOOTER:]
    _, at = _handle(footer, 0)  # the meta index, which bundles leave empty
    where, _ = _handle(footer, at)
    for _, handle in _block(data, *where):
        block, _ = _handle(handle, 0)
        yield from _block(data, *block)


def _handle(data: bytes, at: int) -> tuple[tuple[int, int], int]:
    offset, at = _varint(data, at)
    size, at = _varint(data, at)
    return (offset, size), at


def _block(data: bytes, offset: int, size: int) -> Iterator[tuple[bytes, bytes]]:
    """Rows of one block: keys share prefixes with the row before."""
    block = data[offset : offset + size]
    if len(block) != size or data[offset + size] != 0:
        raise ImportRefused("unreadable", "The checkpoint's index is damaged or compressed.")
    (restarts,) = struct.unpack("<I", block[-4:])
    end = size - 4 - 4 * restarts
    at, key = 0, b""
    while at < end:
        shared, at = _varint(block, at)
        fresh, at = _varint(block, at)
        length, at = _varint(block, at)
        key = key[:shared] + block[at : at + fresh]
        at += fresh
        yield key, block[at : at + length]
        at += length


def _fields(message: bytes | int) -> Iterator[tuple[int, int | bytes]]:
    """Number and raw value of every field of a protocol buffer message."""
    if isinstance(message, int):
        raise ValueError("a message was expected")
    at = 0
    while at < len(message):
        tag, at = _varint(message, at)
        number, kind = tag >> 3, tag & 7
        if kind == 0:
            value, at = _varint(message, at)
            yield number, value
        elif kind == 2:
            length, at = _varint(message, at)
            yield number, message[at : at + length]
            at += length
        elif kind in (1, 5):
            width = 8 if kind == 1 else 4
            yield number, int.from_bytes(message[at : at + width], "little")
            at += width
        else:
            raise ValueError(f"wire type {kind}")


def _varint(data: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        byte = data[at]
        at += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, at
        shift += 7
        if shift > 63:
            raise ValueError("a number is too long")
