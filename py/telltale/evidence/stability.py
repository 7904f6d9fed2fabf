"""Does the answer survive a mild change of the picture? The same tests on changed copies.

Only learned tests that may carry an answer are repeated, once for each of `CHANGES`: they are the
ones that a change too small to see has been known to turn round. They may take as long as the
analysis before them and no longer (`verdict.reach`); what they do take is `assess` in
docs/benchmark.md.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from telltale.evidence.bands import strength_of
from telltale.evidence.fusion import Answer
from telltale.faces import canonical
from telltale.finding import Box
from telltale.media.jpeg_codec import recompress
from telltale.scene import Face, Scene

Pixels = NDArray[np.uint8]

RESAVE_QUALITY = 85
RESIZE_FACTOR = 0.9
#: Not a multiple of eight, so that no compression grid stays in place.
CROP_PX = 5


@dataclass(frozen=True, slots=True)
class Change:
    """A mild change: what it does to pixels, and to points (x, y) -> scale * (x, y) - shift.

    `mirrors` says that left and right change sides, after which x is counted from the other edge.
    """

    name: str
    pixels: Callable[[Pixels], Pixels]
    scale: float = 1.0
    shift: float = 0.0
    mirrors: bool = False


def _resize(pixels: Pixels, factor: float = RESIZE_FACTOR) -> Pixels:
    height, width = pixels.shape[:2]
    size = max(1, round(width * factor)), max(1, round(height * factor))
    return np.asarray(Image.fromarray(pixels).resize(size, Image.Resampling.BICUBIC))


CHANGES: tuple[Change, ...] = (
    Change("saved_again", lambda pixels: recompress(pixels, RESAVE_QUALITY)),
    Change("resized", _resize, scale=RESIZE_FACTOR),
    Change("cropped", lambda pixels: pixels[CROP_PX:, CROP_PX:].copy(), shift=float(CROP_PX)),
    Change("mirrored", lambda pixels: np.ascontiguousarray(pixels[:, ::-1]), mirrors=True),
)

#: (68,) for each landmark the one that takes its place when left and right change sides.
_OTHER_SIDE = np.linalg.norm(
    canonical.POINTS[:, None] - canonical.POINTS[None] * np.array([-1, 1, 1]), axis=2
).argmin(1)
#: Angles of `Face.quality` that change their sign with the sides.
_TURNS = ("yaw_deg", "roll_deg")


def changed(scene: Scene, change: Change) -> Scene:
    """The scene of a changed copy, with its faces where the change has moved them."""
    pixels = change.pixels(scene.media.pixels)
    media = replace(scene.media, pixels=pixels, coded=pixels, orientation=1)
    faces = tuple(_moved(face, change) for face in scene.faces)
    if change.mirrors:
        faces = tuple(_mirrored(face, pixels.shape[1]) for face in faces)
    return Scene(media, faces)


def reduced(scene: Scene, factor: float, faces: frozenset[int]) -> Scene:
    """A copy reduced by a factor, with the faces of these numbers; without any, with all.

    It has no compression of its own any more, as the reduced copies of the calibration had none.
    """
    copy = changed(scene, Change("reduced", lambda pixels: _resize(pixels, factor), scale=factor))
    kept = tuple(face for face in copy.faces if not faces or face.index in faces)
    return Scene(replace(copy.media, jpeg=None), kept)


def spread(original: Answer, others: Sequence[Answer]) -> tuple[float, bool]:
    """Half range of the log10 LR over original and copies, and whether any copy flips sides."""
    values = [a.llr for a in (original, *others) if a.llr is not None]
    if original.llr is None or len(values) < 2:
        return 0.0, False
    flips = any(
        np.sign(v) != np.sign(original.llr)
        and "inconclusive" not in (strength_of(v), strength_of(original.llr))
        for v in values
    )
    return (max(values) - min(values)) / 2, flips


def _moved(face: Face, change: Change) -> Face:
    s, t = np.float32(change.scale), np.float32(change.shift)
    box = face.box
    mesh = face.mesh * s
    mesh[:, :2] -= t
    quality = {
        name: value * change.scale if name.endswith("_px") else value
        for name, value in face.quality.items()
    }
    return replace(
        face,
        box=Box(
            box.x * change.scale - change.shift,
            box.y * change.scale - change.shift,
            box.w * change.scale,
            box.h * change.scale,
        ),
        mesh=mesh,
        landmarks=face.landmarks * s - t,
        quality=quality,
    )


def _mirrored(face: Face, width: int) -> Face:
    """The face in a mirrored picture. Its mesh keeps its numbering: no learned test reads it."""
    mesh = face.mesh * np.array([-1, 1, 1], np.float32)
    mesh[:, 0] += np.float32(width - 1)
    landmarks = face.landmarks[_OTHER_SIDE] * np.array([-1, 1], np.float32)
    landmarks[:, 0] += np.float32(width - 1)
    quality = {name: -v if name in _TURNS else v for name, v in face.quality.items()}
    box = replace(face.box, x=width - face.box.x - face.box.w)
    return replace(face, box=box, mesh=mesh, landmarks=landmarks, quality=quality)
