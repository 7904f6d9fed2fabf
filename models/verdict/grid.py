"""The laundering grid: what each way of passing a picture on leaves of what carries an answer.

    python -m models.verdict.grid --data FOLDER [--only DETECTOR ...] [--most N]

Some pictures of the test split, real and fake, each sent every way and scored by the tests that may
carry an answer; writes `grid.csv` in the form of the other tables, the way in the picture's name.
Unlike the trips of `pictures.on_its_way`, nothing here is drawn: one way, one column. With `--only`
the rows of the other tests stay.
"""

from __future__ import annotations

import argparse
import csv
import hashlib
import io
from collections.abc import Callable, Iterator, Sequence
from itertools import chain
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from models.training.augment import scale
from models.training.data import Media
from models.verdict import score
from models.verdict.pictures import Picture, edited, made_faces, published, screenshot
from models.verdict.shelf import Arrival
from telltale.evidence.fitting import KIND
from telltale.evidence.fusion import stored_weights
from telltale.evidence.questions import QUESTIONS
from telltale.evidence.table import COLUMNS, Row, read
from telltale.runtime.context import Context
from telltale.runtime.inference import OnnxModels

Pixels = NDArray[np.uint8]
OUT = Path(__file__).with_name("grid.csv")
#: Pictures of each source at the most.
MOST = 6


def _saved(kind: str, factor: float = 1.0, **options: int) -> Callable[[Pixels], bytes]:
    def save(pixels: Pixels) -> bytes:
        out = io.BytesIO()
        shown = scale(pixels, factor, "bicubic") if factor != 1 else pixels
        Image.fromarray(shown).save(out, kind, **options)
        return out.getvalue()

    return save


def _screen(pixels: Pixels) -> bytes:
    seed = int(hashlib.sha256(pixels.tobytes()).hexdigest()[:12], 16)
    return screenshot(pixels, np.random.default_rng(seed))


#: Way in the table -> the file that it makes of pixels.
WAYS: dict[str, Callable[[Pixels], bytes]] = {
    "no loss": _saved("PNG", compress_level=1),
    **{f"JPEG {q}": _saved("JPEG", quality=q, subsampling=2) for q in (95, 85, 75, 60, 40)},
    "WebP 80": _saved("WEBP", quality=80),
    **{f"x {f}, JPEG 85": _saved("JPEG", f, quality=85, subsampling=2) for f in (0.75, 0.5, 0.25)},
    "screenshot": _screen,
}


def pictures(media: Media, question: str, context: Context, most: int) -> Iterator[Picture]:
    """Real and fake pictures of the test split for a question, a few of each source."""
    if question == "edited":
        stream = edited(media, ("test",))
    else:
        stream = published(media, "test", ("real", KIND[question]))
    if question == "face":
        some = _few(published(media, "test", ("real",)), most)
        stream = chain(stream, made_faces(some, context))
    return _few(stream, most)


def rows(media: Media, context: Context, only: Sequence[str], most: int) -> Iterator[Row]:
    """The scores of every picture after every way, by the carriers that have a weight.

    By those of `only`, where it names any; of each source `most` pictures at the most.
    """
    for question in QUESTIONS:
        weights = stored_weights().get(question.id)
        if weights is None:
            continue
        names = [d for d in question.detectors if weights.by_detector.get(d, 0) > 0]
        names = [d for d in names if not only or d in only]
        for picture in pictures(media, question.id, context, most) if names else ():
            for way, send in WAYS.items():
                data = send(picture.pixels)
                faces = score.faces_of(data, context) if question.about_faces else None
                name = f"{picture.name}#{way}"
                arrival = Arrival(
                    picture.split, picture.source, picture.kind, name, picture.group, data, faces
                )
                yield from score.rows_of(arrival, context, names)


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--only", nargs="*", default=[], metavar="DETECTOR")
    parser.add_argument("--most", type=int, default=MOST, help="pictures of each source")
    arguments = parser.parse_args()
    only = arguments.only
    stay = [r for r in read(OUT) if r.detector not in only] if only and OUT.exists() else []
    context = Context(OnnxModels(threads=1))
    found = [*stay, *rows(Media(arguments.data), context, only, arguments.most)]
    with OUT.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(COLUMNS)
        writer.writerows(row.cells() for row in found)


def _few(stream: Iterator[Picture], most: int) -> Iterator[Picture]:
    counts: dict[str, int] = {}
    for picture in stream:
        if counts.get(picture.source, 0) < most:
            counts[picture.source] = counts.get(picture.source, 0) + 1
            yield picture


if __name__ == "__main__":
    main()
