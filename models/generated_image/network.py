"""The network: fixed high-pass filters, a small fully convolutional body, pooled statistics.

It sees residuals only, never the picture itself, so that it cannot learn what fakes depict.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

#: Length of the embedding.
EMBEDDING = 64
#: Channels of the first block; the later ones have twice and four times as many.
WIDTH = 24
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

    def __init__(self, families: int, width: int = WIDTH) -> None:
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

    @property
    def width(self) -> int:
        """Channels of the first block."""
        return self.body[1].down[0].in_channels

    def family_logits(self, embedding: Tensor) -> Tensor:
        """(n, families) scaled cosines to the centres."""
        return COSINE_SCALE * embedding @ F.normalize(self.centres, dim=1).T


class Joined(nn.Module):
    """Two networks: a weighted mean of their logits, and the embedding of the later one."""

    def __init__(self, earlier: Network, later: Network, share: float) -> None:
        super().__init__()
        self.earlier, self.later, self.share = earlier, later, share

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        logit, embedding = self.later(x)
        before, _ = self.earlier(x)
        return self.share * logit + (1 - self.share) * before, embedding


@torch.no_grad()
def widened(narrow: Network, width: int) -> Network:
    """A wider network with the same answers, to be trained on (Net2Net, Chen et al., ICLR 2016).

    Channels beyond the first are copies of others; what reads a channel shares its weight between
    the copies, nearly equally, so that they part in training.
    """
    wide = Network(narrow.centres.shape[0], width).train(narrow.training)
    draw = torch.Generator().manual_seed(0)

    def copies(old: int, new: int) -> Tensor:
        return torch.cat([torch.arange(old), torch.randperm(old, generator=draw)[: new - old]])

    def shares(index: Tensor) -> Tensor:
        raw = 1 + 0.2 * torch.rand(len(index), generator=draw)
        sums = torch.zeros(int(index.max()) + 1).index_add_(0, index, raw)
        return raw / sums[index]

    def layer(pair: tuple[nn.Sequential, nn.Sequential], into: Tensor, out: Tensor) -> None:
        old, new = pair
        weight = old[0].weight[:, into] * shares(into)[:, None, None]
        new[0].weight.copy_(weight[out])
        for name in ("weight", "bias", "running_mean", "running_var"):
            getattr(new[1], name).copy_(getattr(old[1], name)[out])

    channels = torch.arange(narrow.stem[0].in_channels)
    out = copies(narrow.width // 2, width // 2)
    layer((narrow.stem, wide.stem), channels, out)
    for old, new in zip(narrow.body, wide.body, strict=True):
        channels, out = out, copies(old.down[0].out_channels, new.down[0].out_channels)
        layer((old.down, new.down), channels, out)
        layer((old.same, new.same), out, out)
    both = torch.cat([out, out + narrow.hidden[0].in_features // 2])
    wide.hidden[0].weight.copy_(narrow.hidden[0].weight[:, both] * shares(both))
    wide.hidden[0].bias.copy_(narrow.hidden[0].bias)
    wide.decide.load_state_dict(narrow.decide.state_dict())
    wide.embed.load_state_dict(narrow.embed.state_dict())
    wide.centres.copy_(narrow.centres)
    return wide
