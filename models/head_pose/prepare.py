"""Faces with pose labels: real training faces, new views of them, and the teacher's opinion.

    python -m models.head_pose.prepare --cache CACHE --teacher FOLDER

The teacher is FSA-Net (two ONNX files, MIT; T.-Y. Yang et al., CVPR 2019), asked at three
framings and their mirror images. A view's label is the mean of what geometry says (the turn
composed with the pose of the original) and of what the teacher says of the view: the mesh is
flatter than a head, the teacher shrinks large angles, and neither alone is right.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from models.head_pose.views import rotation, turn
from models.training.face_chain import reduce_face
from models.training.face_crops import Faces
from telltale.detectors._shared.head_pose_tests import angles
from telltale.faces.landmarks import from_mesh

REALS = ("faces_real_lfw", "faces_real_ciplab", "faces_real_portraitseg", "ffhq_real_blachman")
#: Margins of the teacher's crop as shares of the landmarks' width and height: sides, top, bottom.
FRAMINGS = ((0.2, 0.4, 0.2), (0.3, 0.5, 0.2), (0.4, 0.6, 0.4))
STORED = 176
VIEWS = 3

Pixels = NDArray[np.uint8]
Points = NDArray[np.float32]
Teacher = Callable[[Pixels], NDArray[np.float64]]


def load_teacher(folder: Path) -> Teacher:
    """(n, 64, 64, 3) RGB uint8 -> (n, 3) yaw, pitch, roll in degrees, mean of the two networks."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads, options.log_severity_level = 1, 3
    sessions = [
        onnxruntime.InferenceSession(str(path), options) for path in sorted(folder.glob("*.onnx"))
    ]

    def ask(images: Pixels) -> NDArray[np.float64]:
        values = (images[..., ::-1].transpose(0, 3, 1, 2).astype(np.float32) - 127.5) / 128
        rows = [[s.run(None, {"input": v[None]})[0][0] for v in values] for s in sessions]
        return np.mean(rows, 0, dtype=np.float64)

    return ask


def scripted_teacher(images: Pixels) -> NDArray[np.float64]:
    """A stand-in for smoke runs: some angles that depend on the picture."""
    means = images.reshape(len(images), -1, 3).mean(1)
    return np.asarray((means - 128) / 10, np.float64)


def opinion(teacher: Teacher, pixels: Pixels, landmarks: Points) -> NDArray[np.float64]:
    """(3,) the teacher's yaw, pitch, roll, averaged over framings and mirror images."""
    low, high = landmarks.min(0), landmarks.max(0)
    w, h = high - low
    image, crops = Image.fromarray(pixels), []
    for side, top, bottom in FRAMINGS:
        box = (low[0] - side * w, low[1] - top * h, high[0] + side * w, high[1] + bottom * h)
        crop = image.crop(tuple(round(float(v)) for v in box))
        crops.append(np.asarray(crop.resize((64, 64), Image.Resampling.BILINEAR)))
    plain = teacher(np.stack(crops)).mean(0)
    mirrored = teacher(np.stack([c[:, ::-1] for c in crops])).mean(0)
    return np.asarray((plain + mirrored * [-1, 1, -1]) / 2)


def prepare(faces: Faces, teacher: Teacher, folder: Path, seed: int = 5) -> None:
    """Write `poses.npz` (labels, landmarks, sizes, splits) and `poses.npy` (square crops)."""
    crops, labels, points, splits = [], [], [], []
    for split in ("train", "val"):
        for index in faces.where(split, *REALS):
            rng = np.random.default_rng((seed, index))
            cut = reduce_face(
                faces.pixels(index), faces.landmarks[index], faces.mesh[index], 96, room=1.9
            )
            scale = float(np.ptp(cut.landmarks, 0).max() / np.ptp(faces.landmarks[index], 0).max())
            solid = faces.mesh[index] * scale
            solid[:, :2] += cut.landmarks.mean(0) - faces.landmarks[index].mean(0) * scale
            base = opinion(teacher, cut.pixels, cut.landmarks)
            views = [(cut.pixels, cut.landmarks, base)]
            for _ in range(VIEWS if split == "train" else 0):
                turned = rotation(float(rng.uniform(-35, 35)), float(rng.uniform(-22, 22)), 0)
                pixels, mesh = turn(cut.pixels, solid, turned)
                landmarks = from_mesh(mesh)[:, :2]
                seen = opinion(teacher, pixels, landmarks)
                views.append((pixels, landmarks, ((angles(turned @ rotation(*base))) + seen) / 2))
            for pixels, landmarks, label in views:
                square = np.zeros((STORED, STORED, 3), np.uint8)
                part = pixels[:STORED, :STORED]
                square[: part.shape[0], : part.shape[1]] = part
                crops.append(square)
                labels.append(label)
                points.append(landmarks)
                splits.append(split)
    np.save(folder / "poses.npy", np.stack(crops))
    np.savez(folder / "poses.npz", labels=np.stack(labels), points=np.stack(points))
    (folder / "poses.json").write_text(json.dumps(splits), "utf-8")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cache", type=Path, required=True)
    parser.add_argument("--teacher", type=Path, required=True)
    options = parser.parse_args()
    prepare(Faces(options.cache), load_teacher(options.teacher), options.cache)


if __name__ == "__main__":
    main()
