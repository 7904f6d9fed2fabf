"""Compare candidate weights on the validation split: what a choice between them rests on.

    python -m models.generated_image.select --work FOLDER [--heldout] NAME [NAME ...]

Every candidate judges exactly the same samples. Beside each AUC stands its change against the first
candidate with a 95 % interval, from the same draws of pictures for both. `--heldout` reports on the
sources that nothing is chosen by, once the choice is made.
"""

from __future__ import annotations

import argparse
import tempfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from models.generated_image.finish import export, spread
from models.generated_image.generators import ZOO
from models.generated_image.pool import Pool
from models.generated_image.scoring import FileModels, Judges, equal
from models.generated_image.sources import partners
from models.generated_image.train import load
from models.training.data import Cache
from models.training.metrics import auc, tpr_at_fpr

Floats = NDArray[np.float64]
HARD = ("CIPLab", "FFHQ", "LFW")
DRAWS, ROUNDS = 2, 1000


@dataclass(frozen=True, slots=True)
class Comparison:
    """(pictures, draws) logits of genuine and generated pictures."""

    real: Floats
    fake: Floats

    @property
    def auc(self) -> float:
        return auc(self.real.ravel(), self.fake.ravel())

    def drawn(self, real: NDArray[np.int64], fake: NDArray[np.int64]) -> Comparison:
        return Comparison(self.real[real], self.fake[fake])


def change(before: Comparison, after: Comparison, rounds: int = ROUNDS) -> tuple[float, float]:
    """95 % interval of the change in AUC, pictures drawn with replacement, alike for both."""
    rng = np.random.default_rng(0)
    found = []
    for _ in range(rounds):
        draw = [rng.integers(len(side), size=len(side)) for side in (before.real, before.fake)]
        found.append(after.drawn(*draw).auc - before.drawn(*draw).auc)
    low, high = np.percentile(found, [2.5, 97.5])
    return float(low), float(high)


def logits(judges: Judges, cache: Cache, index: int) -> list[float]:
    """One number for each draw of the chain; fewer where the detector refuses."""
    return [s.logit for s in judges.judge_all(cache, [index], equal, DRAWS)]


def rows(values: list[list[float]]) -> Floats:
    return np.array([v for v in values if len(v) == DRAWS]).reshape(-1, DRAWS)


def grouped(
    judges: Judges, cache: Cache, split: str, key: str, suffix: str = "", most: int | None = None
) -> dict[str, Floats]:
    """Logits of a split by `source` or `family`, at most `most` pictures of each."""
    found: dict[str, list[int]] = {}
    for index, item in enumerate(cache.items):
        if item.split == split and item.name.endswith(suffix):
            found.setdefault(getattr(item, key), []).append(index)
    return {
        name: rows([logits(judges, cache, i) for i in spread(indices, most or len(indices))])
        for name, indices in found.items()
    }


def further(
    pool: Pool, judges: Judges, split: str, most: int
) -> tuple[dict[str, Floats], dict[str, Floats]]:
    """Reals and fakes of further repositories by source; none where `prepare` was not given any."""
    if pool.more_real is None or pool.more_published is None:
        return {}, {}
    return (
        grouped(judges, pool.more_real, split, "source", "#native", most),
        grouped(judges, pool.more_published, split, "source", "", most),
    )


def joined(by_source: dict[str, Floats], cache: Cache) -> dict[str, Floats]:
    """The same by family."""
    family = {item.source: item.family for item in cache.items}
    found: dict[str, list[Floats]] = {}
    for source, values in by_source.items():
        found.setdefault(family[source], []).append(values)
    return {name: np.concatenate(parts) for name, parts in found.items()}


def beside(reals: dict[str, Floats], fakes: dict[str, Floats]) -> dict[str, Comparison]:
    """Every fake source against the genuine pictures that came the same way, where there are any.

    What a network tells here it does not tell by the way that the pictures came.
    """
    return {
        f"{fake} against its own": Comparison(np.concatenate(same), fakes[fake])
        for fake, names in partners().items()
        if fake in fakes and (same := [reals[name] for name in names if name in reals])
    }


def held_out(pool: Pool, judges: Judges, most: int) -> dict[str, Comparison]:
    """Sources that no training and no choice saw, against all such reals and against each."""
    reals, fakes = further(pool, judges, "heldout", most)
    every = np.concatenate(list(reals.values()))
    sides = {"": every, **{f" against {source}": values for source, values in reals.items()}}
    return {
        f"{source}{against}": Comparison(real, values)
        for source, values in fakes.items()
        for against, real in sides.items()
    }


def judged(pool: Pool, judges: Judges, most: int) -> dict[str, Comparison]:
    """Every comparison on the validation split by its name, published families first."""
    reals = grouped(judges, pool.real, "val", "source", "#native", most)
    by_source = grouped(judges, pool.published, "val", "source")
    fakes = joined(by_source, pool.published)
    every, published = (np.concatenate(list(side.values())) for side in (reals, fakes))
    out = {family: Comparison(every, values) for family, values in fakes.items()}
    out["all published"] = Comparison(every, published)
    more, seen = further(pool, judges, "val", most)
    out |= beside(reals | more, by_source | seen)
    if more and seen:
        both = np.concatenate([every, *more.values()])
        out |= {f"further: {source}": Comparison(both, values) for source, values in seen.items()}
        out["all further"] = Comparison(both, np.concatenate(list(seen.values())))
        out |= {
            f"all published against {source}": Comparison(values, published)
            for source, values in more.items()
        }
    out |= {
        f"StyleGAN2 against {source}": Comparison(reals[source], fakes["StyleGAN2"])
        for source in HARD
        if source in reals and "StyleGAN2" in fakes
    }
    for spec in ZOO:
        if spec.id in pool.zoo:
            cache = pool.zoo[spec.id]
            made = spread(cache.where(lambda i: i.split == "val"), most // 2)
            if made:
                names = [cache.items[i].name.split("/", 1)[1] for i in made]
                real = rows([logits(judges, pool.real, pool.index_of(name)) for name in names])
                out[spec.id] = Comparison(real, rows([logits(judges, cache, i) for i in made]))
    return out


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--work", type=Path, required=True)
    parser.add_argument("--most", type=int, default=24, help="pictures of one real source")
    parser.add_argument("--heldout", action="store_true", help="the held-out sources instead")
    parser.add_argument("names", nargs="+", help="weights in the work folder")
    options = parser.parse_args()
    torch.set_num_threads(1)
    pool = Pool(options.work)
    first: dict[str, Comparison] = {}
    for name in options.names:
        with tempfile.TemporaryDirectory() as folder:
            onnx = Path(folder) / "model.onnx"
            export(load(options.work / f"{name}.pt")[0], onnx)
            judge = held_out if options.heldout else judged
            found = judge(pool, Judges(FileModels(onnx)), options.most)
        print(name)
        for title, now in found.items():
            tpr = tpr_at_fpr(now.real.ravel(), now.fake.ravel())
            text = f"AUC {now.auc:.3f}, TPR at 1 % {tpr:.2f}"
            if first:
                low, high = change(first[title], now)
                text += f", change {now.auc - first[title].auc:+.3f} [{low:+.3f}, {high:+.3f}]"
            print(f"  {title} ({len(now.real)} / {len(now.fake)}): {text}", flush=True)
        first = first or found


if __name__ == "__main__":
    main()
