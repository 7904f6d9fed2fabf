"""Face warping artifacts: regions, aggregation, and that the weights see a warped face."""

from __future__ import annotations

import hashlib

import numpy as np
import pytest
from face_scenes import Answers, face, scene
from PIL import Image, ImageFilter

from models.training.metrics import auc
from models.training.score_table import read, values
from telltale.detectors._shared.stored import stored
from telltale.detectors.learned import face_warping as detector
from telltale.runtime.context import Context
from telltale.runtime.inference import OnnxModels, read_zoo


def test_the_five_highest_regions_count() -> None:
    values = np.array([0.9, 0.1, 0.8, 0.0, 0.7, 0.2, 0.6, 0.3, 0.5, 0.4])
    assert detector.top_mean(values) == pytest.approx(0.7)


@pytest.mark.parametrize(
    ("frames", "expected"), [([0.3], 0.3), ([0.1, 0.9], 0.9), ([0.6, 0.0, 0.1, 0.2, 0.3, 0.4], 0.5)]
)
def test_the_highest_third_of_a_clip_counts(frames: list[float], expected: float) -> None:
    assert detector.video_score(np.array(frames)) == pytest.approx(expected)


def test_a_clip_without_frames_is_refused() -> None:
    with pytest.raises(ValueError, match="frames"):
        detector.video_score(np.array([]))


def test_ten_regions_of_each_face_and_the_highest_face_decides() -> None:
    def answer(images: np.ndarray) -> dict[str, np.ndarray]:
        assert images.shape == (10, 3, 112, 112)
        first = len(models.seen) == 1
        return {"probability": np.full(10, 0.2 if first else 0.7, np.float32)}

    models = Answers(answer)
    finding = detector.run(scene(face(0, 150, 200, 120), face(1, 420, 200, 100)), Context(models))
    assert [part.score for part in finding.parts] == pytest.approx([0.2, 0.7])
    assert finding.region.face == 1
    assert finding.score is not None
    assert finding.score.value == pytest.approx(0.7)


def test_a_face_warped_into_place_scores_higher_than_the_face_itself() -> None:
    from skimage.data import astronaut

    pixels, points = np.asarray(astronaut()), face(0, 223, 122, 105).landmarks
    image = Image.fromarray(pixels)
    box = (170, 60, 276, 185)
    small = image.crop(box).resize((40, 47)).filter(ImageFilter.GaussianBlur(1))
    image.paste(small.resize((106, 125)), box)
    context = Context(OnnxModels(threads=1))
    real = detector.examine(pixels, points, context).score
    warped = detector.examine(np.asarray(image), points, context).score
    assert warped > stored("face_warping")["threshold"]["value"] > real


def test_what_the_detector_says_was_measured_with_the_shipped_weights() -> None:
    folder = read_zoo()["face_warping"].folder
    digest = hashlib.sha256((folder / "model.onnx").read_bytes()).hexdigest()
    assert stored("face_warping")["model_sha256"] == digest
    judged = [e for e in read(folder / "scores_test.csv") if e.section != "cross_source"]
    assert {e.weights for e in judged} == {digest[:8]}
    reals = [e for e in judged if e.section == "test" and not e.fake]
    swapped = [e for e in judged if e.section == "test" and e.source == "faces_swap_lfw"]
    found = auc(values(reals, "model"), values(swapped, "model"))
    assert f" {found:.2f} (" in " ".join(stored("face_warping")["caveats"])
