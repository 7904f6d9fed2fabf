"""Score every calibration picture with the shipped detectors, from the file's bytes on.

    python -m models.verdict.score --data FOLDER --split val --question face --out face_val.csv

A table that exists is added to: only detectors (of the registry, of another version, or on another
trip) that it does not hold yet are run, so that a new detector costs only itself. Delete a table
when a model's weights change. `--only` names the detectors to score, again where they were.

The tables are small and committed; `telltale calibrate` needs only those of the val split. For
`edited` that holds the pictures of the train split too: no forensic test has learned from them.
`--work` is the work folder of `generated_image`, for the pictures that its generators painted
again: measured on the test split, never calibrated on, because nobody meets them in the wild.
"""

from __future__ import annotations

import argparse
import csv
import itertools
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from models.training.data import Media
from models.verdict.pictures import Picture, edited, made_faces, on_its_way, published, repainted
from telltale import analysis, detectors
from telltale.evidence.fitting import KIND
from telltale.evidence.questions import QUESTIONS
from telltale.evidence.table import COLUMNS, Row, read
from telltale.evidence.weigh import cases
from telltale.media.model import MediaError
from telltale.runtime.context import Context
from telltale.runtime.inference import OnnxModels


def speaking(question: str) -> tuple[str, ...]:
    """The detectors of the registry that may speak to a question."""
    wanted = next(q for q in QUESTIONS if q.id == question).all_detectors
    return tuple(entry.id for entry in detectors.REGISTRY if entry.id in wanted)


def missing(rows: Sequence[Row], question: str, trips: int) -> dict[int, tuple[str, ...]]:
    """For each trip, the detectors of a question of which a table holds no row of this version."""
    held = {(row.detector, row.version, _trip(row)) for row in rows}
    versions = {d: detectors.load(detectors.find(d)).CARD.version for d in speaking(question)}
    return {
        trip: tuple(d for d, version in versions.items() if (d, version, trip) not in held)
        for trip in range(trips)
    }


def kept(rows: Sequence[Row], question: str, wanted: Mapping[int, Sequence[str]]) -> list[Row]:
    """The rows of a table that stay: of detectors that exist, and that are not run again."""
    known = speaking(question)
    return [r for r in rows if r.detector in known and r.detector not in wanted.get(_trip(r), ())]


def rows_of(
    picture: Picture, trip: int, question: str, context: Context, wanted: Sequence[str] = ()
) -> Iterator[Row]:
    """One row per detector (of `wanted`, else of the question) that had something to say."""
    try:
        state = analysis.begin(on_its_way(picture, trip), "picture")
    except MediaError:
        return
    if question == "face":
        analysis.find_faces(state, context)
    for detector in wanted or speaking(question):
        finding = analysis.run_detector(state, detector, context)
        if finding.status != "ok" or finding.score is None:
            continue
        score, conditions, _ = max(cases(finding, state.scene), key=lambda case: case[0])
        yield Row(
            picture.split,
            picture.source,
            picture.kind,
            f"{picture.name}#{trip}",
            picture.group,
            detector,
            finding.version,
            round(score, 5),
            round(conditions.log2_pixels, 4),
            round(conditions.quality, 1),
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
    streams = [published(media, split, ("real", KIND[question]))]
    if question == "face":
        streams.append(made_faces(published(media, split, ("real",)), context))
    elif work:
        streams.append(repainted(work, split))
    return streams


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--work", type=Path)
    parser.add_argument("--split", choices=("val", "test"), required=True)
    parser.add_argument("--question", choices=tuple(KIND), required=True)
    parser.add_argument("--trips", type=int, default=3)
    parser.add_argument("--only", nargs="*", default=[], metavar="DETECTOR")
    parser.add_argument("--share", type=float, default=1.0, help="of the originals (edited only)")
    parser.add_argument("--most", type=int, help="stop after this many pictures of each kind")
    parser.add_argument("--out", type=Path, required=True)
    arguments = parser.parse_args()

    question = arguments.question
    old = read(arguments.out) if arguments.out.exists() else []
    old = [row for row in old if row.detector not in arguments.only]
    wanted = missing(old, question, arguments.trips)
    if arguments.only:
        wanted = {k: tuple(d for d in v if d in arguments.only) for k, v in wanted.items()}
    rows = kept(old, question, wanted)
    media = Media(arguments.data)
    context = Context(OnnxModels(threads=1))
    for stream in pictures(
        media, question, arguments.split, arguments.work, context, arguments.share
    ):
        for picture in itertools.islice(stream, arguments.most):
            for trip, chosen in wanted.items():
                if chosen:
                    rows += rows_of(picture, trip, question, context, chosen)
    with arguments.out.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(COLUMNS)
        writer.writerows(row.cells() for row in rows)


def _trip(row: Row) -> int:
    return int(row.picture.rsplit("#", 1)[-1])


if __name__ == "__main__":
    main()
