"""Everything end to end on a handful of pictures in a minute or two: a check, not a result.

Uses the media archives when given, otherwise scikit-image's own sample pictures and pictures
made by script.
"""

from __future__ import annotations

import pickle
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from models.generated_image import sources
from models.generated_image.evaluate import evaluate
from models.generated_image.finish import finish
from models.generated_image.folds import train_folds
from models.generated_image.generators import ZOO
from models.generated_image.pool import Pool
from models.generated_image.prepare import log, run_zoo
from models.generated_image.report import report
from models.generated_image.train import LEVEL, train
from models.generated_image.zoo import Pixels
from models.training.augment import scale
from models.training.data import Item, Media, Row, write_cache

#: Files of each folder and split that a smoke run takes from the archives.
FEW = 3
SAMPLES = ("astronaut", "chelsea", "coffee", "rocket")


def smoke(data: Path | None, work: Path) -> Path:
    """Run every stage with few pictures and steps; returns the folder of the model."""
    work.mkdir(parents=True, exist_ok=True)
    if data is None:
        write_scripted(work)
    else:
        write_few(Media(data), work)
    wanted = ("deconv4_f2", "shuffle_f4_adv", "random_f4", "unpool_f4", "patch_f8")
    run_zoo(work, tuple(s for s in ZOO if s.id in wanted), steps=40, limit=4)
    pool = Pool(work)
    train(pool, work / "first.pt", steps=6, batch=32, half=False, log=log)
    first = work / "first.pt"
    train(
        pool, work / "detector.pt", steps=3, batch=32, half=False, origin=first, mix=LEVEL, log=log
    )
    train_folds(work, steps=2)
    folder = work / "model"
    finish(work, "detector", folder, work / "bank.json", limit=3)
    evaluate(work, folder, work / "bank.json", limit=4)
    report(folder, work / "bank.json", write_card=False)
    return folder


def write_scripted(work: Path) -> None:
    """`real` from scikit-image's samples, `published` from the same up-sampled pictures."""
    from skimage import data as samples

    reals: list[tuple[Item, Pixels]] = []
    fakes: list[tuple[Item, Pixels]] = []
    for name in SAMPLES:
        picture = np.asarray(getattr(samples, name)())
        for k, split in enumerate(("train", "val", "test")):
            part = np.ascontiguousarray(picture[:288, 80 * k : 80 * k + 256])
            group = f"{name}/{split}"
            reals.append((Item(f"{group}#native", name, split, False, "camera", group), part))
            small = scale(part, 0.7)
            reals.append((Item(f"{group}#reduced", name, split, False, "camera", group), small))
            coarse = np.repeat(np.repeat(scale(part, 0.5), 2, 0), 2, 1)
            fakes.append(
                (Item(f"{group}#fake", "scripted", split, True, "scripted", group), coarse)
            )
    write_cache(work / "real", reals)
    write_cache(work / "published", fakes)
    (work / "histories.pickle").write_bytes(pickle.dumps({}))


def write_few(media: Media, work: Path) -> None:
    """The same caches as `prepare.extract`, from `FEW` files of each source and split."""
    histories: dict[str, sources.History] = {}

    def chosen(fake: bool) -> Iterator[tuple[sources.Origin, Row]]:
        taken: dict[tuple[str, str], int] = {}
        for row in media.rows:
            place = sources.origin(row)
            if place is None or place.fake is not fake:
                continue
            key = (place.source, row.split)
            taken[key] = taken.get(key, 0) + 1
            if taken[key] <= FEW:
                yield place, row

    reals: list[tuple[Item, Pixels]] = []
    for place, row in chosen(False):
        for item, pixels, history in sources.real_variants(media, row, place.source):
            histories[item.name] = history
            reals.append((item, pixels))
    write_cache(work / "real", reals)
    write_cache(
        work / "published",
        (
            (
                Item(row.file, place.source, row.split, True, place.family, row.file),
                sources.open_picture(media, row),
            )
            for place, row in chosen(True)
        ),
    )
    (work / "histories.pickle").write_bytes(pickle.dumps(histories))
