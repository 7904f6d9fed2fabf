"""Head poses: bins, both tests, and that the weights read a pose."""

from __future__ import annotations

import hashlib

import numpy as np
import pytest
from face_scenes import Answers, face, scene

from models.training.metrics import auc
from models.training.score_table import read, values
from telltale.detectors._shared import head_pose_tests as tests
from telltale.detectors._shared.stored import stored
from telltale.detectors.learned import head_pose as detector
from telltale.faces import perspective, rotation
from telltale.faces.canonical import POINTS
from telltale.faces.perspective import Camera
from telltale.runtime.context import Context
from telltale.runtime.inference import OnnxModels, read_zoo


def seen(yaw: float, pitch: float, roll: float, size: float = 1.0) -> np.ndarray:
    """(68, 2) landmarks of the canonical face at a pose, 60 cm from the camera."""
    x, y, z = np.radians([-pitch, yaw, roll])
    turns = [rotation.matrix(v) for v in ([x, 0, 0], [0, y, 0], [0, 0, z])]
    vector = rotation.vector(turns[0] @ turns[1] @ turns[2])
    camera = Camera(480.0 * size, 320 * size, 240 * size)
    return perspective.project(POINTS, vector, np.array([0.0, 0.0, 60.0]), camera)


def test_uniform_bins_mean_minus_one_and_a_half_degrees() -> None:
    assert tests.decode_bins(np.full((3, 66), 1 / 66)) == pytest.approx([-1.5] * 3)


def test_one_bin_means_its_angle() -> None:
    bins = np.zeros((1, 3, 66))
    bins[0, [0, 1, 2], [0, 33, 65]] = 1
    assert tests.decode_bins(bins)[0] == pytest.approx([-99, 0, 96])


@pytest.mark.parametrize("pose", [(0, 0, 0), (25, -10, 5), (-40, 15, -20)])
def test_a_consistent_face_has_one_pose_and_it_is_the_right_one(pose) -> None:
    found = tests.upright_poses(seen(*pose))
    # the camera differs from the one that saw the face, so the poses agree only nearly
    assert found.angle < 1.5
    assert tests.angles(found.whole.rotation) == pytest.approx(pose, abs=4)


def test_size_and_place_in_the_picture_change_nothing() -> None:
    points = seen(20, 5, 0)
    first = tests.upright_poses(points).features
    second = tests.upright_poses(points * 2.5 + [100, -30]).features
    assert second == pytest.approx(first, abs=1e-6)


def test_a_centre_that_points_elsewhere_is_seen() -> None:
    points = seen(0, 0, 0)
    turned = seen(15, 0, 0)
    points[17:] = turned[17:] - turned[17:].mean(0) + points[17:].mean(0)
    assert tests.upright_poses(points).angle > 8


def test_the_machine_equals_scikit_learn() -> None:
    svm = pytest.importorskip("sklearn.svm")
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(80, 12)), np.repeat([0, 1], 40)
    x[40:] += 0.7
    fitted = svm.SVC(C=1.0, gamma=1 / 12).fit(x, y)
    machine = {
        "mean": np.zeros(12),
        "scale": np.ones(12),
        "support": fitted.support_vectors_,
        "dual": fitted.dual_coef_[0],
        "intercept": fitted.intercept_[0],
        "gamma": 1 / 12,
    }
    ours = [tests.svm_decision(row, machine) for row in x]
    assert ours == pytest.approx(fitted.decision_function(x), abs=1e-9)


def test_p_values_are_uniform_under_the_null_and_small_far_from_it() -> None:
    rng = np.random.default_rng(1)
    null = {
        "coefficients": np.zeros((4, 3)),
        "covariance": np.diag([4.0, 9.0, 1.0]),
        "distances": np.sort(rng.chisquare(3, 2000)),
    }
    landmarks = rng.normal(0, [2, 3, 1], (1000, 3))
    p = [tests.disagreement(np.zeros(3), row, null).p for row in landmarks]
    assert np.mean(np.array(p) < 0.05) == pytest.approx(0.05, abs=0.02)
    assert np.mean(p) == pytest.approx(0.5, abs=0.04)
    far = tests.disagreement(np.zeros(3), np.array([0.0, 0.0, 8.0]), null)
    assert far.p == pytest.approx(1 / 2001)
    assert far.distance == pytest.approx(64)


def test_frames_count_by_their_mean() -> None:
    null = {
        "coefficients": np.zeros((4, 3)),
        "covariance": np.eye(3),
        "distances": np.arange(1.0, 10.0),
    }
    frames = np.array([[3.0, 0, 0], [-3.0, 0, 0]])
    assert tests.disagreement(np.zeros((2, 3)), frames, null).distance == pytest.approx(0)


def test_it_reports_both_tests_and_never_more_than_a_weak_cue() -> None:
    bins = np.zeros((1, 3, 66), np.float32)
    bins[:, :, 33] = 1
    models = Answers(lambda image: {"bins": bins})
    finding = detector.run(scene(face(0, 300, 200, 120)), Context(models))
    assert models.seen[0].shape == (1, 3, 80, 80)
    facts = {fact.name: fact.value for fact in finding.facts}
    assert facts["yaw_network"] == 0
    assert 0 < facts["p_value"] <= 1
    assert facts["angle_central_to_whole"] < 5
    assert detector.CARD.weak
    assert finding.llr is None


def test_the_shipped_network_reads_a_real_pose_and_mirrors_it() -> None:
    from skimage.data import astronaut

    pixels = np.asarray(astronaut())
    points = face(0, 223, 122, 105).landmarks
    context = Context(OnnxModels(threads=1))
    pose = detector.network_pose(pixels, points, context)
    mirrored_points = points * [-1, 1] + [pixels.shape[1] - 1, 0]
    mirrored = detector.network_pose(
        np.ascontiguousarray(pixels[:, ::-1]), mirrored_points.astype(np.float32), context
    )
    assert np.abs(pose).max() < 40
    assert mirrored == pytest.approx(pose * [-1, 1, -1], abs=6)


def test_what_the_detector_says_was_measured_with_the_shipped_weights() -> None:
    folder = read_zoo()["head_pose"].folder
    digest = hashlib.sha256((folder / "model.onnx").read_bytes()).hexdigest()
    assert stored("head_pose")["model_sha256"] == digest
    judged = [e for e in read(folder / "scores_test.csv") if e.section != "cross_source"]
    assert {e.weights for e in judged} == {digest[:8]}
    reals = [e for e in judged if e.section == "test" and not e.fake]
    swapped = [e for e in judged if e.section == "test" and e.source == "faces_swap_lfw"]
    found = auc(values(reals, "model"), values(swapped, "model"))
    assert f" {found:.2f} (" in " ".join(stored("head_pose")["caveats"])
