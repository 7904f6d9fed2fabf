"""Imported networks that say how likely a face is manipulated."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from telltale.detectors._shared import face_input
from telltale.detectors._shared.face_input import Limits
from telltale.detectors.published import references
from telltale.detectors.published.cards import card
from telltale.detectors.published.meso_alignment import aligned_face
from telltale.detectors.published.resizing import batch, opencv_bilinear, pillow_bilinear
from telltale.faces.crops import face_warping_all, faceforensics, self_blended
from telltale.finding import Card, Fact, Finding, Inapplicable, Part, Region, Score, ok
from telltale.runtime.context import Context
from telltale.scene import Face, Scene

Pixels = NDArray[np.uint8]
#: No published network states its limits; below this a face has hardly any detail to judge.
LIMITS = Limits(side=48, yaw=75, pitch=60, quality=10)


@dataclass(frozen=True, slots=True)
class FaceNetwork:
    """A detector made of one network: how faces are cut, and how its answers become one.

    `inputs` gives the (n) images of one face; `combine` makes one probability of the network's n.
    """

    CARD: Card
    inputs: Callable[[Pixels, Face], list[Pixels]]
    combine: Callable[[NDArray[np.float32]], float]

    def applicable(self, scene: Scene) -> Inapplicable | None:
        """A face of at least 48 px."""
        return face_input.applicable(scene, LIMITS)

    def examine(self, pixels: Pixels, face: Face, context: Context) -> float:
        """The network's probability, in [0, 1], that a face is manipulated."""
        images = batch(self.inputs(pixels, face))
        out = context.models.run(self.CARD.id, {"image": images})
        return self.combine(out["probability"].reshape(-1))

    def run(self, scene: Scene, context: Context) -> Finding:
        """The highest face decides, as in the published programs; every face is a part."""
        parts: list[Part] = []
        seen: list[tuple[Face, float]] = []
        for number, face in enumerate(scene.faces):
            context.step(number / len(scene.faces), f"Examining face {number + 1}")
            if (why := face_input.admit(face, LIMITS)) is not None:
                parts.append(face_input.refused(face, why))
                continue
            value = self.examine(scene.media.pixels, face, context)
            seen.append((face, value))
            facts = (Fact("face_side", round(face_input.side_of(face)), "px"),)
            parts.append(Part(Region("face", face.index, face.box), value, facts))
        face, value = max(seen, key=lambda pair: pair[1])
        return ok(
            self.CARD,
            f"The authors' network gives this face {value:.2f} on its scale from 0, untouched, to "
            "1, manipulated.",
            Score(value, "the authors' probability", "higher_is_suspicious", 0.0, 1.0),
            region=Region("face", face.index, face.box),
            parts=tuple(parts),
            facts=(Fact("face_side", round(face_input.side_of(face)), "px"),),
        )


def _faceforensics(pixels: Pixels, face: Face) -> list[Pixels]:
    height, width = pixels.shape[:2]
    box = face_input.landmark_box(face.landmarks)
    return [pillow_bilinear(faceforensics(box, width, height).of(pixels), 299, 299)]


def _warping(pixels: Pixels, face: Face) -> list[Pixels]:
    height, width = pixels.shape[:2]
    regions = face_warping_all(face.landmarks, width, height)
    return [opencv_bilinear(region.of(pixels), 224, 224) for region in regions]


def _self_blended(pixels: Pixels, face: Face) -> list[Pixels]:
    height, width = pixels.shape[:2]
    return [opencv_bilinear(self_blended(face.box, width, height).of(pixels), 380, 380)]


def _meso(pixels: Pixels, face: Face) -> list[Pixels]:
    return [aligned_face(pixels, face.landmarks, 256)]


def top_half(probabilities: NDArray[np.float32]) -> float:
    """Mean of the higher half of the regions (Li & Lyu's program)."""
    return float(np.sort(probabilities)[len(probabilities) // 2 :].mean())


def _only(probabilities: NDArray[np.float32]) -> float:
    return float(probabilities[0])


_SWAPPED = "Was the face swapped or reenacted?"
_WARPED = "Was the face made at a lower resolution and warped into the picture?"
_TEN = "Ten regions around the face go through the network; the five highest answers are averaged."
_MESO = (
    "The face, turned upright, goes through a very small network that looks at details of middle "
    "size."
)

FACEFORENSICS_XCEPTION = FaceNetwork(
    card(
        "faceforensics_xception",
        "FaceForensics++ Xception",
        _SWAPPED,
        "The face, enlarged by 1.3, goes through an Xception network trained on FaceForensics++.",
        "FaceForensics++ terms of use, for research.",
        "github.com/ondyari/FaceForensics",
        references.FACEFORENSICS,
    ),
    _faceforensics,
    _only,
)
FWA_RESNET50 = FaceNetwork(
    card(
        "fwa_resnet50",
        "Face warping artifacts, published network",
        _WARPED,
        _TEN,
        "not for commercial use.",
        "github.com/yuezunli/CVPRW2019_Face_Artifacts",
        references.FWA,
    ),
    _warping,
    top_half,
)
DSP_FWA = FaceNetwork(
    card(
        "dsp_fwa",
        "Dual spatial pyramid for face warping artifacts",
        _WARPED,
        _TEN,
        "CC BY-NC-SA 4.0, not for commercial use.",
        "github.com/yuezunli/DSP-FWA",
        references.FWA,
    ),
    _warping,
    top_half,
)
SELF_BLENDED_IMAGES = FaceNetwork(
    card(
        "self_blended_images",
        "Self-blended images, published network",
        "Was another face blended into this one?",
        "The face with a margin goes through an EfficientNet-B4 trained on real faces blended with "
        "changed copies of themselves.",
        "not for commercial use, not to be passed on.",
        "github.com/mapooon/SelfBlendedImages",
        references.SELF_BLENDED,
    ),
    _self_blended,
    _only,
)


def _mesonet(id: str, title: str) -> FaceNetwork:
    return FaceNetwork(
        card(
            id,
            title,
            _SWAPPED,
            _MESO,
            "Apache-2.0.",
            "github.com/DariusAf/MesoNet",
            references.MESONET,
        ),
        _meso,
        _only,
    )


MESO4_DEEPFAKE = _mesonet("meso4_deepfake", "MesoNet Meso-4, Deepfake")
MESO4_FACE2FACE = _mesonet("meso4_face2face", "MesoNet Meso-4, Face2Face")
MESOINCEPTION4_DEEPFAKE = _mesonet("mesoinception4_deepfake", "MesoNet MesoInception-4, Deepfake")
MESOINCEPTION4_FACE2FACE = _mesonet(
    "mesoinception4_face2face", "MesoNet MesoInception-4, Face2Face"
)
