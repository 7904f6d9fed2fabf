"""Files that arrived, with the faces found in them, kept in a work folder between runs.

Making a picture, sending it on its way and finding its faces costs more than most tests; none of
it changes when a model's weights do. The folder is a cache: its names hold everything that the
files depend on, and it may be deleted at any time.
"""

from __future__ import annotations

import hashlib
import os
import pickle
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from telltale.scene import Face


@dataclass(frozen=True, slots=True)
class Arrival:
    """A picture of known origin after one trip, as `telltale.evidence.table.Row` names it.

    `faces` is None where nobody looked for any.
    """

    split: str
    source: str
    kind: str
    picture: str
    group: str
    data: bytes
    faces: tuple[Face, ...] | None

    @property
    def trip(self) -> int:
        """The number of the trip, which stands at the end of the picture's name."""
        return int(self.picture.rsplit("#", 1)[-1])


def kept(folder: Path | None, key: str, make: Callable[[], Iterable[Arrival]]) -> Iterator[Arrival]:
    """What `make` gives; from the folder where it was given before, else into the folder.

    A run that was stopped leaves nothing that a later one would take for the whole.
    """
    if folder is None:
        yield from make()
        return
    path = folder / f"{key}.pickle"
    if path.is_file():
        yield from _read(path)
        return
    folder.mkdir(parents=True, exist_ok=True)
    part = path.with_suffix(f".part{os.getpid()}")
    try:
        with part.open("wb") as file:
            for arrival in make():
                pickle.dump(arrival, file)
                yield arrival
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)


def key_of(files: Iterable[Path], *words: object) -> str:
    """A name that changes with the content of `files` and with `words`."""
    digest = hashlib.sha256(repr(words).encode())
    for path in files:
        digest.update(path.read_bytes())
    return digest.hexdigest()[:16]


def _read(path: Path) -> Iterator[Arrival]:
    with path.open("rb") as file:
        while True:
            try:
                yield pickle.load(file)
            except EOFError:
                return
