"""The traces of a video, gathered frame by frame: looks of frames spread over it, and its faces.

Memory is bounded: at most `MOST` frames are kept, and of each face a sum of embeddings.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from telltale.bank import phash
from telltale.bank.model import MAX_PARTS, Embedding, Part

#: Frames that are kept; beyond, every second one goes and the others come half as often.
MOST = 32
#: Faces that are kept, those seen longest; frames and faces together are at most `MAX_PARTS`.
MOST_FACES = MAX_PARTS - MOST
#: Frames nearer in time than this look alike.
APART_S = 0.5


@dataclass(slots=True)
class _Mean:
    """A running sum of (d,) unit vectors of one test, from the first time to the last."""

    total: NDArray[np.float64]
    start_s: float
    end_s: float

    def direction(self) -> NDArray[np.float32]:
        """The unit vector along the mean."""
        length = max(float(np.linalg.norm(self.total)), 1e-12)
        return (self.total / length).astype(np.float32)


@dataclass(slots=True)
class FilmTraces:
    """What a bank can know a video by; see `telltale.bank.model.Part`."""

    _frames: list[tuple[float, phash.Hashes]] = field(default_factory=list)
    _apart_s: float = APART_S
    _means: dict[tuple[int | None, str], _Mean] = field(default_factory=dict)

    def frame(self, pixels: NDArray[np.uint8], time_s: float) -> None:
        """Take (H, W, 3) uint8 pixels of a frame; one near a kept one in time is left out."""
        if any(abs(time_s - known) < self._apart_s for known, _ in self._frames):
            return
        hashes = phash.hashes(pixels)
        if hashes is None:
            return
        self._frames = sorted([*self._frames, (time_s, hashes)], key=lambda row: row[0])
        if len(self._frames) > MOST:
            self._frames = self._frames[::2]
            self._apart_s *= 2

    def face(self, track: int | None, test: str, vector: Any, time_s: float) -> None:
        """Take a test's (d,) unit embedding of a face in a frame; track None: the whole frame."""
        values = np.asarray(vector, np.float64)
        known = self._means.get((track, test))
        if known is None:
            self._means[track, test] = _Mean(values.copy(), time_s, time_s)
            return
        known.total += values
        known.start_s, known.end_s = min(known.start_s, time_s), max(known.end_s, time_s)

    def whole(self, models: Sequence[dict[str, Any]]) -> tuple[Embedding, ...]:
        """Mean embeddings over whole frames, of models that are named by their hash."""
        return self._embeddings(None, _hashes(models))

    def parts(self, models: Sequence[dict[str, Any]]) -> tuple[Part, ...]:
        """Faces, those followed longest first, then frames in order of time."""
        hashes = _hashes(models)
        spans: dict[int, tuple[float, float]] = {}
        for (track, _), mean in self._means.items():
            if track is not None:
                start, end = spans.get(track, (mean.start_s, mean.end_s))
                spans[track] = min(start, mean.start_s), max(end, mean.end_s)
        order = sorted(spans, key=lambda track: (spans[track][0] - spans[track][1], track))
        faces = []
        for track in order[:MOST_FACES]:
            start, end = (round(second, 3) for second in spans[track])
            if embeddings := self._embeddings(track, hashes):
                faces.append(Part("face", start, end, None, embeddings))
        frames = [(round(time_s, 3), values) for time_s, values in self._frames]
        return (*faces, *(Part("frame", at, at, values) for at, values in frames))

    def _embeddings(self, track: int | None, hashes: dict[str, str]) -> tuple[Embedding, ...]:
        return tuple(
            Embedding(test, hashes[test], mean.direction())
            for (of, test), mean in self._means.items()
            if of == track and test in hashes
        )


def _hashes(models: Sequence[dict[str, Any]]) -> dict[str, str]:
    return {row["id"]: row["sha256"] for row in models}
