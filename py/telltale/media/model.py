"""`Media`: one picture as received, its pixels, and everything known about how it was stored."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

Rung = Literal["file", "page-bytes", "canvas", "video-frames", "tab-capture", "screen-crop"]
#: Rungs that hand over the bytes of the original file; below them only pixels were obtained.
RUNGS_WITH_ORIGINAL_BYTES = ("file", "page-bytes")


class MediaError(Exception):
    """The file cannot be examined. `code` is stable; `str()` is a sentence for a person."""

    def __init__(self, code: str, sentence: str) -> None:
        super().__init__(sentence)
        self.code = code


@dataclass(frozen=True, slots=True)
class QuantTable:
    """One JPEG quantisation table: `values` is (8, 8) int in natural (not zig-zag) order."""

    id: int
    precision_bits: int
    values: NDArray[np.int32]


@dataclass(frozen=True, slots=True)
class JpegStructure:
    """What the markers of a JPEG file say (ITU-T T.81, annex B)."""

    tables: tuple[QuantTable, ...]
    components: tuple[dict[str, int], ...]  # id, h, v, table
    subsampling: str  # "4:4:4", "4:2:2", "4:2:0", "grey", ...
    progressive: bool
    arithmetic: bool
    precision_bits: int
    restart_interval: int
    scans: int
    adobe_transform: int | None
    has_jfif: bool
    has_exif: bool
    thumbnails: tuple[dict[str, int], ...]
    trailing_bytes: int
    trailing_kind: str
    comments: tuple[str, ...]
    marker_order: tuple[str, ...]
    quality: float | None  # nearest IJG quality of the luminance table
    quality_exact: bool  # whether the tables equal the IJG tables of that quality

    @property
    def luma(self) -> NDArray[np.int32]:
        """The (8, 8) table of the first component."""
        wanted = self.components[0]["table"] if self.components else 0
        return next((t.values for t in self.tables if t.id == wanted), self.tables[0].values)


@dataclass(frozen=True, slots=True)
class Media:
    """One still picture.

    Attributes
    ----------
    pixels
        (H, W, 3) uint8 sRGB-encoded as stored (no colour management), upright, read-only.
    coded
        The same before the EXIF orientation is applied: what the codec's grid is aligned to.
    data
        The bytes as received (empty when only pixels were obtained).
    notes
        Sentences on what decoding had to do (alpha dropped, 16 bits reduced, first frame taken).
    """

    name: str
    sha256: str
    size_bytes: int
    rung: Rung
    format: str
    mime: str
    pixels: NDArray[np.uint8]
    coded: NDArray[np.uint8]
    orientation: int
    data: bytes = field(repr=False)
    mode: str = "RGB"
    bits: int = 8
    frames: int = 1
    has_alpha: bool = False
    icc_profile: str | None = None
    jpeg: JpegStructure | None = None
    exif: dict[str, Any] = field(default_factory=dict)
    decoder: dict[str, str] = field(default_factory=dict)
    notes: tuple[str, ...] = ()

    @property
    def height(self) -> int:
        return int(self.pixels.shape[0])

    @property
    def width(self) -> int:
        return int(self.pixels.shape[1])

    @property
    def has_original_bytes(self) -> bool:
        return self.rung in RUNGS_WITH_ORIGINAL_BYTES and bool(self.data)

    @property
    def tags(self) -> dict[str, Any]:
        """What EXIF says of the picture and of its taking: name of the tag -> value."""
        directories = self.exif.get("exif", {})
        return {**directories.get("image", {}), **directories.get("exif", {})}

    def upright(self, values: NDArray[Any]) -> NDArray[Any]:
        """Turn a map measured on `coded` to the orientation of `pixels`."""
        return apply_orientation(values, self.orientation)


def apply_orientation(values: NDArray[Any], orientation: int) -> NDArray[Any]:
    """Apply an EXIF orientation (1 to 8) to an array whose first axes are rows and columns."""
    if orientation == 2:
        values = values[:, ::-1]
    elif orientation == 3:
        values = values[::-1, ::-1]
    elif orientation == 4:
        values = values[::-1]
    elif orientation == 5:
        values = values.swapaxes(0, 1)
    elif orientation == 6:
        values = values.swapaxes(0, 1)[:, ::-1]
    elif orientation == 7:
        values = values.swapaxes(0, 1)[::-1, ::-1]
    elif orientation == 8:
        values = values.swapaxes(0, 1)[::-1]
    return np.ascontiguousarray(values)
