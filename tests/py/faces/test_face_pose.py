"""Pose from points: equal to OpenCV's iterative solver; in front of the camera where asked."""

from pathlib import Path

import numpy as np
import pytest
from pose_cases import CAMERA, CASES, KINDS, case

from telltale.faces import canonical, perspective, rotation
from telltale.faces.perspective import Camera, PoseError


def test_iterative_equals_opencv_on_a_thousand_poses():
    golden = np.load(Path(__file__).parent / "golden" / "pose.npz")["poses"]
    assert len(golden) == CASES
    behind = 0
    for number, row in enumerate(golden):
        points, pixels, _, _ = case(number)
        found = perspective.solve_iterative(points, pixels, CAMERA)
        assert rotation.geodesic_angle(found.rotation, rotation.matrix(row[:3])) < 1e-6, number
        assert np.linalg.norm(found.translation - row[3:]) < 1e-6 * np.linalg.norm(row[3:]), number
        behind += not found.in_front
    # Most faces with reversed depth end up behind the camera: that, too, is OpenCV's answer.
    assert behind > 0.9 * CASES / len(KINDS)


@pytest.mark.parametrize("kind", [0, 1, 3])
def test_solve_finds_the_pose_in_front_of_the_camera(kind):
    errors = []
    for number in range(kind, CASES, 5 * len(KINDS)):
        points, pixels, vector, _ = case(number)
        found = perspective.solve(points, pixels, CAMERA)
        assert found.in_front
        assert found.error_px <= perspective.solve_iterative(points, pixels, CAMERA).error_px + 1e-6
        errors.append(rotation.geodesic_angle(found.rotation, rotation.matrix(vector)))
    assert np.degrees(np.median(errors)) < 2


def test_solve_is_exact_without_noise():
    for number in (0, 16, 8, 4):  # central, whole, random, plane
        points, _, vector, translation = case(number)
        pixels = perspective.project(points, vector, translation, CAMERA)
        found = perspective.solve(points, pixels, CAMERA)
        assert rotation.geodesic_angle(found.rotation, rotation.matrix(vector)) < 1e-7
        np.testing.assert_allclose(found.translation, translation, rtol=1e-7)
        assert found.error_px < 1e-6


def test_solve_recovers_where_the_linear_start_lands_behind_the_camera():
    """The published test's central set with depth mirrored: hollow from in front, or behind."""
    points, pixels, _, _ = case(2)
    iterative = perspective.solve_iterative(points, pixels, CAMERA)
    found = perspective.solve(points, pixels, CAMERA)
    assert not iterative.in_front
    assert found.in_front
    assert found.translation[2] > 0


def test_covariance_predicts_the_spread_of_noisy_solutions():
    model = canonical.POINTS[36:]
    vector, translation = np.array([0.1, -0.4, 0.05]), np.array([1.0, -2.0, 60.0])
    clean = perspective.project(model, vector, translation, CAMERA)
    random = np.random.default_rng(0)
    found = [
        perspective.solve(model, clean + random.normal(size=clean.shape) * 0.5, CAMERA)
        for _ in range(60)
    ]
    spread = np.std([p.vector for p in found], axis=0)
    predicted = np.sqrt(np.mean([np.diag(p.covariance)[:3] for p in found], axis=0))
    np.testing.assert_allclose(spread, predicted, rtol=0.35)
    assert np.mean([p.error_px for p in found]) == pytest.approx(0.5 * np.sqrt(2), rel=0.1)


@pytest.mark.parametrize("angle", [0, 1e-12, 1e-9, 1e-4, 1.0, 3.0, np.pi - 1e-7, np.pi])
@pytest.mark.parametrize("axis", [(0.6, -0.48, 0.64), (0, 0, -1), (0, 1, 0), (-0.6, 0, 0.8)])
def test_rotation_vectors_go_there_and_back(angle, axis):
    matrix = rotation.matrix(np.array(axis) * angle)
    np.testing.assert_allclose(matrix @ matrix.T, np.eye(3), atol=1e-12)
    assert np.linalg.det(matrix) == pytest.approx(1)
    again = rotation.vector(matrix)
    assert np.linalg.norm(again) <= np.pi + 1e-9
    np.testing.assert_allclose(rotation.matrix(again), matrix, atol=1e-8)


@pytest.mark.parametrize("vector", [(0, 0, 0), (1e-9, 0, 0), (0.3, -0.2, 0.5), (2.0, 1.5, -1.0)])
def test_derivative_of_a_rotation(vector):
    vector = np.array(vector, float)
    step = 1e-6
    numeric = [
        (rotation.matrix(vector + step * e) - rotation.matrix(vector - step * e)) / (2 * step)
        for e in np.eye(3)
    ]
    np.testing.assert_allclose(rotation.derivative(vector), numeric, atol=1e-8)


def test_geodesic_angle():
    first = rotation.matrix(np.array([0.2, 0.1, -0.3]))
    assert rotation.geodesic_angle(first, first) == 0
    for angle in (1e-9, 0.7, np.pi):
        turned = first @ rotation.matrix(np.array([0, angle, 0]))
        assert rotation.geodesic_angle(first, turned) == pytest.approx(angle, rel=1e-6)


def test_what_does_not_determine_a_pose_is_refused():
    points, pixels, _, _ = case(0)
    with pytest.raises(PoseError, match="do not determine"):
        perspective.solve_iterative(points[:5], pixels[:5], CAMERA)
    line = np.outer(np.arange(8.0), [1, 2, 3])
    with pytest.raises(PoseError, match="do not determine"):
        perspective.solve_iterative(line, pixels[:8], CAMERA)
    with pytest.raises(PoseError, match="do not determine"):
        perspective.solve(line, pixels[:8], CAMERA)
    with pytest.raises(PoseError, match="belong together"):
        perspective.solve(points, pixels[:-1], CAMERA)
    with pytest.raises(PoseError, match="not a number"):
        perspective.solve(points, pixels * np.nan, CAMERA)


def test_guessed_camera():
    assert Camera.guess(641, 480) == Camera(641.0, 320.5, 240.0)
