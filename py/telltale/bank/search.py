"""Asking the bank: the same file, the same picture, the nearest samples, the nearest family."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from telltale.bank import phash, store
from telltale.bank.families import families
from telltale.bank.model import Embedding
from telltale.bank.relation import Relation, relate
from telltale.bank.sentences import Words, words
from telltale.bank.vectors import Index, Space, spaces

#: Neighbours that are shown.
SHOWN = 5
#: A relation looks at no more samples than this; beyond, at every second, third, ...
MOST = 50_000


@dataclass(frozen=True, slots=True)
class SamePicture:
    """A sample that looks like the same picture.

    `distance` in bits, 0 to 128; `by_chance` is how many different pictures a bank of this size
    is expected to hold at that distance or nearer (measured rate, `phash.MEASURED`); `llr` is the
    log10 likelihood ratio of that distance between a changed copy and another picture.
    """

    sample: int
    distance: int
    by_chance: float
    llr: float


@dataclass(frozen=True, slots=True)
class Neighbours:
    """The nearest samples (number, cosine distance) by one model, and what they mean."""

    model: str
    model_sha256: str
    nearest: tuple[tuple[int, float], ...]
    relation: Relation


@dataclass(frozen=True, slots=True)
class Answer:
    """What the bank knows about a picture.

    `notes` say what could not be asked: no hash of a flat picture, no sample of a model.
    """

    samples: int
    same_file: int | None
    same_picture: tuple[SamePicture, ...]
    neighbours: tuple[Neighbours, ...]
    notes: tuple[Words, ...] = ()


@dataclass(slots=True)
class Searcher:
    """A bank with its vectors held in memory between questions; it sees every change at once."""

    connection: sqlite3.Connection
    _indexes: dict[Space, Index] = field(default_factory=dict)

    def ask(
        self,
        sha256: str,
        hashes: phash.Hashes | None,
        embeddings: Sequence[Embedding] = (),
        shown: int = SHOWN,
    ) -> Answer:
        """Everything the bank can say about a picture by its hashes and embeddings."""
        same_file = store.number_of(self.connection, sha256)
        notes = []
        if hashes is None:
            notes.append(words("note.flat"))
        pictures = [] if hashes is None else self.same_picture(hashes)
        neighbours = []
        for embedding in embeddings:
            index = self.index_of(embedding)
            if index is None:
                notes.append(words("note.no_model", model=embedding.model))
                continue
            neighbours.append(self._neighbours(index, embedding, same_file, shown))
        count = store.count(self.connection)
        found = tuple(p for p in pictures if p.sample != same_file)
        return Answer(count, same_file, found, tuple(neighbours), tuple(notes))

    def same_picture(self, hashes: phash.Hashes, limit: int = phash.SAME) -> list[SamePicture]:
        """Samples within `limit` bits, nearest first."""
        ids, rows = self.hash_rows()
        distance = phash.distances(hashes, rows)
        near = np.flatnonzero(distance <= limit)
        near = near[np.lexsort((ids[near], distance[near]))]
        return [
            SamePicture(
                int(ids[i]),
                int(distance[i]),
                phash.false_match_rate(int(distance[i])) * len(ids),
                phash.likelihood_ratio(int(distance[i])),
            )
            for i in near
        ]

    def index_of(self, embedding: Embedding) -> Index | None:
        """The index of the embedding's space, up to date, or None where the bank has none."""
        for space in spaces(self.connection, "embedding"):
            if (space.model, space.model_sha256, space.width) == (
                embedding.model,
                embedding.model_sha256,
                len(embedding.vector),
            ):
                return self._index(space)
        return None

    def _neighbours(
        self, index: Index, embedding: Embedding, same_file: int | None, shown: int
    ) -> Neighbours:
        near = index.nearest(embedding.vector, shown + 1)
        nearest = [(i, max(0.0, 1.0 - cosine)) for i, cosine in near if i != same_file][:shown]
        ids, rows = index.rows()
        # the picture itself must not be a witness for itself
        kept = np.flatnonzero(ids != (same_file or 0))
        kept = kept[:: max(1, -(-len(kept) // MOST))]
        found_ids, found_rows = self.hash_rows()
        hashes = dict(zip(found_ids.tolist(), found_rows, strict=True))
        relation = relate(
            embedding.vector, ids[kept], rows[kept], families(self.connection), hashes
        )
        space = index.space
        return Neighbours(space.model, space.model_sha256, tuple(nearest), relation)

    def hash_rows(self) -> tuple[NDArray[np.int64], phash.Hashes]:
        for space in spaces(self.connection, "hash"):
            if space.model == phash.MODEL:
                return self._index(space).rows()
        return np.zeros(0, np.int64), np.zeros((0, phash.WIDTH), np.uint64)

    def _index(self, space: Space) -> Index:
        return self._indexes.setdefault(space, Index(space)).refresh(self.connection)
