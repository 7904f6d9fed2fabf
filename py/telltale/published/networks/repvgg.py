"""6DRepNet: RepVGG-B1g2 in its deployed form and six numbers that make a rotation.

T. Hempel, A. A. Abdelrahman, A. Al-Hamadi, "6D Rotation Representation for Unconstrained Head
Pose Estimation", ICIP 2022; X. Ding et al., "RepVGG", CVPR 2021.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from telltale.published.containers import Arrays
from telltale.published.networks.wrap import IMAGENET, Published, normalised

SIDE = 224
_STAGES = ((128, 4), (256, 6), (512, 16), (2048, 1))


class _Block(nn.Module):
    def __init__(self, channels: int, out: int, stride: int, groups: int) -> None:
        super().__init__()
        self.rbr_reparam = nn.Conv2d(channels, out, 3, stride, 1, groups=groups)

    def forward(self, x: Tensor) -> Tensor:
        return self.rbr_reparam(x).relu()


class SixDRepNet(nn.Module):
    """(n, 3, 224, 224) -> (n, 3, 3) rotation matrices."""

    def __init__(self) -> None:
        super().__init__()
        self.layer0 = _Block(3, 64, 2, 1)
        channels, number = 64, 1
        for stage, (width, blocks) in enumerate(_STAGES, 1):
            layers = nn.Sequential()
            for block in range(blocks):
                # every second layer works in two groups
                groups = 2 if number % 2 == 0 and number <= 26 else 1
                layers.append(_Block(channels, width, 2 if block == 0 else 1, groups))
                channels, number = width, number + 1
            setattr(self, f"layer{stage}", layers)
        self.linear_reg = nn.Linear(channels, 6)

    def forward(self, x: Tensor) -> Tensor:
        for stage in range(len(_STAGES) + 1):
            x = getattr(self, f"layer{stage}")(x)
        return rotation(self.linear_reg(x.mean((2, 3))))


def rotation(six: Tensor) -> Tensor:
    """(n, 6) -> (n, 3, 3): two vectors made orthonormal, the third their cross product."""
    x = F.normalize(six[:, :3], dim=1, eps=1e-8)
    z = F.normalize(torch.linalg.cross(x, six[:, 3:]), dim=1, eps=1e-8)
    return torch.stack([x, torch.linalg.cross(z, x), z], 2)


def build() -> Published:
    """Normalised as ImageNet."""
    return normalised(SixDRepNet(), nn.Identity(), *IMAGENET)


def named(arrays: Arrays) -> Arrays:
    """Published as a state dictionary, perhaps below `model_state_dict`."""
    inner = {
        name.removeprefix("model_state_dict."): values
        for name, values in arrays.items()
        if name.startswith("model_state_dict.")
    }
    return {name.removeprefix("module."): values for name, values in (inner or arrays).items()}
