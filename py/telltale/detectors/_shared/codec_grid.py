"""Turn what was measured on the coded picture into maps and boxes of the upright picture."""

from __future__ import annotations

from math import ceil
from typing import Any

import numpy as np
from numpy.typing import NDArray

from telltale.detectors._shared.blocks import block_mean
from telltale.finding import Box, Map, Region
from telltale.media.model import Media

#: The longest side of a map in cells.
LONGEST = 1024


def upright_box(media: Media, box: Box) -> Box:
    """A box of the coded picture in the coordinates of the upright one."""
    height, width = media.coded.shape[:2]
    x, y, w, h = box.x, box.y, box.w, box.h
    if media.orientation in (5, 6, 7, 8):  # transposed first
        x, y, w, h = y, x, h, w
        height, width = width, height
    if media.orientation in (2, 3, 6, 7):
        x = width - x - w
    if media.orientation in (3, 4, 7, 8):
        y = height - y - h
    return Box(x, y, w, h)


def upright_region(
    media: Media,
    top: int,
    left: int,
    height: int,
    width: int,
    cell: int,
    offset: tuple[int, int] = (0, 0),
) -> Region:
    """The region of a box given in cells of `cell` pixels of the coded picture.

    The first cell begins `offset` = (rows, columns) pixels from the picture's corner.
    """
    x, y = offset[1] + left * cell, offset[0] + top * cell
    box = Box(x, y, width * cell, height * cell)
    return Region("box", box=upright_box(media, box))


def coded_map(
    media: Media,
    name: str,
    values: NDArray[Any],
    cell: int,
    low: float,
    high: float,
    *,
    unit: str = "",
    meaning: str = "",
    offset: tuple[int, int] = (0, 0),
) -> Map:
    """A map of (h, w) values, each standing for `cell` x `cell` pixels of the coded picture.

    The first cell begins `offset` = (rows, columns) pixels from the picture's corner. The map is
    averaged down to at most `LONGEST` cells a side and turned upright.
    """
    factor = max(1, ceil(max(values.shape) / LONGEST))
    if factor > 1:
        values = block_mean(values, factor)
    side = cell * factor
    covered = Box(offset[1], offset[0], values.shape[1] * side, values.shape[0] * side)
    return Map(
        name,
        media.upright(np.asarray(values, np.float32)),
        low,
        high,
        unit,
        upright_box(media, covered),
        meaning,
    )
