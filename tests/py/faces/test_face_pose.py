"""Pose from landmarks: equal to OpenCV's iterative solver, right side up where it must be."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from telltale.faces import pose
from telltale.faces.canonical import POINTS

CASES = 1000
#: Yang, Li & Lyu's sets: central face, and the jaw with it.
CENTRAL = np.r_[17:36, 48, 54]
WHOLE = np.r_[0:36, 48, 54]


def case(number: int) -> tuple[np.ndarray, np.ndarray, np.ndarray, pose.Pose]:
    """A random pose, seen with half a pixel of noise; the model mirrored in depth or not."""
    rng = np.random.default_rng((7, number))
    points = POINTS[CENTRAL if number % 2 else WHOLE] * 10
    matrix = pose.camera(640, 480)
    rotation = pose.rotation_of(rng.normal(0, 0.4, 3))
    place = np.array([rng.uniform(-80, 80), rng.uniform(-60, 60), rng.uniform(400, 1200)])
    true = pose.Pose(rotation, place, 0.0)
    pixels = pose.project(points, true, matrix) + rng.normal(0, 0.5, (len(points), 2))
    return points * [1, 1, -1 if number % 4 < 2 else 1], pixels, matrix, true


def test_the_iterative_solver_equals_opencv_on_a_thousand_poses() -> None:
    golden = np.load(Path(__file__).parent / "golden" / "pose.npz")["poses"]
    assert len(golden) == CASES
    for number, row in enumerate(golden):
        points, pixels, matrix, _ = case(number)
        found = pose.solve_iterative(points, pixels, matrix)
        assert pose.geodesic(found.rotation, pose.rotation_of(row[:3])) < 1e-4, number
        assert np.linalg.norm(found.translation - row[3:]) < 1e-4 * np.linalg.norm(row[3:]), number


def test_the_upright_solver_finds_the_pose_in_front_of_the_camera() -> None:
    errors = []
    for number in range(2, CASES, 8):
        points, pixels, matrix, true = case(number)
        found = pose.solve_upright(points, pixels, matrix)
        assert found.translation[2] > 0
        errors.append(np.degrees(pose.geodesic(found.rotation, true.rotation)))
    assert max(errors) < 5
    assert np.median(errors) < 1


@pytest.mark.parametrize("angle", [0, 1e-9, 1e-4, 1.0, 3.0, np.pi - 1e-9, np.pi])
def test_rotation_vectors_go_there_and_back(angle: float) -> None:
    vector = np.array([0.6, -0.48, 0.64]) * angle
    rotation = pose.rotation_of(vector)
    assert np.allclose(rotation @ rotation.T, np.eye(3), atol=1e-12)
    again = pose.rotation_of(pose.vector_of(rotation))
    assert np.allclose(again, rotation, atol=1e-7)


def test_too_few_points_are_refused() -> None:
    with pytest.raises(ValueError, match="six"):
        pose.solve_iterative(POINTS[:5], POINTS[:5, :2], pose.camera(64, 64))
