"""The thumbnail embedded in a file, compared with the picture.

Some editors leave the old thumbnail in place, so that it shows the picture as it was.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from telltale.media import png, webp
from telltale.media.decode import open_media
from telltale.media.jpeg_extras import exif_thumbnail
from telltale.media.model import Media, MediaError, apply_orientation

#: Thumbnails outside these sizes are not compared (pixels on a side).
MIN_SIDE, MAX_SIDE = 24, 1024
#: Side of the cells, as a share of the thumbnail, over which differences are averaged.
_CELLS = 16
#: The share cut off each side of a thumbnail with bars.
_EDGE = 0.03

#: Thumbnails of one file that are looked at.
_MOST = 3
_READERS = {"image/png": png.read, "image/webp": webp.read}

Pixels = NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class Comparison:
    """A thumbnail beside the picture reduced to its size.

    Attributes
    ----------
    thumbnail, reduced
        (h, w, 3) uint8, borders of the thumbnail cut off, both on the grid of `Media.coded` or
        (where `upright`) of `Media.pixels`.
    difference
        (h, w) float32 grey levels: what is left after the best fit of contrast and brightness,
        averaged over cells.
    correlation
        Pearson's correlation of the two lumas in [-1, 1].
    largest
        The greatest cell difference in grey levels.
    upright
        Whether the thumbnail fits the upright picture, though the file asks for it to be turned.
    """

    thumbnail: Pixels
    reduced: Pixels
    difference: NDArray[np.float32]
    correlation: float
    largest: float
    upright: bool
    bordered: bool


def embedded(media: Media) -> Iterator[Pixels]:
    """The thumbnails of a file, decoded: JPEG's own, or that in the EXIF of PNG and WebP."""
    if media.jpeg:
        held, entries = media.data, media.jpeg.thumbnails
    elif read := _READERS.get(media.mime):
        held = read(media.data).exif
        entries = tuple(exif_thumbnail(held, 0))
    else:
        return
    for entry in entries[:_MOST]:
        small = _decoded(held, entry)
        if small is not None:
            yield small


def _decoded(held: bytes, entry: dict[str, int]) -> Pixels | None:
    """The pixels of one thumbnail, which lies in `held`, or None."""
    width, height = entry["width"], entry["height"]
    if min(width, height) < MIN_SIDE or max(width, height) > MAX_SIDE:
        return None
    raw = held[entry["offset"] : entry["offset"] + entry["bytes"]]
    if raw.startswith(b"\xff\xd8"):
        try:
            return open_media(raw, "thumbnail").coded
        except MediaError:
            return None
    if len(raw) == 3 * width * height:
        return np.frombuffer(raw, np.uint8).reshape(height, width, 3)
    return None


def compare(media: Media, thumbnail: Pixels) -> Comparison | None:
    """The best of the ways in which cameras and programs make thumbnails; None where it is flat.

    Those are: the whole picture; the picture with bars to fill the thumbnail's shape; the middle
    of the picture, cut to that shape; and each of them turned upright.
    """
    best: Comparison | None = None
    for upright in (False, True) if media.orientation != 1 else (False,):
        picture = media.pixels if upright else media.coded
        for inner, outer, bordered in _framings(thumbnail, picture):
            found = _compared(inner, outer, upright, bordered)
            if found and (best is None or found.correlation > best.correlation):
                best = found
    return best


def _framings(thumbnail: Pixels, picture: Pixels) -> Iterator[tuple[Pixels, Pixels, bool]]:
    yield thumbnail, picture, False
    small, large = thumbnail.shape[1] / thumbnail.shape[0], picture.shape[1] / picture.shape[0]
    if abs(np.log(small / large)) < 0.02:
        return
    # without the edges, where the bars bleed in
    yield _trimmed(_middle(thumbnail, large)), _trimmed(picture), True
    yield thumbnail, _middle(picture, small), False


def _middle(pixels: Pixels, aspect: float) -> Pixels:
    """The middle part of width / height `aspect`."""
    height, width = pixels.shape[:2]
    if width / height > aspect:
        inner = max(1, round(height * aspect))
        left = (width - inner) // 2
        return pixels[:, left : left + inner]
    inner = max(1, round(width / aspect))
    top = (height - inner) // 2
    return pixels[top : top + inner]


def _trimmed(pixels: Pixels) -> Pixels:
    rows, columns = round(pixels.shape[0] * _EDGE), round(pixels.shape[1] * _EDGE)
    return pixels[rows : pixels.shape[0] - rows, columns : pixels.shape[1] - columns]


def _compared(
    thumbnail: Pixels, picture: Pixels, upright: bool, bordered: bool
) -> Comparison | None:
    height, width = thumbnail.shape[:2]
    if min(height, width) < MIN_SIDE // 2:
        return None
    image = Image.fromarray(np.ascontiguousarray(picture))
    reduced = np.asarray(image.resize((width, height), Image.Resampling.BOX))
    ours, theirs = _luma(reduced), _luma(thumbnail)
    if ours.std() < 2 or theirs.std() < 2:
        return None
    correlation = float(np.corrcoef(ours.ravel(), theirs.ravel())[0, 1])
    slope = correlation * ours.std() / theirs.std()
    left = ours - (slope * (theirs - theirs.mean()) + ours.mean())
    difference = _cell_means(left)
    return Comparison(
        thumbnail=thumbnail,
        reduced=reduced,
        difference=difference,
        correlation=correlation,
        largest=float(difference.max()),
        upright=upright,
        bordered=bordered,
    )


def _luma(pixels: Pixels) -> NDArray[np.float64]:
    """ITU-R BT.601 luma in [0, 255] by whole numbers, so that both runtimes agree exactly."""
    return (pixels.astype(np.int64) * (299, 587, 114)).sum(2) / 1000


def _cell_means(values: NDArray[np.float64]) -> NDArray[np.float32]:
    """|mean| over a grid of at most `_CELLS` cells a side: noise and sharpening cancel out."""
    rows = np.linspace(0, values.shape[0], min(_CELLS, values.shape[0] // 3) + 1).astype(int)
    columns = np.linspace(0, values.shape[1], min(_CELLS, values.shape[1] // 3) + 1).astype(int)
    sums = np.add.reduceat(np.add.reduceat(values, rows[:-1], 0), columns[:-1], 1)
    means = sums / (np.diff(rows)[:, None] * np.diff(columns)[None])
    return np.round(np.abs(means), 3).astype(np.float32)


def turned_upright(media: Media, found: Comparison, values: NDArray[Any]) -> NDArray[Any]:
    """A map of the comparison in the orientation of `Media.pixels`."""
    return values if found.upright else apply_orientation(values, media.orientation)
