"""Small residual networks, dense 3x3 convolutions throughout: quick on a CPU, in WASM and in torch.

Depthwise layers would have fewer multiplications but run slower on one CPU thread, where
memory traffic and not arithmetic is the limit.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional as F


class HighPass(nn.Module):
    """RGB in [0, 1] -> six planes: centred RGB, and four times its 3x3 binomial high-pass."""

    def __init__(self) -> None:
        super().__init__()
        row = torch.tensor([1.0, 2.0, 1.0])
        kernel = -torch.outer(row, row) / 16
        kernel[1, 1] += 1
        self.register_buffer("kernel", (4 * kernel).expand(3, 1, 3, 3).clone())

    def forward(self, image: Tensor) -> Tensor:
        # bfloat16 holds eight bits of a grey level: too few for differences of neighbours
        with torch.autocast("cpu", enabled=False):
            padded = F.pad(image, (1, 1, 1, 1), mode="replicate")
            return torch.cat([image - 0.5, F.conv2d(padded, self.kernel, groups=3)], 1)


def convolution(inputs: int, outputs: int, stride: int = 1) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(inputs, outputs, 3, stride, 1, bias=False),
        nn.BatchNorm2d(outputs),
        nn.ReLU(inplace=True),
    )


class Residual(nn.Module):
    """x + conv(relu(conv(x))), batch-normalised (He et al., CVPR 2016, basic block)."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.first = convolution(width, width)
        self.second = nn.Sequential(
            nn.Conv2d(width, width, 3, 1, 1, bias=False), nn.BatchNorm2d(width)
        )

    def forward(self, x: Tensor) -> Tensor:
        return torch.relu(x + self.second(self.first(x)))


def stages(widths: Sequence[int], inputs: int = 6) -> list[nn.Module]:
    """One stage per width: a stride-2 convolution and a residual block."""
    out: list[nn.Module] = []
    for width in widths:
        out.append(nn.Sequential(convolution(inputs, width, 2), Residual(width)))
        inputs = width
    return out
