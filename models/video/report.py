"""docs/video-verdict.md, from the committed scores of films.

    python -m models.video.report [--out docs/video-verdict.md]

Every number is of clips whose person the fit had not seen (`calibrate.left_out`).
"""

from __future__ import annotations

import argparse
import csv
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from models.training.metrics import auc
from models.video import calibrate, clips, score
from models.video.calibrate import Clip
from models.video.clips import CRFS
from telltale.evidence import overtime, video
from telltale.evidence.bands import SCALE, strength_of
from telltale.evidence.table import Row, read
from telltale.runtime.inference import model_hashes

PAGE = Path("docs/video-verdict.md")
NAMES = {
    "real": "the film itself",
    "native": "its own file, not encoded again",
    "still": "a photograph that moves",
    "warped": "face warped (FWA recipe)",
    "swapped": "face swapped (landmarks)",
    "lips": "lips replaced",
    "published": "published fake",
}
_DRAWS = 300

HEAD = """# The verdict on a video

Made by `python -m models.video.report`; do not edit the numbers.

One question is answered on a video, whether a face was swapped, re-enacted or warped. Two tests
carry it, `{tests}`, whose scores of many frames were calibrated on
{films} films of {persons} people and on fakes made of them by script (`models/video/fakes.py`). The
films are example inputs that other projects publish ({sources};
`models/video/films.csv`). With each stands the licence of its repository; for the films
themselves none of their own was found. They were only measured: none is part of this project. Faces
are {narrow:.0f} to {wide:.0f} pixels wide. Every clip that was made is encoded as H.264 at crf
{crfs}; every film counts as the file that it is, too. Nothing that was calibrated on pictures is
used.

Each person is left out in turn, with all that was made of their films. How often a person so left
out is misjudged bounds what may be said: with one more person on the wrong side, the answer must
still be better than none (empirical bounds, Vergeer et al. 2016; a person counts once on either
side). The bounds are log10 LR {low:+.2f} and {high:+.2f}. {says}.
Against one it never speaks: fakes of kinds that were not tried have low scores too. Faces of other
sizes, stronger compression, live calls and animations get no answer.

"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=PAGE)
    parser.parse_args().out.write_text(page(read(score.TABLE)), "utf-8")


def page(rows: Sequence[Row]) -> str:
    """The whole page as Markdown."""
    used = calibrate.fitted_on(rows)
    hashes = model_hashes()
    held = list(calibrate.left_out(used, hashes))
    bounds = calibrate.bounds(held)
    persons = sorted({row.group for row in used})
    return (
        _head(used, persons, bounds)
        + _separation(used, held)
        + _said(held)
        + _published(rows, hashes)
        + _erased(used)
        + _failures()
    )


def _head(used: Sequence[Row], persons: Sequence[str], bounds: tuple[float, float]) -> str:
    films = {calibrate.film_of(row) for row in used}
    sources = _sources()
    low, high = bounds
    least = SCALE[-2].at_least
    widths = [2**row.log2_pixels for row in used]
    return HEAD.format(
        tests="` and `".join(overtime.RULES),
        films=len(films),
        persons=len(persons),
        sources="; ".join(sorted({sources[film] for film in films})),
        narrow=min(widths),
        wide=max(widths),
        crfs=", ".join(map(str, CRFS)),
        low=low,
        high=high,
        says=f'At most it says "{strength_of(high)}" for a manipulation'
        if high >= least
        else "It never speaks for a manipulation",
    )


def _sources() -> dict[str, str]:
    """By film, the repository that publishes it and that repository's licence."""
    with clips.FILMS.open(newline="", encoding="utf-8") as file:
        return {r["name"]: f"{r['repository']}: {r['licence']}" for r in csv.DictReader(file)}


def _separation(used: Sequence[Row], held: Sequence[Clip]) -> str:
    text = (
        "## How well films and fakes are told apart\n\nAUC with its interval over people (0.5 is "
        "chance). The last rows are the fused answer about people whom the fit never saw.\n\n"
        "| test | kind | " + " | ".join(f"crf {crf}" for crf in CRFS) + " |\n|---|---|"
        + "---|" * len(CRFS) + "\n"
    )  # fmt: skip
    kinds = score.MADE
    for test in overtime.RULES:
        points = [
            (row.group, calibrate.kind_of(row), int(row.picture.split("#")[2]), row.score)
            for row in used
            if row.detector == test
        ]
        text += "".join(_auc_row(f"`{test}`", points, kind) for kind in kinds)
    fused = [(clip.person, clip.kind, clip.crf, clip.llr) for clip in held]
    return text + "".join(_auc_row("both, fused", fused, kind) for kind in kinds) + "\n"


Point = tuple[str, str, int, float]


def _auc_row(name: str, points: Sequence[Point], kind: str) -> str:
    cells = [_auc([p for p in points if p[2] == crf], kind) for crf in CRFS]
    return f"| {name} | {NAMES[kind]} | " + " | ".join(cells) + " |\n"


def _auc(points: Sequence[Point], kind: str) -> str:
    by_person: dict[str, tuple[list[float], list[float]]] = {}
    for person, what, _, value in points:
        if what in ("real", kind):
            by_person.setdefault(person, ([], []))[what == kind].append(value)
    people = [person for person, sides in by_person.items() if all(sides)]

    def of(chosen: Sequence[str]) -> float:
        real, fake = (
            np.array([v for person in chosen for v in by_person[person][side]]) for side in (0, 1)
        )
        return auc(real, fake)

    rng = np.random.default_rng(0)
    draws = [of(list(rng.choice(people, len(people)))) for _ in range(_DRAWS)]
    low, high = np.quantile(draws, [0.025, 0.975])
    return f"{of(people):.2f} ({low:.2f} to {high:.2f}; {len(people)})"


def _said(held: Sequence[Clip]) -> str:
    """What each person's clips are told by a calibration, and bounds, of the others."""
    text = (
        "## What is said\n\nClips, all compressions together; what is said for a manipulation is "
        "wrong on the first three lines.\n\n"
        "| clip | some or more | little | inconclusive |\n|---|---|---|---|\n"
    )
    limits = {
        person: calibrate.bounds([clip for clip in held if clip.person != person])
        for person in {clip.person for clip in held}
    }
    for kind in ("real", "native", "still", *score.MADE):
        said = [
            video.within(clip.answer, limits[clip.person]).strength
            for clip in held
            if clip.kind == kind
        ]
        little, none = (said.count(strength) for strength in ("little", "inconclusive"))
        counts = (len(said) - little - none, little, none)
        text += f"| {NAMES[kind]} | "
        text += " | ".join(f"{count} of {len(said)}" for count in counts) + " |\n"
    return text + "\n"


def _published(rows: Sequence[Row], hashes: dict[str, str]) -> str:
    """Fakes that others made: log10 LR, not cut to the bounds, of a fit without their person."""
    fakes = [row for row in rows if calibrate.kind_of(row) in calibrate.ONLY_SHOWN]
    if not fakes:
        return ""
    used = calibrate.fitted_on(rows)
    text = (
        "## Published fakes\n\nMade by others; no calibration saw them or their person. log10 LR "
        "before it is cut to the bounds.\n\n| film | "
        + " | ".join(f"crf {crf}" for crf in CRFS)
        + " |\n|---|"
        + "---|" * len(CRFS)
        + "\n"
    )
    for film in sorted({calibrate.film_of(row) for row in fakes}):
        mine = [row for row in fakes if calibrate.film_of(row) == film]
        rest = [row for row in used if row.group != mine[0].group]
        calibrations, weights = calibrate.fitted(rest, hashes)
        known = {clip.crf: clip.llr for clip in calibrate.clips(mine, calibrations, weights)}
        cells = [f"{known[crf]:+.2f}" if crf in known else "not weighed" for crf in CRFS]
        text += f"| {film} ({_sources()[film]}) | " + " | ".join(cells) + " |\n"
    return text + "\n"


def _erased(used: Sequence[Row]) -> str:
    """How the compression of a track, as the record has it, follows that of the encoder."""
    shares: dict[str, dict[int, float]] = {}
    for row in used:
        if calibrate.kind_of(row) == "real" and row.detector == next(iter(overtime.RULES)):
            crf = int(row.picture.split("#")[2])
            shares.setdefault(calibrate.film_of(row), {})[crf] = 1 - row.quality / 100
    whole = [film for film in shares.values() if len(film) == len(CRFS)]
    text = (
        "## Compression of a face\n\nThe record says of every face followed what share of its "
        "8 by 8 blocks has lost its finest detail (`telltale.faces.quality.erased`), in its best "
        "view. Films as they are, encoded again:\n\n| | "
        + " | ".join(f"crf {crf}" for crf in CRFS)
        + " |\n|---|"
        + "---|" * len(CRFS)
        + "\n| median (lowest to highest) |"
    )
    for crf in CRFS:
        values = [film[crf] for film in whole]
        text += f" {np.median(values):.0%} ({min(values):.0%} to {max(values):.0%}) |"
    rises = sum(film[CRFS[0]] < film[CRFS[-1]] for film in whole)
    return text + (
        f"\n\nIt is larger at crf {CRFS[-1]} than at {CRFS[0]} in {rises} of {len(whole)} films. "
        "Between films it differs more than between compressions: a soft lens, a filter, or an "
        "earlier compression erase detail too.\n\n"
    )


def _failures() -> str:
    return (
        "## What this does not show\n\n"
        "* Fakes of recent generators. The fakes here are simple and made by script; a good fake "
        "may look like a film to both tests.\n"
        "* Films of other kinds: filtered by an app, shot in the dark, sent on many times.\n"
        "* Faces that are moved over a photograph by a network (talking portraits), but for what "
        "stands above as published.\n"
    )


if __name__ == "__main__":
    main()
