"""Score every calibration picture with the shipped detectors, from the file's bytes on.

    python -m models.verdict.score --data FOLDER --split val --question face --out face_val.csv

The tables are small and committed; `telltale calibrate` needs only those of the val split.
`--work` is the work folder of `generated_image`, for the pictures that its generators painted
again: measured on the test split, never calibrated on, because nobody meets them in the wild.
"""

from __future__ import annotations

import argparse
import csv
import itertools
from collections.abc import Iterator
from pathlib import Path

from models.training.data import Media
from models.verdict.pictures import Picture, made_faces, on_its_way, published, repainted
from telltale import analysis, detectors
from telltale.evidence.fitting import KIND
from telltale.evidence.questions import QUESTIONS
from telltale.evidence.table import COLUMNS, Row
from telltale.evidence.weigh import cases
from telltale.media.model import MediaError
from telltale.runtime.context import Context
from telltale.runtime.inference import OnnxModels


def speaking(question: str) -> tuple[str, ...]:
    """The detectors of the registry that may speak to a question."""
    wanted = next(q for q in QUESTIONS if q.id == question).all_detectors
    return tuple(entry.id for entry in detectors.REGISTRY if entry.id in wanted)


def rows_of(picture: Picture, trip: int, question: str, context: Context) -> Iterator[Row]:
    """One row per detector of the question that had something to say."""
    try:
        state = analysis.begin(on_its_way(picture, trip), "picture")
    except MediaError:
        return
    if question == "face":
        analysis.find_faces(state, context)
    for detector in speaking(question):
        finding = analysis.run_detector(state, detector, context)
        if finding.status != "ok" or finding.score is None:
            continue
        score, conditions = max(cases(finding, state.scene), key=lambda case: case[0])
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


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--work", type=Path)
    parser.add_argument("--split", choices=("val", "test"), required=True)
    parser.add_argument("--question", choices=tuple(KIND), required=True)
    parser.add_argument("--trips", type=int, default=2)
    parser.add_argument("--most", type=int, help="stop after this many pictures of each kind")
    parser.add_argument("--out", type=Path, required=True)
    arguments = parser.parse_args()

    media = Media(arguments.data)
    context = Context(OnnxModels(threads=1))
    kinds = ("real", KIND[arguments.question])
    streams = [published(media, arguments.split, kinds)]
    if arguments.question == "face":
        streams.append(made_faces(published(media, arguments.split, ("real",)), context))
    elif arguments.work:
        streams.append(repainted(arguments.work, arguments.split))
    with arguments.out.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(COLUMNS)
        for stream in streams:
            for picture in itertools.islice(stream, arguments.most):
                for trip in range(arguments.trips):
                    writer.writerows(
                        row.cells() for row in rows_of(picture, trip, arguments.question, context)
                    )
                file.flush()


if __name__ == "__main__":
    main()
