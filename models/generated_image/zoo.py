"""Train the generators of `generators.ZOO` and re-synthesise real pictures with them."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional as F

from models.generated_image.generators import Generator, PatchCritic, Spec
from models.generated_image.sources import History
from models.training.augment import crop, dihedral
from models.training.data import Cache, Item, save_like

Pixels = NDArray[np.uint8]
#: Pictures that each generator re-synthesises, by split and role.
COUNTS = {
    ("train", "train"): 240,
    ("train", "val"): 40,
    ("train", "test"): 60,
    ("folds", "train"): 240,
    ("folds", "val"): 40,
    ("folds", "test"): 60,
    ("open", "val"): 80,
    ("open", "test"): 60,
    ("held_out", "test"): 160,
}


def seed_of(name: str) -> int:
    """A stable 32-bit seed from a name."""
    return zlib.crc32(name.encode())


def to_tensor(batch: list[Pixels]) -> Tensor:
    """(n, 3, h, w) float32 in [0, 1]."""
    return torch.from_numpy(np.stack(batch)).permute(0, 3, 1, 2).float() / 255


def train_generator(
    spec: Spec, reals: Cache, path: Path, steps: int, log: Callable[[str], None], batch: int = 16
) -> None:
    """Train on random 64-pixel crops of training reals; checkpoints every 100 steps, resumes.

    L1 on pixels and on their differences, a weak Kullback-Leibler term where variational, and
    from 40 % of the steps on a hinge adversarial loss where `spec.adversarial`.
    """
    seed = seed_of(spec.id)
    torch.manual_seed(seed)
    indices = reals.where(lambda item: item.split == "train")
    model, critic = Generator(spec), PatchCritic()
    modules = {"model": model, "critic": critic}
    optimisers = {
        "model": torch.optim.Adam(model.parameters(), 3e-3, betas=(0.8, 0.99)),
        "critic": torch.optim.Adam(critic.parameters(), 1e-3, betas=(0.5, 0.99)),
    }
    partial = path.with_suffix(".partial")
    start = 0
    if partial.is_file():
        state = torch.load(partial, weights_only=True)
        start = state["step"]
        for key in modules:
            modules[key].load_state_dict(state[key])
            optimisers[key].load_state_dict(state[f"{key}_optimiser"])
    for step in range(start, steps):
        rng = np.random.default_rng([seed, step])
        torch.manual_seed(seed + step)
        picks = rng.choice(indices, batch)
        crops = [dihedral(crop(reals[i], 64, rng), int(rng.integers(8))) for i in picks]
        warm, cool = min(1.0, (step + 1) / 30), 0.5 * (1 + np.cos(np.pi * step / steps))
        for group in optimisers["model"].param_groups:
            group["lr"] = float(3e-3 * warm * (0.05 + 0.95 * cool))
        x = to_tensor(crops)
        y, divergence = model(x)
        loss = _reconstruction(x, y) + 1e-4 * divergence
        if spec.adversarial and step > 0.4 * steps:
            real, fake = critic(x), critic(y.detach())
            judge = F.relu(1 - real).mean() + F.relu(1 + fake).mean()
            optimisers["critic"].zero_grad()
            judge.backward()
            optimisers["critic"].step()
            loss = loss - 0.02 * critic(y).mean()
        optimisers["model"].zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimisers["model"].step()
        if (step + 1) % 100 == 0:
            log(f"{spec.id} step {step + 1} L1 {(y - x).abs().mean().item() * 255:.2f}")
            state = {key: module.state_dict() for key, module in modules.items()}
            state |= {f"{key}_optimiser": o.state_dict() for key, o in optimisers.items()}
            torch.save({**state, "step": step + 1}, partial)
    torch.save(model.state_dict(), path)
    partial.unlink(missing_ok=True)


def _reconstruction(x: Tensor, y: Tensor) -> Tensor:
    rows = (torch.diff(x, dim=2) - torch.diff(y, dim=2)).abs().mean()
    columns = (torch.diff(x, dim=3) - torch.diff(y, dim=3)).abs().mean()
    return (x - y).abs().mean() + rows + columns


def load_generator(spec: Spec, path: Path) -> Generator:
    """A trained generator in evaluation mode."""
    model = Generator(spec)
    model.load_state_dict(torch.load(path, weights_only=True))
    return model.eval()


@torch.no_grad()
def resynthesise(model: Generator, pixels: Pixels) -> Pixels:
    """The picture as the generator paints it; sides are cut to a multiple of 16."""
    h, w = (pixels.shape[0] // 16) * 16, (pixels.shape[1] // 16) * 16
    out, _ = model(to_tensor([pixels[:h, :w]]))
    return (out[0].permute(1, 2, 0) * 255).round().clamp(0, 255).byte().numpy()


def choose(reals: Cache, spec: Spec, limit: int | None = None) -> list[int]:
    """Which reals a generator re-synthesises: sources in turn, so that none dominates."""
    chosen: list[int] = []
    for (role, split), count in COUNTS.items():
        if role != spec.role:
            continue
        rng = np.random.default_rng([seed_of(spec.id), seed_of(split)])
        by_source: dict[str, list[int]] = {}
        for i in rng.permutation(reals.where(lambda item, split=split: item.split == split)):
            by_source.setdefault(reals.items[i].source, []).append(int(i))
        turns = [i for k in range(count) for rows in by_source.values() for i in rows[k : k + 1]]
        chosen += turns[: min(count, limit or count)]
    return chosen


def make_fakes(
    spec: Spec,
    paint: Callable[[Pixels, str], Pixels],
    reals: Cache,
    histories: dict[str, History],
    limit: int | None,
) -> Iterator[tuple[Item, Pixels]]:
    """Re-synthesised pictures, each with the JPEG history of the real that it was made from.

    `paint(pixels, name)` is the generator.
    """
    for i in choose(reals, spec, limit):
        item = reals.items[i]
        pixels = save_like(paint(reals[i], item.name), histories.get(item.name))
        yield (
            Item(f"{spec.id}/{item.name}", spec.id, item.split, True, spec.family, item.group),
            pixels,
        )
