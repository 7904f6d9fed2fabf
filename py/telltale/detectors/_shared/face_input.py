"""What the face tests share: which faces can be examined, and the pixels handed to a network."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from telltale.faces.align import resize
from telltale.faces.crops import Crop
from telltale.finding import Box, Fact, Inapplicable, Part, Region
from telltale.scene import Face, Scene


@dataclass(frozen=True, slots=True)
class Limits:
    """Beyond these a face test was not validated and does not speak.

    `side` is the least longer side of the landmarks' box in pixels, `yaw` and `pitch` the
    largest angles in degrees, `quality` the least JPEG quality.
    """

    side: float
    yaw: float
    pitch: float
    quality: float


def landmark_box(landmarks: NDArray[np.floating]) -> Box:
    """The bounding box of (68, 2) landmarks."""
    (x0, y0), (x1, y1) = landmarks.min(0), landmarks.max(0)
    return Box(float(x0), float(y0), float(x1 - x0), float(y1 - y0))


def side_of(face: Face) -> float:
    """The longer side of the landmarks' box in pixels."""
    box = landmark_box(face.landmarks)
    return max(box.w, box.h)


def admit(face: Face, limits: Limits) -> Inapplicable | None:
    """Whether one face can be examined: None, or why not."""
    side = side_of(face)
    if side < limits.side:
        return Inapplicable(
            "face_too_small",
            f"Face {face.index + 1} is {side:.0f} pixels high; this test needs at least "
            f"{limits.side:.0f}.",
        )
    for name, most in (("yaw_deg", limits.yaw), ("pitch_deg", limits.pitch)):
        angle = face.quality.get(name, 0.0)
        if abs(angle) > most:
            return Inapplicable(
                "face_turned_away",
                f"Face {face.index + 1} is turned by {abs(angle):.0f} degrees; this test was "
                f"validated up to {most:.0f}.",
            )
    return None


def applicable(scene: Scene, limits: Limits) -> Inapplicable | None:
    """Whether any face of a scene can be examined: None, or the reason of its largest face."""
    if not scene.faces:
        return Inapplicable(scene.faces_unavailable or "no_face")
    quality = scene.media.jpeg.quality if scene.media.jpeg else None
    if quality is not None and quality < limits.quality:
        return Inapplicable(
            "compressed_too_much",
            f"The JPEG quality is {quality:.0f}; below {limits.quality:.0f} this test was not "
            "validated.",
        )
    if scene.kind.face_reason is not None:
        return Inapplicable(scene.kind.face_reason)
    why = [admit(face, limits) for face in scene.faces]
    return None if None in why else why[0]


def refused(face: Face, why: Inapplicable) -> Part:
    """The part of a face that could not be examined."""
    return Part(
        Region("face", face.index, face.box),
        None,
        (Fact("face_side", round(side_of(face)), "px"),),
        "not_applicable",
        why.code,
        why.sentence,
    )


def network_input(pixels: NDArray[np.uint8], crop: Crop, side: int) -> NDArray[np.float32]:
    """(3, side, side) float32 RGB in [0, 1] of a crop, resized bilinearly with antialiasing."""
    small = resize(crop.of(pixels), (side, side))
    return np.ascontiguousarray(small.transpose(2, 0, 1), np.float32) / np.float32(255)
