"""FaceForensics++'s Xception: timm's definition, two classes, class 1 is fake."""

from __future__ import annotations

from telltale.published.containers import Arrays
from telltale.published.networks import timm
from telltale.published.networks.wrap import Published, normalised, softmax_class

SIDE = 299


def build() -> Published:
    """A. Rössler et al., ICCV 2019; F. Chollet, CVPR 2017. Normalised to [-1, 1]."""
    network = timm().create_model("legacy_xception", pretrained=False, num_classes=2)
    return normalised(network, softmax_class(1), (0.5,) * 3, (0.5,) * 3)


def named(arrays: Arrays) -> Arrays:
    """Published: a whole module, `model.` before each name, its head `last_linear[.1]`."""
    found = {}
    for name, values in arrays.items():
        if name.startswith("optimizer.") or name == "total_steps":
            continue
        name = name.removeprefix("model.").replace("last_linear.1.", "last_linear.")
        name = name.replace("last_linear.", "fc.")
        if "pointwise" in name and values.ndim == 2:
            values = values[:, :, None, None]
        found[name] = values
    return found
