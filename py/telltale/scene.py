"""`Scene`: a picture and the faces found in it. What detectors look at."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from typing import TypeVar, cast

import numpy as np
from numpy.typing import NDArray

from telltale.finding import Box
from telltale.media.kind import Kind, kind_of
from telltale.media.model import Media

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Face:
    """One face in the upright picture; all coordinates in its pixels.

    Attributes
    ----------
    box
        The detector's box, from brow to chin; not clipped (it may leave the picture).
    score
        The detector's confidence in [0, 1].
    mesh
        (468, 3) float32 MediaPipe face-mesh points, (0, 0) being the centre of the top left
        pixel; z in the same unit as x, smaller is nearer.
    landmarks
        (68, 2) float32 points in the iBUG order (0-16 jaw, 17-26 brows, 27-35 nose, 36-47 eyes,
        48-67 mouth).
    presence
        The mesh network's confidence in [0, 1] that a face is there.
    quality
        Numbers of `telltale.faces.quality`: `inter_ocular_px`, `width_px` (of the mesh),
        `sharpness` (0 smooth to 4.5 noise), `clipped` and `inside` (shares of the face in
        [0, 1] that are black or white, and in the picture), `yaw_deg`, `pitch_deg`, `roll_deg`
        (approximate, signs as in AFLW2000).
    """

    index: int
    box: Box
    score: float
    mesh: NDArray[np.float32]
    landmarks: NDArray[np.float32]
    presence: float
    quality: dict[str, float] = field(default_factory=dict)


class Scene:
    """Media, its faces, and shared intermediate results computed once (luma, ...)."""

    def __init__(self, media: Media, faces: tuple[Face, ...] = ()) -> None:
        self.media = media
        self.faces = faces
        #: A reason code when faces could not be looked for (no model), so that nobody reads
        #: an empty `faces` as "there is no face".
        self.faces_unavailable: str | None = None
        self._memo: dict[str, object] = {}

    @cached_property
    def luma(self) -> NDArray[np.float32]:
        """(H, W) float32 in [0, 255] of the upright picture: ITU-R BT.601 luma as in JPEG."""
        return luma(self.media.pixels)

    @cached_property
    def coded_luma(self) -> NDArray[np.float32]:
        """(H, W) float32 in [0, 255] on the codec's grid, before orientation."""
        if self.media.orientation == 1:
            return self.luma
        return luma(self.media.coded)

    @cached_property
    def kind(self) -> Kind:
        """What kind of picture this is: tests made for photographs ask it before they speak."""
        return kind_of(self.media)

    def memo(self, key: str, make: Callable[[], T]) -> T:
        """A value computed once per scene and shared between detectors."""
        if key not in self._memo:
            self._memo[key] = make()
        return cast(T, self._memo[key])


def luma(pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
    """ITU-R BT.601 luma of (H, W, 3) uint8 as float32 in [0, 255].

    With libjpeg's weights, which are whole numbers of 2^-16: every sum is then exact in float32,
    and equal in both runtimes however their matrix products add.
    """
    weights = np.array([19595, 38470, 7471], np.float32)
    out = np.empty(pixels.shape[:2], np.float32)
    # In strips: one product would first make a float32 copy of the whole picture.
    for top in range(0, pixels.shape[0], 128):
        np.multiply(pixels[top : top + 128] @ weights, 2.0**-16, out=out[top : top + 128])
    return out
