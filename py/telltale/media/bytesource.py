"""Bytes at any place of a file that may be too large for memory."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

#: Bytes read at once where a whole file is walked through.
CHUNK = 4 * 2**20


class ByteSource(Protocol):
    """Random access to `size` bytes."""

    @property
    def size(self) -> int: ...

    def read(self, offset: int, length: int) -> bytes:
        """Up to `length` bytes from `offset`; fewer only at the end."""
        ...


@dataclass(frozen=True, slots=True)
class CalledSource:
    """A source that asks a function, such as one over a browser's `File`."""

    size: int
    call: Callable[[int, int], bytes]

    def read(self, offset: int, length: int) -> bytes:
        length = max(0, min(length, self.size - offset))
        return bytes(self.call(offset, length)) if length else b""


def of_bytes(data: bytes) -> CalledSource:
    """The source over bytes in memory."""
    return CalledSource(len(data), lambda offset, length: data[offset : offset + length])


def of_file(path: Path) -> CalledSource:
    """The source over a file on disk, opened for every read; raises OSError."""

    def read(offset: int, length: int) -> bytes:
        with path.open("rb") as file:
            file.seek(offset)
            return file.read(length)

    return CalledSource(path.stat().st_size, read)


def sha256(source: ByteSource, pause: Callable[[float], None] | None = None) -> str:
    """The SHA-256 of all bytes; `pause` is told the share done in [0, 1] and may raise."""
    digest = hashlib.sha256()
    for offset in range(0, source.size, CHUNK):
        if pause is not None:
            pause(offset / source.size)
        digest.update(source.read(offset, CHUNK))
    return digest.hexdigest()
