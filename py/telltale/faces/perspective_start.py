"""Starting points for perspective-n-point, from linear equations."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

#: Points whose smallest extent (squared) is below this share of the middle one lie in a plane,
#: for OpenCV.
_PLANAR = 1e-3


@dataclass(frozen=True, slots=True)
class Start:
    """A (3, 3) rotation and a (3,) translation."""

    rotation: NDArray[np.float64]
    translation: NDArray[np.float64]


def opencv(model: NDArray[np.float64], directions: NDArray[np.float64]) -> Start | None:
    """Where OpenCV's ITERATIVE starts: a homography for points in a plane, else the direct
    linear transformation. None for too few points.

    Parameters
    ----------
    model
        (n, 3) points.
    directions
        (n, 2) where they are seen, x/z and y/z.
    """
    if _on_a_line(model):
        return None
    centre = model.mean(0)
    _, extents, axes = np.linalg.svd((model - centre).T @ (model - centre))
    if extents[2] / extents[1] < _PLANAR:
        return _planar(model, directions, centre, axes) if len(model) >= 4 else None
    return _direct_linear(model, directions) if len(model) >= 6 else None


def orthographic(model: NDArray[np.float64], directions: NDArray[np.float64]) -> list[Start]:
    """The two scaled orthographic poses: the best fit, and its reversal in depth.

    D. F. DeMenthon and L. S. Davis, "Model-based object pose in 25 lines of code", IJCV 15,
    1995, section 3; D. Oberkampf et al., "Iterative pose estimation using coplanar feature
    points", CVIU 63, 1996, for the reversal.
    """
    if len(model) < 4 or _on_a_line(model):
        return []
    centre, middle = model.mean(0), directions.mean(0)
    # directions - middle = scale * first two rows of R @ (model - centre)
    rows = np.linalg.lstsq(model - centre, directions - middle, rcond=None)[0].T
    u, singular, vt = np.linalg.svd(rows, full_matrices=False)
    scale = float(singular.mean())
    if scale <= 0:
        return []
    first, second = u @ vt
    rotation = np.stack([first, second, np.cross(first, second)])
    reverse = np.diag([1.0, 1.0, -1.0])
    # Reversal in depth of the posed points, not of the model: about the plane of the picture
    # through the centre, and the model's least extended axis back to a rotation.
    axis = np.linalg.svd(model - centre)[2][2]
    mirror = np.eye(3) - 2 * np.outer(axis, axis)
    starts = []
    for candidate in (rotation, reverse @ rotation @ mirror):
        translation = np.array([*middle, 1.0]) / scale - candidate @ centre
        starts.append(Start(candidate, translation))
    return starts


def _on_a_line(model: NDArray[np.float64]) -> bool:
    extents = np.linalg.svd(model - model.mean(0), compute_uv=False)
    return bool(extents[1] <= 1e-6 * extents[0])


def _direct_linear(model: NDArray[np.float64], directions: NDArray[np.float64]) -> Start:
    """The 3 x 4 projection with the least algebraic error, and the rotation nearest to it.

    Its sign is chosen by the determinant, as OpenCV does, and not by the depth of the points.
    """
    n = len(model)
    points = np.column_stack([model, np.ones(n)])
    equations = np.zeros((2 * n, 12))
    equations[0::2, 0:4] = points
    equations[1::2, 4:8] = points
    equations[:, 8:12] = -directions.reshape(-1, 1) * np.repeat(points, 2, axis=0)
    projection = np.linalg.svd(equations.T @ equations)[2][-1].reshape(3, 4)
    if np.linalg.det(projection[:, :3]) < 0:
        projection = -projection
    u, _, vt = np.linalg.svd(projection[:, :3])
    scale = np.sqrt(3) / np.linalg.norm(projection[:, :3])
    return Start(u @ vt, projection[:, 3] * scale)


def _planar(
    model: NDArray[np.float64],
    directions: NDArray[np.float64],
    centre: NDArray[np.float64],
    axes: NDArray[np.float64],
) -> Start | None:
    """Pose of a plane from its homography (Hartley and Zisserman, section 8.1.1)."""
    if axes[0, 2] ** 2 + axes[1, 2] ** 2 < 1e-10:
        axes = np.eye(3)
    if np.linalg.det(axes) < 0:
        axes = -axes
    offset = -axes @ centre
    homography = _homography((model @ axes.T + offset)[:, :2], directions)
    if homography is None:
        return None
    lengths = np.linalg.norm(homography[:, :2], axis=0)
    columns = homography[:, :2] / lengths
    u, _, vt = np.linalg.svd(np.column_stack([columns, np.cross(columns[:, 0], columns[:, 1])]))
    rotation = u @ vt
    translation = homography[:, 2] * 2 / lengths.sum()
    return Start(rotation @ axes, rotation @ offset + translation)


def _homography(
    source: NDArray[np.float64], target: NDArray[np.float64]
) -> NDArray[np.float64] | None:
    """(3, 3) homography with entry [2, 2] = 1 (Hartley and Zisserman, algorithm 4.2)."""
    to_source, to_target = _normaliser(source), _normaliser(target)
    x, y = (source @ to_source[:2, :2].T + to_source[:2, 2]).T
    u, v = (target @ to_target[:2, :2].T + to_target[:2, 2]).T
    one, zero = np.ones_like(x), np.zeros_like(x)
    equations = np.concatenate(
        [
            np.column_stack([x, y, one, zero, zero, zero, -u * x, -u * y, -u]),
            np.column_stack([zero, zero, zero, x, y, one, -v * x, -v * y, -v]),
        ]
    )
    normalised = np.linalg.svd(equations)[2][-1].reshape(3, 3)
    homography = np.linalg.inv(to_target) @ normalised @ to_source
    if not np.isfinite(homography).all() or abs(homography[2, 2]) < 1e-12:
        return None
    return _refined_homography(homography / homography[2, 2], source, target)


def _refined_homography(
    homography: NDArray[np.float64], source: NDArray[np.float64], target: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Ten Gauss-Newton steps to the least distance in the target, while they help."""
    points = np.column_stack([source, np.ones(len(source))])

    def error(h: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        seen = points @ h.T
        return seen, seen[:, :2] / seen[:, 2:] - target

    seen, residuals = error(homography)
    for _ in range(10):
        jacobian = np.zeros((len(points), 2, 9))
        for axis in (0, 1):
            jacobian[:, axis, 3 * axis : 3 * axis + 3] = points / seen[:, 2:]
            jacobian[:, axis, 6:] = -points * (seen[:, axis] / seen[:, 2] ** 2)[:, None]
        step = np.linalg.lstsq(jacobian[..., :8].reshape(-1, 8), residuals.ravel(), rcond=None)[0]
        moved = homography - np.append(step, 0.0).reshape(3, 3)
        new_seen, new_residuals = error(moved)
        if not np.linalg.norm(new_residuals) < np.linalg.norm(residuals):
            break
        homography, seen, residuals = moved, new_seen, new_residuals
    return homography


def _normaliser(points: NDArray[np.float64]) -> NDArray[np.float64]:
    """(3, 3) similarity that moves the mean to 0 and the mean distance to sqrt(2)."""
    mean = points.mean(0)
    distance = float(np.linalg.norm(points - mean, axis=1).mean())
    scale = np.sqrt(2) / max(distance, 1e-300)
    return np.array([[scale, 0, -scale * mean[0]], [0, scale, -scale * mean[1]], [0, 0, 1]])
