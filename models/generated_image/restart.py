"""Take up training again from the file of the third round: writes `shipped.pt` to the work folder.

    python -m models.generated_image.restart --work FOLDER [--model FILE]

The file holds neither the statistics of its normalisations nor the centres of the families. Both
are measured on training batches; a family's centre is where its embeddings lie.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
import torch
from torch.nn import functional as F

from models.generated_image.network import EMBEDDING, Network
from models.generated_image.pool import Pool
from models.generated_image.train import LEVEL, SIZE, save
from models.training.restore import measure, restore

BATCHES = 40


@torch.no_grad()
def restart(pool: Pool, onnx: Path, batches: int = BATCHES, seed: int = 5) -> Network:
    """The network of a file, ready for training."""
    model = Network(len(pool.families))
    restore(model, onnx, unused=("centres",))
    drawn = [pool.batch(np.random.default_rng([seed, k]), LEVEL, SIZE) for k in range(batches)]
    pictures = [torch.from_numpy(b.pixels).permute(0, 3, 1, 2).float() for b in drawn]
    measure(model, pictures, model)
    sums = torch.zeros(len(pool.families), EMBEDDING)
    for batch, x in zip(drawn, pictures, strict=True):
        sums.index_add_(0, torch.from_numpy(batch.family), model(x)[1])
    seen = sums.norm(dim=1) > 0
    model.centres[seen] = F.normalize(sums[seen], dim=1) * EMBEDDING**0.5
    return model


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--work", type=Path, required=True)
    parser.add_argument("--model", type=Path, default=Path(__file__).parent / "third.onnx")
    options = parser.parse_args()
    torch.set_num_threads(1)
    torch.manual_seed(0)
    pool = Pool(options.work)
    save(restart(pool, options.model), pool.families, options.work / "shipped.pt")


if __name__ == "__main__":
    main()
