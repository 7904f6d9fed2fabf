"""Networks on torchvision's ResNet-50: CNNDetection, DSP-FWA and HopeNet."""

from __future__ import annotations

import math
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from telltale.published.containers import Arrays
from telltale.published.networks import timm
from telltale.published.networks.wrap import (
    CAFFE_MEAN,
    IMAGENET,
    Published,
    normalised,
    sigmoid,
    softmax_class,
)

_AXES = ("yaw", "pitch", "roll")
#: Of DSP-FWA and HopeNet.
SIDE = 224


def _resnet50(classes: int) -> nn.Module:
    timm()  # makes torchvision importable wherever it can be
    from torchvision.models import resnet50

    return resnet50(weights=None, num_classes=classes)


def build_cnndetection() -> Published:
    """S.-Y. Wang et al., CVPR 2020: one logit, above 0 like a generated image."""
    return normalised(_resnet50(1), sigmoid, *IMAGENET)


def named_checkpoint(arrays: Arrays) -> Arrays:
    """Published inside a checkpoint: the part below `model`, without the optimizer's."""
    return _below(arrays, "model")


class SpatialPyramid(nn.Module):
    """ResNet-50 features max-pooled in 1, 4 and 36 cells, then one linear layer.

    The cells overlap as in the authors' program: kernel ceil(s/n), stride floor(s/n).
    """

    CELLS = (1, 2, 6)

    def __init__(self) -> None:
        super().__init__()
        self.resnet = _Trunk()
        self.classifier = nn.Linear(2048 * sum(n * n for n in self.CELLS), 2)

    def forward(self, x: Tensor) -> Tensor:
        x = _features(self.resnet.resnet, x)
        side = SIDE // 32
        pooled = [F.max_pool2d(x, math.ceil(side / n), side // n).flatten(1) for n in self.CELLS]
        return self.classifier(torch.cat(pooled, 1))


class _Trunk(nn.Module):
    """The published file also holds two heads that inference does not use."""

    def __init__(self) -> None:
        super().__init__()
        self.resnet = _resnet50(1000)
        self.fc = nn.Linear(2048, 2)


def build_dsp_fwa() -> Published:
    """Y. Li, S. Lyu, DSP-FWA, 2019: blue first, Caffe's mean; class 0 is fake."""
    mean = CAFFE_MEAN
    return Published(SpatialPyramid(), mean, (1.0,) * 3, softmax_class(0), bgr=True)


def named_dsp_fwa(arrays: Arrays) -> Arrays:
    """Published inside a checkpoint, below `net`."""
    return _below(arrays, "net")


class HopeNet(nn.Module):
    """ResNet-50 with three heads of 66 bins: yaw, pitch, roll."""

    BINS = 66

    def __init__(self) -> None:
        super().__init__()
        trunk = _resnet50(1)
        for name, module in trunk.named_children():
            if name not in ("fc", "avgpool"):
                setattr(self, name, module)
        for name in _AXES:
            setattr(self, f"fc_{name}", nn.Linear(2048, self.BINS))
        # in the published files, left over from an experiment of the authors
        self.fc_finetune = nn.Linear(2048 + 3, 3)

    def forward(self, x: Tensor) -> Tensor:
        x = _features(self, x).mean((2, 3))
        heads = [self.get_submodule(f"fc_{name}")(x) for name in _AXES]
        return torch.softmax(torch.stack(heads, 1), 2)


def build_hopenet() -> Published:
    """N. Ruiz, E. Chong, J. M. Rehg, CVPR workshops 2018: (n, 3, 66) bins of yaw, pitch, roll."""
    return normalised(HopeNet(), nn.Identity(), *IMAGENET)


def named_plain(arrays: Arrays) -> Arrays:
    """Published as a state dictionary, perhaps with `module.` before each name."""
    return {name.removeprefix("module."): values for name, values in arrays.items()}


def _features(network: Any, x: Tensor) -> Tensor:
    x = network.maxpool(network.relu(network.bn1(network.conv1(x))))
    return network.layer4(network.layer3(network.layer2(network.layer1(x))))


def _below(arrays: Arrays, key: str) -> Arrays:
    inner = {
        name.removeprefix(f"{key}."): values
        for name, values in arrays.items()
        if name.startswith(f"{key}.")
    }
    return named_plain(inner or arrays)
