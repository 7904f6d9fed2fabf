"""MesoNet with its published weights, as a baseline to compare with. Never shipped.

D. Afchar et al., "MesoNet: a Compact Facial Video Forgery Detection Network", WIFS 2018.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor, nn
from torch.nn import functional as F

SIDE = 256


class Meso4(nn.Module):
    """(n, 3, 256, 256) RGB in [0, 1] -> (n,) probability that the face is real."""

    def __init__(self) -> None:
        super().__init__()
        shapes = [(3, 8, 3), (8, 8, 5), (8, 16, 5), (16, 16, 5)]
        self.convolutions = nn.ModuleList(nn.Conv2d(i, o, k, padding=k // 2) for i, o, k in shapes)
        self.norms = nn.ModuleList(nn.BatchNorm2d(o, eps=1e-3) for _, o, _ in shapes)
        self.first, self.second = nn.Linear(1024, 16), nn.Linear(16, 1)

    def forward(self, x: Tensor) -> Tensor:
        for convolution, norm, pool in zip(
            self.convolutions, self.norms, (2, 2, 2, 4), strict=True
        ):
            x = F.max_pool2d(norm(torch.relu(convolution(x))), pool)
        x = x.permute(0, 2, 3, 1).flatten(1)  # Keras flattens with channels last
        return torch.sigmoid(self.second(F.leaky_relu(self.first(x), 0.1)))[:, 0]


def load(path: Path) -> Meso4:
    """The network with the weights of a Keras file (Meso4_DF.h5, Meso4_F2F.h5)."""
    import h5py

    network = Meso4().eval()
    with h5py.File(path) as file:
        found: dict[str, dict[str, NDArray[np.float32]]] = {}

        def collect(name: str, item: object) -> None:
            if isinstance(item, h5py.Dataset):
                *_, layer, leaf = name.split("/")
                found.setdefault(layer, {})[leaf.split(":")[0]] = np.asarray(item)

        file.visititems(collect)

    def of(kind: str) -> list[dict[str, NDArray[np.float32]]]:
        names = [n for n in found if n.startswith(kind)]
        return [found[n] for n in sorted(names, key=lambda n: int(n.split("_")[-1]))]

    with torch.no_grad():
        for module, values in zip(network.convolutions, of("conv2d"), strict=True):
            module.weight.copy_(torch.from_numpy(values["kernel"].transpose(3, 2, 0, 1).copy()))
            module.bias.copy_(torch.from_numpy(values["bias"]))
        for module, values in zip(network.norms, of("batch_normalization"), strict=True):
            module.weight.copy_(torch.from_numpy(values["gamma"]))
            module.bias.copy_(torch.from_numpy(values["beta"]))
            module.running_mean.copy_(torch.from_numpy(values["moving_mean"]))
            module.running_var.copy_(torch.from_numpy(values["moving_variance"]))
        for module, values in zip((network.first, network.second), of("dense"), strict=True):
            module.weight.copy_(torch.from_numpy(values["kernel"].T.copy()))
            module.bias.copy_(torch.from_numpy(values["bias"]))
    return network


@torch.no_grad()
def fakeness(network: Meso4, square: NDArray[np.uint8]) -> float:
    """1 - P(real) of a (side, side, 3) uint8 face square."""
    image = Image.fromarray(square).resize((SIDE, SIDE), Image.Resampling.BILINEAR)
    tensor = torch.from_numpy(np.asarray(image, np.float32).transpose(2, 0, 1)[None] / 255)
    return 1 - float(network(tensor)[0])
