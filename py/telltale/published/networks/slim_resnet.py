"""FWA's ResNet-50 as TensorFlow-Slim builds it (resnet_v1_50).

It differs from torchvision's: a block strides in its last unit instead of its first, a unit that
strides without changing its width takes every second pixel as its shortcut, and the first pooling
pads below and to the right only.
"""

from __future__ import annotations

import numpy as np
from torch import Tensor, nn
from torch.nn import functional as F

from telltale.published.containers import Arrays
from telltale.published.networks.wrap import CAFFE_MEAN, Published, softmax_class

SIDE = 224
_BLOCKS = ((64, 3, 2), (128, 4, 2), (256, 6, 2), (512, 3, 1))


class _Convolution(nn.Sequential):
    """Convolution and batch normalisation; padding as Slim's `conv2d_same`."""

    def __init__(self, channels: int, out: int, side: int, stride: int = 1) -> None:
        super().__init__()
        self.convolution = nn.Conv2d(channels, out, side, stride, side // 2, bias=False)
        self.norm = nn.BatchNorm2d(out, eps=1e-5)


class _Unit(nn.Module):
    def __init__(self, channels: int, width: int, stride: int) -> None:
        super().__init__()
        self.stride = stride
        out = 4 * width
        self.shortcut = _Convolution(channels, out, 1, stride) if channels != out else None
        self.conv1 = _Convolution(channels, width, 1)
        self.conv2 = _Convolution(width, width, 3, stride)
        self.conv3 = _Convolution(width, out, 1)

    def forward(self, x: Tensor) -> Tensor:
        if self.shortcut is not None:
            kept = self.shortcut(x)
        else:
            kept = x[:, :, :: self.stride, :: self.stride]
        inner = self.conv2(self.conv1(x).relu()).relu()
        return (kept + self.conv3(inner)).relu()


class SlimResNet50(nn.Module):
    """(n, 3, 224, 224) -> (n, 2) logits."""

    def __init__(self) -> None:
        super().__init__()
        self.conv1 = _Convolution(3, 64, 7, 2)
        channels = 64
        for number, (width, units, stride) in enumerate(_BLOCKS, 1):
            block = nn.Sequential()
            for unit in range(1, units + 1):
                strided = stride if unit == units else 1
                block.add_module(f"unit_{unit}", _Unit(channels, width, strided))
                channels = 4 * width
            setattr(self, f"block{number}", block)
        self.logits = nn.Conv2d(channels, 2, 1)

    def forward(self, x: Tensor) -> Tensor:
        x = F.pad(self.conv1(x).relu(), (0, 1, 0, 1))
        x = F.max_pool2d(x, 3, 2)
        for number in range(1, len(_BLOCKS) + 1):
            x = getattr(self, f"block{number}")(x)
        return self.logits(x.mean((2, 3), keepdim=True))[:, :, 0, 0]


def build() -> Published:
    """Y. Li, S. Lyu, CVPR workshops 2019: blue first, Caffe's mean; class 0 is fake."""
    return Published(SlimResNet50(), CAFFE_MEAN, (1.0,) * 3, softmax_class(0), bgr=True)


_LEAVES = {
    "weights": "convolution.weight",
    "BatchNorm/gamma": "norm.weight",
    "BatchNorm/beta": "norm.bias",
    "BatchNorm/moving_mean": "norm.running_mean",
    "BatchNorm/moving_variance": "norm.running_var",
}


def named(arrays: Arrays) -> Arrays:
    """From `resnet_v1_50/block1/unit_1/bottleneck_v1/conv1/weights` and the like.

    What training leaves beside the network (steps, momenta) is dropped.
    """
    found = {}
    for name, values in arrays.items():
        if not name.startswith("resnet_v1_50/") or name.endswith("/Momentum"):
            continue
        path = name.removeprefix("resnet_v1_50/").replace("bottleneck_v1/", "")
        if path in ("logits/weights", "logits/biases"):
            leaf = "weight" if path.endswith("weights") else "bias"
            found[f"logits.{leaf}"] = _channels_first(values)
            continue
        for end, leaf in _LEAVES.items():
            if path.endswith("/" + end):
                layer = path[: -len(end) - 1].replace("/", ".")
                found[f"{layer}.{leaf}"] = _channels_first(values)
                break
        else:
            found[path] = values  # unknown: reported by name
    return found


def _channels_first(values: np.ndarray) -> np.ndarray:
    return values.transpose(3, 2, 0, 1) if values.ndim == 4 else values
