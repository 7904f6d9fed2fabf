"""A bounded decoder of CBOR (RFC 8949) for hostile input."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import Any

from telltale.detectors.provenance.c2pa.errors import Malformed

#: Nesting, and items of one document.
MAX_DEPTH, MAX_ITEMS = 24, 30_000

_BREAK = object()


@dataclass(frozen=True, slots=True)
class Tagged:
    """A value with its tag (RFC 8949, 3.4), which is not interpreted."""

    tag: int
    value: Any


def decode(data: bytes) -> Any:
    """The one data item in `data`; raises `Malformed`.

    Maps are dict (keys int, str or bytes, none twice), arrays list, undefined None, tagged values
    `Tagged`. Nothing may follow the item.
    """
    reader = _Reader(bytes(data))
    value = reader.item(0)
    if value is _BREAK:
        raise Malformed("CBOR breaks off an array that it never began")
    if reader.at != len(data):
        raise Malformed(f"{len(data) - reader.at:,} bytes follow the CBOR item")
    return value


def byte_string(value: bytes) -> bytes:
    """`value` as a CBOR byte string."""
    size = len(value)
    if size < 24:
        return bytes([0x40 | size]) + value
    for code, form, limit in ((24, ">B", 1 << 8), (25, ">H", 1 << 16), (26, ">I", 1 << 32)):
        if size < limit:
            return bytes([0x40 | code]) + struct.pack(form, size) + value
    raise ValueError("too long")


class _Reader:
    def __init__(self, data: bytes) -> None:
        self.data, self.at, self.items = data, 0, 0

    def take(self, size: int) -> bytes:
        if size > len(self.data) - self.at:
            raise Malformed(f"CBOR announces {size:,} bytes where {len(self.data) - self.at:,} are")
        self.at += size
        return self.data[self.at - size : self.at]

    def item(self, depth: int) -> Any:
        self.items += 1
        if depth > MAX_DEPTH:
            raise Malformed(f"CBOR is nested deeper than {MAX_DEPTH} levels")
        if self.items > MAX_ITEMS:
            raise Malformed(f"CBOR has more than {MAX_ITEMS:,} items")
        head = self.take(1)[0]
        major, low = head >> 5, head & 31
        if major == 7:
            return self.simple(low)
        length = self.length(low, major)
        if major == 0:
            return length
        if major == 1 and length is not None:
            return -1 - length
        if major in (2, 3):
            return self.string(major, length, depth)
        if major == 4:
            return self.array(length, depth)
        if major == 5:
            return self.map(length, depth)
        assert length is not None
        return Tagged(length, self.value(depth + 1))

    def value(self, depth: int) -> Any:
        found = self.item(depth)
        if found is _BREAK:
            raise Malformed("CBOR breaks off where a value should be")
        return found

    def length(self, low: int, major: int) -> int | None:
        """The argument of an initial byte; None for an indefinite length."""
        if low < 24:
            return low
        if low < 28:
            return int.from_bytes(self.take(1 << (low - 24)), "big")
        if low == 31 and major in (2, 3, 4, 5):
            return None
        raise Malformed(f"CBOR has a reserved initial byte (major type {major}, {low})")

    def simple(self, low: int) -> Any:
        if low in (20, 21, 22, 23):
            return (False, True, None, None)[low - 20]
        if low in (25, 26, 27):
            return struct.unpack({25: ">e", 26: ">f", 27: ">d"}[low], self.take(1 << (low - 24)))[0]
        if low == 31:
            return _BREAK
        raise Malformed(f"CBOR has an unassigned simple value ({low})")

    def string(self, major: int, length: int | None, depth: int) -> bytes | str:
        if length is not None:
            return _text(self.take(length)) if major == 3 else self.take(length)
        parts: list[Any] = []
        while (part := self.item(depth + 1)) is not _BREAK:
            if not isinstance(part, str if major == 3 else bytes):
                raise Malformed("CBOR joins pieces of different types to one string")
            parts.append(part)
        return "".join(parts) if major == 3 else b"".join(parts)

    def array(self, length: int | None, depth: int) -> list[Any]:
        out: list[Any] = []
        if length is None:
            while (value := self.item(depth + 1)) is not _BREAK:
                out.append(value)
            return out
        self.expect(length)
        for _ in range(length):
            out.append(self.value(depth + 1))
        return out

    def map(self, length: int | None, depth: int) -> dict[Any, Any]:
        out: dict[Any, Any] = {}
        if length is not None:
            self.expect(2 * length)
        while length is None or len(out) < length:
            key = self.item(depth + 1)
            if key is _BREAK and length is None:
                return out
            if isinstance(key, bool) or not isinstance(key, int | str | bytes):
                raise Malformed("CBOR has a map key that is neither number nor text nor bytes")
            if key in out:
                raise Malformed("CBOR has a map with the same key twice")
            out[key] = self.value(depth + 1)
        return out

    def expect(self, items: int) -> None:
        if items > len(self.data) - self.at:
            raise Malformed(f"CBOR announces {items:,} items, more than there are bytes")


def _text(raw: bytes) -> str:
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        raise Malformed("CBOR text is not UTF-8") from None
