"""Unpacking a ZIP that may come from an enemy, a pack or exported cases.

Sizes are checked before anything is unpacked and again while it is; member names come from a
closed list and never touch a file system; JSON is read without NaN and without repeated keys.
"""

from __future__ import annotations

import io
import json
import re
import struct
import zipfile
import zlib
from typing import Any

from telltale.bank.model import BankError

#: What a file may unpack to, and how many members it may have.
MAX_UNPACKED_BYTES = 1024 * 2**20
MAX_JSON_BYTES = 256 * 2**20
MAX_MEMBERS = 60_000
#: JSON of many alike samples shrinks to a twentieth; a bomb to a thousandth.
MAX_RATIO = 200


class PackError(BankError):
    """The pack is refused; `str()` says why."""


def require(holds: bool, sentence: str) -> None:
    """Refuse the pack with this reason where it does not hold."""
    if not holds:
        raise PackError(f"The pack is refused: {sentence}.")


def unpacked(data: bytes, allowed: re.Pattern[str]) -> dict[str, bytes]:
    """The members by name, all of which `allowed` matches; raises `PackError`."""
    _check_directory(data)
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            infos = archive.infolist()
            names = [info.filename for info in infos]
            require(len(set(names)) == len(names), "two members have the same name")
            for info in infos:
                require(bool(allowed.fullmatch(info.filename)), "it has a member that is unknown")
                require(not info.flag_bits & 1, "it is encrypted")
                kinds = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
                require(info.compress_type in kinds, "it is compressed in an unknown way")
                require(
                    info.file_size <= MAX_RATIO * max(info.compress_size, 64),
                    "a member would unpack to far more than it says",
                )
            total = sum(info.file_size for info in infos)
            require(total <= MAX_UNPACKED_BYTES, f"it unpacks to {total:,} bytes")
            return {info.filename: _read(archive, info) for info in infos}
    except PackError:
        raise
    except (
        zipfile.BadZipFile, zlib.error, EOFError, OSError, RuntimeError, ValueError,
        NotImplementedError, UnicodeError, OverflowError, MemoryError, IndexError,
    ) as error:  # fmt: skip
        raise PackError(f"The pack is damaged ({type(error).__name__}).") from error


def _check_directory(data: bytes) -> None:
    """Bound the list of members before anything parses it (APPNOTE 6.3.10, section 4.3.16)."""
    end = data[-22:]
    require(len(end) == 22 and end[:4] == b"PK\5\6", "it is no pack")
    entries, size = struct.unpack("<10xHL6x", end)
    require(entries <= MAX_MEMBERS, f"it has more than {MAX_MEMBERS:,} members")
    require(size <= MAX_MEMBERS * 100, "its list of members is too long")
    # the larger form of the list would be read instead of the one just checked
    require(data[-42:-38] != b"PK\6\7", "it is a zip of the larger form")


def _read(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> bytes:
    """One member, stopped where it is longer than it says."""
    with archive.open(info) as member:
        content = member.read(info.file_size + 1)
    require(len(content) == info.file_size, "a member is not as long as it says")
    return content


def parsed(members: dict[str, bytes], name: str) -> Any:
    """The JSON of a member; raises `PackError`."""
    require(name in members, f"{name} is missing")
    require(len(members[name]) <= MAX_JSON_BYTES, f"{name} is too large")
    try:
        return json.loads(
            members[name].decode("utf-8"),
            parse_constant=_no_constant,
            object_pairs_hook=_no_repetition,
        )
    except (ValueError, RecursionError, MemoryError) as error:
        raise PackError(f"The pack is refused: {name} is not plain JSON.") from error


def _no_constant(word: str) -> Any:
    raise ValueError(f"{word} is not JSON")


def _no_repetition(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    out = dict(pairs)
    if len(out) != len(pairs):
        raise ValueError("a key is repeated")
    return out
