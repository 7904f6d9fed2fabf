"""How often the recogniser of kinds is right: camera pictures of the test split, made graphics.

    python -m models.verdict.kinds --data FOLDER --out models/verdict/kinds.csv

The thresholds of `telltale.media.kind` were set on the other splits and on graphics of another
seed. The table counts natures by source; docs/detection.md shows it.
"""

from __future__ import annotations

import argparse
import csv
import io
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from models.training.data import Media
from models.verdict.graphics import GRAPHICS
from models.verdict.pictures import on_its_way, published
from telltale.media.decode import open_media
from telltale.media.kind import kind_of

COLUMNS = ("kind", "source", "saved", "nature", "count")
#: Graphics of each sort, and the seed that no threshold has seen.
EACH, SEED = 15, 2026
TRIPS = ("saved again", "reduced and saved", "screenshot cut to the picture")


def photographs(media: Media) -> Iterator[tuple[str, str, bytes]]:
    """Source, way and bytes of every camera picture of the test split, three times."""
    for picture in published(media, "test", ("real",)):
        for trip, way in enumerate(TRIPS):
            yield picture.source, way, on_its_way(picture, trip)


def graphics(media: Media) -> Iterator[tuple[str, str, bytes]]:
    """Sort, way and bytes of made graphics: as PNG, as JPEG 90 and 60."""
    rng = np.random.default_rng(SEED)
    photos = [
        p.pixels for p in published(media, "test", ("real",)) if min(p.pixels.shape[:2]) > 300
    ]
    for name, make in GRAPHICS.items():
        for k in range(EACH):
            made = make(rng, photos[k % len(photos)])
            yield name, "PNG", _saved(made, "PNG")
            for quality in (90, 60):
                yield name, f"JPEG {quality}", _saved(made, "JPEG", quality=quality)


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    arguments = parser.parse_args()
    media = Media(arguments.data)
    counts: Counter[tuple[str, str, str, str]] = Counter()
    for kind, stream in (("photograph", photographs(media)), ("graphic", graphics(media))):
        for source, way, data in stream:
            counts[kind, source, way, kind_of(open_media(data, "picture")).nature] += 1
    with arguments.out.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(COLUMNS)
        writer.writerows((*key, count) for key, count in sorted(counts.items()))


def _saved(pixels: NDArray[np.uint8], kind: str, **options: int) -> bytes:
    out = io.BytesIO()
    Image.fromarray(pixels).save(out, kind, **options)
    return out.getvalue()


if __name__ == "__main__":
    main()
