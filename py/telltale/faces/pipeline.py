"""Find the faces of a picture: detector, mesh, landmarks, quality."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from telltale.faces import framing, landmarks, mesh, pyramid, quality
from telltale.faces.detection import Detections
from telltale.faces.mesh import Mesh, Region
from telltale.runtime.context import Context
from telltale.scene import Face

#: At most this many faces are kept, the largest.
MAX_FACES = 20
#: Smallest confidence of the mesh network that a face is there.
PRESENCE = 0.5
#: At most this many times is a mesh placed anew from itself; one is enough for upright faces.
REFINEMENTS = 4
#: Two faces are one where this share of the smaller mesh's box lies in the other.
_SAME_FACE = 0.6


def find(pixels: NDArray[np.uint8], context: Context) -> tuple[Face, ...]:
    """The faces of a picture, largest first, the same in both runtimes.

    Parameters
    ----------
    pixels
        (H, W, 3) uint8, upright.
    context
        Gives the networks, takes progress, and can cancel.

    Raises
    ------
    telltale.runtime.context.ModelUnavailable
        Where a network cannot be run: then nobody knows whether there is a face.
    telltale.runtime.context.Cancelled
        Where the person stopped.
    """
    found = pyramid.search(pixels, context)
    order = np.argsort(-found.boxes[:, 2] * found.boxes[:, 3], kind="stable")
    faces: list[Face] = []
    # Some candidates turn out not to be faces; the bound is for pictures of crowds.
    for k, candidate in enumerate(order[: 2 * MAX_FACES]):
        context.step(0.6 + 0.4 * k / len(order), "Placing face landmarks")
        face = _face(pixels, found, int(candidate), context)
        if face is not None and not _known(face, faces):
            faces.append(face)
    faces.sort(key=lambda face: -face.box.w * face.box.h)
    return tuple(replace(face, index=i) for i, face in enumerate(faces[:MAX_FACES]))


def _face(
    pixels: NDArray[np.uint8], found: Detections, index: int, context: Context
) -> Face | None:
    box, keypoints = found.boxes[index], found.keypoints[index]
    placed = _place(pixels, mesh.region_of_box(box, keypoints), context)
    if placed is None:
        return None
    framed, score = framing.frame(
        context.models, pixels, placed, float(found.scores[index]), pyramid.THRESHOLD
    )
    points68 = landmarks.from_mesh(placed.points)
    return Face(
        index=0,
        box=framed,
        score=score,
        mesh=placed.points,
        landmarks=np.ascontiguousarray(points68[:, :2]),
        presence=float(placed.presence),
        quality=quality.measure(pixels, placed.points, points68),
    )


def _place(pixels: NDArray[np.uint8], region: Region, context: Context) -> Mesh | None:
    """The mesh in the region and then in its own one, which fits better; None for no face."""
    placed = mesh.find_points(context.models, pixels, region)
    if placed.presence < PRESENCE:
        return None
    for _ in range(REFINEMENTS):
        own = mesh.region_of_points(placed.points)
        refined = mesh.find_points(context.models, pixels, own)
        if refined.presence < PRESENCE:
            break
        placed = refined
        # Off by much, as for a lying face that was found upright: once more.
        if region.turned_by(own) < math.radians(8):
            break
        region = own
    return placed


def _known(face: Face, faces: list[Face]) -> bool:
    """Whether a face in `faces` is the same one."""
    return any(share(face.mesh, other.mesh) > _SAME_FACE for other in faces)


def share(first: NDArray[np.float32], second: NDArray[np.float32]) -> float:
    """The part of the smaller bounding box that lies in the larger one."""
    a, b = first[:, :2], second[:, :2]
    inside = np.minimum(a.max(0), b.max(0)) - np.maximum(a.min(0), b.min(0))
    smaller = min(float(np.prod(np.ptp(a, 0))), float(np.prod(np.ptp(b, 0))))
    return float(np.prod(np.maximum(inside, 0))) / max(smaller, 1e-9)
