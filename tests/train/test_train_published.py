"""Full-size networks by their papers' recipes: a miniature tree, two steps, an import."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

torch = pytest.importorskip("torch")

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "tests/py")]

from benchmark import trees  # noqa: E402
from models.published import train  # noqa: E402
from telltale.published import importer  # noqa: E402

pytestmark = [pytest.mark.train, pytest.mark.timeout(600)]


def faces(root: Path) -> None:
    """A FaceForensics++ tree of one training pair as extracted frames; the fake is blurred."""
    from PIL import ImageFilter
    from skimage import data

    (root / "splits").mkdir(parents=True)
    for split in ("train", "val", "test"):
        pairs = [["000", "001"]] if split == "train" else []
        (root / "splits" / f"{split}.json").write_text(json.dumps(pairs))
    portrait = Image.fromarray(data.astronaut()[:300, 80:380])
    for place, picture in (
        ("original_sequences/youtube/c23/images/000", portrait),
        (
            "manipulated_sequences/Deepfakes/c23/images/000_001",
            portrait.filter(ImageFilter.GaussianBlur(3)),
        ),
    ):
        (root / place).mkdir(parents=True)
        picture.save(root / place / "0000.png")


@pytest.mark.parametrize("network", ["meso4_deepfake", "faceforensics_xception"])
def test_a_network_of_faces_is_trained_goes_on_and_is_imported(
    network: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    torch.set_num_threads(1)
    monkeypatch.setenv("TELLTALE_MODELS", str(tmp_path / "library"))
    faces(tmp_path / "ff")
    work = tmp_path / "work"
    call = [network, "faceforensics", str(tmp_path / "ff"), "--work", str(work), "--batch", "2"]
    assert train.main([*call, "--steps", "1", "--frames", "1", "--device", "cpu"]) == 0
    assert len(list((work / "faces").iterdir())) == 2
    first = torch.load(work / f"{network}.pth", weights_only=True)
    assert train.main([*call, "--steps", "2", "--frames", "1", "--device", "cpu"]) == 0
    second = torch.load(work / f"{network}.pth", weights_only=True)
    assert (first["total_steps"], second["total_steps"]) == (1, 2)
    changed = [not torch.equal(first["model"][k], v) for k, v in second["model"].items()]
    assert any(changed)
    assert importer.import_file(network, work / f"{network}.pth").difference < 1e-4


def test_cnndetection_is_trained_on_unscaled_crops(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    torch.set_num_threads(1)
    for kind, fake in (("0_real", False), ("1_fake", True)):
        for k in range(2):
            trees.picture(tmp_path / "fs/train/car" / kind / f"{k}.png", fake, k)
    listing = train.prepare("cnndetection", "forensynths", tmp_path / "fs", tmp_path / "w", 1)
    assert len(train._rows(listing)) == 4
    losses = train.train("cnndetection", listing, tmp_path / "w/c.pth", 2, "cpu", 0, batch=2)
    assert len(losses) == 2
    assert np.isfinite(losses).all()
    monkeypatch.setenv("TELLTALE_MODELS", str(tmp_path / "library"))
    assert importer.import_file("cnndetection", tmp_path / "w/c.pth").difference < 1e-4
