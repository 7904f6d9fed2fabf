"""Self-blended images' EfficientNet-B4: timm's definition under efficientnet_pytorch's names."""

from __future__ import annotations

import re

from telltale.published.containers import Arrays
from telltale.published.networks import timm
from telltale.published.networks.wrap import Published, normalised, softmax_class

SIDE = 380
#: Blocks of each of B4's seven stages.
STAGES = (2, 4, 4, 6, 6, 8, 2)
_DEPTHWISE = {
    "_depthwise_conv": "conv_dw",
    "_bn1": "bn1",
    "_se_reduce": "se.conv_reduce",
    "_se_expand": "se.conv_expand",
    "_project_conv": "conv_pw",
    "_bn2": "bn2",
}
_INVERTED = {
    "_expand_conv": "conv_pw",
    "_bn0": "bn1",
    "_depthwise_conv": "conv_dw",
    "_bn1": "bn2",
    "_se_reduce": "se.conv_reduce",
    "_se_expand": "se.conv_expand",
    "_project_conv": "conv_pwl",
    "_bn2": "bn3",
}
_OUTER = {
    "_conv_stem": "conv_stem",
    "_bn0": "bn1",
    "_conv_head": "conv_head",
    "_bn1": "bn2",
    "_fc": "classifier",
}


def build() -> Published:
    """K. Shiohara, T. Yamasaki, CVPR 2022: pixels in [0, 1] without mean; class 1 is fake."""
    network = timm().create_model("tf_efficientnet_b4", pretrained=False, num_classes=2)
    return normalised(network, softmax_class(1))


def named(arrays: Arrays) -> Arrays:
    """From `model.net._blocks.0._depthwise_conv.weight` and the like."""
    found = {}
    for name, values in arrays.items():
        if name.startswith(("optimizer", "epoch")):
            continue
        short = name.removeprefix("model.").removeprefix("net.")
        found[_renamed(short)] = values
    return found


def _renamed(name: str) -> str:
    if (match := re.match(r"_blocks\.(\d+)\.(\w+)\.(.+)", name)) is not None:
        stage, number = _place(int(match[1]))
        layers = _DEPTHWISE if stage == 0 else _INVERTED
        return f"blocks.{stage}.{number}.{layers.get(match[2], match[2])}.{match[3]}"
    layer, _, leaf = name.partition(".")
    return f"{_OUTER.get(layer, layer)}.{leaf}"


def _place(block: int) -> tuple[int, int]:
    """Stage and number within it of a block counted through."""
    for stage, count in enumerate(STAGES):
        if block < count:
            return stage, block
        block -= count
    return len(STAGES), block
