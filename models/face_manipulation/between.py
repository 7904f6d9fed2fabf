"""The mean of the weights of two networks, its normalisations measured anew.

python -m models.face_manipulation.between --cache CACHE --out FOLDER [--share 0.5] FIRST SECOND

FIRST and SECOND are exported files or checkpoints; `--share` is that of the second.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import torch
from torch import nn

from models.face_manipulation import train
from models.face_manipulation.network import FaceManipulation
from models.face_manipulation.samples import MIXES, Sampler
from models.training.face_crops import Faces
from models.training.restore import normalised


@torch.no_grad()
def between(
    first: nn.Module, second: nn.Module, share: float, sampler: Sampler, batches: int = 16
) -> FaceManipulation:
    """(1 - share) of the first and `share` of the second, with batch statistics of its own."""
    network, a, b = FaceManipulation(), first.state_dict(), second.state_dict()
    mixed = {k: a[k].lerp(b[k], share) if a[k].is_floating_point() else b[k] for k in a}
    network.load_state_dict(mixed)
    for _, norm in normalised(network):
        norm.reset_running_stats()
        norm.momentum = None  # type: ignore[assignment]  # the mean over all batches
    network.train().drop.eval()
    for i in range(batches):
        network(train.batch(sampler, train.PAIRS, 7, i)[0])
    return network.eval()


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--cache", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True, help="folder of model.onnx")
    parser.add_argument("--share", type=float, default=0.5, help="of the second, in [0, 1]")
    parser.add_argument("first", type=Path)
    parser.add_argument("second", type=Path)
    options = parser.parse_args(arguments)
    sampler = Sampler(Faces(options.cache), "train", (), MIXES[5])
    ends = [train.started(path, sampler) for path in (options.first, options.second)]
    options.out.mkdir(parents=True, exist_ok=True)
    train.export(between(*ends, options.share, sampler), options.out)


if __name__ == "__main__":
    main()
