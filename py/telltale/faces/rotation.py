"""Rotations: Rodrigues vectors, their derivative, and the angle between two rotations."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

_SMALL = 1e-8


def cross_matrix(vector: NDArray[np.floating]) -> NDArray[np.float64]:
    """(3, 3) matrix [v]x with [v]x w = v x w."""
    x, y, z = (float(v) for v in vector)
    return np.array([[0.0, -z, y], [z, 0.0, -x], [-y, x, 0.0]])


def matrix(vector: NDArray[np.floating]) -> NDArray[np.float64]:
    """Rotation matrix of a Rodrigues vector: direction is the axis, length the angle in radians."""
    vector = np.asarray(vector, np.float64)
    angle = float(np.linalg.norm(vector))
    if angle < _SMALL:
        return np.eye(3) + cross_matrix(vector)
    axis = vector / angle
    cos, sin = math.cos(angle), math.sin(angle)
    return cos * np.eye(3) + (1 - cos) * np.outer(axis, axis) + sin * cross_matrix(axis)


def vector(rotation: NDArray[np.floating]) -> NDArray[np.float64]:
    """Rodrigues vector, of length at most pi, of the rotation nearest to a (3, 3) matrix."""
    u, _, vt = np.linalg.svd(np.asarray(rotation, np.float64))
    r = u @ vt
    skew = np.array([r[2, 1] - r[1, 2], r[0, 2] - r[2, 0], r[1, 0] - r[0, 1]])
    sin = float(np.linalg.norm(skew)) / 2
    cos = (float(np.trace(r)) - 1) / 2
    angle = math.atan2(sin, cos)
    if sin >= 1e-5:
        return skew * (angle / (2 * sin))
    if cos > 0:
        return skew / 2
    # A half turn: R + I = 2 a a', and any column of it points along the axis a.
    columns = (r + r.T) / 2 + np.eye(3)
    axis = columns[:, int(np.argmax(np.diag(columns)))]
    axis = axis / np.linalg.norm(axis)
    # Of the two axes the one that turns the same way, or else the first half of the sphere.
    sign = float(axis @ skew) or next(float(a) for a in axis if abs(a) > _SMALL)
    return axis * math.copysign(angle, sign)


def derivative(vector: NDArray[np.floating]) -> NDArray[np.float64]:
    """(3, 3, 3) derivative of `matrix`: entry [i] is dR/dv_i.

    G. Gallego and A. Yezzi, "A compact formula for the derivative of a 3-D rotation in
    exponential coordinates", J. Math. Imaging and Vision 51, 2015, eq. 9.
    """
    vector = np.asarray(vector, np.float64)
    square = float(vector @ vector)
    identity = np.eye(3)
    if square < _SMALL**2:
        return np.stack([cross_matrix(e) for e in identity])
    r = matrix(vector)
    x, y, z = vector
    a, b, c = identity - r
    # the cross products of the vector with the columns, as matrices; np.cross costs ten times this
    u, v, w = y * c - z * b, z * a - x * c, x * b - y * a
    none = np.zeros(3)
    crossed = np.array([[none, -w, v], [w, none, -u], [-v, u, none]]).transpose(2, 0, 1)
    parts = vector[:, None, None] * cross_matrix(vector) + crossed
    return np.asarray(parts @ r / square)


def geodesic_angle(first: NDArray[np.floating], second: NDArray[np.floating]) -> float:
    """The angle in [0, pi] radians of the rotation between two rotation matrices."""
    between = np.asarray(first, np.float64).T @ np.asarray(second, np.float64)
    skew = [
        between[2, 1] - between[1, 2],
        between[0, 2] - between[2, 0],
        between[1, 0] - between[0, 1],
    ]
    # The sine keeps small angles exact, where the arc cosine of the trace loses half the digits.
    return math.atan2(float(np.linalg.norm(skew)), float(np.trace(between)) - 1)
