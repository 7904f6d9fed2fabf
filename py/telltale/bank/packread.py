"""Reading a bank pack that may come from an enemy: everything is checked before it is believed.

`zipread` unpacks; vectors are read without pickle, JSON without keys that are not described. What
is wrong is a `PackError`.
"""

from __future__ import annotations

import hashlib
import io
import re
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from telltale.bank import phash
from telltale.bank.model import (
    LABELS,
    MAX_EMBEDDINGS,
    PART_KINDS,
    BankError,
    DetectorScore,
    Embedding,
    Part,
    Sample,
    Statement,
    checked,
    inert,
)
from telltale.bank.zipread import MAX_MEMBERS, PackError, parsed, require, unpacked

__all__ = ["FORMAT", "FORMAT_2", "MAX_MEMBERS", "MAX_SAMPLES", "Pack", "PackError", "read"]

#: Packs without videos are written in the first form, which every version reads; in the second a
#: sample may have `parts`, and a row of vectors belongs to a sample and one of its parts.
FORMAT, FORMAT_2 = "telltale-bank-pack/1", "telltale-bank-pack/2"
#: The largest pack, and what one pack may hold.
MAX_PACK_BYTES = 512 * 2**20
MAX_SAMPLES = 200_000
_MEMBER = re.compile(
    r"manifest\.json|signature\.json|samples\.json|vectors/(?:\d{1,3}|hash)(?:\.rows)?\.npy|thumbnails/(?:0|[1-9]\d{0,5})\.jpg"
)
_SAMPLE_KEYS = {"sha256", "width", "height", "format", "statements", "scores"}
_STATEMENT_KEYS = {"label", "said_by", "method", "provenance", "note", "stated"}
_PART_KEYS = {"kind", "start_s", "end_s"}
_SCORE_KEYS = {"detector", "version", "name", "value"}
_TABLE_KEYS = {"kind", "model", "model_sha256", "width", "count", "member"}
_MANIFEST_KEYS = {"format", "software", "origin", "samples", "vectors", "members"}

#: A sample's place in the list, and its part (0: the sample as a whole).
Place = tuple[int, int]


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
    require(len(data) <= MAX_PACK_BYTES, f"it has more than {MAX_PACK_BYTES:,} bytes")
    try:
        members = unpacked(data, _MEMBER)
        manifest = _object(parsed(members, "manifest.json"), _MANIFEST_KEYS, "the manifest")
        form = manifest["format"]
        require(form in (FORMAT, FORMAT_2), f"its format is neither {FORMAT} nor {FORMAT_2}")
        _check_members(manifest["members"], members)
        keys = _SAMPLE_KEYS if form == FORMAT else {*_SAMPLE_KEYS, "parts"}
        samples = _samples(parsed(members, "samples.json"), manifest["samples"], keys)
        counts = [len(_list(row["parts"])) if form == FORMAT_2 else 0 for row in samples]
        vectors = _vectors(manifest["vectors"], members, counts, form)
        built = _built(samples, vectors, members)
        signer = _signer(members)
        return Pack(hashlib.sha256(data).hexdigest(), inert(manifest["origin"]), built, signer)
    except PackError:
        raise
    except BankError as error:
        raise PackError(f"The pack is refused: {error}") from error


def _check_members(listed: Any, members: dict[str, bytes]) -> None:
    require(isinstance(listed, dict), "its list of members is none")
    require(
        listed.keys() == members.keys() - {"manifest.json", "signature.json"},
        "its list of members is wrong",
    )
    for name, row in listed.items():
        row = _object(row, {"sha256", "bytes"}, "the list of members")
        content = members[name]
        whole = row["bytes"] == len(content)
        whole = whole and row["sha256"] == hashlib.sha256(content).hexdigest()
        require(whole, f"{name} does not have its checksum")


def _signer(members: dict[str, bytes]) -> str:
    from telltale.bank import signature

    if signature.MEMBER not in members:
        return ""
    return signature.verified(parsed(members, signature.MEMBER), members["manifest.json"])


def _samples(rows: Any, count: Any, keys: set[str]) -> list[dict[str, Any]]:
    require(isinstance(rows, list), "samples.json is no list")
    require(type(count) is int and count == len(rows), "the number of samples is wrong")
    require(0 < count <= MAX_SAMPLES, f"it has not between 1 and {MAX_SAMPLES:,} samples")
    out = [_object(row, keys, "a sample") for row in rows]
    seen = {row["sha256"] for row in out if isinstance(row["sha256"], str)}
    require(len(seen) == len(out), "a sample is in it twice")
    return out


def _vectors(
    tables: Any, members: dict[str, bytes], parts: list[int], form: str
) -> list[tuple[dict[str, Any], dict[Place, NDArray[Any]]]]:
    """Each table with its vectors by place; `parts` counts those of each sample."""
    require(isinstance(tables, list), "its list of vectors is none")
    require(len(tables) <= 1000, "it has too many kinds of vectors")
    out = []
    used = set()
    for table in tables:
        table = _object(table, _TABLE_KEYS, "a kind of vectors")
        require(table["kind"] in ("embedding", "hash"), "it has vectors of an unknown kind")
        require(type(table["width"]) is int and type(table["count"]) is int, "sizes are no numbers")
        require(0 < table["width"] <= 4096, "vectors have an impossible size")
        most = len(parts) + sum(parts)
        require(0 < table["count"] <= most, "there are more vectors than samples")
        stem = table["member"]
        require(isinstance(stem, str) and stem not in used, "vectors share a member")
        used.add(stem)
        dtype = np.dtype("<f4" if table["kind"] == "embedding" else "<u8")
        shape = (table["count"], table["width"])
        values = _array(members, f"{stem}.npy", dtype, shape)
        columns = shape[:1] if form == FORMAT else (shape[0], 2)
        found = _array(members, f"{stem}.rows.npy", np.dtype("<i8"), columns).tolist()
        rows = [(row, 0) if form == FORMAT else (row[0], row[1]) for row in found]
        inside = all(0 <= s < len(parts) and 0 <= part <= parts[s] for s, part in rows)
        inside = inside and len(set(rows)) == len(rows)
        require(inside, "vectors belong to samples that are not there")
        out.append((table, dict(zip(rows, values, strict=True))))
    expected = {f"{stem}{end}" for stem in used for end in (".npy", ".rows.npy")}
    there = {name for name in members if name.startswith("vectors/")}
    require(expected == there, "it has vectors that are not described")
    return out


def _array(
    members: dict[str, bytes], name: str, dtype: np.dtype[Any], shape: tuple[int, ...]
) -> NDArray[Any]:
    """An npy of exactly this type and shape, read without pickle and without trusting its size."""
    require(name in members, f"{name} is missing")
    buffer = io.BytesIO(members[name])
    try:
        require(np.lib.format.read_magic(buffer) == (1, 0), f"{name} is no npy of version 1.0")
        found = np.lib.format.read_array_header_1_0(buffer, max_header_size=1000)
    except PackError:
        raise
    except Exception as error:  # the header is parsed as Python literals, which fail in many ways
        raise PackError(f"The pack is refused: {name} is not an npy.") from error
    require(found == (shape, False, dtype), f"{name} has another shape or type than it says")
    rest = members[name][buffer.tell() :]
    require(len(rest) == int(np.prod(shape)) * dtype.itemsize, f"{name} has another length")
    return np.frombuffer(rest, dtype).reshape(shape)


def _built(
    rows: list[dict[str, Any]],
    vectors: list[tuple[dict[str, Any], dict[Place, NDArray[Any]]]],
    members: dict[str, bytes],
) -> tuple[Sample, ...]:
    hashes: dict[Place, NDArray[np.uint64]] = {}
    embeddings: dict[Place, list[Embedding]] = {}
    for table, found in vectors:
        model = _text(table["model"])
        for place, vector in found.items():
            if table["kind"] == "hash":
                # hashes made in another way stay unread: nothing here could compare them
                if model == phash.MODEL and table["width"] == phash.WIDTH:
                    hashes[place] = vector
                continue
            embeddings.setdefault(place, []).append(
                Embedding(model, _text(table["model_sha256"]), vector)
            )
    require(
        all(len(found) <= MAX_EMBEDDINGS for found in embeddings.values()), "too many embeddings"
    )
    thumbnails = {
        int(name[len("thumbnails/") : -len(".jpg")]): content
        for name, content in members.items()
        if name.startswith("thumbnails/")
    }
    require(all(number < len(rows) for number in thumbnails), "a thumbnail belongs to no sample")
    return tuple(
        checked(
            Sample(
                _text(row["sha256"]),
                row["width"],
                row["height"],
                _text(row["format"]),
                tuple(_statement(s) for s in _list(row["statements"])),
                hashes.get((number, 0)),
                tuple(embeddings.get((number, 0), ())),
                tuple(_score(s) for s in _list(row["scores"])),
                thumbnails.get(number),
                tuple(
                    _part(part, hashes.get(place), tuple(embeddings.get(place, ())))
                    for k, part in enumerate(row.get("parts", []), 1)
                    if (place := (number, k))
                ),
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


def _part(row: Any, hashes: NDArray[np.uint64] | None, embeddings: tuple[Embedding, ...]) -> Part:
    row = _object(row, _PART_KEYS, "a part")
    kind = next((known for known in PART_KINDS if known == row["kind"]), None)
    if kind is None:
        raise PackError(f"The pack is refused: a part is none of {', '.join(PART_KINDS)}.")
    return Part(kind, row["start_s"], row["end_s"], hashes, embeddings)


def _score(row: Any) -> DetectorScore:
    row = _object(row, _SCORE_KEYS, "a score")
    number = isinstance(row["value"], int | float) and not isinstance(row["value"], bool)
    require(number and abs(row["value"]) < 1e300, "a score is no number")
    detector, version, name = (_text(row[key]) for key in ("detector", "version", "name"))
    return DetectorScore(detector, version, name, float(row["value"]))


def _object(value: Any, keys: set[str], what: str) -> dict[str, Any]:
    require(isinstance(value, dict) and value.keys() == keys, f"{what} has not the keys described")
    return dict(value)


def _list(value: Any) -> list[Any]:
    require(isinstance(value, list), "a list is expected")
    return list(value)


def _text(value: Any) -> str:
    require(isinstance(value, str), "a text is expected")
    return str(value)
