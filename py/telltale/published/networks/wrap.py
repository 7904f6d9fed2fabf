"""What every imported network looks like from outside: RGB pixels in, the published answer out."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch
from torch import Tensor, nn

IMAGENET = ((0.485, 0.456, 0.406), (0.229, 0.224, 0.225))
#: Mean of ImageNet as Caffe's networks subtract it, in RGB.
CAFFE_MEAN = (123.68, 116.779, 103.939)


class Published(nn.Module):
    """(n, 3, H, W) float32 RGB in [0, 255] -> the published network's answer.

    The published normalisation is inside, so that nobody outside can get it wrong.
    """

    mean: Tensor
    scale: Tensor

    def __init__(
        self,
        network: nn.Module,
        mean: Sequence[float],
        scale: Sequence[float],
        answer: Callable[[Tensor], Tensor],
        bgr: bool = False,
    ) -> None:
        super().__init__()
        self.network, self.answer, self.bgr = network, answer, bgr
        self.register_buffer("mean", torch.tensor(mean).view(1, 3, 1, 1), persistent=False)
        self.register_buffer("scale", torch.tensor(scale).view(1, 3, 1, 1), persistent=False)

    def forward(self, image: Tensor) -> Tensor:
        x = (image - self.mean) / self.scale
        return self.answer(self.network(x.flip(1) if self.bgr else x))


def normalised(
    network: nn.Module,
    answer: Callable[[Tensor], Tensor],
    mean: Sequence[float] = (0.0, 0.0, 0.0),
    deviation: Sequence[float] = (1.0, 1.0, 1.0),
) -> Published:
    """Pixels scaled to [0, 1], then (x - mean) / deviation, as torchvision's transforms."""
    return Published(network, [255 * m for m in mean], [255 * d for d in deviation], answer)


def softmax_class(index: int) -> Callable[[Tensor], Tensor]:
    """The softmax probability of one class: (n, classes) -> (n,)."""
    return lambda logits: torch.softmax(logits, 1)[:, index]


def sigmoid(logit: Tensor) -> Tensor:
    """(n, 1) -> (n,)."""
    return torch.sigmoid(logit)[:, 0]
