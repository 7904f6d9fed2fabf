"""Bank packs: samples in one file, to give to others without giving them pictures.

`docs/bank.md` describes the file. Reading is strict (`packread`); importing is one transaction.
"""

from __future__ import annotations

import hashlib
import io
import json
import sqlite3
import zipfile
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

import telltale
from telltale.bank import packread, phash, store
from telltale.bank.database import transaction
from telltale.bank.model import BankError, Sample, inert, now
from telltale.bank.packread import FORMAT, FORMAT_2, PackError, Place

__all__ = ["Imported", "PackError", "export", "import_pack"]

#: A fixed date for every member: the same samples make the same bytes.
_EPOCH = (1980, 1, 1, 0, 0, 0)


@dataclass(frozen=True, slots=True)
class Imported:
    """What an import did. `sha256` names the pack, for `store.delete_pack`.

    `signer` is the fingerprint of the key that signed it, or empty; `known_since` when that key
    was first seen, empty where that was now.
    """

    sha256: str
    samples: int
    new_samples: int
    new_statements: int
    new_embeddings: int
    signer: str = ""
    known_since: str = ""


def export(
    connection: sqlite3.Connection,
    sample_ids: Iterable[int] | None = None,
    *,
    origin: str = "",
    thumbnails: bool = False,
) -> bytes:
    """The pack of these samples, or of all.

    `origin` says who made the pack. Thumbnails show the pictures: they are left out unless asked
    for. Raises `BankError` where there is nothing to export or too much for one pack.
    """
    numbers = store.ids(connection) if sample_ids is None else list(sample_ids)
    if not numbers:
        raise BankError("There is no sample to export.")
    if len(numbers) > packread.MAX_SAMPLES:
        raise BankError(f"A pack holds at most {packread.MAX_SAMPLES:,} samples.")
    samples = [store.get(connection, number).sample for number in numbers]
    return written(samples, origin, thumbnails)


def import_pack(connection: sqlite3.Connection, data: bytes) -> Imported:
    """Merge a pack into the bank: all of it, or nothing.

    Samples that are there (the same SHA-256) keep what they have and gain what is new; what the
    pack says stays marked as the pack's. Raises `PackError` where the pack is refused.
    """
    pack = packread.read(data)
    with transaction(connection):
        known_since = _seen(connection, pack.signer)
        known = connection.execute("SELECT id FROM pack WHERE sha256 = ?", (pack.sha256,))
        row = known.fetchone()
        if row is None:
            pack_id = connection.execute(
                "INSERT INTO pack (sha256, origin, imported, signer) VALUES (?, ?, ?, ?)",
                (pack.sha256, pack.origin, now(), pack.signer or None),
            ).lastrowid
        else:
            (pack_id,) = row
        try:
            added = store.add_many(connection, pack.samples, pack_id)
        except PackError:
            raise
        except BankError as error:
            raise PackError(f"The pack is refused: {error}") from error
    return Imported(
        pack.sha256,
        len(added),
        sum(one.new_sample for one in added),
        sum(one.new_statements for one in added),
        sum(one.new_embeddings for one in added),
        pack.signer,
        known_since,
    )


def _seen(connection: sqlite3.Connection, signer: str) -> str:
    """When this key was first seen; empty, and noted, where it is seen for the first time."""
    if not signer:
        return ""
    query = "SELECT first_seen FROM signer WHERE fingerprint = ?"
    row = connection.execute(query, (signer,)).fetchone()
    if row is None:
        connection.execute("INSERT INTO signer VALUES (?, ?, 1)", (signer, now()))
        return ""
    return str(row[0])


def written(samples: list[Sample], origin: str, thumbnails: bool) -> bytes:
    """The bytes of a pack of these samples."""
    members: dict[str, bytes] = {}
    spaces: dict[tuple[str, str, int], list[tuple[Place, NDArray[np.float32]]]] = {}
    hashes: list[tuple[Place, NDArray[np.uint64]]] = []
    rows = []
    form = FORMAT_2 if any(sample.parts for sample in samples) else FORMAT
    for number, sample in enumerate(samples):
        whole = sample.hashes, sample.embeddings
        parts = [(part.hashes, part.embeddings) for part in sample.parts]
        for part, (looks, embeddings) in enumerate([whole, *parts]):
            if looks is not None:
                hashes.append(((number, part), looks))
            for e in embeddings:
                key = (e.model, e.model_sha256, len(e.vector))
                spaces.setdefault(key, []).append(((number, part), e.vector))
        rows.append(_row(sample, form))
        if thumbnails and sample.thumbnail is not None:
            members[f"thumbnails/{number}.jpg"] = sample.thumbnail
    members["samples.json"] = _json(rows)
    tables = []
    for k, ((model, sha256, width), vectors) in enumerate(sorted(spaces.items())):
        table = {"kind": "embedding", "model": model, "model_sha256": sha256}
        tables.append(_table(members, f"vectors/{k}", table, vectors, (form, "<f4", width)))
    if hashes:
        table = {"kind": "hash", "model": phash.MODEL, "model_sha256": ""}
        how = form, "<u8", phash.WIDTH
        tables.append(_table(members, "vectors/hash", table, hashes, how))
    if len(members) >= packread.MAX_MEMBERS:
        raise BankError(f"A pack holds fewer than {packread.MAX_MEMBERS:,} thumbnails.")
    manifest = {
        "format": form,
        "software": f"Telltale {telltale.__version__}",
        "origin": inert(origin),
        "samples": len(samples),
        "vectors": tables,
        "members": {
            name: {"sha256": hashlib.sha256(content).hexdigest(), "bytes": len(content)}
            for name, content in sorted(members.items())
        },
    }
    return _zipped({"manifest.json": _json(manifest), **dict(sorted(members.items()))})


def _row(sample: Sample, form: str) -> dict[str, Any]:
    parts = [{"kind": p.kind, "start_s": p.start_s, "end_s": p.end_s} for p in sample.parts]
    return {
        "sha256": sample.sha256,
        "width": sample.width,
        "height": sample.height,
        "format": sample.format,
        "statements": [asdict(statement) for statement in sample.statements],
        "scores": [asdict(score) for score in sample.scores],
        **({"parts": parts} if form == FORMAT_2 else {}),
    }


def _table(
    members: dict[str, bytes],
    stem: str,
    table: dict[str, Any],
    rows: list[tuple[Place, NDArray[Any]]],
    how: tuple[str, str, int],
) -> dict[str, Any]:
    form, dtype, width = how
    places = np.array([place for place, _ in rows], "<i8")
    numbers = places[:, 0].copy() if form == FORMAT else places
    vectors = np.stack([vector for _, vector in rows]).astype(dtype)
    for name, array in ((f"{stem}.rows.npy", numbers), (f"{stem}.npy", vectors)):
        buffer = io.BytesIO()
        np.lib.format.write_array(buffer, array, version=(1, 0), allow_pickle=False)
        members[name] = buffer.getvalue()
    return {**table, "width": width, "count": len(rows), "member": stem}


def _zipped(members: dict[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, content in members.items():
            info = zipfile.ZipInfo(name, _EPOCH)
            # vectors hardly shrink, and stored ones cannot be bombs
            packed = name.endswith(".json")
            info.compress_type = zipfile.ZIP_DEFLATED if packed else zipfile.ZIP_STORED
            archive.writestr(info, content)
    return buffer.getvalue()


def _json(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False, allow_nan=False, indent=1).encode()
