"""Principal components of the colours of a picture."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from telltale.finding import Fact, Reference
from telltale.looking.arithmetic import Floats, spread, strips
from telltale.looking.glass import Glass, Parameter, Pixels, Sight, Values

Doubles = NDArray[np.float64]


def components(pixels: Pixels) -> tuple[Doubles, Doubles, Doubles]:
    """Mean (3,), variances (3,) from large to small, and unit vectors (3, 3) in rows.

    Of each vector the largest element is positive.
    """
    count = pixels.shape[0] * pixels.shape[1]
    total, products = np.zeros(3), np.zeros((3, 3))
    for rows, _ in strips(len(pixels)):
        flat = pixels[rows].reshape(-1, 3).astype(np.float64)
        total += flat.sum(0)
        products += flat.T @ flat
    mean = total / count
    variances, vectors = np.linalg.eigh(products / count - np.outer(mean, mean))
    vectors = vectors.T[::-1]
    signs = np.sign(vectors[np.arange(3), np.abs(vectors).argmax(1)])
    return mean, np.maximum(variances[::-1], 0), vectors * signs[:, None]


def draw(pixels: Pixels, values: Values) -> Sight:
    """The projection of each colour on one component, or its distance from that axis."""
    mean, variances, vectors = components(pixels)
    axis = vectors[int(values["component"]) - 1].astype(np.float32)
    centre = mean.astype(np.float32)
    out = np.empty(pixels.shape[:2], np.float32)
    for rows, _ in strips(len(pixels)):
        centred = pixels[rows] - centre
        out[rows] = _distance(centred, axis) if values["show"] == "distance" else centred @ axis
    image, low, high = spread(out)
    share = variances / max(variances.sum(), 1e-12)
    facts = [Fact(f"share_of_component_{k + 1}", round(float(share[k]), 4)) for k in range(3)]
    vector = ", ".join(f"{x:.3f}" for x in axis)
    return Sight(
        image,
        "The first component is mostly brightness. In the second and third look for parts whose "
        "colours or compression differ from their surroundings without a reason in the scene.",
        round(low, 2),
        round(high, 2),
        "grey levels",
        facts=(*facts, Fact("axis_in_red_green_blue", vector)),
    )


def _distance(centred: Floats, axis: Floats) -> Floats:
    """The length of the part of each (..., 3) vector that is perpendicular to the unit `axis`."""
    x, y, z = centred[..., 0], centred[..., 1], centred[..., 2]
    a, b, c = axis
    squares = (y * c - z * b) ** 2 + (z * a - x * c) ** 2 + (x * b - y * a) ** 2
    return np.sqrt(squares)


GLASS = Glass(
    "principal_components",
    "Principal components",
    "Turns red, green and blue into the three directions in which the colours of this picture vary "
    "most; the weaker ones show differences of colour and compression that brightness hides.",
    draw,
    (
        Parameter("component", "Component", 3, 1, 3),
        Parameter("show", "Show", "projection", choices=("projection", "distance")),
    ),
    reference=Reference(
        "K. Pearson",
        "On Lines and Planes of Closest Fit to Systems of Points in Space",
        "Philosophical Magazine 2(11)",
        1901,
        "https://doi.org/10.1080/14786440109462720",
    ),
)
