"""Compare candidate weights on the validation split: what a choice between them rests on.

    python -m models.generated_image.select --work FOLDER NAME [NAME ...]

Every candidate judges exactly the same samples. Beside each AUC stands its change against the first
candidate with a 95 % interval, from the same draws of pictures for both.
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


def judged(pool: Pool, judges: Judges, most: int) -> dict[str, Comparison]:
    """Every comparison by its name, published families first."""

    def logits(cache: Cache, index: int) -> list[float]:
        return [s.logit for s in judges.judge_all(cache, [index], equal, DRAWS)]

    def rows(values: list[list[float]]) -> Floats:
        return np.array([v for v in values if len(v) == DRAWS]).reshape(-1, DRAWS)

    reals: dict[str, Floats] = {}
    for source in dict.fromkeys(i.source for i in pool.real.items if i.split == "val"):
        found = pool.real.where(
            lambda i, s=source: i.split == "val" and i.source == s and i.name.endswith("#native")
        )
        reals[source] = rows([logits(pool.real, i) for i in spread(found, most)])
    every = np.concatenate(list(reals.values()))
    fakes: dict[str, list[list[float]]] = {}
    for index in pool.published.where(lambda i: i.split == "val"):
        family = pool.published.items[index].family
        fakes.setdefault(family, []).append(logits(pool.published, index))
    out = {family: Comparison(every, rows(values)) for family, values in fakes.items()}
    out["all published"] = Comparison(every, np.concatenate([c.fake for c in out.values()]))
    out |= {
        f"StyleGAN2 against {source}": Comparison(reals[source], rows(fakes["StyleGAN2"]))
        for source in HARD
        if source in reals and "StyleGAN2" in fakes
    }
    for spec in ZOO:
        if spec.id in pool.zoo:
            cache = pool.zoo[spec.id]
            made = spread(cache.where(lambda i: i.split == "val"), most // 2)
            if made:
                names = [cache.items[i].name.split("/", 1)[1] for i in made]
                real = rows([logits(pool.real, pool.index_of(name)) for name in names])
                out[spec.id] = Comparison(real, rows([logits(cache, i) for i in made]))
    return out


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--work", type=Path, required=True)
    parser.add_argument("--most", type=int, default=24, help="pictures of one real source")
    parser.add_argument("names", nargs="+", help="weights in the work folder")
    options = parser.parse_args()
    torch.set_num_threads(1)
    pool = Pool(options.work)
    first: dict[str, Comparison] = {}
    for name in options.names:
        with tempfile.TemporaryDirectory() as folder:
            onnx = Path(folder) / "model.onnx"
            export(load(options.work / f"{name}.pt")[0], onnx)
            found = judged(pool, Judges(FileModels(onnx)), options.most)
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
