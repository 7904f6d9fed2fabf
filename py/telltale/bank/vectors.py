"""Rows of numbers in blocks: stored so that they are read fast, searched exactly.

A block is one row of the table `block` with room for `CAPACITY` vectors and the keys of whose they
are: a sample's number and, above it, the number of its part (0: the sample as a whole). Its blobs
have their full size from the start and are written in place, so adding one vector touches a few
pages of the file and not the whole block.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

CAPACITY = 1024
Kind = Literal["embedding", "hash"]
_TYPES: dict[str, np.dtype[Any]] = {"embedding": np.dtype("<f4"), "hash": np.dtype("<u8")}
_ID = np.dtype("<i8")
#: A key is the sample's number plus the part's times 2**_PART.
_PART = 40
_SAMPLE = (1 << _PART) - 1


@dataclass(frozen=True, slots=True)
class Space:
    """Vectors that may be compared with each other. `model_sha256` is empty for hashes."""

    id: int
    kind: Kind
    model: str
    model_sha256: str
    width: int

    @property
    def dtype(self) -> np.dtype[Any]:
        return _TYPES[self.kind]


def spaces(connection: sqlite3.Connection, kind: Kind) -> list[Space]:
    """All spaces of a kind, oldest first."""
    columns = "id, kind, model, model_sha256, width"
    query = f"SELECT {columns} FROM space WHERE kind = ? ORDER BY id"
    return [Space(*row) for row in connection.execute(query, (kind,))]


def space_for(
    connection: sqlite3.Connection, kind: Kind, model: str, model_sha256: str, width: int
) -> Space:
    """The space of these vectors, made where it is new."""
    key = (kind, model, model_sha256, width)
    connection.execute(
        "INSERT OR IGNORE INTO space (kind, model, model_sha256, width) VALUES (?, ?, ?, ?)", key
    )
    (found,) = connection.execute(
        "SELECT id FROM space WHERE kind = ? AND model = ? AND model_sha256 = ? AND width = ?", key
    ).fetchone()
    return Space(found, *key)


def put(
    connection: sqlite3.Connection,
    space: Space,
    ids: Sequence[int],
    rows: NDArray[Any],
    parts: Sequence[int] | None = None,
) -> None:
    """Store (n, width) `rows` for n samples (of `parts`, else as a whole); in a transaction.

    None of them may have one in this space.
    """
    numbers = [0] * len(ids) if parts is None else parts
    if rows.shape != (len(ids), space.width) or rows.dtype != space.dtype:
        raise ValueError(f"{rows.dtype} {rows.shape} do not fit {space}")
    done = 0
    while done < len(ids):
        block, used = _block_with_room(connection, space)
        taken = _read_ids(connection, block)
        slots = np.flatnonzero(taken == 0)[: len(ids) - done]
        chunk = slice(done, done + len(slots))
        pairs = list(zip(ids[chunk], numbers[chunk], strict=True))
        taken[slots] = [sample + (part << _PART) for sample, part in pairs]
        _write(connection, block, space, slots, rows[chunk])
        _write_ids(connection, block, taken, used + len(slots))
        connection.executemany(
            "INSERT INTO place VALUES (?, ?, ?, ?, ?)",
            [(i, space.id, part, block, int(s)) for (i, part), s in zip(pairs, slots, strict=True)],
        )
        done += len(slots)


def remove(connection: sqlite3.Connection, sample_id: int) -> None:
    """Overwrite the vectors of a sample with zeros and free their slots; call in a transaction."""
    places = connection.execute(
        "SELECT space_id, kind, model, model_sha256, width, block_id, slot "
        "FROM place JOIN space ON space.id = space_id WHERE sample_id = ?",
        (sample_id,),
    ).fetchall()
    connection.execute("DELETE FROM place WHERE sample_id = ?", (sample_id,))
    for *key, block, slot in places:
        space = Space(*key)
        taken = _read_ids(connection, block)
        taken[slot] = 0
        if taken.any():
            zeros = np.zeros((1, space.width), space.dtype)
            _write(connection, block, space, np.array([slot]), zeros)
            _write_ids(connection, block, taken, int(np.count_nonzero(taken)))
        else:
            connection.execute("DELETE FROM block WHERE id = ?", (block,))
    connection.execute(
        "DELETE FROM space WHERE NOT EXISTS (SELECT 1 FROM block WHERE space_id = space.id)"
    )


def of_sample(
    connection: sqlite3.Connection, sample_id: int, space: Space, part: int = 0
) -> NDArray[Any] | None:
    """The (width,) vector of a sample, or of its part, in a space; or None."""
    row = connection.execute(
        "SELECT block_id, slot FROM place WHERE sample_id = ? AND space_id = ? AND part = ?",
        (sample_id, space.id, part),
    ).fetchone()
    if row is None:
        return None
    size = space.width * space.dtype.itemsize
    with connection.blobopen("block", "vectors", row[0], readonly=True) as blob:
        blob.seek(row[1] * size)
        return np.frombuffer(blob.read(size), space.dtype)


@dataclass(slots=True)
class Index:
    """All vectors of a space in memory, block by block; `refresh` reads what has changed since.

    Each block is (revision, keys (CAPACITY,), vectors (CAPACITY, width)); free slots have key 0.
    """

    space: Space
    blocks: dict[int, tuple[int, NDArray[np.int64], NDArray[Any]]] = field(default_factory=dict)

    def refresh(self, connection: sqlite3.Connection) -> Index:
        """Bring the index up to date; call outside of transactions. Returns itself."""
        rows = connection.execute(
            "SELECT id, revision FROM block WHERE space_id = ?", (self.space.id,)
        )
        current = dict(rows.fetchall())
        for gone in self.blocks.keys() - current.keys():
            del self.blocks[gone]
        for block, revision in current.items():
            if block in self.blocks and self.blocks[block][0] == revision:
                continue
            ids, vectors = connection.execute(
                "SELECT ids, vectors FROM block WHERE id = ?", (block,)
            ).fetchone()
            shaped = np.frombuffer(vectors, self.space.dtype).reshape(CAPACITY, -1)
            self.blocks[block] = revision, np.frombuffer(ids, _ID), shaped
        return self

    def __len__(self) -> int:
        return sum(int(np.count_nonzero(ids)) for _, ids, _ in self.blocks.values())

    def cosines(self, query: NDArray[np.float32]) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
        """Sample ids (m,) and cosines (m,) of a unit (width,) query to every slot.

        A sample has one for each of its parts. Free slots have id 0 and a cosine of -inf.
        """
        if query.shape != (self.space.width,) or not self.blocks:
            return np.zeros(0, np.int64), np.zeros(0, np.float32)
        ids = np.concatenate([ids for _, ids, _ in self.blocks.values()])
        out = np.empty(len(ids), np.float32)
        for k, (_, _, vectors) in enumerate(self.blocks.values()):
            np.matmul(vectors, query, out=out[k * CAPACITY : (k + 1) * CAPACITY])
        out[ids == 0] = -np.inf
        return ids & _SAMPLE, out

    def nearest(self, query: NDArray[np.float32], k: int) -> list[tuple[int, float]]:
        """(sample id, cosine) of the `k` nearest samples, nearest first: exact, not approximate."""
        ids, cosines = self.cosines(query)
        size = wanted = min(k, int(np.count_nonzero(ids)))
        while size:
            best = np.argpartition(cosines, -size)[-size:]
            best = best[np.lexsort((ids[best], -cosines[best]))]
            found: dict[int, float] = {}
            for i in best:
                # of a sample's parts the nearest counts
                found.setdefault(int(ids[i]), float(cosines[i]))
            if len(found) >= wanted or size == int(np.count_nonzero(ids)):
                return list(found.items())[:k]
            size = min(2 * size, int(np.count_nonzero(ids)))
        return []

    def rows(self) -> tuple[NDArray[np.int64], NDArray[Any]]:
        """Sample ids (n,) and vectors (n, width) of the taken slots, copied."""
        keys, vectors = self.keyed()
        return keys & _SAMPLE, vectors

    def keyed(self) -> tuple[NDArray[np.int64], NDArray[Any]]:
        """The same with keys, which `parts_of` tells apart."""
        if not self.blocks:
            return np.zeros(0, np.int64), np.zeros((0, self.space.width), self.space.dtype)
        keys = np.concatenate([keys for _, keys, _ in self.blocks.values()])
        vectors = np.concatenate([vectors for _, _, vectors in self.blocks.values()])
        taken = keys != 0
        return keys[taken], vectors[taken]

    def whole(
        self, most: int | None = None, without: int = 0
    ) -> tuple[NDArray[np.int64], NDArray[Any]]:
        """One row for each sample but `without`: as a whole, or its first part.

        Where there are more than `most`, they are spread evenly; only those are copied.
        """
        if not self.blocks:
            return np.zeros(0, np.int64), np.zeros((0, self.space.width), self.space.dtype)
        keys = np.concatenate([keys for _, keys, _ in self.blocks.values()])
        ids = keys & _SAMPLE
        places = np.flatnonzero((keys != 0) & (ids != without))
        if (keys >> _PART).any():
            order = places[np.lexsort((keys[places] >> _PART, ids[places]))]
            places = np.sort(order[np.r_[True, np.diff(ids[order]) != 0][: len(order)]])
        if most is not None:
            places = places[:: max(1, -(-len(places) // most))]
        rows = np.empty((len(places), self.space.width), self.space.dtype)
        at = np.searchsorted(places, np.arange(len(self.blocks) + 1) * CAPACITY)
        for k, (_, _, vectors) in enumerate(self.blocks.values()):
            chunk = slice(at[k], at[k + 1])
            rows[chunk] = vectors[places[chunk] - k * CAPACITY]
        return ids[places], rows


def parts_of(keys: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Sample ids (n,) and part numbers (n,) of keys; part 0 is the sample as a whole."""
    return keys & _SAMPLE, keys >> _PART


def _block_with_room(connection: sqlite3.Connection, space: Space) -> tuple[int, int]:
    row = connection.execute(
        "SELECT id, used FROM block WHERE space_id = ? AND used < ? LIMIT 1", (space.id, CAPACITY)
    ).fetchone()
    if row is not None:
        return row[0], row[1]
    cursor = connection.execute(
        "INSERT INTO block (space_id, revision, used, ids, vectors) "
        "VALUES (?, 0, 0, zeroblob(?), zeroblob(?))",
        (space.id, CAPACITY * _ID.itemsize, CAPACITY * space.width * space.dtype.itemsize),
    )
    assert cursor.lastrowid is not None
    return cursor.lastrowid, 0


def _read_ids(connection: sqlite3.Connection, block: int) -> NDArray[np.int64]:
    with connection.blobopen("block", "ids", block, readonly=True) as blob:
        return np.frombuffer(blob.read(), _ID).copy()


def _write_ids(
    connection: sqlite3.Connection, block: int, ids: NDArray[np.int64], used: int
) -> None:
    with connection.blobopen("block", "ids", block) as blob:
        blob.write(ids.astype(_ID).tobytes())
    connection.execute(
        "UPDATE block SET used = ?, revision = revision + 1 WHERE id = ?", (used, block)
    )


def _write(
    connection: sqlite3.Connection,
    block: int,
    space: Space,
    slots: NDArray[np.int64],
    rows: NDArray[Any],
) -> None:
    size = space.width * space.dtype.itemsize
    with connection.blobopen("block", "vectors", block) as blob:
        # one write for each run of neighbouring slots
        for run in np.split(np.arange(len(slots)), np.flatnonzero(np.diff(slots) > 1) + 1):
            blob.seek(int(slots[run[0]]) * size)
            blob.write(np.ascontiguousarray(rows[run]).tobytes())
