"""Swapped, locally edited and wholly synthetic faces in the crop of FaceForensics++."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from telltale.detectors._shared import face_input
from telltale.detectors._shared.face_input import Limits
from telltale.detectors._shared.prototypes import mean_direction
from telltale.detectors._shared.stored import stored
from telltale.faces.crops import Crop, faceforensics
from telltale.finding import (
    Card,
    Fact,
    Finding,
    Inapplicable,
    Map,
    Part,
    Reference,
    Region,
    Score,
    ok,
)
from telltale.runtime.context import Context
from telltale.scene import Face, Scene

CARD = Card(
    id="face_manipulation",
    version="3",
    family="learned",
    title="Face manipulation",
    question="Was a face swapped, edited in part, or made as a whole by a network?",
    how="The square around each face, enlarged by 1.3 as in FaceForensics++, goes through a small "
    "network that sees colour and fine detail. It was trained on real faces beside the same faces "
    "with blended copies of themselves (self-blended images), parts or faces of other people, and "
    "on published swaps and synthetic faces, each pair through one chain of scaling and JPEG.",
    limits=(
        "It knows blending seams, mismatched detail and the generators that it was trained on; a "
        "new kind of swap or generator can pass unnoticed.",
        "It looks at 128 x 128 pixels of a face. What is finer than that, or lost by scaling and "
        "compression, it cannot see.",
        "Retouching, make-up filters and strong sharpening can look like a local edit.",
        "The kind that it names is the nearest of its classes, not the program that was used.",
    ),
    references=(
        Reference(
            "A. Rössler, D. Cozzolino, L. Verdoliva, C. Riess, J. Thies, M. Nießner",
            "FaceForensics++: Learning to Detect Manipulated Facial Images",
            "ICCV",
            2019,
            "https://arxiv.org/abs/1901.08971",
        ),
        Reference(
            "K. Shiohara, T. Yamasaki",
            "Detecting Deepfakes with Self-Blended Images",
            "CVPR",
            2022,
            "https://arxiv.org/abs/2204.08376",
        ),
    ),
    models=("face_manipulation",),
)

SIDE = 128
CLASSES = ("none", "face_swap", "local_edit", "synthesis")
_WORDS = {
    "face_swap": "a swapped face",
    "local_edit": "an edit of parts of the face",
    "synthesis": "a face made as a whole by a network",
}
#: Below 64 px and JPEG 40 nothing was seen in training; beyond these angles hardly anything.
LIMITS = Limits(side=64, yaw=60, pitch=45, quality=40)


@dataclass(frozen=True, slots=True)
class Examination:
    """What the network says of one face.

    `probabilities` (4,) in the order of `CLASSES`; `embedding` (128,) of unit length; `map`
    (16, 16) in [0, 1] over `crop`.
    """

    crop: Crop
    probabilities: NDArray[np.float32]
    embedding: NDArray[np.float32]
    map: NDArray[np.float32]

    @property
    def logit(self) -> float:
        """Natural log-odds that the face is not untouched."""
        none = float(np.clip(self.probabilities[0], 1e-6, 1 - 1e-6))
        return float(np.log((1 - none) / none))

    @property
    def kind(self) -> str:
        """The most probable class other than none."""
        return CLASSES[1 + int(np.argmax(self.probabilities[1:]))]


def applicable(scene: Scene) -> Inapplicable | None:
    """A face of at least 64 px, turned by at most 60 degrees, JPEG quality 40 or more."""
    return face_input.applicable(scene, LIMITS)


def examine(
    pixels: NDArray[np.uint8], landmarks: NDArray[np.floating], context: Context
) -> Examination:
    """Run the network on the face of (68, 2) landmarks in (H, W, 3) uint8 pixels, and mirrored.

    Both views are averaged: on validation faces that raised the AUC of every kind of fake.
    """
    height, width = pixels.shape[:2]
    crop = faceforensics(face_input.landmark_box(landmarks), width, height)
    image = face_input.network_input(pixels, crop, SIDE)
    both = np.stack([image, image[:, :, ::-1]])
    out = context.models.run("face_manipulation", {"image": both})
    # the mean of the log-probabilities: what averaging the logits of both views gives
    means = np.exp(np.log(np.maximum(out["probabilities"], 1e-9)).mean(0))
    where = (out["map"][0] + out["map"][1, :, ::-1]) / 2
    return Examination(crop, means / means.sum(), mean_direction(out["embedding"]), where)


def run(scene: Scene, context: Context) -> Finding:
    """The most suspicious face decides; every face is a part, with a map."""
    parts: list[Part] = []
    seen: list[tuple[Face, Examination]] = []
    for number, face in enumerate(scene.faces):
        context.step(number / len(scene.faces), f"Examining face {number + 1}")
        if (why := face_input.admit(face, LIMITS)) is not None:
            parts.append(face_input.refused(face, why))
            continue
        found = examine(scene.media.pixels, face.landmarks, context)
        seen.append((face, found))
        parts.append(_part(face, found))
    face, found = max(seen, key=lambda pair: pair[1].logit)
    return ok(
        CARD,
        _sentence(face, found, len(scene.faces)),
        Score(found.logit, "log-odds of a manipulated face", "higher_is_suspicious", -6.0, 6.0),
        region=Region("face", face.index, face.box),
        parts=tuple(parts),
        maps=tuple(area_map(face, one) for face, one in seen),
        facts=_facts(face, found),
        caveats=_caveats(scene, face),
        embedding=found.embedding,
    )


def _part(face: Face, found: Examination) -> Part:
    return Part(Region("face", face.index, face.box), found.logit, _facts(face, found))


def _facts(face: Face, found: Examination) -> tuple[Fact, ...]:
    outputs = [
        Fact(f"output_{name}", round(float(value), 4), "softmax, not calibrated")
        for name, value in zip(CLASSES, found.probabilities, strict=True)
    ]
    return (
        *outputs,
        Fact("face_side", round(face_input.side_of(face)), "px"),
        Fact("crop_side", found.crop.width, "px"),
        Fact("scaled_by", round(SIDE / found.crop.width, 3)),
    )


def area_map(face: Face, found: Examination) -> Map:
    """Where the network sees manipulation, over its crop of the face."""
    return Map(
        f"manipulated_area_face_{face.index + 1}",
        found.map,
        0.0,
        1.0,
        box=found.crop.box,
        meaning="Where the network sees pixels that do not belong: 1 like pasted or generated, 0 "
        "like the rest of a camera picture. Coarse: one cell is a sixteenth of the crop.",
    )


def _sentence(face: Face, found: Examination, faces: int) -> str:
    threshold = stored(CARD.id)["threshold"]
    where = "The face" if faces == 1 else f"Face {face.index + 1} of {faces}"
    if found.logit < threshold["value"]:
        return (
            f"{where} looks untouched to the network; a method that it does not know would look "
            "the same."
        )
    return (
        f"{where} looks like {_WORDS[found.kind]}, more than {threshold['text']} real faces in "
        "our validation set did."
    )


def _caveats(scene: Scene, face: Face) -> tuple[str, ...]:
    said = list(stored(CARD.id)["caveats"])
    quality = scene.media.jpeg.quality if scene.media.jpeg else None
    if quality is not None and quality < 70:
        said.append(f"The file is compressed to JPEG quality {quality:.0f}, which hides traces.")
    if face_input.side_of(face) < 96:
        said.append("The face is small; traces in it are few.")
    if not scene.media.has_original_bytes:
        said.append("The pixels come from a screen or a player, which may have scaled them.")
    return tuple(said)
