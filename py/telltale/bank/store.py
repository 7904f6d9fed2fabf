"""Adding to the bank, reading from it, and deleting so that nothing is left."""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from telltale.bank import phash, vectors
from telltale.bank.database import compact, touch, transaction
from telltale.bank.model import (
    MAX_MEDIUM_BYTES,
    MAX_TEXT,
    BankError,
    DetectorScore,
    Embedding,
    Part,
    Sample,
    Statement,
    checked,
    inert,
    now,
)


@dataclass(frozen=True, slots=True)
class Stored:
    """A sample of the bank with its number and when it was added."""

    id: int
    added: str
    sample: Sample


@dataclass(frozen=True, slots=True)
class Added:
    """What adding did: the sample's number, whether it is new, and what else was new of it."""

    id: int
    new_sample: bool
    new_statements: int
    new_embeddings: int


def add(connection: sqlite3.Connection, sample: Sample, pack_id: int | None = None) -> Added:
    """Store a sample, or what is new of one that is there already (the same SHA-256).

    Nothing that is there is overwritten. Raises `BankError` where the sample is refused or cannot
    be written.
    """
    (added,) = add_many(connection, [sample], pack_id)
    return added


def add_many(
    connection: sqlite3.Connection, samples: Iterable[Sample], pack_id: int | None = None
) -> list[Added]:
    """Store many samples in one transaction: all, or none where one is refused."""
    clean = [checked(sample) for sample in samples]
    with transaction(connection):
        numbers = [_number(connection, sample) for sample in clean]
        said = [_say(connection, n[0], s, pack_id) for n, s in zip(numbers, clean, strict=True)]
        for (number, _), sample in zip(numbers, clean, strict=True):
            _put_scores(connection, number, sample)
        new = _put_vectors(connection, [number for number, _ in numbers], clean)
        touch(connection)
    return [
        Added(number, is_new, count, embeddings)
        for (number, is_new), count, embeddings in zip(numbers, said, new, strict=True)
    ]


def say(connection: sqlite3.Connection, sample_id: int, statement: Statement) -> None:
    """Add a statement to a sample; raises `BankError`."""
    stored = get(connection, sample_id)
    add(connection, replace(stored.sample, statements=(statement,)))


def get(connection: sqlite3.Connection, sample_id: int) -> Stored:
    """A sample with everything known about it; raises `BankError` where there is none."""
    row = connection.execute(
        "SELECT sha256, width, height, format, added, thumbnail FROM sample WHERE id = ?",
        (sample_id,),
    ).fetchone()
    if row is None:
        raise BankError(f"The bank has no sample {sample_id}.")
    sha256, width, height, format, added, thumbnail = row
    scores = connection.execute(
        "SELECT detector, version, name, value FROM score WHERE sample_id = ?", (sample_id,)
    )
    sample = Sample(
        sha256,
        width,
        height,
        format,
        statements_of(connection, sample_id),
        _hashes_of(connection, sample_id),
        _embeddings_of(connection, sample_id),
        tuple(DetectorScore(*score) for score in scores),
        thumbnail,
        _parts_of(connection, sample_id),
    )
    return Stored(sample_id, added, sample)


def statements_of(connection: sqlite3.Connection, sample_id: int) -> tuple[Statement, ...]:
    """What was said of a sample, in the order in which it was stored."""
    rows = connection.execute(
        "SELECT label, said_by, method, provenance, note, stated FROM statement "
        "WHERE sample_id = ? ORDER BY id",
        (sample_id,),
    )
    return tuple(Statement(*row) for row in rows)


def ids(connection: sqlite3.Connection, label: str | None = None) -> list[int]:
    """Numbers of all samples, or of those that somebody gave this label, in order."""
    if label is None:
        return [i for (i,) in connection.execute("SELECT id FROM sample ORDER BY id")]
    query = "SELECT DISTINCT sample_id FROM statement WHERE label = ? ORDER BY sample_id"
    return [i for (i,) in connection.execute(query, (label,))]


def count(connection: sqlite3.Connection) -> int:
    """How many samples the bank holds."""
    return int(connection.execute("SELECT count(*) FROM sample").fetchone()[0])


def number_of(connection: sqlite3.Connection, sha256: str) -> int | None:
    """The number of the sample with this SHA-256, or None."""
    row = connection.execute("SELECT id FROM sample WHERE sha256 = ?", (sha256,)).fetchone()
    return None if row is None else int(row[0])


def delete(connection: sqlite3.Connection, sample_ids: Iterable[int]) -> int:
    """Delete samples for good; returns how many there were.

    Deleted content is overwritten with zeros (`PRAGMA secure_delete`), and the file is written
    anew without it. Copies that the operating system, the disk or a backup made are out of reach.
    """
    with transaction(connection):
        gone = sum(_forget(connection, sample_id) for sample_id in sample_ids)
        touch(connection)
    if gone:
        compact(connection)
    return gone


def delete_pack(connection: sqlite3.Connection, sha256: str) -> int:
    """Take back an imported pack: its statements, and the samples of which nothing else was said.

    Returns how many samples were deleted; raises `BankError` where no such pack was imported.
    """
    row = connection.execute("SELECT id FROM pack WHERE sha256 = ?", (sha256,)).fetchone()
    if row is None:
        raise BankError("No such pack was imported.")
    with transaction(connection):
        connection.execute("DELETE FROM statement WHERE pack_id = ?", row)
        connection.execute("DELETE FROM pack WHERE id = ?", row)
        left = connection.execute(
            "SELECT id FROM sample "
            "WHERE NOT EXISTS (SELECT 1 FROM statement WHERE sample_id = sample.id)"
        ).fetchall()
        for (sample_id,) in left:
            _forget(connection, sample_id)
        touch(connection)
    compact(connection)
    return len(left)


def wipe(connection: sqlite3.Connection) -> int:
    """Delete every sample, kept medium, pack and refitted head; returns how many samples."""
    with transaction(connection):
        numbers = ids(connection)
        for table in ("media", "statement", "score", "part", "place", "block", "space", "sample"):
            connection.execute(f"DELETE FROM {table}")
        for table in ("pack", "head", "signer"):
            connection.execute(f"DELETE FROM {table}")
        touch(connection)
    compact(connection)
    return len(numbers)


def keep_medium(connection: sqlite3.Connection, sample_id: int, name: str, data: bytes) -> None:
    """Keep the medium itself with its sample, because the person chose to."""
    if len(data) > MAX_MEDIUM_BYTES:
        raise BankError(f"Media of more than {MAX_MEDIUM_BYTES:,} bytes are not kept.")
    with transaction(connection):
        connection.execute(
            "INSERT OR REPLACE INTO media VALUES (?, ?, ?)",
            (sample_id, inert(name[:MAX_TEXT]), data),
        )


def medium_of(connection: sqlite3.Connection, sample_id: int) -> tuple[str, bytes] | None:
    """Name and bytes of a kept medium, or None."""
    query = "SELECT name, bytes FROM media WHERE sample_id = ?"
    row: tuple[str, bytes] | None = connection.execute(query, (sample_id,)).fetchone()
    return row


def _forget(connection: sqlite3.Connection, sample_id: int) -> bool:
    vectors.remove(connection, sample_id)
    return connection.execute("DELETE FROM sample WHERE id = ?", (sample_id,)).rowcount > 0


def _number(connection: sqlite3.Connection, sample: Sample) -> tuple[int, bool]:
    found = number_of(connection, sample.sha256)
    if found is not None:
        if sample.thumbnail is not None:
            connection.execute(
                "UPDATE sample SET thumbnail = ? WHERE id = ? AND thumbnail IS NULL",
                (sample.thumbnail, found),
            )
        return found, False
    cursor = connection.execute(
        "INSERT INTO sample (sha256, width, height, format, added, thumbnail) "
        "VALUES (?, ?, ?, ?, ?, ?)",
        (sample.sha256, sample.width, sample.height, sample.format, now(), sample.thumbnail),
    )
    assert cursor.lastrowid is not None
    return cursor.lastrowid, True


def _say(
    connection: sqlite3.Connection, sample_id: int, sample: Sample, pack_id: int | None
) -> int:
    rows = [
        (sample_id, s.label, s.said_by, s.method, s.provenance, s.note, s.stated, pack_id)
        for s in sample.statements
    ]
    return connection.executemany(
        "INSERT OR IGNORE INTO statement "
        "(sample_id, label, said_by, method, provenance, note, stated, pack_id) "
        "VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        rows,
    ).rowcount


def _put_scores(connection: sqlite3.Connection, sample_id: int, sample: Sample) -> None:
    connection.executemany(
        "INSERT OR IGNORE INTO score VALUES (?, ?, ?, ?, ?)",
        [(sample_id, s.detector, s.version, s.name, s.value) for s in sample.scores],
    )


def _put_vectors(
    connection: sqlite3.Connection, numbers: list[int], samples: list[Sample]
) -> list[int]:
    """Store hashes and embeddings that are not there yet; how many embeddings of each sample."""
    waiting: dict[tuple[vectors.Kind, str, str, int], dict[tuple[int, int], np.ndarray]] = {}
    for number, sample in zip(numbers, samples, strict=True):
        whole = ((0, sample.hashes, sample.embeddings),)
        for part, hashes, embeddings in (*whole, *_numbered(connection, number, sample)):
            place = number, part
            if hashes is not None:
                waiting.setdefault(("hash", phash.MODEL, "", phash.WIDTH), {})[place] = hashes
            for e in embeddings:
                key: tuple[vectors.Kind, str, str, int]
                key = ("embedding", e.model, e.model_sha256, len(e.vector))
                waiting.setdefault(key, {})[place] = e.vector
    new = dict.fromkeys(numbers, 0)
    for key, rows in waiting.items():
        space = vectors.space_for(connection, *key)
        there = _there(connection, space, list(rows))
        fresh = [place for place in rows if place not in there]
        if fresh:
            stacked = np.stack([rows[place] for place in fresh]).astype(space.dtype)
            ids, parts = zip(*fresh, strict=True)
            vectors.put(connection, space, ids, stacked, parts)
        for number, _ in fresh:
            new[number] += key[0] == "embedding"
    return [new[number] for number in numbers]


def _numbered(
    connection: sqlite3.Connection, sample_id: int, sample: Sample
) -> list[tuple[int, np.ndarray | None, tuple[Embedding, ...]]]:
    """Number, hashes and embeddings of each part; those of a sample that has parts stay its own.

    Another version may cut the same video into other parts: what it has in common is completed,
    the rest left out.
    """
    wanted = [(part.kind, part.start_s, part.end_s) for part in sample.parts]
    query = "SELECT kind, start_s, end_s FROM part WHERE sample_id = ? ORDER BY number"
    known = connection.execute(query, (sample_id,)).fetchall()
    if not known:
        known = wanted
        connection.executemany(
            "INSERT INTO part VALUES (?, ?, ?, ?, ?)",
            [(sample_id, number, *key) for number, key in enumerate(known, 1)],
        )
    # two faces may be seen at the very same times
    numbers = {key: number for number, key in enumerate(_told_apart(known), 1)}
    return [
        (numbers[key], part.hashes, part.embeddings)
        for key, part in zip(_told_apart(wanted), sample.parts, strict=True)
        if key in numbers
    ]


def _told_apart(keys: Iterable[tuple[str, float, float]]) -> list[tuple[Any, ...]]:
    """Each key with how many like it came before."""
    seen: Counter[tuple[str, float, float]] = Counter()
    out = []
    for key in keys:
        out.append((*key, seen[key]))
        seen[key] += 1
    return out


def _there(
    connection: sqlite3.Connection, space: vectors.Space, places: list[tuple[int, int]]
) -> set[tuple[int, int]]:
    query = "SELECT 1 FROM place WHERE sample_id = ? AND part = ? AND space_id = ?"
    return {p for p in places if connection.execute(query, (*p, space.id)).fetchone()}


def _parts_of(connection: sqlite3.Connection, sample_id: int) -> tuple[Part, ...]:
    query = "SELECT number, kind, start_s, end_s FROM part WHERE sample_id = ? ORDER BY number"
    return tuple(
        Part(
            kind,
            start_s,
            end_s,
            _hashes_of(connection, sample_id, number),
            _embeddings_of(connection, sample_id, number),
        )
        for number, kind, start_s, end_s in connection.execute(query, (sample_id,)).fetchall()
    )


def _hashes_of(connection: sqlite3.Connection, sample_id: int, part: int = 0) -> np.ndarray | None:
    for space in vectors.spaces(connection, "hash"):
        if space.model == phash.MODEL:
            return vectors.of_sample(connection, sample_id, space, part)
    return None


def _embeddings_of(
    connection: sqlite3.Connection, sample_id: int, part: int = 0
) -> tuple[Embedding, ...]:
    found = []
    for space in vectors.spaces(connection, "embedding"):
        vector = vectors.of_sample(connection, sample_id, space, part)
        if vector is not None:
            found.append(Embedding(space.model, space.model_sha256, vector))
    return tuple(found)
