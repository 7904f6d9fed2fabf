"""Asking the bank: the same file, the same picture, the nearest samples, the nearest family."""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from telltale.bank import phash, store
from telltale.bank.families import families
from telltale.bank.model import Embedding, Part
from telltale.bank.relation import Relation, relate
from telltale.bank.sentences import words
from telltale.bank.vectors import Index, Space, parts_of, spaces
from telltale.wording import Words

#: Neighbours that are shown.
SHOWN = 5
#: A relation looks at no more samples than this; beyond, at every second, third, ...
MOST = 50_000


@dataclass(frozen=True, slots=True)
class SamePicture:
    """A sample that looks like the same picture, or shares frames.

    `distance` in bits, 0 to 128; `by_chance` is how many different pictures a bank of this size
    is expected to hold at that distance or nearer (measured rate, `phash.MEASURED`); `llr` is the
    log10 likelihood ratio of that distance between a changed copy and another picture. Where
    frames of videos were compared, both allow for the number of pairs, `frames` is how many of
    those asked about are in the sample, and the times are those of the nearest pair.
    """

    sample: int
    distance: int
    by_chance: float
    llr: float
    frames: int = 1
    at_s: float | None = None
    sample_s: float | None = None


@dataclass(frozen=True, slots=True)
class Neighbours:
    """The nearest samples (number, cosine distance) by one model, and what they mean.

    `face` is the number of the face of a video, from 1; None for a whole picture or video.
    """

    model: str
    model_sha256: str
    nearest: tuple[tuple[int, float], ...]
    relation: Relation
    face: int | None = None


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
        frames = [] if hashes is None else [(None, hashes)]
        return self._ask(sha256, frames, [(None, e) for e in embeddings], shown)

    def ask_film(
        self,
        sha256: str,
        parts: Sequence[Part],
        embeddings: Sequence[Embedding] = (),
        shown: int = SHOWN,
    ) -> Answer:
        """The same about a video by its frames and faces; `embeddings` are of the whole."""
        frames = [(p.start_s, p.hashes) for p in parts if p.hashes is not None]
        faces = [p for p in parts if p.kind == "face"]
        traces: list[tuple[int | None, Embedding]] = [(None, e) for e in embeddings]
        traces += [(n, e) for n, face in enumerate(faces, 1) for e in face.embeddings]
        return self._ask(sha256, frames, traces, shown)

    def _ask(
        self,
        sha256: str,
        frames: Sequence[tuple[float | None, phash.Hashes]],
        traces: Sequence[tuple[int | None, Embedding]],
        shown: int,
    ) -> Answer:
        same_file = store.number_of(self.connection, sha256)
        notes = [] if frames else [words("note.flat")]
        neighbours = []
        for face, embedding in traces:
            index = self.index_of(embedding)
            if index is None:
                note = words("note.no_model", model=embedding.model)
                notes += [note] if note not in notes else []
                continue
            near = self._neighbours(index, embedding, same_file, shown)
            neighbours.append(replace(near, face=face))
        count = store.count(self.connection)
        found = tuple(p for p in self.same_pictures(frames) if p.sample != same_file)
        return Answer(count, same_file, found, tuple(neighbours), tuple(notes))

    def same_picture(self, hashes: phash.Hashes, limit: int = phash.SAME) -> list[SamePicture]:
        """Samples within `limit` bits, nearest first."""
        return self.same_pictures([(None, hashes)], limit)

    def same_pictures(
        self, frames: Sequence[tuple[float | None, phash.Hashes]], limit: int = phash.SAME
    ) -> list[SamePicture]:
        """Samples that share one of the frames (time in seconds or None, hashes), nearest first."""
        keys, rows = self._keyed_hashes()
        ids, parts = parts_of(keys)
        best: dict[int, tuple[int, float | None, int]] = {}
        shared: Counter[int] = Counter()
        for at_s, hashes in frames:
            distance = phash.distances(hashes, rows)
            near = np.flatnonzero(distance <= limit)
            shared.update(set(ids[near].tolist()))
            for i in near:
                known = best.get(int(ids[i]))
                if known is None or distance[i] < known[0]:
                    best[int(ids[i])] = int(distance[i]), at_s, int(parts[i])
        found = []
        for sample, (bits, at_s, part) in best.items():
            pairs = len(frames) * int(np.count_nonzero(ids == sample))
            by_chance = phash.false_match_rate(bits) * len(ids) * len(frames)
            # the nearest of many pairs is nearer by chance: Bonferroni's bound
            llr = phash.likelihood_ratio(bits) - float(np.log10(pairs))
            there = self._start_of(sample, part) if part else None
            found.append(SamePicture(sample, bits, by_chance, llr, shared[sample], at_s, there))
        return sorted(found, key=lambda one: (one.distance, -one.frames, one.sample))

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
        # a family counts a video once; the picture itself must not be a witness for itself
        ids, rows = index.whole(MOST, same_file or 0)
        found_ids, found_rows = self.hash_rows()
        hashes = dict(zip(found_ids.tolist(), found_rows, strict=True))
        of = families(self.connection, ids.tolist())
        relation = relate(embedding.vector, ids, rows, of, hashes)
        space = index.space
        return Neighbours(space.model, space.model_sha256, tuple(nearest), relation)

    def hash_rows(self) -> tuple[NDArray[np.int64], phash.Hashes]:
        """Sample ids (n,) and hashes (n, WIDTH); a video has several."""
        keys, rows = self._keyed_hashes()
        return parts_of(keys)[0], rows

    def _keyed_hashes(self) -> tuple[NDArray[np.int64], phash.Hashes]:
        for space in spaces(self.connection, "hash"):
            if space.model == phash.MODEL:
                return self._index(space).keyed()
        return np.zeros(0, np.int64), np.zeros((0, phash.WIDTH), np.uint64)

    def _start_of(self, sample_id: int, part: int) -> float | None:
        query = "SELECT start_s FROM part WHERE sample_id = ? AND number = ?"
        row = self.connection.execute(query, (sample_id, part)).fetchone()
        return None if row is None else float(row[0])

    def _index(self, space: Space) -> Index:
        return self._indexes.setdefault(space, Index(space)).refresh(self.connection)
