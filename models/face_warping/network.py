"""The network of `face_warping`: RGB and high-pass front, four stages, one logit."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from models.training.residual import HighPass, stages

SIDE = 112


class FaceWarping(nn.Module):
    """(n, 3, 112, 112) RGB in [0, 1] -> (n,) logit of "this face was warped into place"."""

    def __init__(self, widths: tuple[int, ...] = (16, 32, 64, 128)) -> None:
        super().__init__()
        self.front = HighPass()
        self.stages = nn.Sequential(*stages(widths))
        self.decide = nn.Linear(2 * widths[3], 1)
        self.drop = nn.Dropout(0.2)

    def forward(self, image: Tensor) -> Tensor:
        x = self.stages(self.front(image))
        pooled = torch.cat([x.mean((2, 3)), x.amax((2, 3))], 1)
        return self.decide(self.drop(pooled))[:, 0].float()


class Exported(nn.Module):
    """What is shipped: probability (n,) in [0, 1]."""

    def __init__(self, network: FaceWarping) -> None:
        super().__init__()
        self.network = network

    def forward(self, image: Tensor) -> Tensor:
        return torch.sigmoid(self.network(image))
