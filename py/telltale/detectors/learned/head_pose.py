"""Inconsistent head poses: central face against whole face, network against landmarks."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from telltale.detectors._shared import face_input
from telltale.detectors._shared.face_input import Limits
from telltale.detectors._shared.head_pose_tests import (
    Disagreement,
    Poses,
    angles,
    decode_bins,
    disagreement,
    published_poses,
    svm_decision,
    upright_poses,
)
from telltale.detectors._shared.stored import stored
from telltale.faces.crops import hopenet
from telltale.finding import (
    Card,
    Fact,
    Finding,
    Inapplicable,
    Part,
    Reference,
    Region,
    Score,
    ok,
)
from telltale.runtime.context import Context
from telltale.scene import Face, Scene

CARD = Card(
    id="head_pose",
    version="1",
    family="learned",
    title="Inconsistent head poses",
    question="Does the inner face point the same way as the whole head?",
    how="The head's pose is solved twice from landmarks: from the central face, and from the face "
    "with its outline. A swap replaces only the centre. Twelve differences go to a support vector "
    "machine trained on real and swapped faces. Apart from that, a network in the manner of "
    "HopeNet reads the pose from the pixels; how far it disagrees with the landmarks is compared "
    "with real faces, which gives a p-value.",
    limits=(
        "A fragile cue: on newer deepfakes the published test is at chance. It can never carry a "
        "verdict.",
        "Expressions, glasses, hair over the face and imprecise landmarks make poses disagree in "
        "genuine pictures.",
        "Our landmarks come from a mesh that keeps faces plausible, which hides part of the cue.",
    ),
    references=(
        Reference(
            "X. Yang, Y. Li, S. Lyu",
            "Exposing Deep Fakes Using Inconsistent Head Poses",
            "ICASSP",
            2019,
            "https://arxiv.org/abs/1811.00661",
        ),
        Reference(
            "N. Ruiz, E. Chong, J. M. Rehg",
            "Fine-Grained Head Pose Estimation Without Keypoints",
            "CVPR workshops",
            2018,
            "https://arxiv.org/abs/1710.00925",
        ),
    ),
    weak=True,
    models=("head_pose",),
)

SIDE = 80
LIMITS = Limits(side=48, yaw=50, pitch=40, quality=20)


@dataclass(frozen=True, slots=True)
class Examination:
    """What both tests say of one face.

    `network` and `landmarks` (3,) are yaw, pitch, roll in degrees; `decision` that of the support
    vector machine, above 0 like a swapped face.
    """

    poses: Poses
    network: NDArray[np.float64]
    landmarks: NDArray[np.float64]
    decision: float
    disagreement: Disagreement


def applicable(scene: Scene) -> Inapplicable | None:
    """A face of at least 48 px, turned by at most 50 degrees, JPEG quality 20 or more."""
    return face_input.applicable(scene, LIMITS)


def network_pose(
    pixels: NDArray[np.uint8], landmarks: NDArray[np.floating], context: Context
) -> NDArray[np.float64]:
    """(3,) yaw, pitch, roll in degrees that the network reads from the pixels."""
    image = face_input.network_input(pixels, hopenet(landmarks), SIDE)[None]
    return decode_bins(context.models.run("head_pose", {"image": image})["bins"][0])


def examine(
    pixels: NDArray[np.uint8], landmarks: NDArray[np.floating], context: Context
) -> Examination:
    """Both tests on the face of (68, 2) landmarks in (H, W, 3) uint8 pixels."""
    kept = stored(CARD.id)
    poses = upright_poses(landmarks)
    seen = network_pose(pixels, landmarks, context)
    solved = angles(poses.whole.rotation)
    return Examination(
        poses,
        seen,
        solved,
        svm_decision(poses.features, kept["machine"]),
        disagreement(seen, solved, kept["null"]),
    )


def run(scene: Scene, context: Context) -> Finding:
    """The most suspicious face decides; every face is a part."""
    parts: list[Part] = []
    seen: list[tuple[Face, Examination]] = []
    for number, face in enumerate(scene.faces):
        context.step(number / len(scene.faces), f"Solving the pose of face {number + 1}")
        if (why := face_input.admit(face, LIMITS)) is not None:
            parts.append(face_input.refused(face, why))
            continue
        found = examine(scene.media.pixels, face.landmarks, context)
        seen.append((face, found))
        region = Region("face", face.index, face.box)
        parts.append(Part(region, found.decision, _facts(scene, face, found)))
    face, found = max(seen, key=lambda pair: pair[1].decision)
    name = "decision of the support vector machine"
    return ok(
        CARD,
        _sentence(found),
        Score(found.decision, name, "higher_is_suspicious", -2.0, 2.0),
        region=Region("face", face.index, face.box),
        parts=tuple(parts),
        facts=_facts(scene, face, found),
        caveats=tuple(stored(CARD.id)["caveats"]),
    )


def _facts(scene: Scene, face: Face, found: Examination) -> tuple[Fact, ...]:
    turned = [
        Fact(f"{axis}_{source}", round(float(value), 1), "degrees")
        for source, values in (("network", found.network), ("landmarks", found.landmarks))
        for axis, value in zip(("yaw", "pitch", "roll"), values, strict=True)
    ]
    published = published_poses(face.landmarks, scene.media.width, scene.media.height)
    return (
        Fact("angle_central_to_whole", round(found.poses.angle, 2), "degrees"),
        Fact("angle_central_to_whole_as_published", round(published.angle, 2), "degrees"),
        *turned,
        Fact("disagreement", round(found.disagreement.distance, 2), "squared Mahalanobis distance"),
        Fact("p_value", round(found.disagreement.p, 4), "share of real faces that disagree more"),
        Fact("reprojection_error", round(found.poses.whole.error_px, 2), "px"),
    )


def _sentence(found: Examination) -> str:
    p = found.disagreement.p
    poses = (
        f"Central face and whole face point {found.poses.angle:.1f} degrees apart; network and "
        f"landmarks disagree as much as in {p:.0%} of real faces, or more."
    )
    if found.decision < stored(CARD.id)["threshold"]["value"]:
        return poses + " The differences are like those of real faces."
    return poses + (
        " The differences exceed those of "
        f"{stored(CARD.id)['threshold']['text']} real faces in our validation set."
    )
