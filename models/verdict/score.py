"""Score every calibration picture with the shipped detectors, from the file's bytes on.

    python -m models.verdict.score --data FOLDER [--work FOLDER] --split val --out scores.csv

`--work` is the work folder of `generated_image`, for the pictures that its generators painted
again. The table is small and committed; `telltale calibrate` needs only it.
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

#: The detectors of the registry that may speak to a question that is calibrated.
SPEAKING = tuple(
    entry.id
    for entry in detectors.REGISTRY
    if any(entry.id in q.all_detectors for q in QUESTIONS if q.id in KIND)
)


def rows_of(picture: Picture, trip: int, context: Context) -> Iterator[Row]:
    """One row per detector that had something to say."""
    try:
        state = analysis.begin(on_its_way(picture, trip), "picture")
    except MediaError:
        return
    analysis.find_faces(state, context)
    for detector in SPEAKING:
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
    parser.add_argument("--trips", type=int, default=2)
    parser.add_argument("--most", type=int, help="stop after this many pictures of each kind")
    parser.add_argument("--out", type=Path, required=True)
    arguments = parser.parse_args()

    media = Media(arguments.data)
    context = Context(OnnxModels(threads=1))
    streams = [
        published(media, arguments.split),
        made_faces(published(media, arguments.split), context),
    ]
    if arguments.work:
        streams.append(repainted(arguments.work, arguments.split))
    with arguments.out.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(COLUMNS)
        for stream in streams:
            for picture in itertools.islice(stream, arguments.most):
                for trip in range(arguments.trips):
                    writer.writerows(row.cells() for row in rows_of(picture, trip, context))
                file.flush()


if __name__ == "__main__":
    main()
