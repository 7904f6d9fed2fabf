"""Stages before the detector: decode the archives, train the zoo, re-synthesise the reals.

    python -m models.generated_image.prepare --data FOLDER --work FOLDER [--more FOLDER]
        [--only ID ...]

Every stage leaves a file and is skipped when that file is there, so a stopped run goes on.
"""

from __future__ import annotations

import argparse
import pickle
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import torch

from models.generated_image import closed_form, sources
from models.generated_image.generators import ZOO, Spec
from models.generated_image.zoo import (
    Pixels,
    load_generator,
    make_fakes,
    resynthesise,
    train_generator,
)
from models.training.data import Cache, Item, Media, Row, write_cache


def log(text: str) -> None:
    print(f"{time.strftime('%H:%M:%S')} {text}", flush=True)


#: Largest side of a cached tile of a further generated picture.
FAKE_TILE = 640


def extract(media: Media, work: Path) -> None:
    """Write `real.npy` (both variants of every real) and `published.npy` (published fakes).

    Pictures of further repositories go to `more_real.npy` and `more_published.npy`, so that the
    generators of the zoo, which are trained on `real.npy`, stay the same without and with them.
    """
    archived = [row for row in media.rows if not row.source]
    if not (work / "real.json").is_file():
        histories: dict[str, sources.History] = {}

        def reals() -> Iterator[tuple[Item, Pixels]]:
            for row in archived:
                place = sources.origin(row)
                if place is None or place.fake:
                    continue
                for item, pixels, history in sources.real_variants(media, row, place.source):
                    if history is not None:
                        histories[item.name] = history
                    yield item, pixels

        pictures = list(reals())
        (work / "histories.pickle").write_bytes(pickle.dumps(histories))
        write_cache(work / "real", pictures)
        log(f"{len(pictures)} real pictures")
    if not (work / "published.json").is_file():

        def fakes() -> Iterator[tuple[Item, Pixels]]:
            for row in archived:
                place = sources.origin(row)
                if place is None or not place.fake:
                    continue
                pixels = sources.open_picture(media, row)
                yield (
                    Item(row.file, place.source, row.split, True, place.family, row.file),
                    pixels,
                )

        pictures = list(fakes())
        write_cache(work / "published", pictures)
        log(f"{len(pictures)} published fakes")
    if media.more:
        extract_more(media, work)


def extract_more(media: Media, work: Path) -> None:
    """Write `more_real.npy` and `more_published.npy`."""
    rows = [(row, place) for row in media.rows if row.source and (place := sources.origin(row))]
    if not (work / "more_real.json").is_file():
        pictures = [
            (item, pixels)
            for row, place in rows
            if not place.fake
            for item, pixels, _ in sources.real_variants(media, row, place.source)
        ]
        write_cache(work / "more_real", pictures)
        log(f"{len(pictures)} further real pictures")
    if not (work / "more_published.json").is_file():

        def shown(row: Row) -> Pixels:
            rng = np.random.default_rng(int(row.sha256[:8], 16))
            return sources.tile(sources.open_picture(media, row), rng, FAKE_TILE)

        pictures = [
            (Item(row.file, place.source, row.split, True, place.family, row.file), shown(row))
            for row, place in rows
            if place.fake
        ]
        write_cache(work / "more_published", pictures)
        log(f"{len(pictures)} further generated pictures")


def run_zoo(
    work: Path, specs: tuple[Spec, ...], steps: int | None = None, limit: int | None = None
) -> None:
    """Train every generator of `specs` and write its pictures to `zoo/ID.npy`."""
    reals = Cache(work / "real")
    histories = pickle.loads((work / "histories.pickle").read_bytes())
    folder = work / "zoo"
    folder.mkdir(exist_ok=True)
    for spec in specs:
        paint = painter(spec, reals, folder, steps)
        if not (folder / f"{spec.id}.json").is_file():
            write_cache(folder / spec.id, make_fakes(spec, paint, reals, histories, limit))
            log(f"{spec.id} done")


def painter(
    spec: Spec, reals: Cache, folder: Path, steps: int | None
) -> Callable[[Pixels, str], Pixels]:
    """The generator of a spec, trained or fitted where `folder` does not hold it yet."""
    if spec.closed_form:
        fitted = folder / f"{spec.id}.npz"
        if not fitted.is_file():
            closed_form.save(closed_form.fit(spec, reals), fitted)
        codec = closed_form.load(fitted)
        return lambda pixels, name: closed_form.paint(spec, codec, pixels, name)
    weights = folder / f"{spec.id}.pt"
    if not weights.is_file():
        train_generator(spec, reals, weights, steps or spec.steps, log)
    model = load_generator(spec, weights)
    return lambda pixels, name: resynthesise(model, pixels)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, required=True, help="folder of the media archives")
    parser.add_argument("--work", type=Path, required=True, help="where caches and weights go")
    parser.add_argument("--more", type=Path, help="folder of the files of more.csv")
    parser.add_argument("--only", nargs="*", help="ids of generators (default: all)")
    parser.add_argument("--steps", type=int, help="training steps instead of each generator's own")
    parser.add_argument("--limit", type=int, help="pictures of each generator and split, at most")
    parser.add_argument("--threads", type=int, default=1)
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    options.work.mkdir(parents=True, exist_ok=True)
    extract(Media(options.data, more=options.more), options.work)
    chosen = tuple(s for s in ZOO if not options.only or s.id in options.only)
    run_zoo(options.work, chosen, options.steps, options.limit)


if __name__ == "__main__":
    main()
