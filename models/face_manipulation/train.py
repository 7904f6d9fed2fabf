"""Train `face_manipulation`: self-blended images, composites and published fakes, four classes.

    python -m models.training.face_crops --data FOLDER --cache CACHE
    python -m models.face_manipulation.train --cache CACHE [--without SOURCE ...] [--smoke]

Seeded and resumable (`--run` keeps the state). `--without` trains the cross-source models.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from models.face_manipulation.network import SIDE, Exported, FaceManipulation
from models.face_manipulation.samples import Sampler
from models.training.export import export_onnx, write_self_test
from models.training.face_crops import Faces
from models.training.fit import Plan, batch_of, fit
from models.training.metrics import auc

HERE = Path(__file__).resolve().parent
BATCH = 48


def batch(sampler: Sampler, size: int, *seed: int) -> tuple[Tensor, Tensor, Tensor]:
    """Images, labels and maps of the samples of a seed."""
    samples = [sampler.draw((*seed, i)) for i in range(size)]
    return (
        batch_of(np.stack([s.image for s in samples])),
        torch.tensor([s.label for s in samples]),
        torch.from_numpy(np.stack([s.map for s in samples])),
    )


def objective(network: nn.Module, images: Tensor, labels: Tensor, maps: Tensor) -> Tensor:
    """Cross-entropy over the classes, and half of that over the map where it is known."""
    logits, _, where = network(images)
    known = torch.isfinite(maps)
    located = F.binary_cross_entropy_with_logits(where[known], maps[known])
    return F.cross_entropy(logits, labels, label_smoothing=0.02) + 0.5 * located


@torch.no_grad()
def scores(network: nn.Module, images: Tensor) -> np.ndarray:
    """Probability that a face is not untouched."""
    logits, _, _ = network(images)
    return (1 - torch.softmax(logits.float(), 1)[:, 0]).numpy()


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cache", type=Path, required=True)
    parser.add_argument("--run", type=Path, help="folder of the resumable state")
    parser.add_argument("--out", type=Path, default=HERE, help="folder of model.onnx")
    parser.add_argument("--without", nargs="*", default=[], help="sources left out of training")
    parser.add_argument("--steps", type=int, default=2200)
    parser.add_argument("--smoke", action="store_true", help="a handful of steps")
    options = parser.parse_args(arguments)
    faces = Faces(options.cache)
    sampler = Sampler(faces, "train", tuple(options.without))
    held = Sampler(faces, "train" if options.smoke else "val")
    size, steps = (8, 6) if options.smoke else (BATCH, options.steps)
    images, labels, _ = batch(held, 16 if options.smoke else 320, 999)

    def validate(network: nn.Module) -> str:
        value = scores(network, images)
        real = value[labels == 0]
        return " ".join(f"{auc(real, value[labels == k]):.3f}" for k in (1, 2, 3))

    plan = Plan(steps, warm_up=max(1, steps // 20), report=6 if options.smoke else 100)
    torch.manual_seed(plan.seed)
    network = FaceManipulation()
    run = options.run or options.cache / "runs" / "face_manipulation"
    trained = fit(
        network, lambda n, step: objective(n, *batch(sampler, size, 1, step)), plan, run, validate
    )
    path = options.out / "model.onnx"
    example = torch.rand(2, 3, SIDE, SIDE)
    export_onnx(
        Exported(trained.float().to(memory_format=torch.contiguous_format)),
        example,
        path,
        inputs=("image",),
        outputs=("probabilities", "embedding", "map"),
    )
    inputs = {"image": {"shape": [1, 3, SIDE, SIDE], "range": [0.0, 1.0]}}
    write_self_test(path, inputs, {"map": 8, "embedding": 4})


if __name__ == "__main__":
    main()
