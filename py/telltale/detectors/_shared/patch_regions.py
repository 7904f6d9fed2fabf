"""Where things are in the aligned patch of a face, as masks; and how sharp a region is."""

from __future__ import annotations

from functools import cache

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from telltale.faces import align
from telltale.faces.canonical import POINTS
from telltale.faces.tracking import PADDING, PATCH

Mask = NDArray[np.bool_]


@cache
def mean_points() -> NDArray[np.float64]:
    """(68, 2) landmarks of the mean face in the patch."""
    flat = POINTS[:, :2]
    return align.apply(align.mean_face_matrix(flat, PATCH, PADDING), flat)


def polygon(points: NDArray[np.floating]) -> Mask:
    """(PATCH, PATCH) the inside of an outline."""
    image = Image.new("1", (PATCH, PATCH))
    ImageDraw.Draw(image).polygon([(float(x), float(y)) for x, y in points], fill=1)
    return np.asarray(image, bool)


@cache
def mouth() -> Mask:
    """Lips and what is between them."""
    return _grown(polygon(mean_points()[48:60]), 2)


@cache
def eyes() -> Mask:
    """Both eyes with their lids."""
    points = mean_points()
    return _grown(polygon(points[36:42]), 3) | _grown(polygon(points[42:48]), 3)


@cache
def eye_boxes() -> tuple[tuple[slice, slice], tuple[slice, slice]]:
    """Rows and columns of both eyes with their lids."""
    boxes = []
    for eye in (mean_points()[36:42], mean_points()[42:48]):
        low, high = eye.min(0), eye.max(0)
        centre, reach = (low + high) / 2, (high - low) / 2 * [1.15, 2.2]
        (x0, y0), (x1, y1) = (
            np.floor(centre - reach).astype(int),
            np.ceil(centre + reach).astype(int),
        )
        boxes.append((slice(int(y0), int(y1)), slice(int(x0), int(x1))))
    return boxes[0], boxes[1]


@cache
def upper_face() -> Mask:
    """Brows, eyes and nose: what lip-sync does not touch."""
    x, y = mean_points()[17:48].T
    mask = np.zeros((PATCH, PATCH), bool)
    mask[int(y.min()) : int(y.max()), int(x.min()) : int(x.max())] = True
    return mask


@cache
def rim() -> Mask:
    """The ring inside the face's outline where a pasted mask ends, without mouth and eyes."""
    return _outline(1.0) & ~_outline(0.8) & ~mouth() & ~eyes()


@cache
def core() -> Mask:
    """The inside of that ring, without mouth and eyes."""
    return _outline(0.72) & ~mouth() & ~eyes()


def luma(patch: NDArray[np.float32]) -> NDArray[np.float32]:
    """(PATCH, PATCH) float32 in [0, 255]."""
    return patch @ np.array([0.299, 0.587, 0.114], np.float32)


def detail(grey: NDArray[np.floating], mask: Mask) -> float:
    """Energy of the Laplacian over that of the gradient in a region: high for fine detail.

    A blurred region loses the second faster than the first, and contrast cancels.
    """
    dy, dx = (np.asarray(axis, np.float64) for axis in np.gradient(grey.astype(np.float64)))
    inner = grey[1:-1, 1:-1] * 4.0
    laplacian = np.zeros(grey.shape)
    laplacian[1:-1, 1:-1] = (
        grey[:-2, 1:-1] + grey[2:, 1:-1] + grey[1:-1, :-2] + grey[1:-1, 2:] - inner
    )
    slope = float((dx[mask] ** 2 + dy[mask] ** 2).mean())
    return float((laplacian[mask] ** 2).mean()) / max(slope, 1e-9)


def _outline(scale: float) -> Mask:
    """Jaw and brows, drawn towards their middle."""
    points = mean_points()
    jaw, brows = points[:17], points[17:27][::-1]
    outline = np.concatenate([jaw, brows - [0, 4]])
    centre = (outline.min(0) + outline.max(0)) / 2
    return polygon(centre + scale * (outline - centre))


def _grown(mask: Mask, steps: int) -> Mask:
    for _ in range(steps):
        wide = mask.copy()
        wide[1:] |= mask[:-1]
        wide[:-1] |= mask[1:]
        wide[:, 1:] |= mask[:, :-1]
        wide[:, :-1] |= mask[:, 1:]
        mask = wide
    return mask
