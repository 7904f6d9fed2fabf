"""Measure the shipped network and write `results.json`; `card.py` makes the tables from it.

    python -m models.generated_image.evaluate --work FOLDER

The test split is read here and nowhere else. Nothing is chosen by what comes out.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import torch

from models.generated_image.finish import HERE, STORED, export, nearest, spread
from models.generated_image.folds import FOLDS
from models.generated_image.generators import ZOO
from models.generated_image.pool import Pool
from models.generated_image.scoring import CHAINS, FileModels, Judges, Scored, equal, fit_baselines
from models.generated_image.sources import tile
from models.generated_image.train import load
from models.generated_image.zoo import seed_of
from models.training.augment import LAUNDERING, scale
from models.training.data import Cache
from models.training.metrics import Estimate, auc, bootstrap, tpr_at_fpr

METHODS = ("logit", "spectrum", "dct")
#: At most this many pictures of one real source in a pooled comparison, so that none dominates.
MOST_REALS = 60
DRAWS = 2
#: Beyond the common grid: what an enlarged genuine picture looks like to the test.
ENLARGING = {
    f"enlarge {f} bicubic": (lambda p, f=f: scale(p[:256, :256], f, "bicubic")) for f in (1.5, 2)
}
#: Bootstrap draws of one interval.
ROUNDS = 500


def log(text: str) -> None:
    print(f"{time.strftime('%H:%M:%S')} {text}", flush=True)


def row(estimate: Estimate) -> dict[str, Any]:
    """An estimate for `results.json`, rounded; null where nothing could be measured."""
    return {
        k: (round(v, 4) if np.isfinite(v) else None) if isinstance(v, float) else v
        for k, v in asdict(estimate).items()
    }


def values(scored: Iterable[Scored], method: str = "logit") -> list[float]:
    return [getattr(s, method) for s in scored]


def groups(scored: Iterable[Scored]) -> list[str]:
    return [s.item.group for s in scored]


def compare(real: Sequence[Scored], fake: Sequence[Scored]) -> dict[str, Any]:
    """AUC of the network and of both baselines, and the network's TPR at 1 % FPR."""
    out: dict[str, Any] = {
        method: row(
            bootstrap(
                auc,
                values(real, method),
                values(fake, method),
                groups(real),
                groups(fake),
                ROUNDS,
            )
        )
        for method in METHODS
    }
    out["tpr"] = row(
        bootstrap(tpr_at_fpr, values(real), values(fake), groups(real), groups(fake), ROUNDS)
    )
    return out


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


def published(pool: Pool, judges: Judges) -> dict[str, Any]:
    """Test split of every published source, through both chains, against every real source."""
    out: dict[str, Any] = {}
    for chain_name, chain in CHAINS.items():
        reals = {
            source: judges.judge_all(pool.real, rows, chain, DRAWS)
            for source, rows in by_source(pool.real, ["test"], "#native").items()
        }
        fakes = {
            source: judges.judge_all(pool.published, rows, chain, DRAWS)
            for source, rows in by_source(pool.published, ["test"]).items()
        }
        styles = [s for source in fakes if source.startswith("StyleGAN2") for s in fakes[source]]
        fakes["StyleGAN2 (both)"] = styles
        everything = [s for rows in reals.values() for s in rows]
        log(f"published, {chain_name}: {len(everything)} reals")
        out[chain_name] = {
            "pooled": {source: compare(everything, rows) for source, rows in fakes.items() if rows},
            "stylegan_by_real": {
                source: compare(rows, styles) for source, rows in reals.items() if rows and styles
            },
            "false_positives": {
                source: alarm_rate(rows, judges) for source, rows in reals.items() if rows
            },
        }
    return out


def alarm_rate(scored: Sequence[Scored], judges: Judges) -> dict[str, Any]:
    """Share of pictures above the shipped threshold, and how many pictures it rests on."""
    above = float(np.mean(np.array(values(scored)) >= judges.threshold))
    return {"share": round(above, 4), "pictures": len(set(groups(scored)))}


def self_made(pool: Pool, judges: Judges, limit: int | None) -> dict[str, Any]:
    """Test pictures of every self-made generator against their own originals, same draws."""
    out: dict[str, Any] = {}
    originals: dict[str, Scored | None] = {}
    for spec in ZOO:
        if spec.id not in pool.zoo:
            continue
        cache = pool.zoo[spec.id]
        real, fake = [], []
        most = limit or (25 if spec.role == "train" else 120)
        for index in cache.where(lambda item: item.split == "test")[:most]:
            original, picture = pool.pair(spec.id, index)
            name = cache.items[index].name.split("/", 1)[1]
            judged = judges.judge(cache.items[index], *equal(picture, name))
            if name not in originals:
                item = pool.real.items[pool.index_of(name)]
                originals[name] = judges.judge(item, *equal(original, name))
            if judged is not None and originals[name] is not None:
                fake.append(judged)
                real.append(originals[name])
        log(f"self-made {spec.id}: {len(fake)}")
        if fake:
            out[spec.id] = {"role": spec.role, "family": spec.family, **compare(real, fake)}
    return out


def cross_source(work: Path, limit: int | None) -> dict[str, Any]:
    """Each left-out source against the reals that its fold left out; all splits."""
    out: dict[str, Any] = {}
    for name, (fakes, reals) in FOLDS.items():
        weights = work / f"fold {name}.pt"
        if not weights.is_file():
            continue
        export(load(weights)[0], work / f"fold {name}" / "model.onnx")
        pool = Pool(work, (*fakes, *reals))
        models = FileModels(work / f"fold {name}" / "model.onnx")
        judges = Judges(models, 0.0, *fit_baselines(pool, 20))
        splits = ["train", "val", "test"]
        real = [
            s
            for source, rows in by_source(pool.real, splits, "#native").items()
            if source in reals
            for s in judges.judge_all(pool.real, spread(rows, limit or 25), equal)
        ]
        for source, rows in by_source(pool.published, splits).items():
            if source in fakes:
                fake = judges.judge_all(pool.published, spread(rows, limit or 60), equal)
                out[source] = {"fold": name, "reals": list(reals), **compare(real, fake)}
        log(f"cross-source {name}: {len(real)} reals")
    return out


def laundering(pool: Pool, judges: Judges, count: int = 40) -> dict[str, Any]:
    """The grid of operations on StyleGAN2 and on held-out generators, and false alarms."""
    held = [
        (s.id, i)
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
    out: dict[str, Any] = {}
    for name, operation in {**LAUNDERING, **ENLARGING}.items():

        def pass_through(cache: Cache, index: int, operation: Any = operation) -> Scored | None:
            item = cache.items[index]
            rng = np.random.default_rng(seed_of(item.name))
            return judges.judge(item, operation(tile(cache[index], rng)))

        real = [s for i in reals if (s := pass_through(pool.real, i))]
        style = [s for i in styles if (s := pass_through(pool.published, i))]
        made = [s for k, i in held if (s := pass_through(pool.zoo[k], i))]
        out[name] = {
            "StyleGAN2": row(bootstrap(auc, values(real), values(style), rounds=300)),
            "held out": row(bootstrap(auc, values(real), values(made), rounds=300)),
            "false alarms": alarm_rate(real, judges) if real else None,
            "refused": len(reals) + len(styles) + len(held) - len(real) - len(style) - len(made),
        }
        log(f"laundering {name}")
    return out


def relation(
    pool: Pool, judges: Judges, stored: dict[str, Any], limit: int | None
) -> dict[str, Any]:
    """The bank's answers on test pictures: right family, another family, none of these."""
    out: dict[str, Any] = {}

    def tally(name: str, family: str, known: bool, scored: list[Scored]) -> None:
        if not scored:
            return
        distances, families = nearest(scored, stored["prototypes"])
        answers = [
            f if d <= stored["reach"] else "none of these"
            for d, f in zip(distances, families, strict=True)
        ]
        out[name] = {
            "family": family,
            "known": known,
            "pictures": len(scored),
            "right": round(float(np.mean([a == family for a in answers])), 3),
            "none": round(float(np.mean([a == "none of these" for a in answers])), 3),
            "camera": round(float(np.mean([a == "camera" for a in answers])), 3),
        }

    for cache, suffix in ((pool.real, "#native"), (pool.published, "")):
        for source, rows in by_source(cache, ["test"], suffix).items():
            family = cache.items[rows[0]].family
            tally(source, family, True, judges.judge_all(cache, rows[:limit], equal))
    for spec in ZOO:
        if spec.id in pool.zoo:
            rows = pool.zoo[spec.id].where(lambda item: item.split == "test")[
                : limit or (12 if spec.role == "train" else 40)
            ]
            scored = judges.judge_all(pool.zoo[spec.id], rows, equal)
            tally(spec.id, spec.family, spec.role == "train", scored)
    return out


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--work", type=Path, required=True)
    parser.add_argument("--only", nargs="*", help="parts to measure again (default: all)")
    options = parser.parse_args()
    torch.set_num_threads(1)
    evaluate(options.work, HERE, STORED, options.only)


def evaluate(
    work: Path,
    folder: Path,
    stored_path: Path,
    only: Sequence[str] | None = None,
    limit: int | None = None,
) -> None:
    """Measure `folder/model.onnx` and write `folder/results.json`.

    Parts not in `only` are kept from an earlier run of the same model; `limit` bounds the
    pictures of each source.
    """
    out = folder / "results.json"
    stored = json.loads(stored_path.read_text("utf-8"))
    results = json.loads(out.read_text("utf-8")) if out.is_file() else {}
    if results.get("model_sha256") != stored["model_sha256"]:
        results = {"model_sha256": stored["model_sha256"]}
    pool = Pool(work)
    models, threshold = FileModels(folder / "model.onnx"), float(stored["threshold"]["value"])
    judges = Judges(models, threshold, *fit_baselines(pool, 40 if limit is None else 2))
    plain = Judges(models, threshold)
    parts = {
        "published": lambda: published(pool, judges),
        "self_made": lambda: self_made(pool, judges, limit),
        "relation": lambda: relation(pool, plain, stored, limit),
        "laundering": lambda: laundering(pool, plain, limit or 20),
        "cross_source": lambda: cross_source(work, limit),
    }
    for name, measure in parts.items():
        if only is None or name in only:
            results[name] = measure()
            out.write_text(json.dumps(results, indent=1) + "\n", "utf-8")


if __name__ == "__main__":
    main()
