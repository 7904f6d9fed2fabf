"""How long a large bank takes to answer: `python tests/py/bank/scale.py [EMBEDDINGS] [FOLDER]`.

Fills a bank on disk with random unit vectors of 128 numbers and 100,000 perceptual hashes, and
prints the median of eleven searches of each, on the clock and of the processor's time.
"""

from __future__ import annotations

import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
from bank_factory import unit

from telltale.bank import database, phash, vectors

DIMENSION, HASHES, BATCH = 128, 100_000, 50_000


def main(count: int, folder: str) -> None:
    rng = np.random.default_rng(0)
    bank = database.open_file(Path(folder) / "large.sqlite")
    began = time.perf_counter()
    with database.transaction(bank):
        space = vectors.space_for(bank, "embedding", "random", "00" * 32, DIMENSION)
        for start in range(1, count + 1, BATCH):
            ids = range(start, min(start + BATCH, count + 1))
            bank.executemany(
                "INSERT INTO sample VALUES (?, ?, 1, 1, '', '', NULL)", [(i, str(i)) for i in ids]
            )
            vectors.put(bank, space, ids, unit(rng.normal(size=(len(ids), DIMENSION))))
    print(f"filled with {count:,} embeddings in {time.perf_counter() - began:.1f} s")
    began = time.perf_counter()
    index = vectors.Index(space).refresh(bank)
    print(f"read into memory in {time.perf_counter() - began:.2f} s")
    query = unit(rng.normal(size=DIMENSION))
    report(f"{count:,} embeddings", lambda: index.refresh(bank).nearest(query, 5))
    hashes = rng.integers(0, 2**63, (HASHES, phash.WIDTH), np.uint64)
    report(f"{HASHES:,} perceptual hashes", lambda: phash.distances(hashes[7], hashes))


def report(what: str, search: Callable[[], object]) -> None:
    times = []
    for _ in range(11):
        began, used = time.perf_counter(), time.process_time()
        search()
        times.append((time.perf_counter() - began, time.process_time() - used))
    wall, cpu = (1e3 * statistics.median(column) for column in zip(*times, strict=True))
    print(f"{what} searched in {wall:.0f} ms, of which the processor worked {cpu:.0f} ms")


if __name__ == "__main__":
    where = sys.argv[2] if len(sys.argv) > 2 else None
    with tempfile.TemporaryDirectory(dir=where) as temporary:
        main(int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000, temporary)
