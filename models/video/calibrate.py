"""Fit what a video's verdict rests on from the committed scores of films.

    python -m models.video.calibrate [--out FOLDER]

A logistic per test and weights between them, as for pictures (`telltale.evidence.fitting`). What
the answer may say at most comes from films that the fit had not seen: each person is left out in
turn, with all that was made of their films, and counts as one observation of either side.
"""

from __future__ import annotations

import argparse
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from models.video.score import TABLE
from telltale.evidence import fitting, overtime, video
from telltale.evidence.bands import SCALE
from telltale.evidence.bounds import empirical_bounds
from telltale.evidence.fusion import Answer, Weights, fuse
from telltale.evidence.table import Row, read
from telltale.runtime.inference import model_hashes

OUT = Path(video.__file__).parent / "stored" / "video"
#: Kinds that no calibration is fitted on: they were made by others, and are looked at only.
ONLY_SHOWN = ("published",)


@dataclass(frozen=True, slots=True)
class Clip:
    """What the whole would say of a clip whose person it never saw, not cut to bounds."""

    person: str
    film: str
    kind: str
    crf: int
    answer: Answer

    @property
    def llr(self) -> float:
        """The log10 likelihood ratio; clips without one are left out."""
        return self.answer.llr or 0.0

    @property
    def real(self) -> bool:
        """Whether no face in it was manipulated."""
        return self.kind in ("real", "still", "native")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--scores", type=Path, default=TABLE)
    parser.add_argument("--out", type=Path, default=OUT)
    arguments = parser.parse_args()
    document = fit(read(arguments.scores), model_hashes())
    arguments.out.mkdir(parents=True, exist_ok=True)
    (arguments.out / "calibration.json").write_text(fitting.to_json(document), "utf-8")
    print(f"{document['persons']} persons, bounds {document['bounds']}, {document['weights']}")


def fit(rows: Sequence[Row], hashes: Mapping[str, str]) -> dict[str, Any]:
    """The JSON-ready calibration; raises ValueError where there are too few films."""
    used = fitted_on(rows)
    calibrations, weights = fitted(used, hashes)
    held = list(left_out(used, hashes))
    return {
        "format": video.FORMAT,
        "persons": len({row.group for row in used}),
        "films": len({film_of(row) for row in used}),
        "bounds": list(bounds(held)),
        "weights": weights,
        "calibrations": {name: asdict(one) for name, one in calibrations.items()},
    }


def fitted_on(rows: Sequence[Row]) -> list[Row]:
    """The rows that a calibration is fitted on."""
    return [row for row in rows if kind_of(row) not in ONLY_SHOWN]


def left_out(rows: Sequence[Row], hashes: Mapping[str, str]) -> Iterator[Clip]:
    """Every clip as the fit on all other persons sees it."""
    for person in sorted({row.group for row in rows}):
        mine = [row for row in rows if row.group == person]
        calibrations, weights = fitted([row for row in rows if row.group != person], hashes)
        yield from clips(mine, calibrations, weights)


def clips(
    rows: Sequence[Row], calibrations: Mapping[str, Any], weights: dict[str, float]
) -> Iterator[Clip]:
    """The fused likelihood ratio of each clip of which one test at least could be weighed."""
    by_clip: dict[str, list[Row]] = {}
    for row in rows:
        by_clip.setdefault(row.picture, []).append(row)
    for name, mine in by_clip.items():
        film, kind, crf = name.split("#")
        answer = fuse(
            video.QUESTION,
            fitting.weighed(mine, calibrations),
            Weights(weights, SCALE[0].at_least),
        )
        if answer.llr is not None:
            yield Clip(mine[0].group, film, kind, int(crf), answer)


def bounds(held: Sequence[Clip]) -> tuple[float, float]:
    """What the films support: each person counts once on either side."""
    sides = []
    for real in (True, False):
        mine = [clip for clip in held if clip.real == real]
        count = Counter(clip.person for clip in mine)
        share = np.array([1 / count[clip.person] for clip in mine])
        sides.append((np.array([clip.llr for clip in mine]), share))
    (real, w0), (fake, w1) = sides
    low, high = empirical_bounds(real, fake, (w0, w1))
    return round(low, 3), round(high, 3)


def kind_of(row: Row) -> str:
    """What a clip is: `real`, `still`, or what was done to the face."""
    return row.picture.split("#")[1]


def film_of(row: Row) -> str:
    """The film that a clip was made of."""
    return row.picture.split("#")[0]


def fitted(
    rows: Sequence[Row], hashes: Mapping[str, str]
) -> tuple[dict[str, Any], dict[str, float]]:
    """A calibration per test, and their weights."""
    calibrations = fitting.calibrations(rows, hashes)
    if set(calibrations) != set(overtime.RULES):
        raise ValueError(f"too few clips to calibrate {', '.join(overtime.RULES)}")
    weights = fitting.fusion(rows, calibrations)["questions"][video.QUESTION.id]["weights"]
    return calibrations, weights


if __name__ == "__main__":
    main()
