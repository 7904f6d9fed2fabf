"""Train `face_manipulation`: self-blended images, composites and published fakes, four classes.

    python -m models.training.face_crops --data FOLDER --more FOLDER --cache CACHE
    python -m models.face_manipulation.recipe --cache CACHE

The recipe runs the rounds that led to the shipped weights; this module trains one of them.
`--start` takes the checkpoint of the round before, `start.npz` (see the lab book), or the
checkpoint of `face_warping`, which learned from real faces alone what pasted pixels look like.
Seeded and resumable (`--run` keeps the state). `--without` leaves sources out, for the
cross-source figures.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from models.face_manipulation.network import SIDE, Exported, FaceManipulation
from models.face_manipulation.samples import MIXES, Sampler
from models.face_warping.network import FaceWarping
from models.training import smoke_faces
from models.training.export import export_onnx, write_self_test
from models.training.face_crops import Faces
from models.training.fit import Plan, batch_of, fit
from models.training.metrics import auc
from models.training.restore import measure, restore

HERE = Path(__file__).resolve().parent
PAIRS = 16


def batch(sampler: Sampler, pairs: int, *seed: int) -> tuple[Tensor, Tensor, Tensor]:
    """Images, labels and maps of the pairs of a seed, real and fake in turn."""
    samples = [sample for i in range(pairs) for sample in sampler.draw((*seed, i))]
    return (
        batch_of(np.stack([s.image for s in samples])),
        torch.tensor([s.label for s in samples]),
        torch.from_numpy(np.stack([s.map for s in samples])),
    )


def objective(network: nn.Module, images: Tensor, labels: Tensor, maps: Tensor) -> Tensor:
    """Fake or not, which kind if fake, and (at half weight) the map where it is known."""
    logits, _, where = network(images)
    fake = labels > 0
    odds = torch.logsumexp(logits[:, 1:], 1) - logits[:, 0]
    kind = F.cross_entropy(logits[fake, 1:], labels[fake] - 1)
    known = torch.isfinite(maps)
    located = F.binary_cross_entropy_with_logits(where[known], maps[known])
    return F.binary_cross_entropy_with_logits(odds, fake.float()) + 0.5 * kind + 0.5 * located


def start_from(network: FaceManipulation, checkpoint: Path) -> None:
    """Take the weights of an earlier round, or the stages of `face_warping` or of `start.npz`.

    Raises RuntimeError where shapes differ.
    """
    if checkpoint.suffix == ".npz":
        with np.load(checkpoint) as file:
            state = {name: torch.from_numpy(file[name]) for name in file.files}
    else:
        state = torch.load(checkpoint, weights_only=True)["averaged"]
    if "classify.weight" not in state:
        state = {k: v for k, v in state.items() if k.startswith("stages.")}
    missing, extra = network.load_state_dict(state, strict=False)
    if extra or any(k.startswith("stages.") for k in missing):
        raise RuntimeError(f"{checkpoint} does not hold the stages of this network")


def start_from_shipped(
    network: FaceManipulation, path: Path, sampler: Sampler, batches: int = 12
) -> None:
    """Take the weights of an exported file, or the stages of an exported `face_warping`.

    Raises ValueError where it holds another network.
    """
    warping = path.parent.name == "face_warping"
    source: nn.Module = FaceWarping() if warping else network
    restore(source, path, "network.")
    drawn = (batch(sampler, PAIRS, 0, i)[0] for i in range(batches))
    measure(source, drawn, source)
    if warping:
        state = {k: v for k, v in source.state_dict().items() if k.startswith("stages.")}
        network.load_state_dict(state, strict=False)


def started(path: Path, sampler: Sampler) -> FaceManipulation:
    """A network that goes on from an exported file or a checkpoint."""
    network = FaceManipulation()
    if path.suffix == ".onnx":
        start_from_shipped(network, path, sampler)
    else:
        start_from(network, path)
    return network


def export(network: FaceManipulation | Exported, folder: Path) -> None:
    """Write `model.onnx` and `self_test.json`."""
    path = folder / "model.onnx"
    outputs = ("probabilities", "embedding", "map")
    example = torch.rand(2, 3, SIDE, SIDE)
    whole = network if isinstance(network, Exported) else Exported(network)
    export_onnx(whole.eval(), example, path, inputs=("image",), outputs=outputs)
    inputs = {"image": {"shape": [1, 3, SIDE, SIDE], "range": [0.0, 1.0]}}
    write_self_test(path, inputs, {"map": 8, "embedding": 4})


@torch.no_grad()
def scores(network: nn.Module, images: Tensor) -> np.ndarray:
    """Probability that a face is not untouched."""
    logits, _, _ = network(images)
    return (1 - torch.softmax(logits.float(), 1)[:, 0]).numpy()


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cache", type=Path, required=True)
    parser.add_argument("--run", type=Path, help="folder of the resumable state")
    parser.add_argument("--start", type=Path, help="checkpoint of face_warping or a round before")
    parser.add_argument("--round", type=int, default=1, help="draws other samples in each round")
    parser.add_argument("--out", type=Path, default=HERE, help="folder of model.onnx")
    parser.add_argument("--without", nargs="*", default=[], help="sources left out of training")
    parser.add_argument("--steps", type=int, default=1700)
    parser.add_argument("--smoke", action="store_true", help="a few steps on a script-made cache")
    options = parser.parse_args(arguments)
    if options.smoke:
        smoke_faces.write(options.cache)
    faces = Faces(options.cache)
    sampler = Sampler(faces, "train", tuple(options.without), MIXES[options.round])
    held = Sampler(faces, "train" if options.smoke else "val")
    pairs, steps = (4, 6) if options.smoke else (PAIRS, options.steps)
    images, labels, _ = batch(held, 8 if options.smoke else 160, 999)

    def validate(network: nn.Module) -> str:
        value = scores(network, images)
        real = value[labels == 0]
        return " ".join(f"{auc(real, value[labels == k]):.3f}" for k in (1, 2, 3))

    report = 6 if options.smoke else 100
    plan = Plan(steps, rate=2e-3, warm_up=max(1, steps // 20), report=report)
    torch.manual_seed(plan.seed)
    network = started(options.start, sampler) if options.start else FaceManipulation()
    run = options.run or options.cache / "runs" / "face_manipulation"

    def loss(current: nn.Module, step: int) -> Tensor:
        return objective(current, *batch(sampler, pairs, options.round, step))

    trained = fit(network, loss, plan, run, validate)
    export(trained.float().to(memory_format=torch.contiguous_format), options.out)


if __name__ == "__main__":
    main()
