"""Perspective-n-point: the pose of known 3-D points from their picture.

Two solvers. `solve_iterative` computes what OpenCV's `solvePnP(..., SOLVEPNP_ITERATIVE)` computes
without distortion, its wrong branches included: the published head-pose test was trained on them.
`solve` adds what that one lacks: more than one starting point, points in front of the camera, the
best of all, and its covariance.

R. Hartley and A. Zisserman, "Multiple View Geometry in Computer Vision", 2nd ed., sections 7.1
(direct linear transformation) and A6.2 (Levenberg-Marquardt).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from telltale.faces import perspective_start, rotation
from telltale.faces.perspective_start import Start

#: OpenCV stops after this many steps, or where a step changes the pose by less than this share.
_OPENCV_STEPS = 20
_OPENCV_CHANGE = float(np.finfo(np.float32).eps)
#: The same two limits for `solve`.
_CONVERGED = (100, 1e-12)


class PoseError(ValueError):
    """The points do not determine a pose."""


@dataclass(frozen=True, slots=True)
class Camera:
    """A pinhole camera: focal length and principal point in pixels."""

    focal: float
    x: float
    y: float

    @classmethod
    def guess(cls, width: int, height: int) -> Camera:
        """The usual guess for an unknown camera: the focal length is the picture's width, the
        axis goes through its middle (a horizontal field of view of 53 degrees)."""
        return cls(float(width), width / 2, height / 2)

    def normalise(self, pixels: NDArray[np.floating]) -> NDArray[np.float64]:
        """(n, 2) pixels as directions x/z, y/z."""
        return (np.asarray(pixels, np.float64) - [self.x, self.y]) / self.focal


@dataclass(frozen=True, slots=True)
class Pose:
    """X_camera = rotation X_model + translation.

    Attributes
    ----------
    vector, translation
        (3,) float64: Rodrigues vector in radians, and the model's unit.
    error_px
        Root mean square distance in pixels between points and their projections.
    in_front
        Whether all points lie in front of the camera, as they must.
    covariance
        (6, 6) of vector and translation, scaled by the residuals; NaN for fewer than 4 points.
    """

    vector: NDArray[np.float64]
    translation: NDArray[np.float64]
    error_px: float
    in_front: bool
    covariance: NDArray[np.float64]

    @property
    def rotation(self) -> NDArray[np.float64]:
        """(3, 3) rotation matrix."""
        return rotation.matrix(self.vector)


def project(
    model: NDArray[np.floating],
    vector: NDArray[np.floating],
    translation: NDArray[np.floating],
    camera: Camera,
) -> NDArray[np.float64]:
    """(n, 2) pixels of (n, 3) model points."""
    seen = np.asarray(model, np.float64) @ rotation.matrix(vector).T + translation
    return camera.focal * seen[:, :2] / seen[:, 2:] + [camera.x, camera.y]


def solve_iterative(
    model: NDArray[np.floating], pixels: NDArray[np.floating], camera: Camera
) -> Pose:
    """The pose as OpenCV's ITERATIVE method finds it.

    Parameters
    ----------
    model
        (n, 3) points, n >= 6, or n >= 4 in a plane.
    pixels
        (n, 2) where they are seen.

    Raises
    ------
    PoseError
        For too few points, or points on a line.
    """
    points, seen = _checked(model, pixels)
    start = perspective_start.opencv(points, camera.normalise(seen))
    if start is None:
        raise PoseError(f"{len(points)} points do not determine a pose")
    parameters = _refine(points, seen, camera, start, _OPENCV_STEPS, _OPENCV_CHANGE)
    return _pose(points, seen, camera, parameters)


def solve(model: NDArray[np.floating], pixels: NDArray[np.floating], camera: Camera) -> Pose:
    """The pose with the smallest reprojection error and all points in front of the camera.

    Starts from the direct linear transformation and from both scaled orthographic poses (the
    one and its depth reversal), refines each to convergence, and keeps the best that sees the
    points in front; where none does, the best of all, with `in_front` false.

    Raises `PoseError` as `solve_iterative`.
    """
    points, seen = _checked(model, pixels)
    directions = camera.normalise(seen)
    linear = perspective_start.opencv(points, directions)
    starts = [linear] if linear is not None else []
    starts += perspective_start.orthographic(points, directions)
    if not starts:
        raise PoseError(f"{len(points)} points do not determine a pose")
    poses = [
        _pose(points, seen, camera, _refine(points, seen, camera, start, *_CONVERGED))
        for start in starts
    ]
    return min(poses, key=lambda pose: (not pose.in_front, pose.error_px))


def _checked(
    model: NDArray[np.floating], pixels: NDArray[np.floating]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    points = np.asarray(model, np.float64)
    seen = np.asarray(pixels, np.float64)
    if points.ndim != 2 or points.shape[1] != 3 or seen.shape != (len(points), 2):
        raise PoseError(f"points of shape {points.shape} and {seen.shape} do not belong together")
    if not (np.isfinite(points).all() and np.isfinite(seen).all()):
        raise PoseError("a point is not a number")
    return points, seen


def _residuals(
    model: NDArray[np.float64],
    pixels: NDArray[np.float64],
    camera: Camera,
    parameters: NDArray[np.float64],
) -> NDArray[np.float64]:
    return (project(model, parameters[:3], parameters[3:], camera) - pixels).ravel()


def _jacobian(
    model: NDArray[np.float64], camera: Camera, parameters: NDArray[np.float64]
) -> NDArray[np.float64]:
    """(2n, 6) derivative of the projections by Rodrigues vector and translation."""
    seen = model @ rotation.matrix(parameters[:3]).T + parameters[3:]
    moved = np.empty((len(model), 3, 6))
    moved[:, :, :3] = np.einsum("kij,nj->nik", rotation.derivative(parameters[:3]), model)
    moved[:, :, 3:] = np.eye(3)
    depth = seen[:, 2:, None]
    flat = (moved[:, :2] - seen[:, :2, None] / depth * moved[:, 2:]) / depth
    return camera.focal * flat.reshape(-1, 6)


def _refine(
    model: NDArray[np.float64],
    pixels: NDArray[np.float64],
    camera: Camera,
    start: Start,
    max_steps: int,
    change: float,
) -> NDArray[np.float64]:
    """Levenberg-Marquardt with the damping schedule of OpenCV's `CvLevMarq`: the diagonal times
    1 + 10^k, k from -3, up by one at a worse step, down by one at a better one."""
    parameters = np.concatenate([rotation.vector(start.rotation), start.translation])
    residuals = _residuals(model, pixels, camera, parameters)
    norm = float(np.linalg.norm(residuals))
    exponent = -3
    for _ in range(max_steps):
        jacobian = _jacobian(model, camera, parameters)
        normal, gradient = jacobian.T @ jacobian, jacobian.T @ residuals
        before = parameters
        while True:
            damped = normal + np.diag(np.diag(normal) * 10.0**exponent)
            parameters = before - np.linalg.lstsq(damped, gradient, rcond=None)[0]
            residuals = _residuals(model, pixels, camera, parameters)
            new_norm = float(np.linalg.norm(residuals))
            if not new_norm > norm:
                break
            exponent += 1
            if exponent > 16:
                break
        exponent = max(exponent - 1, -16)
        norm = new_norm
        if np.linalg.norm(parameters - before) < change * np.linalg.norm(before):
            break
    return parameters


def _pose(
    model: NDArray[np.float64],
    pixels: NDArray[np.float64],
    camera: Camera,
    parameters: NDArray[np.float64],
) -> Pose:
    residuals = _residuals(model, pixels, camera, parameters)
    depths = (model @ rotation.matrix(parameters[:3]).T + parameters[3:])[:, 2]
    freedom = residuals.size - 6
    covariance = np.full((6, 6), np.nan)
    if freedom > 0:
        jacobian = _jacobian(model, camera, parameters)
        variance = float(residuals @ residuals) / freedom
        covariance = variance * np.linalg.pinv(jacobian.T @ jacobian)
    return Pose(
        vector=parameters[:3],
        translation=parameters[3:],
        error_px=float(np.sqrt(np.mean(residuals**2) * 2)),
        in_front=bool((depths > 0).all()),
        covariance=covariance,
    )
