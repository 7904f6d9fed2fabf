"""The face-manipulation test: when it applies, what it reports, and that the weights work."""

from __future__ import annotations

import hashlib

import numpy as np
import pytest
from face_scenes import Answers, face, scene

from models.training.metrics import auc
from models.training.score_table import read, values
from telltale.detectors._shared.stored import stored
from telltale.detectors.learned import face_manipulation as detector
from telltale.runtime.context import Context
from telltale.runtime.inference import OnnxModels, read_zoo


def brighter_is_faker(images: np.ndarray) -> dict[str, np.ndarray]:
    level = float(images.mean())
    rest = (1 - level) / 3
    n = len(images)
    return {
        "probabilities": np.array([[rest, level, rest, rest]] * n, np.float32),
        "embedding": np.eye(1, 128, dtype=np.float32).repeat(n, 0),
        "map": np.full((n, 16, 16), level, np.float32),
    }


def test_the_most_suspicious_face_decides_and_small_ones_say_why_not() -> None:
    faces = face(0, 150, 200, 120), face(1, 420, 200, 100), face(2, 550, 60, 30)
    here = scene(*faces)
    pixels = np.array(here.media.pixels)
    pixels[:, 300:] = np.minimum(pixels[:, 300:], 155) + 100
    models = Answers(brighter_is_faker)
    brighter = type(here.media)(
        **{
            name: getattr(here.media, name)
            for name in here.media.__dataclass_fields__
            if name != "pixels"
        },
        pixels=pixels,
    )
    finding = detector.run(type(here)(brighter, faces), Context(models))
    assert finding.status == "ok"
    assert finding.region.face == 1
    scores = [part.score for part in finding.parts]
    assert finding.score is not None
    assert finding.score.value == scores[1] > scores[0]
    assert scores[2] is None
    assert finding.parts[2].reason == "face_too_small"
    assert finding.embedding is not None
    assert finding.llr is None
    assert len(models.seen) == len(finding.maps) == 2


def test_the_network_sees_the_square_of_faceforensics() -> None:
    models = Answers(brighter_is_faker)
    here = scene(face(0, 300, 200, 100))
    finding = detector.run(here, Context(models))
    assert models.seen[0].shape == (2, 3, 128, 128)
    assert np.array_equal(models.seen[0][0], models.seen[0][1, :, :, ::-1])
    assert 0 <= models.seen[0].min() < models.seen[0].max() <= 1
    box = finding.maps[0].box
    assert box is not None
    assert box.w == box.h == pytest.approx(130, abs=2)
    assert (box.x + box.w / 2, box.y + box.h / 2) == pytest.approx((300, 200), abs=2)


def test_log_odds_and_the_named_kind() -> None:
    probabilities = np.array([0.2, 0.1, 0.1, 0.6], np.float32)
    found = detector.Examination(None, probabilities, np.zeros(128), np.zeros((16, 16)))  # type: ignore[arg-type]
    assert found.logit == pytest.approx(np.log(4))
    assert found.kind == "synthesis"


@pytest.mark.parametrize(
    ("here", "code"),
    [
        (scene(), "no_face"),
        (scene(face(0, 300, 200, 40)), "face_too_small"),
        (scene(face(0, 300, 200, 100, yaw_deg=75.0)), "face_turned_away"),
        (scene(face(0, 300, 200, 100), quality=20), "compressed_too_much"),
    ],
)
def test_it_says_why_it_does_not_apply(here, code: str) -> None:
    why = detector.applicable(here)
    assert why is not None
    assert why.code == code


def test_it_applies_to_a_face_of_good_size() -> None:
    assert detector.applicable(scene(face(0, 300, 200, 100), quality=80)) is None


def test_the_shipped_network_passes_its_self_test_and_knows_a_real_face() -> None:
    models = OnnxModels(threads=1)
    pixels = np.asarray(__import__("skimage.data").data.astronaut())
    points = face(0, 223, 122, 105).landmarks
    found = detector.examine(pixels, points, Context(models))
    assert found.probabilities.sum() == pytest.approx(1, abs=1e-4)
    assert np.linalg.norm(found.embedding) == pytest.approx(1, abs=1e-4)
    assert found.logit < stored("face_manipulation")["threshold"]["value"]


def test_a_mirrored_face_gets_the_same_answer_and_the_mirrored_map() -> None:
    pixels = np.asarray(__import__("skimage.data").data.astronaut())
    points, context = face(0, 223, 122, 105).landmarks, Context(OnnxModels(threads=1))
    mirrored = np.ascontiguousarray(pixels[:, ::-1])
    points_mirrored = points * [-1, 1] + [pixels.shape[1], 0]
    found = detector.examine(pixels, points, context)
    other = detector.examine(mirrored, points_mirrored, context)
    assert other.logit == pytest.approx(found.logit, abs=0.3)
    assert np.abs(other.map[:, ::-1] - found.map).mean() < 0.05
    assert found.embedding @ other.embedding > 0.95


def test_what_the_detector_says_was_measured_with_the_shipped_weights() -> None:
    folder = read_zoo()["face_manipulation"].folder
    digest = hashlib.sha256((folder / "model.onnx").read_bytes()).hexdigest()
    assert stored("face_manipulation")["model_sha256"] == digest
    judged = [e for e in read(folder / "scores_test.csv") if e.section != "cross_source"]
    assert {e.weights for e in judged} == {digest[:8]}
    reals = [e for e in judged if e.section == "test" and not e.fake]
    swapped = [e for e in judged if e.section == "test" and e.source == "faces_swap_lfw"]
    found = auc(values(reals, "model"), values(swapped, "model"))
    assert f" {found:.2f} (" in " ".join(stored("face_manipulation")["caveats"])
