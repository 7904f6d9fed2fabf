"""A dense field of nearest neighbours within one picture, and the mappings it agrees on.

PatchMatch (Barnes et al. 2009) with the first-order predictors of Cozzolino, Poggi & Verdoliva
2015, worked for all places at once instead of in raster order.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from telltale.detectors._shared.self_matches import Mapping

#: Step between the places that look for a neighbour, in pixels; neighbours are at any pixel.
STEP = 2
#: The least distance to a neighbour, in pixels.
APART = 20
#: Orderings of all pixels by a coarse key for the start, and rounds of improvement.
KEYS, ROUNDS = 8, 6
#: Leading principal components that make a key, and levels of each.
COMPONENTS, BINS = 5, 14
#: Places of an area whose neighbours continue each other, at the least; and areas looked at.
LEAST, AREAS = 40, 12
#: Most points of an area that are handed on.
POINTS = 150


@dataclass
class Field:
    """For every place (h, w): the row and column of its nearest neighbour, and the distance."""

    y: NDArray[np.int32]
    x: NDArray[np.int32]
    distance: NDArray[np.float32]


def nearest(
    features: NDArray[np.float32],
    wanted: NDArray[np.bool_],
    step: Callable[[float], None],
) -> Field:
    """The field over every `STEP`-th row and column of (H, W, d) features.

    Parameters
    ----------
    features
        Features of each pixel, compared by Euclidean distance.
    wanted
        (H, W) bool: pixels worth matching.
    step
        Called with the share done in [0, 1]; may raise to stop.
    """
    height, width, _ = features.shape
    own_y, own_x = np.meshgrid(
        np.arange(0, height, STEP, dtype=np.int32),
        np.arange(0, width, STEP, dtype=np.int32),
        indexing="ij",
    )
    shape = own_y.shape
    here = np.flatnonzero(wanted[::STEP, ::STEP])
    sy, sx = own_y.ravel()[here], own_x.ravel()[here]
    own = features[sy, sx]
    y, x = sy.copy(), sx.copy()
    distance = np.full(here.size, np.inf, np.float32)
    # When the neighbour of each place last changed, and when each kind of offer was last made: an
    # offer that rests on unchanged neighbours was refused before and is not made again.
    changed, made, now = np.zeros(here.size, np.int32), dict[tuple[int, ...], int](), 1
    flat = features.reshape(-1, features.shape[2])

    def offer(ty: NDArray[np.int32], tx: NDArray[np.int32], at: NDArray[np.intp]) -> None:
        """Take the offered neighbours of the places `at` where they are nearer."""
        inside = (ty >= 0) & (tx >= 0) & (ty < height) & (tx < width)
        inside &= np.maximum(np.abs(ty - sy[at]), np.abs(tx - sx[at])) >= APART
        at, ty, tx = at[inside], ty[inside], tx[inside]
        difference = own[at] - flat[ty.astype(np.intp) * width + tx]
        new = np.einsum("ij,ij->i", difference, difference)
        better = new < distance[at]
        at = at[better]
        y[at], x[at], distance[at] = ty[better], tx[better], new[better]
        changed[at] = now

    everything = np.arange(here.size)
    index = np.full(shape, -1, np.int64)
    index.ravel()[here] = everything
    rng = np.random.default_rng(1)
    levels = _levels(flat, wanted)
    candidates = np.flatnonzero(wanted.ravel())
    for k in range(KEYS):
        step(0.4 * k / KEYS)
        key = _key(levels, rng)
        order = candidates[np.argsort(key[candidates], kind="stable")]
        rank = np.zeros(height * width, np.int64)
        rank[order] = np.arange(order.size)
        mine = rank[sy.astype(np.int64) * width + sx]
        for gap in (1, -1, 3, -3, 9, -9, 27, -27):
            other = order[np.clip(mine + gap, 0, order.size - 1)]
            ty, tx = np.divmod(other, width)
            offer(ty.astype(np.int32), tx.astype(np.int32), everything)
    rows, columns = np.divmod(here, shape[1])
    for k in range(ROUNDS):
        for jump in (1, 4, 2, 1):
            step(0.4 + 0.6 * (k + jump / 8) / ROUNDS)
            for dy, dx in ((0, jump), (0, -jump), (jump, 0), (-jump, 0)):
                first, last = _beside(index, rows, columns, dy, dx)
                for both in (False, True):
                    since, now = made.get((both, dy, dx), -1), now + 1
                    made[both, dy, dx] = now - 1
                    fresh = (first >= 0) & (changed[first] > since)
                    if both:
                        fresh |= (last >= 0) & (changed[last] > since)
                        fresh &= (first >= 0) & (last >= 0)
                    at, n, m = everything[fresh], first[fresh], last[fresh]
                    if not both:
                        offer(y[n] - dy * STEP, x[n] - dx * STEP, at)
                    else:
                        offer(2 * y[n] - y[m], 2 * x[n] - x[m], at)
        for reach in (8, 2, 1):
            down, right = rng.integers(-reach, reach + 1, (2, here.size), dtype=np.int32)
            offer(y + down, x + right, everything)
    field = Field(own_y.copy(), own_x.copy(), np.full(shape, np.inf, np.float32))
    for whole, part in ((field.y, y), (field.x, x), (field.distance, distance)):
        whole.ravel()[here] = part
    return field


def _beside(
    index: NDArray[np.int64],
    rows: NDArray[np.intp],
    columns: NDArray[np.intp],
    dy: int,
    dx: int,
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """The numbers of the places one and two jumps away; -1 where there is none."""
    result = []
    for k in (1, 2):
        r, c = rows + k * dy, columns + k * dx
        inside = (r >= 0) & (c >= 0) & (r < index.shape[0]) & (c < index.shape[1])
        number = np.full(rows.size, -1, np.int64)
        number[inside] = index[r[inside], c[inside]]
        result.append(number)
    return result[0], result[1]


def _levels(flat: NDArray[np.float32], wanted: NDArray[np.bool_]) -> NDArray[np.float32]:
    """The leading principal components of (n, d) features as ranks in [0, 1]; (n, COMPONENTS)."""
    sample = flat[np.flatnonzero(wanted.ravel())][::7].astype(np.float64)
    mean = np.asarray(sample.mean(axis=0))
    values, vectors = np.linalg.eigh(np.cov(sample, rowvar=False))
    base = np.asarray(vectors[:, np.argsort(-values, kind="stable")[:COMPONENTS]])
    # The sign of an eigenvector is arbitrary: fixed, so that both runtimes start alike.
    largest = np.take_along_axis(base, np.abs(base).argmax(axis=0)[None], axis=0)
    base = base * np.where(largest < 0, -1.0, 1.0)
    out = np.empty((flat.shape[0], base.shape[1]), np.float32)
    share = np.linspace(0, 1, 513)
    centred = (flat - mean.astype(np.float32)).astype(np.float64)
    for k in range(base.shape[1]):
        knots = np.asarray(np.quantile((sample - mean) @ base[:, k], share))
        out[:, k] = np.interp(centred @ base[:, k], knots, share)
    return out


def _key(levels: NDArray[np.float32], rng: np.random.Generator) -> NDArray[np.float64]:
    """A number per pixel that is near for like pixels: shifted bins of all components in turn."""
    order = rng.permutation(levels.shape[1])
    shift = rng.random((levels.shape[1],))
    key = np.zeros(levels.shape[0], np.float64)
    for k in order:
        key = key * (BINS + 1) + np.floor(levels[:, k] * BINS + shift[k])
    return key


def mappings(field: Field, wanted: NDArray[np.bool_]) -> list[Mapping]:
    """The affine mappings of areas whose neighbours continue each other, the largest first."""
    limit = STEP * 1.6 + 1
    near = np.isfinite(field.distance) & wanted[::STEP, ::STEP]
    smooth = near.copy()
    for axis in (0, 1):
        dy, dx = (np.diff(v.astype(np.float64), axis=axis) for v in (field.y, field.x))
        length = np.hypot(dy, dx)
        steady = (length <= limit) & (length >= STEP / 3)
        size = [(0, 0), (0, 0)]
        size[axis] = (0, 1)
        after = np.pad(steady, size)
        size[axis] = (1, 0)
        smooth &= after | np.pad(steady, size)
    labels, _ = ndimage.label(smooth)
    sizes = np.bincount(labels.ravel())
    sizes[0] = 0
    result = []
    for label in np.argsort(-sizes, kind="stable")[:AREAS]:
        if sizes[label] < LEAST:
            break
        r, c = np.nonzero(labels == label)
        source = np.stack((c, r), 1).astype(np.float64) * STEP
        target = np.stack((field.x[r, c], field.y[r, c]), 1).astype(np.float64)
        mapping = _fitted(source, target)
        if mapping is not None:
            result.append(mapping)
    return result


def _fitted(source: NDArray[np.float64], target: NDArray[np.float64]) -> Mapping | None:
    """Least squares over the points that agree, begun with the median shift of small parts."""
    agree = np.ones(len(source), bool)
    matrix: NDArray[np.float64] = np.eye(2, 3)
    for limit in (12.0, 5.0, 2.5, 2.5):
        if agree.sum() < LEAST:
            return None
        ones = np.column_stack((source[agree], np.ones(int(agree.sum()))))
        matrix = np.asarray(np.linalg.lstsq(ones, target[agree], rcond=None)[0].T, np.float64)
        away = np.linalg.norm(source @ matrix[:, :2].T + matrix[:, 2] - target, axis=1)
        agree = away < limit
    if agree.sum() < LEAST:
        return None
    kept = source[agree]
    return Mapping(matrix, kept[:: -(-len(kept) // POINTS)])
