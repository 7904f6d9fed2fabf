"""The network of `face_manipulation`: RGB and high-pass front, four stages, three heads."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from models.training.residual import HighPass, stages

SIDE = 128
CLASSES = ("none", "face_swap", "local_edit", "synthesis")
EMBEDDING = 128


class FaceManipulation(nn.Module):
    """(n, 3, 128, 128) RGB in [0, 1] -> class logits, unit embedding, map logits (n, 16, 16)."""

    def __init__(self, widths: tuple[int, ...] = (16, 32, 64, 128)) -> None:
        super().__init__()
        self.front = HighPass()
        self.stages = nn.ModuleList(stages(widths))
        self.map = nn.Conv2d(widths[2], 1, 1)
        self.place = nn.Conv2d(widths[3], 16, 1)
        self.embed = nn.Linear(2 * widths[3] + 16 * 16, EMBEDDING)
        self.classify = nn.Linear(EMBEDDING, len(CLASSES))
        self.drop = nn.Dropout(0.2)

    def forward(self, image: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        x = self.front(image)
        middle = x
        for index, stage in enumerate(self.stages):
            x = stage(x)
            if index == 2:
                middle = x
        where = self.map(middle)[:, 0]
        # faces are framed alike, so that it tells something where in the square a feature lies
        grid = F.avg_pool2d(self.place(x), 2).flatten(1)
        pooled = torch.cat([x.mean((2, 3)), x.amax((2, 3)), grid], 1)
        embedding = self.embed(self.drop(pooled)).float()
        return self.classify(embedding).float(), F.normalize(embedding, dim=1), where.float()


class Exported(nn.Module):
    """What is shipped: probabilities (n, 4), embedding (n, 128), map (n, 16, 16) in [0, 1].

    With an earlier network beside it the log-odds of "not none" are a weighted mean, `share` of it
    this network's, and so are the chances of the three kinds, given a fake, and the maps. The
    embedding is this network's.
    """

    def __init__(
        self,
        network: FaceManipulation,
        earlier: FaceManipulation | None = None,
        share: float = 1.0,
    ) -> None:
        super().__init__()
        self.network, self.earlier, self.share = network, earlier, share

    def forward(self, image: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        logits, unit, where = self.network(image)
        if self.earlier is None:
            return torch.softmax(logits, 1), unit, torch.sigmoid(where)
        other, _, place = self.earlier(image)
        parts = ((self.share, logits, where), (1 - self.share, other, place))
        odds = sum(s * (torch.logsumexp(x[:, 1:], 1) - x[:, 0]) for s, x, _ in parts)
        kind = sum(s * torch.softmax(x[:, 1:], 1) for s, x, _ in parts)
        fake = torch.sigmoid(odds)[:, None]
        probabilities = torch.cat([torch.sigmoid(-odds)[:, None], fake * kind], 1)
        return probabilities, unit, sum(s * torch.sigmoid(y) for s, _, y in parts)
