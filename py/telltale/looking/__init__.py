"""Looking glasses: pictures for the eye, without a score. One glass is one file, listed here."""

from __future__ import annotations

from importlib import import_module
from typing import cast

from telltale.looking.glass import Glass

#: In the order in which they are offered.
REGISTRY = (
    "level_sweep",
    "luminance_gradient",
    "noise_residual",
    "edge_echo",
    "minmax_deviation",
    "bit_planes",
    "colour_channels",
    "principal_components",
    "wavelet_threshold",
    "frequency_split",
    "histogram",
    "colour_plot",
)


def find(glass_id: str) -> Glass:
    """The glass of an id; raises KeyError."""
    if glass_id not in REGISTRY:
        raise KeyError(glass_id)
    return cast(Glass, import_module(f"telltale.looking.{glass_id}").GLASS)
