"""`Clip`: one video as received, without its frames; and what hands out frames one by one."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol

import numpy as np
from numpy.typing import NDArray

from telltale.media.model import RUNGS_WITH_ORIGINAL_BYTES, Rung, apply_orientation

#: What is done with one frame: nothing, tracking and the tests of every frame, or all tests.
Wish = Literal["", "geometry", "full"]
#: Pixels of the largest frame; 8K is 33 million.
MAX_PIXELS = 40_000_000
#: The EXIF orientation that turns a picture clockwise by these degrees.
_TURNS = {0: 1, 90: 6, 180: 3, 270: 8}


@dataclass(frozen=True, slots=True)
class VideoMeta:
    """What container and decoder say about the pictures of a video.

    Attributes
    ----------
    container, codec
        "MP4", "WebM", "GIF", ...; the codec in lower case as FFmpeg calls it ("h264", "vp9").
    width, height
        Of the upright picture, in pixels.
    duration_s
        Of the video track, in seconds; 0 where the container does not say.
    rate_fps
        Mean frame rate; 0 where unknown (a live stream).
    frames
        Number of frames where the container counts them.
    rotation
        Degrees clockwise (0, 90, 180, 270) that the decoder's pictures were turned upright by.
    hdr
        Name of a transfer function beyond standard range ("PQ", "HLG"), or "".
    decoder
        Words for the record: what decoded, with which settings, how RGB was made.
    """

    container: str
    codec: str
    width: int
    height: int
    duration_s: float
    rate_fps: float
    frames: int | None = None
    rotation: int = 0
    hdr: str = ""
    has_audio: bool | None = None
    decoder: dict[str, str] = field(default_factory=dict)
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Frame:
    """One decoded frame: `pixels` (H, W, 3) uint8 RGB upright, `time_s` its presentation time,
    `index` its number in presentation order."""

    index: int
    time_s: float
    pixels: NDArray[np.uint8]


def turned(pixels: NDArray[np.uint8], rotation: int) -> NDArray[np.uint8]:
    """(H, W, 3) pixels turned clockwise by 0, 90, 180 or 270 degrees."""
    return apply_orientation(pixels, _TURNS[rotation]) if rotation else pixels


class FrameSource(Protocol):
    """Frames in presentation order with their true times."""

    @property
    def meta(self) -> VideoMeta: ...

    def frames(
        self, wish: Callable[[float], Wish], start_s: float = 0.0, end_s: float = float("inf")
    ) -> Iterator[Frame]:
        """The frames in [start_s, end_s) for which `wish(time)` is not empty.

        `wish` is asked once for every frame, in order, before its pixels are made. Raises
        `MediaError` where no frame can be decoded at all; where decoding fails later, iteration
        ends and `trouble` says why.
        """
        ...

    @property
    def trouble(self) -> str:
        """A sentence where decoding ended early, else empty."""
        ...


@dataclass(frozen=True, slots=True)
class Clip:
    """One video: identity of the file, what is known of its pictures, how it is stored.

    `structure` is made by `telltale.media.container` where the bytes are there and the container
    is one that it reads.
    """

    name: str
    sha256: str
    size_bytes: int
    rung: Rung
    mime: str
    meta: VideoMeta
    structure: Any = None
    notes: tuple[str, ...] = ()

    @property
    def has_original_bytes(self) -> bool:
        return self.rung in RUNGS_WITH_ORIGINAL_BYTES and bool(self.size_bytes)
