"""Community Forensics' ViT-S/16: timm's definition with one logit."""

from __future__ import annotations

from telltale.published.containers import Arrays
from telltale.published.networks import timm
from telltale.published.networks.wrap import IMAGENET, Published, normalised, sigmoid

#: The picture's shorter side is scaled to `RESIZE` and its centre is cut out.
SIDE, RESIZE = 384, 440


def build() -> Published:
    """J. Park, A. Owens, CVPR 2025: sigmoid above one half like a generated image."""
    network = timm().create_model("vit_small_patch16_384", pretrained=False, num_classes=1)
    return normalised(network, sigmoid, *IMAGENET)


def named(arrays: Arrays) -> Arrays:
    """From `vit.blocks.0.attn.qkv.weight` and the like, perhaps below `model`."""
    return {
        name.removeprefix("model.").removeprefix("module.").removeprefix("vit."): values
        for name, values in arrays.items()
        if not name.startswith(("optimizer", "scheduler", "scaler", "epoch"))
    }
