"""How well the history of savings is read: `python -m models.encoders.history`.

Simulated camera pictures that were saved once, or twice on the same grid, at stated qualities, and
what `telltale.evidence.history` reads of them; the rows go to `history.csv`.
"""

from __future__ import annotations

import csv
import sys
from pathlib import Path

from models.forensics.tampering import compressed, jpeg, photograph
from telltale.evidence.history import savings
from telltale.lab import bench

TABLE = Path(__file__).with_name("history.csv")
PICTURES = 12
#: Qualities of the first saving, None for none, and of the last one.
WAYS = (
    (None, 75), (None, 85), (None, 95), (60, 75), (60, 90), (75, 85), (75, 95), (85, 95), (90, 95),
    (85, 75), (95, 85),
)  # fmt: skip
_TESTS = ("encoder_signature", "double_quantization", "jpeg_ghosts")


def main() -> int:
    """Measure and write the table."""
    with TABLE.open("w", newline="", encoding="utf-8") as file:
        table = csv.writer(file, lineterminator="\n")
        table.writerow(("picture", "first", "last", "code", "earlier"))
        for seed in range(PICTURES):
            for first, last in WAYS:
                pixels = photograph(seed) if first is None else compressed(photograph(seed), first)
                scene = bench.open_picture(jpeg(pixels, last))
                code, facts = savings([bench.run(test, scene) for test in _TESTS]) or ("", {})
                earlier = facts.get("earlier", facts.get("lower", ""))
                table.writerow((seed, first or "", last, code, earlier))
    return 0


if __name__ == "__main__":
    sys.exit(main())
