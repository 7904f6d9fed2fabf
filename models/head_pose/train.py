"""Train `head_pose`: 66 bins of 3 degrees per angle, expectation, from the teacher's labels.

    python -m models.training.face_crops --data FOLDER --cache CACHE
    python -m models.head_pose.prepare --cache CACHE --teacher FOLDER
    python -m models.head_pose.train --cache CACHE [--smoke]

Loss of HopeNet: cross-entropy of the bins plus `ALPHA` times the squared error of the
expectation, per angle. Seeded and resumable (`--run` keeps the state).
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor, nn
from torch.nn import functional as F

from models.head_pose.network import BINS, SIDE, Exported, HeadPose
from models.head_pose.prepare import prepare, scripted_teacher
from models.head_pose.views import rotation
from models.training import smoke_faces
from models.training.augment import blur, jpeg
from models.training.export import export_onnx, write_self_test
from models.training.face_chain import ENHANCERS
from models.training.face_crops import Faces
from models.training.fit import Plan, batch_of, fit
from telltale.detectors._shared.head_pose_tests import angles
from telltale.faces.crops import hopenet

HERE = Path(__file__).resolve().parent
BATCH, ALPHA = 64, 0.02


class Poses:
    """What `prepare` wrote."""

    def __init__(self, folder: Path) -> None:
        self.pixels = np.load(folder / "poses.npy", mmap_mode="r")
        stored = np.load(folder / "poses.npz")
        self.labels, self.points = stored["labels"], stored["points"]
        splits = np.array(json.loads((folder / "poses.json").read_text("utf-8")))
        self.rows = {name: np.flatnonzero(splits == name) for name in ("train", "val")}


def sample(
    poses: Poses, index: int, rng: np.random.Generator
) -> tuple[NDArray[np.uint8], NDArray[np.float64]]:
    """An augmented crop and its yaw, pitch, roll: turned in the plane, mirrored, degraded."""
    landmarks, label = poses.points[index], poses.labels[index]
    image = Image.fromarray(poses.pixels[index])
    crop = hopenet(landmarks, float(rng.uniform(0.12, 0.3)))
    centre = np.array([crop.left + crop.right, crop.top + crop.bottom]) / 2
    width, height = crop.width * rng.uniform(0.95, 1.08), crop.height * rng.uniform(0.95, 1.08)
    centre = centre + rng.uniform(-0.05, 0.05, 2) * (width, height)
    roll = float(rng.normal(0, 12))
    c, s = np.cos(np.radians(roll)), np.sin(np.radians(roll))
    linear = np.array([[c, s], [-s, c]]) * (width / SIDE, height / SIDE)
    offset = centre - linear @ [SIDE / 2, SIDE / 2]
    matrix = (*linear[0], offset[0], *linear[1], offset[1])
    image = image.transform((SIDE, SIDE), Image.Transform.AFFINE, matrix, Image.Resampling.BILINEAR)
    for enhancer in ENHANCERS[:3]:
        image = enhancer(image).enhance(float(rng.uniform(0.6, 1.4)))
    if rng.random() < 0.1:
        image = image.convert("L").convert("RGB")
    pixels = blur(np.asarray(image), float(rng.uniform(0, 1)) if rng.random() < 0.3 else 0)
    if rng.random() < 0.3:
        pixels = jpeg(pixels, int(rng.integers(40, 95)))
    label = angles(rotation(0, 0, roll) @ rotation(*label))
    if rng.random() < 0.5:
        return np.ascontiguousarray(pixels[:, ::-1]), label * [-1, 1, -1]
    return pixels, label


def expectation(logits: Tensor) -> Tensor:
    """(n, 3) degrees of (n, 3, 66) logits: 3 times the mean bin, minus 99."""
    return torch.softmax(logits, 2) @ torch.arange(BINS, dtype=torch.float32) * 3 - 99


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cache", type=Path, required=True)
    parser.add_argument("--run", type=Path, help="folder of the resumable state")
    parser.add_argument("--out", type=Path, default=HERE, help="folder of model.onnx")
    parser.add_argument("--steps", type=int, default=600)
    parser.add_argument("--smoke", action="store_true", help="a few steps on a script-made cache")
    options = parser.parse_args(arguments)
    if options.smoke:
        smoke_faces.write(options.cache)
        prepare(Faces(options.cache), scripted_teacher, options.cache)
    poses = Poses(options.cache)
    size, steps = (8, 6) if options.smoke else (BATCH, options.steps)

    def batch(name: str, count: int, *seed: int) -> tuple[Tensor, Tensor]:
        rng = np.random.default_rng(seed)
        rows = poses.rows[name] if len(poses.rows[name]) else poses.rows["train"]
        drawn = [sample(poses, int(rng.choice(rows)), rng) for _ in range(count)]
        labels = np.stack([label for _, label in drawn])
        return batch_of(np.stack([p for p, _ in drawn])), torch.tensor(labels, dtype=torch.float32)

    held, truth = batch("val", 8 if options.smoke else 200, 999)

    @torch.no_grad()
    def validate(network: nn.Module) -> str:
        error = (expectation(network(held)) - truth).abs().mean(0)
        return "mean error against the teacher " + " ".join(f"{v:.2f}" for v in error)

    def loss(network: nn.Module, step: int) -> Tensor:
        images, labels = batch("train", size, 3, step)
        logits = network(images)
        bins = ((labels + 99) / 3).floor().clamp(0, BINS - 1).long()
        classes = F.cross_entropy(logits.flatten(0, 1), bins.flatten())
        return classes + ALPHA * (expectation(logits) - labels).square().mean()

    plan = Plan(steps, warm_up=max(1, steps // 20), report=6 if options.smoke else 100)
    torch.manual_seed(plan.seed)
    run = options.run or options.cache / "runs" / "head_pose"
    trained = fit(HeadPose(), loss, plan, run, validate)
    path = options.out / "model.onnx"
    export_onnx(
        Exported(trained.float().to(memory_format=torch.contiguous_format)),
        torch.rand(2, 3, SIDE, SIDE),
        path,
        inputs=("image",),
        outputs=("bins",),
    )
    write_self_test(path, {"image": {"shape": [1, 3, SIDE, SIDE], "range": [0.0, 1.0]}})


if __name__ == "__main__":
    main()
