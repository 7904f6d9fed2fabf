"""Imported head-pose networks beside our landmarks, and the published test of head poses."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from telltale.detectors._shared import face_input
from telltale.detectors._shared.face_input import Limits
from telltale.detectors._shared.head_pose_tests import (
    CENTRAL,
    WHOLE,
    Poses,
    angles,
    decode_bins,
    upright_poses,
)
from telltale.detectors.published import references
from telltale.detectors.published.cards import card
from telltale.detectors.published.libsvm import positive_probability
from telltale.detectors.published.resizing import batch, short_side_then_centre
from telltale.faces import perspective
from telltale.faces.crops import Crop, hopenet
from telltale.faces.perspective import Camera
from telltale.finding import Card, Fact, Finding, Inapplicable, Part, Region, Score, ok
from telltale.runtime.context import Context
from telltale.scene import Face, Scene

Pixels = NDArray[np.uint8]
LIMITS = Limits(side=48, yaw=75, pitch=60, quality=10)
_AXES = ("yaw", "pitch", "roll")


@dataclass(frozen=True, slots=True)
class PoseNetwork:
    """A detector that compares a network's head pose with that of the landmarks."""

    CARD: Card
    crop: Callable[[Pixels, Face], Pixels]
    decode: Callable[[NDArray[np.float32]], NDArray[np.float64]]
    output: str

    def applicable(self, scene: Scene) -> Inapplicable | None:
        """A face of at least 48 px."""
        return face_input.applicable(scene, LIMITS)

    def pose(self, pixels: Pixels, face: Face, context: Context) -> NDArray[np.float64]:
        """(3,) yaw, pitch, roll in degrees that the network reads from the pixels."""
        image = batch([short_side_then_centre(self.crop(pixels, face), 224, 224)])
        return self.decode(context.models.run(self.CARD.id, {"image": image})[self.output][0])

    def run(self, scene: Scene, context: Context) -> Finding:
        """The face where both disagree most; every face is a part."""
        parts: list[Part] = []
        seen: list[tuple[Face, float, tuple[Fact, ...]]] = []
        for number, face in enumerate(scene.faces):
            context.step(number / len(scene.faces), f"Solving the pose of face {number + 1}")
            if (why := face_input.admit(face, LIMITS)) is not None:
                parts.append(face_input.refused(face, why))
                continue
            network = self.pose(scene.media.pixels, face, context)
            solved = angles(upright_poses(face.landmarks).whole.rotation)
            gap = float(np.abs(network - solved).max())
            facts = _facts(network, solved)
            seen.append((face, gap, facts))
            parts.append(Part(Region("face", face.index, face.box), gap, facts))
        face, gap, facts = max(seen, key=lambda row: row[1])
        return ok(
            self.CARD,
            f"Network and landmarks disagree on this head's pose by up to {gap:.0f} degrees.",
            Score(gap, "largest difference of an angle", "higher_is_suspicious", 0.0, 30.0, "°"),
            region=Region("face", face.index, face.box),
            parts=tuple(parts),
            facts=facts,
        )


@dataclass(frozen=True, slots=True)
class PoseMachine:
    """The published support vector machine over twelve differences of two poses."""

    CARD: Card

    def applicable(self, scene: Scene) -> Inapplicable | None:
        """A face of at least 48 px."""
        return face_input.applicable(scene, LIMITS)

    def run(self, scene: Scene, context: Context) -> Finding:
        """The highest face decides, as in the published program."""
        nothing = np.zeros((1, 12), np.float32)
        points = context.models.run(self.CARD.id, {"features": nothing})["points"]
        parts: list[Part] = []
        seen: list[tuple[Face, float]] = []
        for number, face in enumerate(scene.faces):
            context.step(number / len(scene.faces), f"Solving the pose of face {number + 1}")
            if (why := face_input.admit(face, LIMITS)) is not None:
                parts.append(face_input.refused(face, why))
                continue
            features = pose_features(
                face.landmarks, points, scene.media.width, scene.media.height
            ).astype(np.float32)
            out = context.models.run(self.CARD.id, {"features": features[None]})
            real = positive_probability(float(out["decision"][0]), *map(float, out["sigmoid"]))
            seen.append((face, 1 - real))
            parts.append(Part(Region("face", face.index, face.box), 1 - real))
        face, value = max(seen, key=lambda pair: pair[1])
        return ok(
            self.CARD,
            f"The authors' network gives this face {value:.2f} on its scale from 0, untouched, to "
            "1, manipulated.",
            Score(value, "the authors' probability", "higher_is_suspicious", 0.0, 1.0),
            region=Region("face", face.index, face.box),
            parts=tuple(parts),
        )


def pose_features(
    landmarks: NDArray[np.floating], points: NDArray[np.floating], width: int, height: int
) -> NDArray[np.float64]:
    """(12,) differences of the central and the whole face's pose, with the published camera.

    `points` (68, 3) is the authors' model with its depth mirrored, as their program uses it.
    """
    model, pixels = np.asarray(points, np.float64), np.asarray(landmarks, np.float64)
    camera = Camera(float(width), float(width // 2), float(height // 2))
    central, whole = (
        perspective.solve_iterative(model[chosen], pixels[chosen], camera)
        for chosen in (CENTRAL, WHOLE)
    )
    return Poses(central, whole).features


def rotation_angles(turn: NDArray[np.floating]) -> NDArray[np.float64]:
    """(3,) yaw, pitch, roll in degrees of 6DRepNet's (3, 3) rotation, as its program reads it."""
    r = np.asarray(turn, np.float64)
    level = np.hypot(r[0, 0], r[1, 0])
    pitch = np.arctan2(r[2, 1], r[2, 2])
    return np.degrees([np.arctan2(-r[2, 0], level), pitch, np.arctan2(r[1, 0], r[0, 0])])


def _hopenet_crop(pixels: Pixels, face: Face) -> Pixels:
    return hopenet(face.landmarks).of(pixels)


def _sixdrepnet_crop(pixels: Pixels, face: Face) -> Pixels:
    """A fifth around the box; the program mixes up width and height, and so do we."""
    box = face.box
    left, top = int(box.x), int(box.y)
    right, bottom = int(box.x + box.w), int(box.y + box.h)
    width, height = abs(right - left), abs(bottom - top)
    crop = Crop(
        max(0, left - int(0.2 * height)),
        max(0, top - int(0.2 * width)),
        min(right + int(0.2 * height), pixels.shape[1]),
        min(bottom + int(0.2 * width), pixels.shape[0]),
    )
    return crop.of(pixels)


def _facts(network: NDArray[np.float64], solved: NDArray[np.float64]) -> tuple[Fact, ...]:
    return tuple(
        Fact(f"{axis}_{source}", round(float(value), 1), "degrees")
        for source, values in (("network", network), ("landmarks", solved))
        for axis, value in zip(_AXES, values, strict=True)
    )


_AGREE = "Do the head's pose in the pixels and that of the landmarks agree?"

HOPENET = PoseNetwork(
    card(
        "hopenet",
        "HopeNet, published network",
        _AGREE,
        "A ResNet-50 reads yaw, pitch and roll from the pixels in bins of three degrees.",
        "Apache-2.0.",
        "github.com/natanielruiz/deep-head-pose",
        references.HOPENET,
        weak=True,
    ),
    _hopenet_crop,
    decode_bins,
    "bins",
)
SIXDREPNET = PoseNetwork(
    card(
        "sixdrepnet",
        "6DRepNet, published network",
        _AGREE,
        "A RepVGG network reads the head's rotation from the pixels.",
        "MIT.",
        "github.com/thohemp/6DRepNet",
        references.SIXDREPNET,
        weak=True,
    ),
    _sixdrepnet_crop,
    rotation_angles,
    "rotation",
)
HEAD_POSE_SVM = PoseMachine(
    card(
        "head_pose_svm",
        "Inconsistent head poses, published machine",
        "Does the inner face point the same way as the whole head?",
        "Twelve differences of the pose of the central and of the whole face go to the authors' "
        "support vector machine.",
        "not for commercial use.",
        "the authors' headpose_forensic repository",
        references.HEAD_POSES,
        weak=True,
    )
)
