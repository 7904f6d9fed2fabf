"""Score every calibration picture with the shipped detectors, from the file's bytes on.

    python -m models.verdict.score --data FOLDER --split val --question face --out face_val.csv

A table that exists is added to: only detectors (of the registry, of another version, with other
weights, or on another trip) that it does not hold yet are run, so that a new detector costs only
itself. `--only` names the detectors to score, again where they were, on the pictures of the table.
`--cache` keeps the files and their faces between runs (`shelf`). A run that was stopped goes on
where it was: what is done stands in a journal beside the table.

The tables are small and committed; `telltale calibrate` needs only those of the val split. For
`edited` that holds the pictures of the train split too: no forensic test has learned from them.
`--cameras` is the folder of the files that `cameras.csv` lists; their rows stand in the same
tables, on trips of their own, and are added or renewed by a run of their own.
`--more` is the folder of the files of `models/training/more.csv`. Its pictures are added to the
tables of `face` and `generated` likewise. Faces are manipulated in those of the val split alone, so
that no size of picture stands for a genuine one.
`--work` is the work folder of `generated_image`, for the pictures that its generators painted
again: measured on the test split, never calibrated on, because nobody meets them in the wild.
"""

from __future__ import annotations

import argparse
import csv
import itertools
import json
from collections.abc import Callable, Container, Iterable, Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path

from models.training import augment, blending
from models.training import data as training_data
from models.training.data import Media
from models.verdict import cameras, edits, shelf
from models.verdict import pictures as made
from models.verdict.pictures import (
    Picture,
    drawn,
    edited,
    further,
    made_faces,
    on_its_way,
    published,
    repainted,
)
from models.verdict.shelf import Arrival
from telltale import analysis, detectors
from telltale.evidence.fitting import KIND
from telltale.evidence.questions import QUESTIONS
from telltale.evidence.table import COLUMNS, MODEL_DIGITS, Row, read
from telltale.evidence.weigh import cases
from telltale.media.model import MediaError
from telltale.runtime.context import Context
from telltale.runtime.inference import OnnxModels, model_hashes, read_zoo
from telltale.scene import Face

#: Trips that the pictures of each question take (`pictures.on_its_way`).
TRIPS = {"generated": 4, "face": 3, "edited": 3}


def speaking(question: str) -> tuple[str, ...]:
    """The detectors of the registry that may speak to a question."""
    wanted = next(q for q in QUESTIONS if q.id == question).all_detectors
    return tuple(entry.id for entry in detectors.REGISTRY if entry.id in wanted)


def missing(rows: Sequence[Row], question: str, trips: Iterable[int]) -> dict[int, tuple[str, ...]]:
    """For each trip, the detectors of a question of which a table holds no row of today's form.

    That is: of this version, by these weights.
    """
    held = {(row.detector, row.version, row.model, _trip(row)) for row in rows}
    names = speaking(question)
    weights = models_of(names)
    forms = {d: (detectors.load(detectors.find(d)).CARD.version, weights[d]) for d in names}
    return {
        trip: tuple(d for d, form in forms.items() if (d, *form, trip) not in held)
        for trip in trips
    }


def kept(rows: Sequence[Row], question: str, wanted: Mapping[int, Sequence[str]]) -> list[Row]:
    """The rows of a table that stay: of detectors that exist, and that are not run again."""
    known = speaking(question)
    return [
        r
        for r in rows
        if r.detector in known
        and r.detector not in wanted.get(_trip(r), ())
        and (question != "face" or r.picture.count("#") < 2 or drawn(r.group))
    ]


def models_of(names: Iterable[str]) -> dict[str, str]:
    """Start of the SHA-256 of each detector's own weights; empty where it has none."""
    hashes = _hashes()
    return {name: hashes.get(name, "")[:MODEL_DIGITS] for name in names}


def rows_of(arrival: Arrival, context: Context, wanted: Sequence[str]) -> Iterator[Row]:
    """One row per detector of `wanted` that had something to say."""
    try:
        state = analysis.begin(arrival.data, "picture")
    except MediaError:
        return
    if arrival.faces is not None:
        state.scene.faces = arrival.faces
    weights = models_of(wanted)
    for detector in wanted:
        finding = analysis.run_detector(state, detector, context)
        if finding.status != "ok" or finding.score is None:
            continue
        top = max(cases(finding, state.scene), key=lambda case: case.score)
        yield Row(
            arrival.split,
            arrival.source,
            arrival.kind,
            arrival.picture,
            arrival.group,
            detector,
            finding.version,
            round(top.score, 5),
            round(top.conditions.log2_pixels, 4),
            round(top.conditions.quality, 1),
            weights[detector],
        )


def pictures(
    media: Media,
    question: str,
    split: str,
    work: Path | None,
    context: Context,
    share: float = 1.0,
) -> list[Iterator[Picture]]:
    """The streams of pictures of a question and split."""
    if question == "edited":
        return [edited(media, ("train", "val") if split == "val" else (split,), share)]
    give = further if media.more else published
    streams = [give(media, split, ("real", KIND[question]))]
    if question == "face" and (split == "val" or not media.more):
        streams.append(made_faces(give(media, split, ("real",)), context))
    elif work:
        streams.append(repainted(work, split))
    return streams


def arrivals(
    streams: Iterable[Iterator[Picture]],
    trips: Sequence[int],
    faces: bool,
    context: Context,
    most: int | None = None,
    done: Callable[[str, int], bool] = lambda *_: False,
) -> Iterator[Arrival]:
    """Every picture after each of the trips, with its faces where they are asked for.

    Of what is `done` (name and trip) only the names are given.
    """
    for stream in streams:
        for picture in itertools.islice(stream, most):
            for trip in trips:
                name = f"{picture.name}#{trip}"
                data, found = b"", None
                if not done(name, trip):
                    data = on_its_way(picture, trip)
                    found = faces_of(data, context) if faces else None
                yield Arrival(
                    picture.split, picture.source, picture.kind, name, picture.group, data, found
                )


def faces_of(data: bytes, context: Context) -> tuple[Face, ...]:
    """The faces of a file; none where it cannot be opened."""
    try:
        state = analysis.begin(data, "picture")
    except MediaError:
        return ()
    analysis.find_faces(state, context)
    return state.scene.faces


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--data", type=Path)
    parser.add_argument("--more", type=Path, help="folder of the files of more.csv, without --data")
    parser.add_argument("--cameras", type=Path, help="folder of the listed files (edited only)")
    parser.add_argument("--work", type=Path)
    parser.add_argument("--cache", type=Path, help="folder for files and faces between runs")
    parser.add_argument("--split", choices=("val", "test"), required=True)
    parser.add_argument("--question", choices=tuple(KIND), required=True)
    parser.add_argument("--trips", type=int, help="by default all of the question")
    parser.add_argument("--only", nargs="*", default=[], metavar="DETECTOR")
    parser.add_argument("--share", type=float, default=1.0, help="of the originals (edited only)")
    parser.add_argument("--most", type=int, help="stop after this many pictures of each kind")
    parser.add_argument("--out", type=Path, required=True)
    arguments = parser.parse_args()

    question, out = arguments.question, arguments.out
    if arguments.cameras and question != "edited":
        parser.error("--cameras is for --question edited")
    if arguments.more and question == "edited":
        parser.error("--more is not for --question edited")
    if bool(arguments.more) == bool(arguments.data):
        parser.error("either --data or --more")
    trips: Sequence[int] = range(arguments.trips or TRIPS[question])
    if arguments.cameras:
        trips = cameras.TRIPS[arguments.split]
    every = read(out) if out.exists() else []
    folders = training_data.further_sources()
    others = [r for r in every if _further(r, folders) != bool(arguments.more)]
    old = [r for r in every if _further(r, folders) == bool(arguments.more)]
    # a test that is scored again sees what the others of the table saw, and nothing else
    again = arguments.only and not arguments.cameras
    alone = {r.picture for r in old} if again else set()
    old = [r for r in old if r.detector not in arguments.only or _trip(r) not in trips]
    wanted = missing(old, question, trips)
    if arguments.only:
        wanted = {k: tuple(d for d in v if d in arguments.only) for k, v in wanted.items()}
    rows = kept(old, question, wanted)
    needed = [trip for trip, names in wanted.items() if names]
    context = Context(OnnxModels(threads=1))

    def make() -> Iterator[Arrival]:
        if arguments.cameras:
            shots = [s for s in cameras.listed() if s.split == arguments.split]
            return cameras.arrivals(arguments.cameras, shots[: arguments.most], needed, complete)
        more = arguments.more
        media = Media(Path(), (), more) if more else Media(arguments.data)
        streams = pictures(
            media, question, arguments.split, arguments.work, context, arguments.share
        )
        faces = question == "face"
        came = arrivals(streams, needed, faces, context, arguments.most, complete)
        return (a for a in came if not alone or a.picture in alone)

    def complete(picture: str, trip: int) -> bool:
        if alone and picture not in alone:
            return True
        told = done.get(picture, {})
        return arguments.cache is None and all(d in told for d in wanted[trip])

    key = shelf.key_of(
        _made_by(arguments.data), question, arguments.split, str(arguments.work), needed,
        bool(arguments.cameras), arguments.share, arguments.most, sorted(alone),
    )  # fmt: skip
    journal = out.with_suffix(f".{key}.journal")
    done = dict(_journal(journal))
    with journal.open("a", encoding="utf-8") as file:
        for arrival in shelf.kept(arguments.cache, key, make):
            told = done.get(arrival.picture, {})
            chosen = tuple(d for d in wanted[arrival.trip] if d not in told)
            if chosen:
                new = list(rows_of(arrival, context, chosen))
                told |= {d: [r.cells() for r in new if r.detector == d] for d in chosen}
                file.write(json.dumps([arrival.picture, told]) + "\n")
                file.flush()
            for detector in wanted[arrival.trip]:
                rows += [Row(*cells) for cells in told.get(detector, ())]
    _write(out, [*others, *rows] if arguments.more else [*rows, *others])
    journal.unlink()


@cache
def _hashes() -> dict[str, str]:
    return model_hashes()


def _made_by(data: Path | None) -> list[Path]:
    """Everything that decides what arrives: the code, the lists of the data, the face models."""
    code = [Path(str(module.__file__)) for module in (made, cameras, edits, augment, blending)]
    zoo = read_zoo()
    models = [zoo[name].folder / "model.onnx" for name in ("face_detection", "face_landmarks")]
    lists = [cameras.LIST, training_data.MORE / "more.csv", training_data.MORE / "more_sources.csv"]
    archives = [data / name for name in training_data.ARCHIVES] if data else []
    return [*code, *lists, *models, *archives]


def _journal(path: Path) -> Iterator[tuple[str, dict[str, list[list[object]]]]]:
    """What a run that was stopped had done: picture -> detector -> cells of its rows."""
    if not path.is_file():
        return
    for line in path.read_text("utf-8").splitlines():
        try:
            picture, told = json.loads(line)
        except ValueError:  # the last line of a run that was killed
            continue
        yield picture, told


def _write(path: Path, rows: Sequence[Row]) -> None:
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(COLUMNS)
        writer.writerows(row.cells() for row in rows)


def _further(row: Row, folders: Container[str]) -> bool:
    """Whether a row is of a picture of `more.csv` or of what was made of one, by their folders."""
    return row.group.split("/", 1)[0] in folders


def _trip(row: Row) -> int:
    return int(row.picture.rsplit("#", 1)[-1])


if __name__ == "__main__":
    main()
