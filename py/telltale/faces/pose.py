"""Pose from landmarks: perspective-n-point by direct linear transform and refinement.

`solve_iterative` gives what OpenCV's SOLVEPNP_ITERATIVE gives: the direct linear transform, the
nearest rotation, then Levenberg-Marquardt on the reprojection error from there, wherever that
start lies. `solve_upright` is the physically right variant: it also starts from a face that looks
at the camera and keeps the best pose in front of the camera.

Axes: x right, y down, z away from the camera. A pose (R, t) maps model points X to R X + t.

References
----------
R. Hartley, A. Zisserman, "Multiple View Geometry", 2nd ed., 2004, sections 7.1-7.2 and A6.2.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Pose:
    """`rotation` (3, 3), `translation` (3,) in the model's unit, `error` RMS in pixels."""

    rotation: Floats
    translation: Floats
    error: float


def camera(width: int, height: int) -> Floats:
    """(3, 3) matrix of a camera with focal length `width` px and its centre at half the size.

    The centre is rounded down, as in the reference program of Yang, Li and Lyu.
    """
    return np.array([[width, 0, width // 2], [0, width, height // 2], [0, 0, 1]], np.float64)


def rotation_of(vector: Floats) -> Floats:
    """(3, 3) rotation of a (3,) axis times angle in radians (Rodrigues)."""
    angle = float(np.linalg.norm(vector))
    if angle < 1e-12:
        return np.eye(3) + _cross(vector)
    axis = vector / angle
    skew = _cross(axis)
    return np.asarray(np.eye(3) + np.sin(angle) * skew + (1 - np.cos(angle)) * skew @ skew)


def vector_of(rotation: Floats) -> Floats:
    """(3,) axis times angle of a (3, 3) rotation; the inverse of `rotation_of`."""
    twice_sine = np.array(
        [
            rotation[2, 1] - rotation[1, 2],
            rotation[0, 2] - rotation[2, 0],
            rotation[1, 0] - rotation[0, 1],
        ]
    )
    sine = float(np.linalg.norm(twice_sine)) / 2
    cosine = (float(np.trace(rotation)) - 1) / 2
    angle = np.arctan2(sine, cosine)
    if sine > 1e-6:
        return np.asarray(twice_sine * (angle / (2 * sine)))
    if cosine > 0:
        return np.asarray(twice_sine / 2)
    # half a turn: the axis spans the eigenspace of 1
    columns = (rotation + np.eye(3)) / 2
    axis = columns[:, int(np.argmax(np.diag(columns)))]
    return np.asarray(axis / np.linalg.norm(axis) * angle)


def geodesic(first: Floats, second: Floats) -> float:
    """Angle in radians between two rotations."""
    cosine = (float(np.trace(first.T @ second)) - 1) / 2
    return float(np.arccos(np.clip(cosine, -1, 1)))


def project(points: Floats, pose: Pose, matrix: Floats) -> Floats:
    """(n, 2) pixels of (n, 3) model points."""
    seen = points @ pose.rotation.T + pose.translation
    return np.asarray(seen[:, :2] / seen[:, 2:] * matrix.diagonal()[:2] + matrix[:2, 2])


def solve_iterative(points: Floats, pixels: Floats, matrix: Floats) -> Pose:
    """The pose of (n, 3) model points seen at (n, 2) pixels, n >= 6, not in one plane.

    Raises ValueError for fewer points.
    """
    points, normal = _checked(points, pixels, matrix)
    return _refine(points, normal, matrix, *_direct_linear(points, normal))


def solve_upright(points: Floats, pixels: Floats, matrix: Floats) -> Pose:
    """The pose with the smallest error among those in front of the camera.

    Starts: the direct linear transform, and the frontal face at the distance that its size
    suggests. Raises ValueError for fewer than 6 points.
    """
    points, normal = _checked(points, pixels, matrix)
    spread = np.linalg.norm(normal - normal.mean(0)) / np.linalg.norm(
        points[:, :2] - points[:, :2].mean(0)
    )
    distance = 1 / max(float(spread), 1e-9)
    middle = np.append(normal.mean(0), 1) * distance - points.mean(0)
    starts = [(np.eye(3), middle), _direct_linear(points, normal)]
    poses = [_refine(points, normal, matrix, *start) for start in starts]
    ahead = [p for p in poses if (points @ p.rotation[2] + p.translation[2] > 0).all()]
    return min(ahead or poses, key=lambda pose: pose.error)


def _checked(points: Floats, pixels: Floats, matrix: Floats) -> tuple[Floats, Floats]:
    points = np.asarray(points, np.float64)
    if len(points) < 6 or points.shape != (len(pixels), 3):
        raise ValueError("a pose needs at least six model points and as many pixels")
    normal = (np.asarray(pixels, np.float64) - matrix[:2, 2]) / matrix.diagonal()[:2]
    return points, normal


def _direct_linear(points: Floats, normal: Floats) -> tuple[Floats, Floats]:
    """Rotation and translation from the smallest eigenvector of the linear system."""
    n = len(points)
    whole = np.column_stack([points, np.ones(n)])
    system = np.zeros((2 * n, 12))
    system[0::2, 0:4], system[1::2, 4:8] = whole, whole
    system[0::2, 8:12] = -normal[:, :1] * whole
    system[1::2, 8:12] = -normal[:, 1:] * whole
    _, vectors = np.linalg.eigh(system.T @ system)
    solution = vectors[:, 0].reshape(3, 4)
    if np.linalg.det(solution[:, :3]) < 0:
        solution = -solution
    linear = solution[:, :3]
    u, _, vt = np.linalg.svd(linear)
    scale = np.linalg.norm(linear)
    return np.asarray(u @ vt), np.asarray(solution[:, 3] * np.sqrt(3) / scale)


def _refine(
    points: Floats,
    normal: Floats,
    matrix: Floats,
    rotation: Floats,
    translation: Floats,
    rounds: int = 60,
) -> Pose:
    """Levenberg-Marquardt over a left increment of the rotation and the translation."""
    focal = matrix.diagonal()[:2]
    damping = 1e-3
    residual, jacobian = _linearise(points, normal, focal, rotation, translation)
    cost = float(residual @ residual)
    for _ in range(rounds):
        normal_matrix, gradient = jacobian.T @ jacobian, jacobian.T @ residual
        damped = normal_matrix + damping * np.diag(np.diag(normal_matrix))
        try:
            step = -np.linalg.solve(damped, gradient).astype(np.float64)
        except np.linalg.LinAlgError:
            damping *= 10
            continue
        trial = rotation_of(np.asarray(step[:3])) @ rotation, translation + step[3:]
        new_residual, new_jacobian = _linearise(points, normal, focal, *trial)
        new_cost = float(new_residual @ new_residual)
        if np.isfinite(new_cost) and new_cost <= cost:
            small = cost - new_cost <= 1e-14 * max(cost, 1e-300)
            (rotation, translation), residual, jacobian = trial, new_residual, new_jacobian
            cost, damping = new_cost, max(damping / 10, 1e-16)
            if small:
                break
        else:
            damping *= 10
            if damping > 1e12:
                break
    return Pose(rotation, translation, float(np.sqrt(cost / len(points))))


def _linearise(
    points: Floats, normal: Floats, focal: Floats, rotation: Floats, translation: Floats
) -> tuple[Floats, Floats]:
    """Residuals in pixels (2n,) and their Jacobian (2n, 6)."""
    turned = points @ rotation.T
    seen = turned + translation
    depth = np.where(np.abs(seen[:, 2]) < 1e-12, 1e-12, seen[:, 2])
    x, y = seen[:, 0] / depth, seen[:, 1] / depth
    residual = np.column_stack([(x - normal[:, 0]) * focal[0], (y - normal[:, 1]) * focal[1]])
    by_point = np.zeros((len(points), 2, 3))
    by_point[:, 0, 0] = focal[0] / depth
    by_point[:, 0, 2] = -focal[0] * x / depth
    by_point[:, 1, 1] = focal[1] / depth
    by_point[:, 1, 2] = -focal[1] * y / depth
    turn = -np.stack([_cross(p) for p in turned])
    jacobian = np.concatenate([by_point @ turn, by_point], 2)
    return residual.ravel(), jacobian.reshape(-1, 6)


def _cross(v: Floats) -> Floats:
    return np.array([[0, -v[2], v[1]], [v[2], 0, -v[0]], [-v[1], v[0], 0]])
