"""The network: fixed high-pass filters, a small fully convolutional body, pooled statistics.

It sees residuals only, never the picture itself, so that it cannot learn what fakes depict.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

#: Length of the embedding.
EMBEDDING = 64
#: Temperature of the cosine classifier over families.
COSINE_SCALE = 12.0

#: ITU-R BT.601, RGB in [0, 255] to Y, Cb, Cr without the offsets.
_YCBCR = [[0.299, 0.587, 0.114], [-0.168736, -0.331264, 0.5], [0.5, -0.418688, -0.081312]]


def residual_kernels() -> Tensor:
    """(5, 5, 5) high-pass kernels of rich models (Fridrich & Kodovsky, TIFS 2012), unit L1 / 2.

    Second differences along rows, columns and both diagonals, and the 5 x 5 "KV" kernel.
    """
    k = torch.zeros(5, 5, 5)
    k[0, 2, 1:4] = torch.tensor([1.0, -2.0, 1.0]) / 2
    k[1, 1:4, 2] = torch.tensor([1.0, -2.0, 1.0]) / 2
    for i, weight in zip((1, 2, 3), (1.0, -2.0, 1.0), strict=True):
        k[2, i, i] = weight / 2
        k[3, i, 4 - i] = weight / 2
    k[4] = (
        torch.tensor(
            [
                [-1.0, 2, -2, 2, -1],
                [2, -6, 8, -6, 2],
                [-2, 8, -12, 8, -2],
                [2, -6, 8, -6, 2],
                [-1, 2, -2, 2, -1],
            ]
        )
        / 12
    )
    return k


class Front(nn.Module):
    """RGB in [0, 255] -> 12 channels: clipped residuals of Y, Cb, Cr, and Y's normalised ones."""

    def __init__(self) -> None:
        super().__init__()
        kernels = residual_kernels()
        weight = torch.zeros(7, 3, 5, 5)
        colour = torch.tensor(_YCBCR)
        for i in range(5):
            weight[i] = colour[0][:, None, None] * kernels[i]
        for i in (1, 2):
            weight[4 + i] = colour[i][:, None, None] * kernels[4]
        self.register_buffer("weight", weight)

    def forward(self, x: Tensor) -> Tensor:
        r = F.conv2d(x, self.weight)
        luma = r[:, :5]
        # local contrast, so that faint traces in smooth regions count as much as strong ones
        energy = F.avg_pool2d(luma.square().mean(1, True), 9, 1, 4, count_include_pad=False)
        normalised = luma / (energy + 0.25).sqrt()
        return torch.cat([(r / 4).clamp(-3, 3), normalised.clamp(-3, 3)], 1)


class Block(nn.Module):
    """Two 3 x 3 convolutions; the first halves the resolution, the second has a shortcut."""

    def __init__(self, a: int, b: int) -> None:
        super().__init__()
        self.down = nn.Sequential(nn.Conv2d(a, b, 3, 2, 1, bias=False), nn.BatchNorm2d(b))
        self.same = nn.Sequential(nn.Conv2d(b, b, 3, 1, 1, bias=False), nn.BatchNorm2d(b))

    def forward(self, x: Tensor) -> Tensor:
        x = F.relu(self.down(x))
        return F.relu(x + self.same(x))


class Network(nn.Module):
    """(n, 3, h, w) float32 in [0, 255] -> logit (n,), embedding (n, 64), unit length.

    The logit is for "made by a generator" against "taken by a camera". `families` are the
    classes of the cosine classifier that shapes the embedding; camera is one of them.
    """

    def __init__(self, families: int, width: int = 24) -> None:
        super().__init__()
        self.front = Front()
        self.stem = nn.Sequential(
            nn.Conv2d(12, width // 2, 3, 1, 1, bias=False), nn.BatchNorm2d(width // 2), nn.ReLU()
        )
        self.body = nn.Sequential(
            Block(width // 2, width), Block(width, 2 * width), Block(2 * width, 4 * width)
        )
        self.hidden = nn.Sequential(nn.Linear(8 * width, 128), nn.ReLU())
        self.dropout = nn.Dropout(0.2)
        self.decide = nn.Linear(128, 1)
        self.embed = nn.Linear(128, EMBEDDING)
        self.centres = nn.Parameter(torch.randn(families, EMBEDDING))

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        return self.classify(self.front(x))

    def classify(self, residuals: Tensor) -> tuple[Tensor, Tensor]:
        """Logit and embedding from the channels of `Front`."""
        features = self.body(self.stem(residuals)).float()
        mean = features.mean((2, 3))
        spread = ((features - mean[:, :, None, None]).square().mean((2, 3)) + 1e-4).sqrt()
        hidden = self.dropout(self.hidden(torch.cat([mean, spread], 1)))
        embedding = self.embed(hidden)
        length = (embedding.square().sum(1, keepdim=True) + 1e-8).sqrt()
        return self.decide(hidden)[:, 0], embedding / length

    def family_logits(self, embedding: Tensor) -> Tensor:
        """(n, families) scaled cosines to the centres."""
        return COSINE_SCALE * embedding @ F.normalize(self.centres, dim=1).T
