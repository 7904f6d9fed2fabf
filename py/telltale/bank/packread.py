"""Reading a bank pack that may come from an enemy: everything is checked before it is believed.

Sizes are checked before anything is unpacked and again while it is; member names come from a
closed list and never touch a file system; vectors are read without pickle; JSON without NaN,
without repeated keys and without keys that are not described. What is wrong is a `PackError`.
"""

from __future__ import annotations

import hashlib
import io
import json
import re
import struct
import zipfile
import zlib
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from telltale.bank import phash
from telltale.bank.model import (
    LABELS,
    MAX_EMBEDDINGS,
    BankError,
    DetectorScore,
    Embedding,
    Sample,
    Statement,
    checked,
    inert,
)

FORMAT = "telltale-bank-pack/1"
#: The largest pack, packed and unpacked, and what one pack may hold.
MAX_PACK_BYTES = 512 * 2**20
MAX_UNPACKED_BYTES = 1024 * 2**20
MAX_JSON_BYTES = 256 * 2**20
MAX_SAMPLES = 200_000
MAX_MEMBERS = 60_000
#: JSON of many alike samples shrinks to a twentieth; a bomb to a thousandth.
MAX_RATIO = 200
_MEMBER = re.compile(
    r"manifest\.json|signature\.json|samples\.json|vectors/(?:\d{1,3}|hash)(?:\.rows)?\.npy|thumbnails/(?:0|[1-9]\d{0,5})\.jpg"
)
_SAMPLE_KEYS = {"sha256", "width", "height", "format", "statements", "scores"}
_STATEMENT_KEYS = {"label", "said_by", "method", "provenance", "note", "stated"}
_SCORE_KEYS = {"detector", "version", "name", "value"}
_TABLE_KEYS = {"kind", "model", "model_sha256", "width", "count", "member"}
_MANIFEST_KEYS = {"format", "software", "origin", "samples", "vectors", "members"}


class PackError(BankError):
    """The pack is refused; `str()` says why."""


@dataclass(frozen=True, slots=True)
class Pack:
    """A pack that passed every check. `sha256` is of the whole file.

    `signer` is the fingerprint of the key that signed it, empty where it is not signed.
    """

    sha256: str
    origin: str
    samples: tuple[Sample, ...]
    signer: str = ""


def read(data: bytes) -> Pack:
    """Read and check a pack; raises `PackError` and nothing else."""
    _require(len(data) <= MAX_PACK_BYTES, f"it has more than {MAX_PACK_BYTES:,} bytes")
    try:
        members = _members(data)
        manifest = _object(_parsed(members, "manifest.json"), _MANIFEST_KEYS, "the manifest")
        _require(manifest["format"] == FORMAT, f"its format is not {FORMAT}")
        _check_members(manifest["members"], members)
        samples = _samples(_parsed(members, "samples.json"), manifest["samples"])
        vectors = _vectors(manifest["vectors"], members, len(samples))
        built = _built(samples, vectors, members)
        signer = _signer(members)
        return Pack(hashlib.sha256(data).hexdigest(), inert(manifest["origin"]), built, signer)
    except PackError:
        raise
    except BankError as error:
        raise PackError(f"The pack is refused: {error}") from error


def _members(data: bytes) -> dict[str, bytes]:
    _check_directory(data)
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            infos = archive.infolist()
            names = [info.filename for info in infos]
            _require(len(set(names)) == len(names), "two members have the same name")
            for info in infos:
                _require(bool(_MEMBER.fullmatch(info.filename)), "it has a member that is unknown")
                _require(not info.flag_bits & 1, "it is encrypted")
                kinds = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
                _require(info.compress_type in kinds, "it is compressed in an unknown way")
                _require(
                    info.file_size <= MAX_RATIO * max(info.compress_size, 64),
                    "a member would unpack to far more than it says",
                )
            total = sum(info.file_size for info in infos)
            _require(total <= MAX_UNPACKED_BYTES, f"it unpacks to {total:,} bytes")
            return {info.filename: _unpacked(archive, info) for info in infos}
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
    _require(len(end) == 22 and end[:4] == b"PK\5\6", "it is no pack")
    entries, size = struct.unpack("<10xHL6x", end)
    _require(entries <= MAX_MEMBERS, f"it has more than {MAX_MEMBERS:,} members")
    _require(size <= MAX_MEMBERS * 100, "its list of members is too long")
    # the larger form of the list would be read instead of the one just checked
    _require(data[-42:-38] != b"PK\6\7", "it is a zip of the larger form")


def _unpacked(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> bytes:
    """One member, stopped where it is longer than it says."""
    with archive.open(info) as member:
        content = member.read(info.file_size + 1)
    _require(len(content) == info.file_size, "a member is not as long as it says")
    return content


def _parsed(members: dict[str, bytes], name: str) -> Any:
    _require(name in members, f"{name} is missing")
    _require(len(members[name]) <= MAX_JSON_BYTES, f"{name} is too large")
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


def _check_members(listed: Any, members: dict[str, bytes]) -> None:
    _require(isinstance(listed, dict), "its list of members is none")
    _require(
        listed.keys() == members.keys() - {"manifest.json", "signature.json"},
        "its list of members is wrong",
    )
    for name, row in listed.items():
        row = _object(row, {"sha256", "bytes"}, "the list of members")
        content = members[name]
        whole = row["bytes"] == len(content)
        whole = whole and row["sha256"] == hashlib.sha256(content).hexdigest()
        _require(whole, f"{name} does not have its checksum")


def _signer(members: dict[str, bytes]) -> str:
    from telltale.bank import signature

    if signature.MEMBER not in members:
        return ""
    return signature.verified(_parsed(members, signature.MEMBER), members["manifest.json"])


def _samples(rows: Any, count: Any) -> list[dict[str, Any]]:
    _require(isinstance(rows, list), "samples.json is no list")
    _require(type(count) is int and count == len(rows), "the number of samples is wrong")
    _require(0 < count <= MAX_SAMPLES, f"it has not between 1 and {MAX_SAMPLES:,} samples")
    out = [_object(row, _SAMPLE_KEYS, "a sample") for row in rows]
    seen = {row["sha256"] for row in out if isinstance(row["sha256"], str)}
    _require(len(seen) == len(out), "a sample is in it twice")
    return out


def _vectors(
    tables: Any, members: dict[str, bytes], samples: int
) -> list[tuple[dict[str, Any], dict[int, NDArray[Any]]]]:
    _require(isinstance(tables, list), "its list of vectors is none")
    _require(len(tables) <= 1000, "it has too many kinds of vectors")
    out = []
    used = set()
    for table in tables:
        table = _object(table, _TABLE_KEYS, "a kind of vectors")
        _require(table["kind"] in ("embedding", "hash"), "it has vectors of an unknown kind")
        _require(
            type(table["width"]) is int and type(table["count"]) is int, "sizes are no numbers"
        )
        _require(0 < table["width"] <= 4096, "vectors have an impossible size")
        _require(0 < table["count"] <= samples, "there are more vectors than samples")
        stem = table["member"]
        _require(isinstance(stem, str) and stem not in used, "vectors share a member")
        used.add(stem)
        dtype = np.dtype("<f4" if table["kind"] == "embedding" else "<u8")
        shape = (table["count"], table["width"])
        values = _array(members, f"{stem}.npy", dtype, shape)
        rows = _array(members, f"{stem}.rows.npy", np.dtype("<i8"), shape[:1]).tolist()
        inside = all(0 <= row < samples for row in rows) and len(set(rows)) == len(rows)
        _require(inside, "vectors belong to samples that are not there")
        out.append((table, dict(zip(rows, values, strict=True))))
    expected = {f"{stem}{end}" for stem in used for end in (".npy", ".rows.npy")}
    found = {name for name in members if name.startswith("vectors/")}
    _require(expected == found, "it has vectors that are not described")
    return out


def _array(
    members: dict[str, bytes], name: str, dtype: np.dtype[Any], shape: tuple[int, ...]
) -> NDArray[Any]:
    """An npy of exactly this type and shape, read without pickle and without trusting its size."""
    _require(name in members, f"{name} is missing")
    buffer = io.BytesIO(members[name])
    try:
        _require(np.lib.format.read_magic(buffer) == (1, 0), f"{name} is no npy of version 1.0")
        found = np.lib.format.read_array_header_1_0(buffer, max_header_size=1000)
    except PackError:
        raise
    except Exception as error:  # the header is parsed as Python literals, which fail in many ways
        raise PackError(f"The pack is refused: {name} is not an npy.") from error
    _require(found == (shape, False, dtype), f"{name} has another shape or type than it says")
    rest = members[name][buffer.tell() :]
    _require(len(rest) == int(np.prod(shape)) * dtype.itemsize, f"{name} has another length")
    return np.frombuffer(rest, dtype).reshape(shape)


def _built(
    rows: list[dict[str, Any]],
    vectors: list[tuple[dict[str, Any], dict[int, NDArray[Any]]]],
    members: dict[str, bytes],
) -> tuple[Sample, ...]:
    hashes: dict[int, NDArray[np.uint64]] = {}
    embeddings: dict[int, list[Embedding]] = {}
    for table, found in vectors:
        model = _text(table["model"])
        for number, vector in found.items():
            if table["kind"] == "hash":
                # hashes made in another way stay unread: nothing here could compare them
                if model == phash.MODEL and table["width"] == phash.WIDTH:
                    hashes[number] = vector
                continue
            embeddings.setdefault(number, []).append(
                Embedding(model, _text(table["model_sha256"]), vector)
            )
    _require(
        all(len(found) <= MAX_EMBEDDINGS for found in embeddings.values()), "too many embeddings"
    )
    thumbnails = {
        int(name[len("thumbnails/") : -len(".jpg")]): content
        for name, content in members.items()
        if name.startswith("thumbnails/")
    }
    _require(all(number < len(rows) for number in thumbnails), "a thumbnail belongs to no sample")
    return tuple(
        checked(
            Sample(
                _text(row["sha256"]),
                row["width"],
                row["height"],
                _text(row["format"]),
                tuple(_statement(s) for s in _list(row["statements"])),
                hashes.get(number),
                tuple(embeddings.get(number, ())),
                tuple(_score(s) for s in _list(row["scores"])),
                thumbnails.get(number),
            )
        )
        for number, row in enumerate(rows)
    )


def _statement(row: Any) -> Statement:
    texts = {k: _text(v) for k, v in _object(row, _STATEMENT_KEYS, "a label").items()}
    said = texts.pop("label")
    label = next((known for known in LABELS if known == said), None)
    if label is None:
        raise PackError(f"The pack is refused: a label is none of {', '.join(LABELS)}.")
    return Statement(label, **texts)


def _score(row: Any) -> DetectorScore:
    row = _object(row, _SCORE_KEYS, "a score")
    number = isinstance(row["value"], int | float) and not isinstance(row["value"], bool)
    _require(number and abs(row["value"]) < 1e300, "a score is no number")
    detector, version, name = (_text(row[key]) for key in ("detector", "version", "name"))
    return DetectorScore(detector, version, name, float(row["value"]))


def _object(value: Any, keys: set[str], what: str) -> dict[str, Any]:
    _require(isinstance(value, dict) and value.keys() == keys, f"{what} has not the keys described")
    return dict(value)


def _list(value: Any) -> list[Any]:
    _require(isinstance(value, list), "a list is expected")
    return list(value)


def _text(value: Any) -> str:
    _require(isinstance(value, str), "a text is expected")
    return str(value)


def _require(holds: bool, sentence: str) -> None:
    if not holds:
        raise PackError(f"The pack is refused: {sentence}.")
