"""Face warping artifacts: a face synthesised small, then warped into a sharper picture."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from telltale.detectors._shared import face_input
from telltale.detectors._shared.face_input import Limits
from telltale.detectors._shared.stored import stored
from telltale.faces.crops import face_warping_all
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
    id="face_warping",
    version="1",
    family="learned",
    title="Face warping artifacts",
    question="Was the face made at a lower resolution and warped into the picture?",
    how="Ten regions around the face, those of Li and Lyu, each go through a small network that "
    "compares the detail of the face with what surrounds it. It was trained on real faces alone, "
    "each beside a copy that was aligned at a random size, blurred and warped back. The five "
    "highest of the ten answers are averaged; of several faces the highest counts.",
    limits=(
        "It sees a face that is blurrier than its surroundings. A generator that paints at full "
        "resolution leaves nothing for it to see.",
        "Beautifying, skin smoothing, shallow focus and denoising of faces blur them as well and "
        "can look the same.",
        "Scaling down and strong compression blur face and surroundings alike and hide it.",
    ),
    references=(
        Reference(
            "Y. Li, S. Lyu",
            "Exposing DeepFake Videos By Detecting Face Warping Artifacts",
            "CVPR workshops",
            2019,
            "https://arxiv.org/abs/1811.00656",
        ),
    ),
    models=("face_warping",),
)

SIDE = 112
#: How many of the regions count, the highest ones.
TOP = 5
#: Training went down to 64 px and JPEG 40.
LIMITS = Limits(side=64, yaw=60, pitch=45, quality=40)


@dataclass(frozen=True, slots=True)
class Examination:
    """`probabilities` (10,) of the regions in the order of their seeds."""

    probabilities: NDArray[np.float32]

    @property
    def score(self) -> float:
        """The mean of the `TOP` highest, in [0, 1]."""
        return top_mean(self.probabilities)


def top_mean(probabilities: NDArray[np.floating]) -> float:
    """Mean of the `TOP` highest of ten regions (Li & Lyu, section 4.2, as in their program)."""
    return float(np.sort(probabilities)[-TOP:].mean())


def video_score(frames: NDArray[np.floating]) -> float:
    """Mean of the highest third of (n,) frame scores, rounded down but at least one frame.

    Raises ValueError without frames.
    """
    if len(frames) == 0:
        raise ValueError("no frames")
    return float(np.sort(frames)[-max(1, len(frames) // 3) :].mean())


def applicable(scene: Scene) -> Inapplicable | None:
    """A face of at least 64 px, turned by at most 60 degrees, JPEG quality 40 or more."""
    return face_input.applicable(scene, LIMITS)


def examine(
    pixels: NDArray[np.uint8], landmarks: NDArray[np.floating], context: Context
) -> Examination:
    """Run the network on the ten regions of a face in (H, W, 3) uint8 pixels."""
    height, width = pixels.shape[:2]
    regions = [
        face_input.network_input(pixels, crop, SIDE)
        for crop in face_warping_all(landmarks, width, height)
    ]
    out = context.models.run("face_warping", {"image": np.stack(regions)})
    return Examination(out["probability"].reshape(-1))


def run(scene: Scene, context: Context) -> Finding:
    """The highest face decides; every face is a part."""
    parts: list[Part] = []
    seen: list[tuple[Face, Examination]] = []
    for number, face in enumerate(scene.faces):
        context.step(number / len(scene.faces), f"Examining face {number + 1}")
        if (why := face_input.admit(face, LIMITS)) is not None:
            parts.append(face_input.refused(face, why))
            continue
        found = examine(scene.media.pixels, face.landmarks, context)
        seen.append((face, found))
        region = Region("face", face.index, face.box)
        parts.append(Part(region, found.score, _facts(face, found)))
    face, found = max(seen, key=lambda pair: pair[1].score)
    return ok(
        CARD,
        _sentence(face, found, len(scene.faces)),
        Score(found.score, "mean of the five highest regions", "higher_is_suspicious", 0.0, 1.0),
        region=Region("face", face.index, face.box),
        parts=tuple(parts),
        facts=_facts(face, found),
        caveats=_caveats(scene, face),
    )


def _facts(face: Face, found: Examination) -> tuple[Fact, ...]:
    return (
        Fact("lowest_region", round(float(found.probabilities.min()), 4)),
        Fact("median_region", round(float(np.median(found.probabilities)), 4)),
        Fact("highest_region", round(float(found.probabilities.max()), 4)),
        Fact("face_side", round(face_input.side_of(face)), "px"),
    )


def _sentence(face: Face, found: Examination, faces: int) -> str:
    threshold = stored(CARD.id)["threshold"]
    where = "The face" if faces == 1 else f"Face {face.index + 1} of {faces}"
    if found.score < threshold["value"]:
        return f"{where} is about as detailed as its surroundings, as in a camera picture."
    return (
        f"{where} carries less detail than its surroundings, as if warped into place, more than "
        f"{threshold['text']} real faces in our validation set did."
    )


def _caveats(scene: Scene, face: Face) -> tuple[str, ...]:
    said = list(stored(CARD.id)["caveats"])
    quality = scene.media.jpeg.quality if scene.media.jpeg else None
    if quality is not None and quality < 70:
        said.append(f"The file is compressed to JPEG quality {quality:.0f}, which hides blur.")
    if face_input.side_of(face) > 300:
        said.append("The face is large; the network sees it reduced, fine differences are lost.")
    if not scene.media.has_original_bytes:
        said.append("The pixels come from a screen or a player, which may have scaled them.")
    return tuple(said)
