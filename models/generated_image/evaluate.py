"""Judge the pictures of the test split; the report makes the tables from what this writes.

    python -m models.generated_image.evaluate --work FOLDER [--mesonet FOLDER] [--only PART ...]
    python -m models.generated_image.report

Writes `scores_test.csv` (every judged picture of the tables) and `relation.csv` (the bank's answer
for each). The test split is read here and nowhere else. Nothing is chosen by what comes out.
"""

from __future__ import annotations

import argparse
import csv
import json
import time
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch

from models.generated_image.finish import HERE, STORED, export, nearest, spread
from models.generated_image.folds import FOLDS
from models.generated_image.generators import LATER, ZOO
from models.generated_image.pool import Pool
from models.generated_image.scoring import CHAINS, FileModels, Judges, Scored, equal, fit_baselines
from models.generated_image.sources import tile
from models.generated_image.train import load
from models.generated_image.zoo import seed_of
from models.training.augment import LAUNDERING, scale
from models.training.data import Cache
from models.training.face_baselines import mesonets
from models.training.score_table import LEFT_OUT, Entry, replace, weights_of

#: At most this many pictures of one real source in a pooled comparison, so that none dominates.
MOST_REALS = 60
DRAWS = 2
#: The same for sources of further repositories, and the splits of them that the shipped weights
#: never saw.
MOST_FURTHER = 40
UNSEEN = ("test", "heldout")
#: At most this many pictures of one source that a fold left out.
LEFT_OUT_REALS, LEFT_OUT_FAKES = 40, 60
#: Beyond the common grid: what an enlarged genuine picture looks like to the test.
ENLARGING = {
    f"enlarge {f} bicubic": (lambda p, f=f: scale(p[:256, :256], f, "bicubic")) for f in (1.5, 2)
}
RELATION = ("source", "family", "known", "answer")


def log(text: str) -> None:
    print(f"{time.strftime('%H:%M:%S')} {text}", flush=True)


def entries(place: tuple[str, str, str], scored: Iterable[Scored], source: str = "") -> list[Entry]:
    """Entries of judged pictures; `place` are section, condition and weights."""
    section, condition, weights = place
    return [
        Entry(
            section,
            condition,
            source or s.item.source,
            s.item.fake,
            s.item.group,
            weights,
            {
                name: value
                for name, value in {"model": s.logit, **s.baselines}.items()
                if np.isfinite(value)
            },
        )
        for s in scored
    ]


def by_source(cache: Cache, splits: Sequence[str], suffix: str = "") -> dict[str, list[int]]:
    """Indices of each source; `suffix` selects the variant of reals."""
    out: dict[str, list[int]] = {}
    for index, item in enumerate(cache.items):
        if item.split in splits and item.name.endswith(suffix):
            out.setdefault(item.source, []).append(index)
    return {
        source: rows[:: max(1, -(-len(rows) // MOST_REALS))] if suffix else rows
        for source, rows in out.items()
    }


def published(pool: Pool, judges: Judges, weights: str) -> list[Entry]:
    """Test split of every real and every published source, through both chains."""
    found: list[Entry] = []
    for chain_name, chain in CHAINS.items():
        place = ("test", chain_name, weights)
        for cache, suffix in ((pool.real, "#native"), (pool.published, "")):
            for rows in by_source(cache, ["test"], suffix).values():
                found += entries(place, judges.judge_all(cache, rows, chain, DRAWS))
        log(f"published, {chain_name}")
    return found


def self_made(
    pool: Pool, judges: Judges, weights: str, limit: int | None, section: str = "self_made"
) -> list[Entry]:
    """Test pictures of every self-made generator and their own originals, same draws.

    Those that the shipped weights never trained on, but the folds did, have a section of their own.

    The condition is the generator, so that its originals can be told from those of others.
    """
    found: list[Entry] = []
    originals: dict[str, Scored | None] = {}
    for spec in ZOO:
        if spec.id not in pool.zoo or spec.section != section:
            continue
        cache, place = pool.zoo[spec.id], (section, spec.id, weights)
        most = limit or (25 if spec.role == "train" else 120)
        for index in cache.where(lambda item: item.split == "test")[:most]:
            original, picture = pool.pair(spec.id, index)
            name = cache.items[index].name.split("/", 1)[1]
            judged = judges.judge(cache.items[index], *equal(picture, name))
            if name not in originals:
                item = pool.real.items[pool.index_of(name)]
                originals[name] = judges.judge(item, *equal(original, name))
            own = originals[name]
            if judged is not None and own is not None:
                found += entries(place, [judged, own])
        log(f"self-made {spec.id}")
    return found


def cross_source(work: Path, mesonet: Path | None, limit: int | None) -> list[Entry]:
    """Each left-out source, and the reals that its fold left out; all splits."""
    found: list[Entry] = []
    for name, (fakes, reals) in FOLDS.items():
        if not (work / f"fold {name}.pt").is_file():
            continue
        pool = Pool(work, (*fakes, *reals))
        chosen = [
            (cache, spread(rows, most))
            for cache, sources, suffix, most in (
                (pool.real, reals, "#native", limit or LEFT_OUT_REALS),
                (pool.published, fakes, "", limit or LEFT_OUT_FAKES),
            )
            for source, rows in by_source(cache, ["train", "val", "test"], suffix).items()
            if source in sources
        ]
        onnx = work / f"fold {name}" / "model.onnx"
        export(load(work / f"fold {name}.pt")[0], onnx)
        judges = Judges(FileModels(onnx), *fit_baselines(pool, 20), mesonets(mesonet))
        for cache, rows in chosen:
            place = ("cross_source", name, weights_of(onnx))
            found += entries(place, judges.judge_all(cache, rows, equal))
        log(f"cross-source {name}")
    return found


def further(pool: Pool, judges: Judges, weights: str, limit: int | None) -> list[Entry]:
    """Pictures of further repositories: at most `MOST_FURTHER` unseen ones of each source."""
    found: list[Entry] = []
    for cache, suffix in ((pool.more_real, "#native"), (pool.more_published, "")):
        for rows in (by_source(cache, UNSEEN, suffix) if cache else {}).values():
            chosen = spread(rows, limit or MOST_FURTHER)
            place = ("further", "equal", weights)
            found += entries(place, judges.judge_all(cache, chosen, equal))
    log("further")
    return found


def laundering(pool: Pool, judges: Judges, weights: str, count: int = 40) -> list[Entry]:
    """The grid of operations on reals, on StyleGAN2 and on held-out generators."""
    held = [
        (pool.zoo[s.id], i)
        for s in ZOO
        if s.role == "held_out" and s.id in pool.zoo
        for i in pool.zoo[s.id].where(lambda item: item.split == "test")[: count // 4]
    ]
    styles = [
        i
        for source, rows in by_source(pool.published, ["test"]).items()
        if source.startswith("StyleGAN2")
        for i in rows
    ][:count]
    reals = [i for rows in by_source(pool.real, ["test"], "#native").values() for i in rows[:3]]
    chosen = [
        *((pool.real, i, "") for i in reals),
        *((pool.published, i, "StyleGAN2") for i in styles),
        *((cache, i, "held out") for cache, i in held),
    ]
    found: list[Entry] = []
    for name, operation in {**LAUNDERING, **ENLARGING}.items():
        place = ("laundering", name, weights)
        for cache, index, source in chosen:
            item = cache.items[index]
            pixels = operation(tile(cache[index], np.random.default_rng(seed_of(item.name))))
            scored = judges.judge(item, pixels)
            if scored is not None:
                found += entries(place, [scored], source)
            else:
                where = source or item.source
                found.append(Entry(*place[:2], where, item.fake, item.group, weights, {}))
        log(f"laundering {name}")
    return found


def relation(
    pool: Pool, judges: Judges, stored: dict[str, Any], limit: int | None
) -> list[tuple[str, str, int, str]]:
    """The bank's answer for each test picture: a family, or none of these."""
    out: list[tuple[str, str, int, str]] = []

    def answers(name: str, family: str, known: bool, scored: list[Scored]) -> None:
        if scored:
            distances, families = nearest(scored, stored["prototypes"])
            out.extend(
                (name, family, int(known), f if d <= stored["reach"] else "none of these")
                for d, f in zip(distances, families, strict=True)
            )

    for cache, suffix in ((pool.real, "#native"), (pool.published, "")):
        for source, rows in by_source(cache, ["test"], suffix).items():
            family = cache.items[rows[0]].family
            answers(source, family, True, judges.judge_all(cache, rows[:limit], equal))
    for spec in ZOO:
        if spec.id in pool.zoo:
            rows = pool.zoo[spec.id].where(lambda item: item.split == "test")[
                : limit or (12 if spec.role == "train" else 40)
            ]
            scored = judges.judge_all(pool.zoo[spec.id], rows, equal)
            answers(spec.id, spec.family, spec.role == "train", scored)
    return out


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--work", type=Path, required=True)
    parser.add_argument("--mesonet", type=Path, help="folder of its published weights")
    parser.add_argument("--only", nargs="*", help="parts to judge again (default: all)")
    options = parser.parse_args()
    torch.set_num_threads(1)
    evaluate(options.work, HERE, STORED, options.mesonet, options.only)


def evaluate(
    work: Path,
    folder: Path,
    stored_path: Path,
    mesonet: Path | None = None,
    only: Sequence[str] | None = None,
    limit: int | None = None,
) -> None:
    """Judge with `folder/model.onnx`; write `scores_test.csv` and `relation.csv` there.

    Parts not in `only` are kept from an earlier run; `limit` bounds the pictures of each source.
    """
    stored, table = json.loads(stored_path.read_text("utf-8")), folder / "scores_test.csv"
    weights = weights_of(folder / "model.onnx")
    pool, models = Pool(work), FileModels(folder / "model.onnx")
    seen = Pool(work, LATER)
    judges = Judges(models, *fit_baselines(seen, 40 if limit is None else 2), mesonets(mesonet))
    plain = Judges(models)
    parts: dict[str, Callable[[], list[Entry]]] = {
        "test": lambda: published(pool, judges, weights),
        "self_made": lambda: self_made(pool, judges, weights, limit),
        "further": lambda: further(pool, judges, weights, limit),
        "made_later": lambda: self_made(pool, judges, weights, limit, "made_later"),
        "laundering": lambda: laundering(pool, plain, weights, limit or 20),
        "cross_source": lambda: cross_source(work, mesonet, limit),
    }
    for name, judge in parts.items():
        if only is None or name in only:
            sections = LEFT_OUT if name in LEFT_OUT else (name,)
            replace(table, sections, judge())
    if only is None or "relation" in only:
        with (folder / "relation.csv").open("w", newline="", encoding="utf-8") as file:
            writer = csv.writer(file, lineterminator="\n")
            writer.writerow(RELATION)
            writer.writerows(relation(pool, plain, stored, limit))


if __name__ == "__main__":
    main()
