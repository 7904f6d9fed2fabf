"""Score films, and fakes made of them, with the tests that may carry a video's verdict.

    python -m models.video.score FOLDER [--out models/video/scores.csv] [--only TEST ...]

FOLDER holds the films of films.csv as NAME.mp4; NAME_fake.mp4 are published fakes. The table has
the form of those of `models.verdict.score`: a person's films and all that is made of them are one
group. A run that was stopped goes on where it was. Rows by other weights than the present ones
are left out and scored again; `--only` names the tests, those of the others stay.
"""

from __future__ import annotations

import argparse
import csv
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from models.video import fakes, pulses
from models.video.clips import CRFS, WIDTHS, Real, examine, examine_file, films, load
from telltale.detectors import over_time
from telltale.evidence import overtime
from telltale.evidence.table import COLUMNS, MODEL_DIGITS, Row, read
from telltale.runtime.context import Context
from telltale.runtime.inference import OnnxModels, model_hashes
from telltale.video import VideoAnalysis

TABLE = Path(__file__).with_name("scores.csv")
#: Seconds of a made clip, and how often a second its face is followed: these tests look at few
#: frames.
LENGTH_S, FOLLOWED_FPS = 3.0, 4.0
#: What is made of a film; `still` is a real picture of a face that moves without being re-enacted,
#: `native` the film's own file, neither scaled nor encoded again.
REAL, STILL, NATIVE, PUBLISHED = "real", "still", "native", "published"
MADE = ("warped", "swapped", "lips")


def made_of(real: Real, donor: Real) -> dict[str, list[NDArray[np.uint8]]]:
    """The film, a photograph of it that moves, and fakes; the swapped face is the donor's."""
    frames, points = real.frames, real.points
    return {
        REAL: frames,
        STILL: pulses.swaying(frames[0], len(frames)),
        MADE[0]: fakes.warped(frames, points),
        MADE[1]: fakes.swapped(frames, points, donor.frames[0], donor.points[0]),
        MADE[2]: fakes.lips(frames, points),
    }


def rows_of(
    name: str,
    person: str,
    kind: str,
    pictures: list[NDArray[np.uint8]],
    context: Context,
    tests: tuple[str, ...] = tuple(overtime.RULES),
) -> Iterator[Row]:
    """The scores of one clip at every compression."""
    for crf in CRFS:
        analysis = examine(pictures, crf, context, tests, FOLLOWED_FPS)
        yield from _rows(analysis, f"{name}#{kind}#{crf}", person)


def native_rows(
    path: Path, person: str, context: Context, tests: tuple[str, ...] = tuple(overtime.RULES)
) -> Iterator[Row]:
    """The scores of a film's own file."""
    analysis = examine_file(path, context, tests, FOLLOWED_FPS)
    yield from _rows(analysis, f"{path.stem}#{NATIVE}#0", person)


def _rows(analysis: VideoAnalysis, name: str, person: str) -> Iterator[Row]:
    hashes = model_hashes()
    real = name.split("#")[1] in (REAL, STILL, NATIVE)
    for test, found in overtime.scores(analysis).items():
        for said in found:
            yield Row(
                "val",
                person,
                "real" if real else "face",
                name,
                person,
                test,
                over_time.load(over_time.find(test)).CARD.version,
                round(said.score, 5),
                round(said.conditions.log2_pixels, 4),
                round(said.conditions.quality, 1),
                hashes[test][:MODEL_DIGITS],
            )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--out", type=Path, default=TABLE)
    parser.add_argument("--only", nargs="+", choices=overtime.RULES, default=list(overtime.RULES))
    arguments = parser.parse_args()
    context, tests = Context(OnnxModels(threads=1)), tuple(arguments.only)
    hashes = model_hashes()
    found = read(arguments.out) if arguments.out.is_file() else []
    known = [row for row in found if row.model == hashes[row.detector][:MODEL_DIGITS]]
    done = {row.picture.split("#")[0] for row in known if row.detector in tests}
    with arguments.out.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(COLUMNS)
        writer.writerows(row.cells() for row in known)
    names = sorted(name for name in films() if (arguments.folder / f"{name}.mp4").is_file())
    for k, name in enumerate(names):
        if name in done:
            continue
        width = WIDTHS[k % len(WIDTHS)]
        real = load(arguments.folder / f"{name}.mp4", context, width, LENGTH_S)
        if real is None:
            print(f"{name}: not one face all the time", file=sys.stderr, flush=True)
            continue
        if name.endswith("_fake"):
            made = {PUBLISHED: real.frames}
        else:
            donor = _donor(arguments.folder, names, k, context)
            made = made_of(real, donor)
        rows = [
            row
            for kind, pictures in made.items()
            for row in rows_of(name, films()[name], kind, pictures, context, tests)
        ]
        if not name.endswith("_fake"):
            path = arguments.folder / f"{name}.mp4"
            rows += native_rows(path, films()[name], context, tests)
        with arguments.out.open("a", newline="", encoding="utf-8") as file:
            csv.writer(file).writerows(row.cells() for row in rows)
        print(f"{name}: {len(rows)} scores, {real.frames[0].shape}", file=sys.stderr, flush=True)


def _donor(folder: Path, names: list[str], k: int, context: Context) -> Real:
    """The next film of another person."""
    persons = films()
    for step in range(1, len(names)):
        name = names[(k + step) % len(names)]
        if persons[name] == persons[names[k]] or name.endswith("_fake"):
            continue
        if (real := load(folder / f"{name}.mp4", context, most_s=2.5)) is not None:
            return real
    raise SystemExit("there is no film of another person")


if __name__ == "__main__":
    main()
