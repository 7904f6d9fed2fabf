"""Alignment: similarity fits, affine warps and resizing, equal to the bit in both runtimes.

Coordinates are those of pixel centres: (0, 0) is the centre of the top left pixel. An affine
matrix is (2, 3) float64 and maps source (x, y) to target (x, y).
"""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from telltale.faces import canonical

Border = Literal["zero", "edge"]

#: Large pictures are worked on in blocks of about this many pixels, to bound memory.
_BLOCK_PIXELS = 1 << 19


def umeyama(source: NDArray[np.floating], target: NDArray[np.floating]) -> NDArray[np.float64]:
    """Least-squares similarity (rotation, uniform scale, translation) of two point sets.

    Parameters
    ----------
    source, target
        (n, d) points with n >= 2, in the same order.

    Returns
    -------
    (d, d + 1) float64
        The matrix [sR | t] that maps source points to target points.

    Raises
    ------
    ValueError
        Where the source points are all the same point.

    References
    ----------
    S. Umeyama, "Least-squares estimation of transformation parameters between two point
    patterns", IEEE TPAMI 13(4), 1991, eqs. 34-43.
    """
    source = np.asarray(source, np.float64)
    target = np.asarray(target, np.float64)
    mean_source, mean_target = source.mean(0), target.mean(0)
    variance = float(np.mean(np.sum((source - mean_source) ** 2, axis=1)))
    if variance == 0:
        raise ValueError("a similarity needs at least two different points")
    covariance = (target - mean_target).T @ (source - mean_source) / len(source)
    u, singular, vt = np.linalg.svd(covariance)
    signs = np.ones(len(singular))
    if np.linalg.det(u) * np.linalg.det(vt) < 0:
        signs[-1] = -1  # a rotation, never a reflection
    scale = float(singular @ signs) / variance
    linear = scale * (u * signs) @ vt
    return np.column_stack([linear, mean_target - linear @ mean_source])


def invert(matrix: NDArray[np.floating]) -> NDArray[np.float64]:
    """The (2, 3) matrix of the inverse map; raises `ValueError` where there is none."""
    (a, b, x), (c, d, y) = np.asarray(matrix, np.float64)
    determinant = a * d - b * c
    if determinant == 0:
        raise ValueError("this affine map has no inverse")
    linear = np.array([[d, -b], [-c, a]]) / determinant
    return np.column_stack([linear, -linear @ np.array([x, y])])


def apply(matrix: NDArray[np.floating], points: NDArray[np.floating]) -> NDArray[np.float64]:
    """Map (..., d) points by a (d, d + 1) matrix."""
    matrix = np.asarray(matrix, np.float64)
    return np.asarray(points, np.float64) @ matrix[:, :-1].T + matrix[:, -1]


def warp_affine(
    image: NDArray[np.uint8] | NDArray[np.float32],
    matrix: NDArray[np.floating],
    size: tuple[int, int],
    border: Border = "zero",
) -> NDArray[np.float32]:
    """Warp an image by an affine map, with bilinear interpolation.

    Parameters
    ----------
    image
        (H, W) or (H, W, C).
    matrix
        (2, 3), source to target.
    size
        (height, width) of the target.
    border
        What lies outside the source: zeros, or its nearest pixel.

    Returns
    -------
    (height, width) or (height, width, C) float32
        In the source's range. There is no smoothing: a map that shrinks by more than two
        aliases (`reduce` the source first).
    """
    (a, b, x0), (c, d, y0) = invert(matrix)
    height, width = size
    flat = image[..., None] if image.ndim == 2 else image
    target = np.empty((height, width, flat.shape[2]), np.float32)
    columns = np.arange(width, dtype=np.float64)
    step = max(1, _BLOCK_PIXELS // max(width, 1))
    for top in range(0, height, step):
        rows = np.arange(top, min(top + step, height), dtype=np.float64)[:, None]
        x = columns * a + (rows * b + x0)
        y = columns * c + (rows * d + y0)
        target[top : top + step] = _bilinear(flat, x, y, border)
    return target[..., 0] if image.ndim == 2 else target


def _bilinear(
    image: NDArray[np.uint8] | NDArray[np.float32],
    x: NDArray[np.float64],
    y: NDArray[np.float64],
    border: Border,
) -> NDArray[np.float32]:
    """Sample (H, W, C) at float coordinates; shape of x + (C,), float32."""
    height, width = image.shape[:2]
    left, top = np.floor(x), np.floor(y)
    fx = (x - left).astype(np.float32)[..., None]
    fy = (y - top).astype(np.float32)[..., None]
    # Far outside, coordinates may not fit an integer: clip before the cast.
    x0 = np.clip(left, -2, width).astype(np.intp)
    y0 = np.clip(top, -2, height).astype(np.intp)

    # flat indices, and floats made once where the source is no larger than what is sampled of it
    channels = image.reshape(-1, image.shape[2])
    if image.size <= 4 * x.size * image.shape[2]:
        channels = channels.astype(np.float32, copy=False)
    rows = [np.clip(y0 + k, 0, height - 1) for k in (0, 1)]
    columns = [np.clip(x0 + k, 0, width - 1) for k in (0, 1)]

    def at(below: int, right: int) -> NDArray[np.float32]:
        values = channels.take(rows[below] * width + columns[right], axis=0)
        values = values.astype(np.float32, copy=False)
        if border == "zero":
            inside = (rows[below] == y0 + below) & (columns[right] == x0 + right)
            values[~inside] = 0
        return values

    upper = at(0, 0) * (1 - fx) + at(0, 1) * fx
    lower = at(1, 0) * (1 - fx) + at(1, 1) * fx
    return np.asarray(upper * (1 - fy) + lower * fy, np.float32)


def resize(
    pixels: NDArray[np.uint8],
    size: tuple[int, int],
    filter: Image.Resampling = Image.Resampling.BILINEAR,
) -> NDArray[np.uint8]:
    """Resize (H, W) or (H, W, 3) uint8 to (height, width) with Pillow's antialiased filters."""
    if pixels.shape[:2] == size:
        return pixels
    image = Image.fromarray(np.ascontiguousarray(pixels))
    return np.asarray(image.resize((size[1], size[0]), filter))


def reduce(pixels: NDArray[np.uint8], factor: int) -> NDArray[np.uint8]:
    """Shrink (H, W) or (H, W, 3) uint8 by an integer: means of factor x factor pixels.

    Blocks at the right and lower border may be smaller. Works in bands of rows, because Pillow
    needs four bytes for each pixel that it holds.
    """
    if factor == 1:
        return pixels
    rows = max(1, _BLOCK_PIXELS // (pixels.shape[1] * factor)) * factor
    bands = [
        np.asarray(Image.fromarray(np.ascontiguousarray(band)).reduce(factor))
        for band in (pixels[top : top + rows] for top in range(0, pixels.shape[0], rows))
    ]
    return np.concatenate(bands)


def mean_face_matrix(
    landmarks: NDArray[np.floating], size: int = 256, padding: int = 0
) -> NDArray[np.float64]:
    """The similarity that takes a face to the mean face in a size x size picture.

    Parameters
    ----------
    landmarks
        (68, 2); the 51 without the jaw are fitted, as in face warping artifacts.
    size, padding
        The brows of the mean face span from `padding` to `size - padding`.
    """
    target = canonical.MEAN_FACE * (size - 2 * padding) + padding
    return umeyama(landmarks[17:], target)
