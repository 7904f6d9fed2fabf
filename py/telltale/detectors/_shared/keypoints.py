"""Scale-invariant keypoints with gradient descriptors (Lowe 2004), in plain NumPy.

Written for finding a picture's copies within itself: descriptors are whole numbers, so that their
distances are exact and equal in both runtimes.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

#: Blur of the first level, assumed blur of the picture, and levels per octave (Lowe, section 3.3).
SIGMA, CAMERA_SIGMA, LEVELS = 1.6, 0.5, 2
#: The least difference of Gaussians in grey levels, and the largest ratio of principal curvatures.
CONTRAST, EDGE = 1.0, 10.0
#: Keypoints compete within squares of this side, so that quiet areas keep some of theirs.
CELL = 48
#: Samples a side of a descriptor, its cells a side, and its orientations.
SAMPLES, CELLS, ORIENTATIONS = 16, 4, 8
#: Length of a descriptor; each entry is then below 2^8, and any product sum below 2^24.
LENGTH = 512.0
_CLIP = 0.2


@dataclass(frozen=True, slots=True)
class Keypoints:
    """`xy` (N, 2) and `scale` (N,) in pixels, `angle` (N,) in radians, all float64.

    `descriptors` (N, 128) float32 holding whole numbers in [0, 255], of length about 512;
    `mirrored` are those of the same places seen in a mirror (angle negated).
    """

    xy: NDArray[np.float64]
    scale: NDArray[np.float64]
    angle: NDArray[np.float64]
    descriptors: NDArray[np.float32]

    @property
    def mirrored(self) -> NDArray[np.float32]:
        shape = (-1, CELLS, CELLS, ORIENTATIONS)
        turned = self.descriptors.reshape(shape)[:, ::-1]
        order = -np.arange(ORIENTATIONS) % ORIENTATIONS
        return np.ascontiguousarray(turned[..., order]).reshape(self.descriptors.shape)


def keypoints(luma: NDArray[np.float32], limit: int) -> Keypoints:
    """Keypoints at up to `limit` places of (H, W) float32 luma in [0, 255].

    Extrema of differences of Gaussians over space and scale, the strongest of every part of the
    picture first; one or two orientations each.
    """
    found: list[tuple[NDArray[np.float64], ...]] = []
    levels: list[tuple[NDArray[np.float32], float]] = []
    image = ndimage.gaussian_filter(luma, (SIGMA**2 - CAMERA_SIGMA**2) ** 0.5, truncate=3.0)
    step = 1.0
    while min(image.shape) >= 40:
        stack = [image]
        for k in range(1, LEVELS + 3):
            before, after = (SIGMA * 2 ** (j / LEVELS) for j in (k - 1, k))
            blur = (after**2 - before**2) ** 0.5
            stack.append(ndimage.gaussian_filter(stack[-1], blur, truncate=3.0))
        differences = [b - a for a, b in pairwise(stack)]
        for k in range(1, LEVELS + 1):
            y, x, strength = _extrema(differences[k - 1], differences[k], differences[k + 1])
            if y.size:
                found.append((x * step, y * step, strength, np.full(y.size, float(len(levels)))))
            levels.append((stack[k], step))
        image, step = np.ascontiguousarray(stack[LEVELS][::2, ::2]), step * 2
    if not found:
        return _empty()
    x, y, strength, level = (np.concatenate(column) for column in zip(*found, strict=True))
    chosen = _spread(x, y, strength, limit)
    return _described(levels, x[chosen], y[chosen], level[chosen].astype(np.intp))


def _empty() -> Keypoints:
    none = np.empty(0)
    length = CELLS * CELLS * ORIENTATIONS
    return Keypoints(np.empty((0, 2)), none, none, np.empty((0, length), np.float32))


def _extrema(
    below: NDArray[np.float32], here: NDArray[np.float32], above: NDArray[np.float32]
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """(y, x, strength) of extrema of `here` among their 26 neighbours, to a part of a pixel."""
    inner = here[1:-1, 1:-1]
    y, x = np.nonzero(np.abs(inner) > CONTRAST)
    y, x = y + 1, x + 1
    # Four neighbours first: they refuse most, so that the rest is done for few.
    for dy, dx in ((0, 1), (0, -1), (1, 0), (-1, 0)):
        value = here[y, x]
        keep = np.where(value > 0, value > here[y + dy, x + dx], value < here[y + dy, x + dx])
        y, x = y[keep], x[keep]
    offsets = [(dy, dx) for dy in (-1, 0, 1) for dx in (-1, 0, 1)]
    for layer in (here, below, above):
        for dy, dx in offsets:
            if layer is here and (dy == 0 or dx == 0):
                continue
            value, other = here[y, x], layer[y + dy, x + dx]
            keep = np.where(value > 0, value >= other, value <= other)
            y, x = y[keep], x[keep]

    def at(dy: int, dx: int) -> NDArray[np.float64]:
        return np.asarray(here[y + dy, x + dx], np.float64)

    centre = at(0, 0)
    gx, gy = (at(0, 1) - at(0, -1)) / 2, (at(1, 0) - at(-1, 0)) / 2
    xx, yy = at(0, 1) + at(0, -1) - 2 * centre, at(1, 0) + at(-1, 0) - 2 * centre
    xy = (at(1, 1) - at(1, -1) - at(-1, 1) + at(-1, -1)) / 4
    determinant, trace = xx * yy - xy * xy, xx + yy
    keep = (determinant > 0) & (trace * trace * EDGE < (EDGE + 1) ** 2 * determinant)
    safe = np.where(keep, determinant, 1.0)
    right = np.clip((xy * gy - yy * gx) / safe, -0.5, 0.5)
    down = np.clip((xy * gx - xx * gy) / safe, -0.5, 0.5)
    return (y + down)[keep], (x + right)[keep], np.abs(centre)[keep]


def _spread(
    x: NDArray[np.float64], y: NDArray[np.float64], strength: NDArray[np.float64], limit: int
) -> NDArray[np.intp]:
    """Indices of at most `limit` points: the strongest of every cell, then the second, ..."""
    order = np.argsort(-strength, kind="stable")
    cell = (y[order] // CELL).astype(np.int64) * 100_000 + (x[order] // CELL).astype(np.int64)
    by_cell = np.argsort(cell, kind="stable")
    _, first, count = np.unique(cell[by_cell], return_index=True, return_counts=True)
    rank = np.empty(cell.size, np.int64)
    rank[by_cell] = np.arange(cell.size) - np.repeat(first, count)
    return order[np.argsort(rank, kind="stable")[:limit]]


def _described(
    levels: list[tuple[NDArray[np.float32], float]],
    x: NDArray[np.float64],
    y: NDArray[np.float64],
    level: NDArray[np.intp],
) -> Keypoints:
    """Orientations and descriptors of the points, level by level."""
    parts: list[tuple[NDArray[Any], ...]] = []
    for k, (image, step) in enumerate(levels):
        mine = level == k
        if not mine.any():
            continue
        gy, gx = _gradient(image)
        sigma = SIGMA * 2 ** ((k % LEVELS + 1) / LEVELS)
        px, py = x[mine] / step, y[mine] / step
        which, angle = _orientations(gy, gx, py, px, sigma)
        px, py = px[which], py[which]
        descriptors = _descriptors(gy, gx, py, px, angle, sigma)
        parts.append((px * step, py * step, np.full(px.size, sigma * step), angle, descriptors))
    px, py, scale, angle, descriptors = (np.concatenate(rows) for rows in zip(*parts, strict=True))
    return Keypoints(np.stack((px, py), 1), scale, angle, descriptors.astype(np.float32))


def _gradient(image: NDArray[np.float32]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    gy, gx = np.zeros_like(image), np.zeros_like(image)
    gy[1:-1] = image[2:] - image[:-2]
    gx[:, 1:-1] = image[:, 2:] - image[:, :-2]
    return gy, gx


def _orientations(
    gy: NDArray[np.float32],
    gx: NDArray[np.float32],
    y: NDArray[np.float64],
    x: NDArray[np.float64],
    sigma: float,
) -> tuple[NDArray[np.intp], NDArray[np.float64]]:
    """The main direction of gradients around each point, and a second one of 0.8 its weight."""
    bins, side = 36, np.arange(-5, 6) * (0.9 * sigma)
    dy, dx = (v.ravel() for v in np.meshgrid(side, side, indexing="ij"))
    weight = np.exp(-(dy**2 + dx**2) / (2 * (1.5 * sigma) ** 2))
    at_y = np.clip(np.rint(y[:, None] + dy), 0, gy.shape[0] - 1).astype(np.intp)
    at_x = np.clip(np.rint(x[:, None] + dx), 0, gy.shape[1] - 1).astype(np.intp)
    sy, sx = gy[at_y, at_x].astype(np.float64), gx[at_y, at_x].astype(np.float64)
    position = np.arctan2(sy, sx) * (bins / (2 * np.pi)) % bins
    low = np.floor(position).astype(np.intp)
    part = position - low
    strength = np.hypot(sy, sx) * weight
    row = np.arange(y.size)[:, None] * bins
    size = y.size * bins
    histogram = np.bincount((row + low % bins).ravel(), (strength * (1 - part)).ravel(), size)
    histogram += np.bincount((row + (low + 1) % bins).ravel(), (strength * part).ravel(), size)
    smooth = ndimage.uniform_filter1d(histogram.reshape(-1, bins), 3, axis=1, mode="wrap")
    left, right = np.roll(smooth, 1, axis=1), np.roll(smooth, -1, axis=1)
    peak = (smooth >= left) & (smooth > right) & (smooth >= 0.8 * smooth.max(1, keepdims=True))
    which, at = np.nonzero(peak & (np.cumsum(peak, axis=1) <= 2))
    a, b, c = left[which, at], smooth[which, at], right[which, at]
    bend = np.minimum(a - 2 * b + c, -1e-12)
    return which, (at + 0.5 * (a - c) / bend) * (2 * np.pi / bins)


def _descriptors(
    gy: NDArray[np.float32],
    gx: NDArray[np.float32],
    y: NDArray[np.float64],
    x: NDArray[np.float64],
    angle: NDArray[np.float64],
    sigma: float,
) -> NDArray[np.float32]:
    """(N, 128) whole numbers: gradient histograms on 4 x 4 cells of 3 sigma, 8 orientations."""
    side = (np.arange(SAMPLES) - (SAMPLES - 1) / 2) * (3 * sigma * CELLS / SAMPLES)
    v, u = (w.ravel() for w in np.meshgrid(side, side, indexing="ij"))
    cos, sin = np.cos(angle)[:, None], np.sin(angle)[:, None]
    at = np.stack((y[:, None] + u * sin + v * cos, x[:, None] + u * cos - v * sin))
    sy = ndimage.map_coordinates(gy, at, np.float64, order=1, mode="nearest")
    sx = ndimage.map_coordinates(gx, at, np.float64, order=1, mode="nearest")
    direction = (np.arctan2(sy, sx) - angle[:, None]) * (ORIENTATIONS / (2 * np.pi)) % ORIENTATIONS
    reach = 0.5 * CELLS * 3 * sigma
    strength = np.hypot(sy, sx) * np.exp(-(u**2 + v**2) / (2 * reach**2))
    # Where a sample falls among the cells is the same for all points: one matrix for all.
    centre = np.arange(CELLS) - (CELLS - 1) / 2
    share = np.maximum(0, 1 - np.abs(side[:, None] / (3 * sigma) - centre))
    spatial = np.einsum("ia,jb->ijab", share, share).reshape(SAMPLES**2, CELLS**2)
    out = np.empty((y.size, CELLS**2, ORIENTATIONS))
    for k in range(ORIENTATIONS):
        away = np.abs((direction - k + ORIENTATIONS / 2) % ORIENTATIONS - ORIENTATIONS / 2)
        out[:, :, k] = (strength * np.maximum(0, 1 - away)) @ spatial
    flat = out.reshape(y.size, -1)
    for _ in range(2):
        flat = flat / np.maximum(np.linalg.norm(flat, axis=1, keepdims=True), 1e-9)
        flat = np.minimum(flat, _CLIP)
    flat = flat / np.maximum(np.linalg.norm(flat, axis=1, keepdims=True), 1e-9)
    return np.asarray(np.minimum(np.rint(flat * LENGTH), 255), np.float32)
