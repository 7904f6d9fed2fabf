"""The table of scores of pictures of known origin, from which calibrations are fitted."""

from __future__ import annotations

import csv
from dataclasses import astuple, dataclass, fields
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Row:
    """One detector's score of one picture.

    `kind` is what the picture is (`real`, `generated`, `face`, `edited`); `picture` ties the rows
    of one file together and `group` the files made from one original. `model` is the start of the
    SHA-256 of the weights that gave the score, empty where the detector has none.
    """

    split: str
    source: str
    kind: str
    picture: str
    group: str
    detector: str
    version: str
    score: float
    log2_pixels: float
    quality: float
    model: str = ""

    def cells(self) -> tuple[object, ...]:
        """The row as cells of a CSV file."""
        return astuple(self)


#: Digits of a model's SHA-256 that a table keeps.
MODEL_DIGITS = 12

COLUMNS = tuple(field.name for field in fields(Row))


def read(path: Path) -> list[Row]:
    """Rows of a CSV file with the header `COLUMNS`; raises ValueError for any other file."""
    with path.open(newline="", encoding="utf-8") as file:
        reader = csv.reader(file)
        if tuple(next(reader, ())) != COLUMNS:
            raise ValueError(f"{path.name} is not a table of scores")
        return [
            Row(*cells[:7], *map(float, cells[7:10]), *cells[10:])  # type: ignore[arg-type]
            for cells in reader
        ]
