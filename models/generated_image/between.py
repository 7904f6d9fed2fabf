"""Weights between two networks, the second of which was trained on from the first.

    python -m models.generated_image.between --work FOLDER FIRST SECOND [--share 0.5] --out NAME

What a further round gains on new pictures it often loses on old ones; weights on the way between
both can keep most of the one and of the other (Wortsman et al., Robust fine-tuning of zero-shot
models, CVPR 2022). The statistics of the normalisations are measured anew on training batches.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
import torch
from torch import nn

from models.generated_image.network import Network
from models.generated_image.pool import Pool
from models.generated_image.train import MANY, SIZE, adopt, load, named, save

BATCHES = 16


@torch.no_grad()
def between(pool: Pool, first: Path, second: Path, share: float, batches: int = BATCHES) -> Network:
    """`share` of the second network and the rest of the first one, widened where it is narrower."""
    end, families = load(second)
    ends = adopt(first, families, end.width).state_dict(), end.state_dict()
    model = adopt(second, families)
    model.load_state_dict(
        {
            name: value.lerp(ends[1][name], share)
            if value.dtype.is_floating_point
            else ends[1][name]
            for name, value in ends[0].items()
        }
    )
    for module in model.modules():
        if isinstance(module, nn.BatchNorm2d):
            module.reset_running_stats()
            module.momentum = None  # the plain mean over all batches
    model.train()
    for k in range(batches):
        pixels = pool.batch(np.random.default_rng([9, k]), MANY, SIZE).pixels
        model(torch.from_numpy(pixels).permute(0, 3, 1, 2).float())
    return model.eval()


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--work", type=Path, required=True)
    parser.add_argument("first", help="name of finished weights in the work folder")
    parser.add_argument(
        "second", help="weights that were trained on from them, or the kept many.npz"
    )
    parser.add_argument("--share", type=float, default=0.5, help="of the second, 0 to 1")
    parser.add_argument("--out", required=True)
    options = parser.parse_args()
    torch.set_num_threads(1)
    first, second = (named(options.work, name) for name in (options.first, options.second))
    model = between(Pool(options.work), first, second, options.share)
    save(model, load(second)[1], options.work / f"{options.out}.pt")


if __name__ == "__main__":
    main()
