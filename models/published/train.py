"""Train a published network at full size on a published dataset; made for a GPU, runs without.

    python -m models.published.train NETWORK DATASET FOLDER --work FOLDER [--device cuda]

First cuts the training split's faces (or lists its pictures) into the work folder, then trains;
both can be stopped and go on. The result, `NETWORK.pth`, is a checkpoint of the published names:
`telltale models import NETWORK NETWORK.pth` takes it, `telltale bench` measures it.
"""

from __future__ import annotations

import argparse
import csv
import io
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor, nn

from models.training import augment
from telltale import analysis, detectors
from telltale.benchmark import score
from telltale.benchmark.layouts import LAYOUTS, Item
from telltale.detectors.published.face_networks import FaceNetwork
from telltale.media.model import MediaError
from telltale.published.catalogue import CATALOGUE
from telltale.runtime.context import Context

Pixels = NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class Recipe:
    """How a paper trained its network.

    Attributes
    ----------
    rate, batch
        Of Adam (b1 0.9, b2 0.999); pictures in one step, half of them fake.
    frames
        Taken of each video.
    head_share
        Part of the steps, at the start, in which only the last layer learns.
    decay_every, decay
        Steps after which the rate is multiplied by `decay`.
    squared
        Mean squared error of the probability in place of cross entropy.
    crop, blur_jpeg
        Side of random crops of unscaled pictures (0: the detector's own input), and the
        probability of blur and of JPEG in augmentation.
    """

    rate: float
    batch: int
    frames: int = 0
    head_share: float = 0.0
    decay_every: int = 0
    decay: float = 0.1
    squared: bool = False
    crop: int = 0
    blur_jpeg: float = 0.0


#: Rössler et al. 2019, appendix (3 of 18 epochs for the head); Afchar et al. 2018, section 4.2;
#: Wang et al. 2020, section 4.1 and supplement, the variant with probability 0.1.
RECIPES: dict[str, Recipe] = {
    "faceforensics_xception": Recipe(2e-4, 32, frames=270, head_share=3 / 18),
    "meso4_deepfake": Recipe(1e-3, 75, frames=50, decay_every=1000, squared=True),
    "mesoinception4_deepfake": Recipe(1e-3, 75, frames=50, decay_every=1000, squared=True),
    "cnndetection": Recipe(1e-4, 64, crop=224, blur_jpeg=0.1),
}


def prepare(network: str, dataset: str, root: Path, work: Path, frames: int) -> Path:
    """Cut what the network will see of the training split; returns the list of what was cut.

    For networks of faces, the detector's own input of each frame as PNG; else the pictures' names.
    """
    listing = work / "training.csv"
    items = [item for item in LAYOUTS[dataset](root) if item.split == "train"]
    if not items:
        raise SystemExit("The dataset has no training split.")
    if not CATALOGUE[network].free_sides and not isinstance(_detector(network), FaceNetwork):
        raise SystemExit(f"{network} is not trained from pictures.")
    work.mkdir(parents=True, exist_ok=True)
    done = {row[0] for row in _rows(listing)} if listing.is_file() else set()
    with listing.open("a", newline="", encoding="utf-8") as file:
        for item in items:
            name = item.path.relative_to(root).as_posix()
            if name in done:
                continue
            paths = (
                [item.path] if RECIPES[network].crop else _faces(network, item, name, work, frames)
            )
            csv.writer(file).writerows([name, str(path), int(item.fake)] for path in paths)
            file.flush()
            print(f"{name}: {len(paths)}", file=sys.stderr)
    return listing


def _faces(network: str, item: Item, name: str, work: Path, frames: int) -> list[Path]:
    from telltale.runtime.inference import OnnxModels

    detector = _detector(network)
    assert isinstance(detector, FaceNetwork)
    context, paths = Context(OnnxModels()), []
    try:
        for index, state in score.states(item, frames):
            analysis.find_faces(state, context)
            for face in state.scene.faces[:1]:  # the largest, as the papers do
                for image in detector.inputs(state.media.pixels, face)[:1]:
                    path = work / "faces" / f"{name.replace('/', '_')}_{index}.png"
                    path.parent.mkdir(exist_ok=True)
                    Image.fromarray(image).save(path)
                    paths.append(path)
    except (MediaError, OSError) as error:  # one bad file does not end a day of cutting
        print(f"{name}: {error}", file=sys.stderr)
    return paths


def _detector(network: str) -> detectors.Detector:
    return detectors.load(detectors.find(network))


def _rows(listing: Path) -> list[list[str]]:
    return [row for row in csv.reader(io.StringIO(listing.read_text("utf-8"))) if len(row) == 3]


def train(
    network: str, listing: Path, out: Path, steps: int, device: str, seed: int, batch: int = 0
) -> list[float]:
    """Train for `steps` in all, going on from `out` where it exists; returns the losses.

    Real and fake are drawn alike. Every hundredth step is saved.
    """
    recipe = RECIPES[network]
    torch.manual_seed(seed)
    module = CATALOGUE[network].build().to(device)
    optimiser = torch.optim.Adam(module.network.parameters(), recipe.rate)
    begun, losses = 0, []
    if out.is_file():
        kept = torch.load(out, map_location=device, weights_only=True)
        module.network.load_state_dict(kept["model"])
        optimiser.load_state_dict(kept["optimizer"])
        begun = int(kept["total_steps"])
    rows = _rows(listing)
    kinds = [[row[1] for row in rows if row[2] == label] for label in ("0", "1")]
    if not all(kinds):
        raise SystemExit("Both real and fake pictures are needed.")
    size = batch or recipe.batch
    for step in range(begun, steps):
        random = np.random.default_rng([seed, step])
        _freeze(module.network, only_head=step < recipe.head_share * steps)
        for group in optimiser.param_groups:
            turns = step // recipe.decay_every if recipe.decay_every else 0
            group["lr"] = max(recipe.rate * recipe.decay**turns, 1e-6)
        labels = np.arange(size) % 2
        images = [_image(kinds[k][random.integers(len(kinds[k]))], recipe, random) for k in labels]
        losses.append(_step(module, optimiser, images, labels, recipe, device))
        if (step + 1) % 100 == 0 or step + 1 == steps:
            print(f"step {step + 1}: loss {np.mean(losses[-100:]):.4f}", file=sys.stderr)
            state = {"model": module.network.state_dict(), "optimizer": optimiser.state_dict()}
            torch.save({**state, "total_steps": step + 1}, out)
    return losses


def _step(
    module: nn.Module,
    optimiser: torch.optim.Optimizer,
    images: Sequence[Pixels],
    labels: NDArray[np.int64],
    recipe: Recipe,
    device: str,
) -> float:
    module.train()
    stacked = np.stack(images).transpose(0, 3, 1, 2).astype(np.float32)
    probability = module(torch.from_numpy(stacked).to(device))
    target = torch.from_numpy(labels.astype(np.float32)).to(device)
    loss = _loss(probability, target, recipe.squared)
    optimiser.zero_grad()
    loss.backward()
    optimiser.step()
    return float(loss.detach())


def _loss(probability: Tensor, target: Tensor, squared: bool) -> Tensor:
    if squared:
        return nn.functional.mse_loss(probability, target)
    return nn.functional.binary_cross_entropy(probability.clamp(1e-6, 1 - 1e-6), target)


def _freeze(network: nn.Module, only_head: bool) -> None:
    head = list(network.parameters())[-2:]
    for parameter in network.parameters():
        parameter.requires_grad = not only_head or any(parameter is one for one in head)


def _image(path: str, recipe: Recipe, random: np.random.Generator) -> Pixels:
    pixels = np.asarray(Image.open(path).convert("RGB"))
    if recipe.crop:
        if min(pixels.shape[:2]) < recipe.crop:
            factor = recipe.crop / min(pixels.shape[:2])
            height, width = (max(recipe.crop, round(side * factor)) for side in pixels.shape[:2])
            pixels = augment.resize(pixels, width, height, "bilinear")
        if random.random() < recipe.blur_jpeg:
            pixels = augment.blur(pixels, float(random.uniform(0, 3)))
        if random.random() < recipe.blur_jpeg:
            pixels = augment.jpeg(pixels, int(random.integers(30, 101)))
        pixels = augment.crop(pixels, recipe.crop, random)
    return pixels[:, ::-1].copy() if random.random() < 0.5 else pixels


def main(argv: Sequence[str] | None = None) -> int:
    """Prepare, train, save."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("network", choices=sorted(RECIPES))
    parser.add_argument("dataset", choices=sorted(LAYOUTS))
    parser.add_argument("root", type=Path)
    parser.add_argument("--work", type=Path, required=True)
    parser.add_argument("--steps", type=int, default=100_000)
    parser.add_argument("--batch", type=int, default=0, help="default: the paper's")
    parser.add_argument("--frames", type=int, default=0, help="of each video; default: the paper's")
    parser.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args(argv)
    frames = arguments.frames or RECIPES[arguments.network].frames
    listing = prepare(arguments.network, arguments.dataset, arguments.root, arguments.work, frames)
    out = arguments.work / f"{arguments.network}.pth"
    train(
        arguments.network,
        listing,
        out,
        arguments.steps,
        arguments.device,
        arguments.seed,
        arguments.batch,
    )
    print(f"telltale models import {arguments.network} {out}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
