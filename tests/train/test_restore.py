"""Training goes on from a shipped file; both pictures of a pair are made equally sharp."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

pytestmark = [pytest.mark.train, pytest.mark.timeout(600)]


def test_a_restored_network_answers_as_the_file_and_normalises_as_in_training() -> None:
    torch = pytest.importorskip("torch")
    import onnxruntime

    from models.face_manipulation.network import Exported, FaceManipulation
    from models.training.restore import measure, normalised, restore

    path = ROOT / "models/face_manipulation/round_4.onnx"
    network = FaceManipulation()
    restore(network, path, "network.")
    generator = torch.Generator().manual_seed(1)
    batches = [torch.rand(6, 3, 128, 128, generator=generator) for _ in range(3)]
    expected = onnxruntime.InferenceSession(path).run(None, {"image": batches[0].numpy()})

    def answers() -> list[np.ndarray]:
        with torch.no_grad():
            return [out.numpy() for out in Exported(network).eval()(batches[0])]

    for ours, theirs in zip(answers(), expected, strict=True):
        assert np.abs(ours - theirs).max() < 1e-4
    measure(network, batches, network)
    for ours, theirs in zip(answers(), expected, strict=True):
        assert np.abs(ours - theirs).max() < 1e-4
    # in training mode, on all that was measured, batch statistics are the stored ones
    _, first = normalised(network)[0]
    before = first.running_mean.clone(), first.running_var.clone()
    network.train()
    first.momentum = 1.0
    with torch.no_grad():
        network(torch.cat(batches))
    assert torch.allclose(first.running_mean, before[0], atol=1e-4)
    assert torch.allclose(first.running_var, before[1], rtol=1e-3)


def test_a_file_of_another_network_is_refused() -> None:
    pytest.importorskip("torch")
    from models.face_manipulation.network import FaceManipulation
    from models.training.restore import restore

    with pytest.raises(ValueError, match="folded convolutions"):
        restore(FaceManipulation(), ROOT / "models/generated_image/model.onnx")
    with pytest.raises(ValueError, match="does not hold map"):
        restore(FaceManipulation(), ROOT / "models/face_warping/model.onnx", "network.")


def test_a_soft_picture_becomes_as_sharp_as_another_of_another_size() -> None:
    pytest.importorskip("scipy")
    from skimage.data import astronaut

    from models.training.augment import blur, give_profile, radial_profile

    face = np.asarray(astronaut())[20:180, 160:320]
    other = np.asarray(astronaut())[300:420, 30:150]

    def sharpness(pixels: np.ndarray) -> float:
        profile = radial_profile(pixels)
        return float(np.log(profile[8:16].sum() / profile[:3].sum()))

    soft = blur(face, 0.7)
    assert sharpness(face) - sharpness(soft) > 0.6
    wanted = sharpness(other)
    for picture in (face, soft):
        found = sharpness(give_profile(picture, radial_profile(other)))
        assert abs(found - wanted) < 0.3
    unchanged = give_profile(face, radial_profile(face)).astype(int)
    assert np.abs(unchanged - face).max() <= 1
