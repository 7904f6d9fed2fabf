"""Train `face_warping` on real faces alone: each beside its own warped copy (Li & Lyu, 2019).

    python -m models.training.face_crops --data FOLDER --cache CACHE
    python -m models.face_warping.train --cache CACHE [--without SOURCE ...] [--smoke]

Seeded and resumable (`--run` keeps the state).
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from models.face_warping.network import SIDE, Exported, FaceWarping
from models.face_warping.samples import Sampler
from models.training import smoke_faces
from models.training.export import export_onnx, write_self_test
from models.training.face_crops import Faces
from models.training.fit import Plan, batch_of, fit
from models.training.metrics import auc

HERE = Path(__file__).resolve().parent
PAIRS = 16


def batch(sampler: Sampler, pairs: int, *seed: int, ease: float = 0.0) -> tuple[Tensor, Tensor]:
    """Images, real and warped in turn, and their labels."""
    images = [image for i in range(pairs) for image in sampler.draw((*seed, i), ease)]
    return batch_of(np.stack(images)), torch.tensor([0.0, 1.0]).repeat(pairs)


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cache", type=Path, required=True)
    parser.add_argument("--run", type=Path, help="folder of the resumable state")
    parser.add_argument("--out", type=Path, default=HERE, help="folder of model.onnx")
    parser.add_argument("--without", nargs="*", default=[], help="real sources left out")
    parser.add_argument("--steps", type=int, default=500)
    parser.add_argument("--smoke", action="store_true", help="a few steps on a script-made cache")
    options = parser.parse_args(arguments)
    if options.smoke:
        smoke_faces.write(options.cache)
    faces = Faces(options.cache)
    sampler = Sampler(faces, "train", tuple(options.without))
    pairs, steps = (4, 6) if options.smoke else (PAIRS, options.steps)
    held = Sampler(faces, "train" if options.smoke else "val")
    images, labels = batch(held, 8 if options.smoke else 150, 999)

    @torch.no_grad()
    def validate(network: nn.Module) -> str:
        value = network(images).numpy()
        return f"{auc(value[labels == 0], value[labels == 1]):.3f}"

    def loss(network: nn.Module, step: int) -> Tensor:
        ease = max(0.0, 1 - step / (0.4 * steps))
        drawn, truth = batch(sampler, pairs, 2, step, ease=ease)
        return F.binary_cross_entropy_with_logits(network(drawn), truth)

    plan = Plan(steps, warm_up=max(1, steps // 20), report=6 if options.smoke else 100)
    torch.manual_seed(plan.seed)
    run = options.run or options.cache / "runs" / "face_warping"
    trained = fit(FaceWarping(), loss, plan, run, validate)
    path = options.out / "model.onnx"
    export_onnx(
        Exported(trained.float().to(memory_format=torch.contiguous_format)),
        torch.rand(2, 3, SIDE, SIDE),
        path,
        inputs=("image",),
        outputs=("probability",),
    )
    write_self_test(path, {"image": {"shape": [4, 3, SIDE, SIDE], "range": [0.0, 1.0]}})


if __name__ == "__main__":
    main()
