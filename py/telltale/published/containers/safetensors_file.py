"""safetensors: a length, a JSON header, the numbers.

https://huggingface.co/docs/safetensors/index#format
"""

from __future__ import annotations

import json
import struct

import numpy as np
from numpy.typing import NDArray

from telltale.published.refusal import ImportRefused

_LARGEST_HEADER = 100_000_000
_TYPES = {"F64": "<f8", "F32": "<f4", "F16": "<f2", "I64": "<i8", "I32": "<i4", "U8": "|u1"}


def recognises(data: bytes) -> bool:
    """Whether the first bytes are a plausible header length followed by a JSON object."""
    return len(data) > 10 and data[8:9] == b"{" and _header_length(data) < _LARGEST_HEADER


def read(data: bytes) -> dict[str, NDArray[np.generic]]:
    """The arrays by name; raises `ImportRefused` for anything that overlaps or leaves the file."""
    length = _header_length(data)
    if 8 + length > len(data):
        raise ImportRefused("unreadable", "The file ends within its header.")
    header = json.loads(data[8 : 8 + length])
    body = memoryview(data)[8 + length :]
    found: dict[str, NDArray[np.generic]] = {}
    for name, row in header.items():
        if name == "__metadata__":
            continue
        first, last = (int(v) for v in row["data_offsets"])
        if row["dtype"] not in _TYPES:
            raise ImportRefused("unreadable", f"{name} has the unknown type {row['dtype']}.")
        if not 0 <= first <= last <= len(body):
            raise ImportRefused("unreadable", f"The file ends before the numbers of {name}.")
        values = np.frombuffer(body[first:last], _TYPES[row["dtype"]])
        found[name] = values.reshape([int(n) for n in row["shape"]])
    return found


def _header_length(data: bytes) -> int:
    return int(struct.unpack("<Q", data[:8])[0])
