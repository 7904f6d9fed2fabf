"""Compare candidate weights on the validation split: what a choice between them rests on.

python -m models.generated_image.select --work FOLDER NAME [NAME ...]
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path

import torch

from models.generated_image.finish import export, spread
from models.generated_image.pool import Pool
from models.generated_image.scoring import FileModels, Judges, equal
from models.generated_image.train import load
from models.training.metrics import auc, tpr_at_fpr


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--work", type=Path, required=True)
    parser.add_argument("--most", type=int, default=24, help="pictures of one real source")
    parser.add_argument("names", nargs="+", help="weights in the work folder")
    options = parser.parse_args()
    torch.set_num_threads(1)
    pool = Pool(options.work)
    reals = {}
    for item in pool.real.items:
        if item.split == "val":
            name = item.source
            rows = pool.real.where(
                lambda i, s=name: i.split == "val" and i.source == s and i.name.endswith("#native")
            )
            reals[name] = spread(rows, options.most)
    for name in options.names:
        with tempfile.TemporaryDirectory() as folder:
            onnx = Path(folder) / "model.onnx"
            export(load(options.work / f"{name}.pt")[0], onnx)
            judges = Judges(FileModels(onnx))
            real = {
                s: [x.logit for x in judges.judge_all(pool.real, r, equal)]
                for s, r in reals.items()
            }
            every = [v for values in real.values() for v in values]
            fake: dict[str, list[float]] = {}
            for index in pool.published.where(lambda i: i.split == "val"):
                for x in judges.judge_all(pool.published, [index], equal):
                    fake.setdefault(x.item.family, []).append(x.logit)
        print(f"{name}: {len(every)} reals")
        for family, values in fake.items():
            hard = " ".join(f"{s} {auc(real[s], values):.3f}" for s in ("CIPLab", "FFHQ", "LFW"))
            both = f"AUC {auc(every, values):.3f}, TPR at 1 % {tpr_at_fpr(every, values):.2f}"
            print(f"  {family} ({len(values)}): {both}; {hard}", flush=True)


if __name__ == "__main__":
    main()
