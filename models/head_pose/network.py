"""The network of `head_pose`: HopeNet's three heads of 66 bins on a compact residual trunk.

N. Ruiz, E. Chong, J. M. Rehg, "Fine-Grained Head Pose Estimation Without Keypoints",
CVPR Workshops 2018.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from models.training.residual import stages

SIDE = 80
BINS = 66


class HeadPose(nn.Module):
    """(n, 3, 80, 80) RGB in [0, 1] -> (n, 3, 66) logits of yaw, pitch, roll."""

    def __init__(self, widths: tuple[int, ...] = (16, 32, 64, 128)) -> None:
        super().__init__()
        self.stages = nn.Sequential(*stages(widths, inputs=3))
        self.decide = nn.Linear(widths[3] * 9, 3 * BINS)
        self.drop = nn.Dropout(0.2)
        self.pool = nn.AvgPool2d(3, 1)

    def forward(self, image: Tensor) -> Tensor:
        # the 3 x 3 grid of averages keeps where things are, which pose needs and pooling loses
        x = self.pool(self.stages(image - 0.5))
        return self.decide(self.drop(x.flatten(1))).float().view(-1, 3, BINS)


class Exported(nn.Module):
    """What is shipped: bin probabilities (n, 3, 66) of yaw, pitch, roll."""

    def __init__(self, network: HeadPose) -> None:
        super().__init__()
        self.network = network

    def forward(self, image: Tensor) -> Tensor:
        return torch.softmax(self.network(image), 2)
