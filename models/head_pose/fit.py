"""Fit what stands behind the network of `head_pose`: the support vector machine and the null.

    python -m models.head_pose.fit --cache CACHE

Landmarks are found again on every face after the equalised chain, real and fake alike, as the
product would find them. Writes `tests.json` (plain arrays) beside the network.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.training import blending
from models.training.augment import Pixels
from models.training.face_chain import Cut, to_side
from models.training.face_crops import Faces
from models.training.face_tests import FileModels, compress, equalise
from telltale.detectors._shared.head_pose_tests import Poses, angles, upright_poses
from telltale.detectors.learned.head_pose import SIDE, network_pose
from telltale.faces import landmarks as landmarks68
from telltale.faces import mesh
from telltale.faces.crops import hopenet
from telltale.runtime.context import Arrays, Context
from telltale.runtime.inference import OnnxModels

HERE = Path(__file__).resolve().parent
REALS = ("faces_real_lfw", "faces_real_ciplab", "faces_real_portraitseg", "ffhq_real_blachman")
SWAPS = ("faces_swap_lfw",)

Floats = NDArray[np.float64]


class BothModels:
    """The network of a file for `head_pose`, the zoo for the face mesh."""

    def __init__(self, path: Path) -> None:
        self._own, self._zoo = FileModels("head_pose", path), OnnxModels(threads=1)

    def available(self, model: str) -> bool:
        return model == "head_pose" or self._zoo.available(model)

    def run(self, model: str, inputs: Arrays) -> dict[str, NDArray[np.float32]]:
        return (self._own if model == "head_pose" else self._zoo).run(model, inputs)

    def used(self) -> list[dict[str, Any]]:
        return self._zoo.used()


@dataclass(frozen=True, slots=True)
class Read:
    """Poses of one face: from landmarks found anew, and (3,) yaw, pitch, roll of the network.

    `crop` (80, 80, 3) uint8 is what the network saw.
    """

    source: str
    name: str
    poses: Poses
    network: Floats
    crop: Pixels

    @property
    def landmarks(self) -> Floats:
        return angles(self.poses.whole.rotation)


def read(
    faces: Faces,
    rows: Sequence[int],
    context: Context,
    made: bool = False,
    change: Callable[[Pixels], Pixels] | None = None,
) -> list[Read]:
    """Poses of faces after the equalised chain; `made` blends a donor's inner face in before.

    `change` is an operation of the laundering grid instead of the chain's JPEG.
    """
    out = []
    for index in rows:
        cut, rng = equalise(faces, index)
        pixels = _swapped(faces, index, cut, rng) if made else cut.pixels
        changed = compress(pixels, rng) if change is None else change(pixels)
        grown = changed.shape[0] / pixels.shape[0]
        pixels = changed
        shift = cut.landmarks.mean(0) - faces.landmarks[index].mean(0)
        scale = np.ptp(cut.landmarks) / np.ptp(faces.landmarks[index])
        solid = faces.mesh[index].copy()
        solid[:, :2] = (
            (solid[:, :2] - faces.landmarks[index].mean(0)) * scale
            + faces.landmarks[index].mean(0)
            + shift
        )
        solid *= grown
        found = mesh.find_points(context.models, pixels, mesh.region_of_points(solid))
        points = landmarks68.from_mesh(found.points)[:, :2]
        item = faces.rows[index]
        seen = network_pose(pixels, points, context)
        source = "swap" if made else item.source
        crop = to_side(hopenet(points).of(pixels), SIDE)
        out.append(Read(source, item.name, upright_poses(points), seen, crop))
    return out


def _swapped(faces: Faces, index: int, cut: Cut, rng: np.random.Generator) -> Pixels:
    others = faces.where(faces.rows[index].split, *REALS)
    donor, _ = equalise(faces, int(rng.choice(others)))
    return blending.swap(cut.pixels, cut.landmarks, donor.pixels, donor.landmarks, rng)[0]


def fit_machine(real: Sequence[Read], fake: Sequence[Read]) -> dict[str, Any]:
    """Radial support vector machine on the 12 differences (C = 1, gamma = 1/12, as published)."""
    from sklearn.svm import SVC

    features = np.stack([r.poses.features for r in (*real, *fake)])
    labels = np.repeat([0, 1], [len(real), len(fake)])
    # features have heavy tails where a pose fails; the median and the middle half do not
    mean = np.median(features, 0)
    scale = np.maximum(np.subtract(*np.percentile(features, [75, 25], 0)) / 1.349, 1e-9)
    machine = SVC(C=1.0, gamma=1 / 12, class_weight="balanced")
    machine.fit((features - mean) / scale, labels)
    return {
        "mean": mean.tolist(),
        "scale": scale.tolist(),
        "support": np.round(machine.support_vectors_, 5).tolist(),
        "dual": np.round(machine.dual_coef_[0], 5).tolist(),
        "intercept": float(machine.intercept_[0]),
        "gamma": 1 / 12,
    }


def fit_null(fitted: Sequence[Read], held: Sequence[Read]) -> dict[str, Any]:
    """How network and landmarks differ on real faces, and the distances of held-out real faces."""

    def parts(rows: Sequence[Read]) -> tuple[Floats, Floats]:
        network = np.stack([r.network for r in rows])
        return np.column_stack([np.ones(len(rows)), network]), network - np.stack(
            [r.landmarks for r in rows]
        )

    inputs, differences = parts(fitted)
    keep = np.ones(len(inputs), bool)
    for _ in range(4):  # refit without the faces that lie far out
        coefficients = np.linalg.lstsq(inputs[keep], differences[keep], rcond=None)[0]
        rest = differences - inputs @ coefficients
        covariance = np.cov(rest[keep].T)
        distances = np.einsum("ij,ij->i", rest, np.linalg.solve(covariance, rest.T).T)
        keep = distances < 16.3  # 99.9 % of a chi-square with three degrees of freedom
    inputs, differences = parts(held)
    rest = differences - inputs @ coefficients
    distances = np.einsum("ij,ij->i", rest, np.linalg.solve(covariance, rest.T).T)
    return {
        "coefficients": np.round(coefficients, 6).tolist(),
        "covariance": np.round(covariance, 6).tolist(),
        "distances": np.round(np.sort(distances), 4).tolist(),
    }


def fit(cache: Path, folder: Path, limit: int = 250) -> None:
    """Write `tests.json` into `folder`."""
    faces, context = Faces(cache), Context(BothModels(folder / "model.onnx"))
    rows = faces.where("train", *REALS)
    chosen = rows[:: max(1, len(rows) // (2 * limit))]
    real = read(faces, chosen, context)
    fake = read(faces, faces.where("train", *SWAPS)[:limit], context)
    made = read(faces, chosen[: limit // 2], context, made=True)
    held = read(faces, faces.where("val", *REALS), context)
    tests = {"machine": fit_machine(real, [*fake, *made]), "null": fit_null(real, held)}
    (folder / "tests.json").write_text(json.dumps(tests) + "\n", "utf-8")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cache", type=Path, required=True)
    parser.add_argument("--folder", type=Path, default=HERE)
    options = parser.parse_args()
    fit(options.cache, options.folder)


if __name__ == "__main__":
    main()
