"""Does the answer survive a mild change of the picture? The same tests on changed copies."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from telltale.evidence.bands import strength_of
from telltale.evidence.fusion import Answer
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
    """A mild change: what it does to pixels, and to points (x, y) -> scale * (x, y) - shift."""

    name: str
    pixels: Callable[[Pixels], Pixels]
    scale: float = 1.0
    shift: float = 0.0


def _resize(pixels: Pixels) -> Pixels:
    height, width = pixels.shape[:2]
    size = max(1, round(width * RESIZE_FACTOR)), max(1, round(height * RESIZE_FACTOR))
    return np.asarray(Image.fromarray(pixels).resize(size, Image.Resampling.BICUBIC))


CHANGES: tuple[Change, ...] = (
    Change("saved_again", lambda pixels: recompress(pixels, RESAVE_QUALITY)),
    Change("resized", _resize, scale=RESIZE_FACTOR),
    Change("cropped", lambda pixels: pixels[CROP_PX:, CROP_PX:].copy(), shift=float(CROP_PX)),
)


def changed(scene: Scene, change: Change) -> Scene:
    """The scene of a changed copy, with its faces where the change has moved them."""
    pixels = change.pixels(scene.media.pixels)
    media = replace(scene.media, pixels=pixels, coded=pixels, orientation=1)
    return Scene(media, tuple(_moved(face, change) for face in scene.faces))


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
