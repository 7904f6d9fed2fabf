"""Colour plot: how often each pair of colour coordinates occurs."""

from __future__ import annotations

import numpy as np

from telltale.finding import Fact
from telltale.looking import colour_channels
from telltale.looking.arithmetic import strips
from telltale.looking.glass import Glass, Parameter, Pixels, Sight, Values

#: Name -> the coordinates across and upwards, of `colour_channels` or red, green, blue.
PLANES = {
    "chroma": ("cb", "cr"),
    "lab": ("lab_a", "lab_b"),
    "red_green": ("red", "green"),
    "red_blue": ("red", "blue"),
    "green_blue": ("green", "blue"),
    "hue_saturation": ("hue", "saturation"),
}


def draw(pixels: Pixels, values: Values) -> Sight:
    """Counts of the 256 x 256 cells of a plane, on a logarithmic scale; upwards is more."""
    names = PLANES[str(values["plane"])]
    counts = np.zeros(65536, np.int64)
    for rows, _ in strips(len(pixels)):
        part = pixels[rows]
        across, upwards = (
            colour_channels.draw(part, {"channel": name}).values.astype(np.int32) for name in names
        )
        counts += np.bincount(((255 - upwards) * 256 + across).ravel(), minlength=65536)
    found = counts.reshape(256, 256)
    top = np.log1p(found.max())
    image = np.rint(255 * np.log1p(found) / top).astype(np.uint8)
    return Sight(
        # one cell would be a dot on the screen
        np.repeat(np.repeat(image, 2, 0), 2, 1),
        "The middle of chroma and Lab is grey. Straight gaps and rows of dots come from stretched "
        "colours; a separate cloud may be a part that was coloured in or comes from elsewhere.",
        0,
        round(float(top / np.log(10)), 3),
        "log10 of pixels",
        "figure",
        (
            Fact("across", names[0]),
            Fact("upwards", names[1]),
            Fact("different_cells", int(np.count_nonzero(found)), "of 65,536"),
        ),
    )


GLASS = Glass(
    "colour_plot",
    "Colour plot",
    "Plots how often each pair of colour coordinates occurs; gaps and rows of dots betray "
    "stretched, posterised or painted colours.",
    draw,
    (Parameter("plane", "Plane", "chroma", choices=tuple(PLANES)),),
)
