"""MesoNet's two networks, which Keras holds with channels last.

D. Afchar, V. Nozick, J. Yamagishi, I. Echizen, WIFS 2018. The published answer is the
probability of a real face; the wrapped network answers with that of a fake one.
"""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from telltale.published.containers import Arrays
from telltale.published.networks.wrap import Published, normalised

SIDE = 256
_POOLS = (2, 2, 2, 4)


def _convolution(channels: int, out: int, side: int, dilation: int = 1) -> nn.Conv2d:
    return nn.Conv2d(channels, out, side, padding=dilation * (side // 2), dilation=dilation)


class Inception(nn.Module):
    """Four branches of width (a, b, c, d): 1x1; and 1x1 then 3x3 dilated by 1, 2, 3."""

    def __init__(self, channels: int, widths: tuple[int, int, int, int]) -> None:
        super().__init__()
        a, *rest = widths
        layers = [_convolution(channels, a, 1)]
        for dilation, width in enumerate(rest, 1):
            layers += [_convolution(channels, width, 1), _convolution(width, width, 3, dilation)]
        self.layers = nn.ModuleList(layers)

    def forward(self, x: Tensor) -> Tensor:
        first, *rest = self.layers
        branches = [first(x).relu()]
        for one, three in zip(rest[::2], rest[1::2], strict=True):
            branches.append(three(one(x).relu()).relu())
        return torch.cat(branches, 1)


class MesoNet(nn.Module):
    """(n, 3, 256, 256) RGB in [0, 1] -> (n, 1) logit of a real face."""

    def __init__(self, stages: list[nn.Module], widths: tuple[int, ...]) -> None:
        super().__init__()
        self.stages = nn.ModuleList(stages)
        self.norms = nn.ModuleList(nn.BatchNorm2d(width, eps=1e-3) for width in widths)
        self.first, self.second = nn.Linear(1024, 16), nn.Linear(16, 1)

    def forward(self, x: Tensor) -> Tensor:
        for stage, norm, pool in zip(self.stages, self.norms, _POOLS, strict=True):
            x = F.max_pool2d(norm(stage(x).relu()), pool)
        x = x.permute(0, 2, 3, 1).flatten(1)  # Keras flattens with channels last
        return self.second(F.leaky_relu(self.first(x), 0.1))


def _fake(logit: Tensor) -> Tensor:
    return torch.sigmoid(-logit)[:, 0]


def build_meso4() -> Published:
    """Meso-4: four convolutions."""
    shapes = ((3, 8, 3), (8, 8, 5), (8, 16, 5), (16, 16, 5))
    return normalised(MesoNet([_convolution(*s) for s in shapes], (8, 8, 16, 16)), _fake)


def build_inception() -> Published:
    """MesoInception-4: two inception modules, then two convolutions."""
    stages = [
        Inception(3, (1, 4, 4, 2)),
        Inception(11, (2, 4, 4, 2)),
        _convolution(12, 16, 5),
        _convolution(16, 16, 5),
    ]
    return normalised(MesoNet(stages, (11, 12, 16, 16)), _fake)


def named(arrays: Arrays) -> Arrays:
    """By the order in which Keras numbered its layers, which is that of the program.

    A network that `models.published.train` trained has the definition's own names, below `model`.
    """
    if any(name.startswith("model.stages.") for name in arrays):
        return {
            name.removeprefix("model."): values
            for name, values in arrays.items()
            if name.startswith("model.")
        }
    found: dict[str, np.ndarray] = {}
    convolutions = _of_kind(arrays, "conv2d")
    inception = len(convolutions) > len(_POOLS)
    paths = _inception_paths() if inception else [f"stages.{k}" for k in range(len(_POOLS))]
    for path, layer in zip(paths, convolutions, strict=False):
        found[f"{path}.weight"] = arrays[f"{layer}/kernel"].transpose(3, 2, 0, 1)
        found[f"{path}.bias"] = arrays[f"{layer}/bias"]
    leaves = {
        "gamma": "weight",
        "beta": "bias",
        "moving_mean": "running_mean",
        "moving_variance": "running_var",
    }
    for number, layer in enumerate(_of_kind(arrays, "batch_normalization")):
        for leaf, name in leaves.items():
            found[f"norms.{number}.{name}"] = arrays[f"{layer}/{leaf}"]
    for path, layer in zip(("first", "second"), _of_kind(arrays, "dense"), strict=False):
        found[f"{path}.weight"] = arrays[f"{layer}/kernel"].T
        found[f"{path}.bias"] = arrays[f"{layer}/bias"]
    return found


def _inception_paths() -> list[str]:
    inner = [f"stages.{k}.layers.{n}" for k in range(2) for n in range(7)]
    return [*inner, "stages.2", "stages.3"]


def _of_kind(arrays: Arrays, kind: str) -> list[str]:
    """Layers of one kind in Keras' numbering; the first may carry no number."""
    layers = {name.split("/")[0] for name in arrays}
    numbered = {
        layer: int(layer.removeprefix(kind).strip("_") or 0)
        for layer in layers
        if layer.removeprefix(kind).strip("_").isdecimal() or layer == kind
    }
    return sorted(numbered, key=numbered.__getitem__)
