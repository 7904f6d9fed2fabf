"""How long a large bank takes to answer, in both runtimes: `python -m buildtools.bank_speed`.

Writes docs/bank-speed.md. The vectors are random and in memory, as they are after the first search
of a sitting; the search is exact. The other runtime is Pyodide in V8 (Node), as Chromium has it.
"""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from telltale.bank import phash, vectors

EMBEDDINGS, DIMENSION, HASHES, TIMES = 1_000_000, 128, 100_000, 7


def measured() -> dict[str, float]:
    """Median milliseconds of a search among `EMBEDDINGS` and among `HASHES`."""
    rng = np.random.default_rng(0)
    space = vectors.Space(1, "embedding", "random", "00" * 32, DIMENSION)
    index = vectors.Index(space)
    for start in range(0, EMBEDDINGS, vectors.CAPACITY):
        rows = rng.standard_normal((vectors.CAPACITY, DIMENSION), np.float32)
        rows /= np.linalg.norm(rows, axis=1, keepdims=True)
        ids = np.arange(start + 1, start + 1 + vectors.CAPACITY, dtype=np.int64)
        index.blocks[start] = 0, ids, rows
    query = index.blocks[0][2][5]
    assert index.nearest(query, 5)[0][0] == 6
    hashes = rng.integers(0, 2**63, (HASHES, phash.WIDTH), np.uint64)
    return {
        "embeddings": _median(lambda: index.nearest(query, 5)),
        "hashes": _median(lambda: phash.distances(hashes[7], hashes)),
    }


def _median(search: Callable[[], object]) -> float:
    times = []
    for _ in range(TIMES):
        began = time.perf_counter()
        search()
        times.append(1e3 * (time.perf_counter() - began))
    return statistics.median(times)


def main() -> int:
    """Measure in both runtimes and write the page."""
    from buildtools.bench import machine

    root = Path(__file__).resolve().parent.parent
    native = measured()
    command = ["node", "buildtools/bank_speed.mjs"]
    done = subprocess.run(command, cwd=root, check=True, stdout=subprocess.PIPE)
    browser = json.loads(done.stdout)
    lines = [
        "# Speed of the bank",
        "",
        "Written by `python -m buildtools.bank_speed`: exact search, median of "
        f"{TIMES}, milliseconds on the clock. The machine: {machine()}.",
        "",
        "| what | CPython | Pyodide in V8 |",
        "|---|---:|---:|",
        f"| {EMBEDDINGS:,} embeddings of {DIMENSION} numbers | {native['embeddings']:.0f} | "
        f"{browser['embeddings']:.0f} |",
        f"| {HASHES:,} perceptual hashes of {phash.WIDTH // 2} windows | {native['hashes']:.0f} | "
        f"{browser['hashes']:.0f} |",
    ]
    (root / "docs/bank-speed.md").write_text("\n".join(lines) + "\n", "utf-8")
    print("\n".join(lines))
    return 0


if __name__ == "__main__":
    sys.exit(main())
