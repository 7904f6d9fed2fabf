"""Match a picture's keypoints with each other, and find the mappings on which matches agree."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from telltale.detectors._shared.keypoints import LENGTH, Keypoints

#: A match is closer than this share of the distance to the `BACKGROUND`-th neighbour, and than
#: `CLOSE` times the length of a descriptor.
RATIO, CLOSE, BACKGROUND = 0.6, 0.45, 10
#: Matches nearer than this many pixels, or this many scales, are a texture with itself.
APART, APART_SCALES = 28.0, 7.0
#: Matches that must agree on a mapping, and the most matches, mappings and proposals looked at.
LEAST, MOST, MAPPINGS, PROPOSALS = 4, 1500, 8, 400
#: How far a match may lie from the place a mapping sends it to, in pixels.
TOLERANCE = 3.0
_CHUNK = 512


@dataclass(frozen=True, slots=True)
class Matches:
    """Pairs of places (M, 2) each in pixels, with what maps the first keypoint on the second.

    `scale` is the ratio of sizes, `angle` the rotation in radians, `mirror` whether flipped.
    """

    source: NDArray[np.float64]
    target: NDArray[np.float64]
    scale: NDArray[np.float64]
    angle: NDArray[np.float64]
    mirror: NDArray[np.bool_]

    def __len__(self) -> int:
        return len(self.source)

    def where(self, chosen: NDArray[np.bool_] | NDArray[np.intp]) -> Matches:
        """Those of the pairs."""
        return Matches(
            self.source[chosen],
            self.target[chosen],
            self.scale[chosen],
            self.angle[chosen],
            self.mirror[chosen],
        )


@dataclass(frozen=True, slots=True)
class Mapping:
    """An affine mapping of a part of the picture onto another: target = matrix @ (x, y, 1).

    `points` (K, 2) are places of the part in pixels that it was found from.
    """

    matrix: NDArray[np.float64]
    points: NDArray[np.float64]

    def to(self, points: NDArray[np.float64]) -> NDArray[np.float64]:
        """Where (..., 2) places go."""
        return points @ self.matrix[:, :2].T + self.matrix[:, 2]


def matches(points: Keypoints) -> Matches:
    """Pairs of distant places whose descriptors are distinctly closer than the usual neighbour.

    The ratio test of Lowe 2004 in the form that allows several copies (Amerini et al. 2011, g2NN):
    a neighbour counts when it is distinctly closer than the tenth.
    """
    rows: list[tuple[NDArray[np.intp], NDArray[np.intp], NDArray[np.float32], bool]] = []
    d = points.descriptors
    square = np.sum(d * d, axis=1)
    limit = np.float32((CLOSE * LENGTH) ** 2)
    for mirror, other in ((False, d), (True, points.mirrored)):
        for top in range(0, len(d), _CHUNK):
            # Whole numbers below 2^24: exact, and the same whatever library multiplies.
            distance = (
                square[top : top + _CHUNK, None] + square - 2 * (d[top : top + _CHUNK] @ other.T)
            )
            near = distance < limit
            # Every keypoint is near itself, so one neighbour is none.
            busy = np.flatnonzero(near.sum(axis=1) > (0 if mirror else 1))
            if busy.size:
                rows.append((*_accepted(points, busy + top, distance[busy]), mirror))
    if not rows:
        none = np.empty(0)
        return Matches(np.empty((0, 2)), np.empty((0, 2)), none, none, none.astype(bool))
    i, j, ratio = (np.concatenate([row[k] for row in rows]) for k in range(3))
    mirror_ = np.concatenate([np.full(row[0].size, row[3]) for row in rows])
    best = np.argsort(ratio, kind="stable")[:MOST]
    i, j, mirror_ = i[best], j[best], mirror_[best]
    turn = np.where(mirror_, points.angle[j] + points.angle[i], points.angle[j] - points.angle[i])
    found = Matches(points.xy[i], points.xy[j], points.scale[j] / points.scale[i], turn, mirror_)
    return _both_ways(found)


def _accepted(
    points: Keypoints, rows: NDArray[np.intp], distance: NDArray[np.float32]
) -> tuple[NDArray[np.intp], NDArray[np.intp], NDArray[np.float32]]:
    """(first, second, ratio) of the matches of some keypoints, given their squared distances."""
    xy, scale = points.xy.astype(np.float32), points.scale.astype(np.float32)
    across, down = (xy[rows, k, None] - xy[:, k] for k in range(2))
    least = np.maximum(APART, APART_SCALES * np.maximum(scale[rows, None], scale))
    near = across * across + down * down < least * least
    distance = np.where(near, np.float32(4 * LENGTH**2), distance)
    nearest = min(BACKGROUND, distance.shape[1] - 1)
    columns = np.argpartition(distance, nearest, axis=1)[:, : nearest + 1]
    values = np.take_along_axis(distance, columns, axis=1)
    background = values.max(axis=1, keepdims=True)
    ratio = values / background
    good = (ratio < RATIO**2) & (values < (CLOSE * LENGTH) ** 2)
    at, k = np.nonzero(good)
    return rows[at], columns[at, k], ratio[at, k]


def _both_ways(found: Matches) -> Matches:
    """Every pair in both directions, so that each copy shows as one mapping and its inverse."""
    back = np.where(found.mirror, found.angle, -found.angle)
    return Matches(
        np.concatenate((found.source, found.target)),
        np.concatenate((found.target, found.source)),
        np.concatenate((found.scale, 1 / found.scale)),
        np.concatenate((found.angle, back)),
        np.concatenate((found.mirror, found.mirror)),
    )


def mappings(found: Matches) -> list[Mapping]:
    """The mappings on which at least `LEAST` matches agree, most agreed first.

    Each oriented match proposes a whole similarity, so that all proposals are tried instead of
    random samples; the best is fitted again as an affine mapping by least squares, and its
    matches, in both directions, are taken out before the next.
    """
    result: list[Mapping] = []
    for _ in range(MAPPINGS):
        if len(found) < LEAST:
            break
        agree = _agreeing(found)
        if _places(found.source[agree]) < LEAST:
            break
        mapping = _fitted(found, agree)
        near = np.linalg.norm(mapping.to(found.source) - found.target, axis=1) < 3 * TOLERANCE
        if np.linalg.matrix_rank(mapping.matrix[:, :2], 0.1) == 2:
            inverse = _inverse(mapping)
            near |= np.linalg.norm(inverse.to(found.source) - found.target, axis=1) < 3 * TOLERANCE
            if _plausible(mapping) and _places(mapping.points) >= LEAST:
                result.append(mapping)
        found = found.where(~(near | agree))
    return result


def _agreeing(found: Matches) -> NDArray[np.bool_]:
    """The matches that agree with the best proposal."""
    cos, sin = found.scale * np.cos(found.angle), found.scale * np.sin(found.angle)
    flip = np.where(found.mirror, -1.0, 1.0)
    best, most = np.zeros(len(found), bool), 0
    for k in range(0, len(found), -(-len(found) // PROPOSALS)):
        step = found.source - found.source[k]
        x = cos[k] * step[:, 0] - flip[k] * sin[k] * step[:, 1]
        y = sin[k] * step[:, 0] + flip[k] * cos[k] * step[:, 1]
        away = np.hypot(
            x + found.target[k, 0] - found.target[:, 0], y + found.target[k, 1] - found.target[:, 1]
        )
        # A single keypoint's angle and scale are good to a few per cent.
        near = away < TOLERANCE + 0.06 * found.scale[k] * np.hypot(step[:, 0], step[:, 1])
        near &= found.mirror == found.mirror[k]
        near &= np.abs(np.log(found.scale / found.scale[k])) < 0.4
        number = int(near.sum())
        if number > most:
            best, most = near, number
    return best


def _fitted(found: Matches, agree: NDArray[np.bool_]) -> Mapping:
    """An affine mapping (a similarity from few points) by least squares, refitted thrice."""
    matrix = np.eye(2, 3)
    for _ in range(3):
        source, target = found.source[agree], found.target[agree]
        matrix = _least_squares(source, target, bool(found.mirror[agree][0]))
        away = np.linalg.norm(source @ matrix[:, :2].T + matrix[:, 2] - target, axis=1)
        limit = max(TOLERANCE, float(np.median(away)))
        again = agree.copy()
        again[agree] = away <= limit
        if again.sum() < LEAST:
            break
        agree = again
    return Mapping(matrix, found.source[agree])


def _least_squares(
    source: NDArray[np.float64], target: NDArray[np.float64], mirror: bool
) -> NDArray[np.float64]:
    ones = np.ones((len(source), 1))
    if len(source) >= 8:
        affine = np.linalg.lstsq(np.hstack((source, ones)), target, rcond=None)[0]
        return np.asarray(affine.T, np.float64)
    # Four unknowns: x' = a x - b y + c, y' = b x + a y + d; y negated beforehand for a mirror.
    flip = -1.0 if mirror else 1.0
    x, y, zero = source[:, :1], flip * source[:, 1:], np.zeros_like(ones)
    equations = np.vstack((np.hstack((x, -y, ones, zero)), np.hstack((y, x, zero, ones))))
    a, b, c, d = np.linalg.lstsq(equations, target.T.ravel(), rcond=None)[0]
    return np.array([[a, -b * flip, c], [b, a * flip, d]])


def _inverse(mapping: Mapping) -> Mapping:
    linear = np.linalg.inv(mapping.matrix[:, :2])
    return Mapping(np.column_stack((linear, -linear @ mapping.matrix[:, 2])), mapping.points)


def _plausible(mapping: Mapping) -> bool:
    """Whether sizes change at most threefold, sheared by at most 1.6, and places move apart."""
    singular = np.linalg.svd(mapping.matrix[:, :2], compute_uv=False)
    moved = np.linalg.norm(mapping.to(mapping.points) - mapping.points, axis=1)
    fits = 1 / 3 < singular[1] <= singular[0] < 3 and singular[0] / singular[1] < 1.6
    return bool(fits and np.median(moved) > APART)


def _places(points: NDArray[np.float64]) -> int:
    """Number of different places, told apart by 4 pixels."""
    return len(np.unique(np.round(points / 4), axis=0))
