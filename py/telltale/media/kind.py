"""What kind of picture this is: a photograph, or a graphic, a captioned picture, a screenshot.

Tests that read the traces of cameras and of image generators mean nothing on the others. The
recogniser is made to err towards "photograph": a photograph that is called a drawing loses its
examination, a drawing that is called a photograph only its warning.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from telltale.media.model import Media

#: `graphic`: drawing, diagram, chart or page of text. `letterboxed`: a photograph between bars.
Nature = Literal["photograph", "graphic", "captioned", "screenshot", "letterboxed"]
Plane = NDArray[np.uint8]

#: Rows of 8 pixels looked at, at the most.
_STRIPS = 128
#: Steps between neighbours, in grey levels: visible at all, and as hard as drawn edges.
_STEP, _HARD = 4, 48
#: Shorter and longer sides of common screens, in pixels.
SCREENS = frozenset(
    {
        (640, 1136), (720, 1280), (720, 1520), (720, 1600), (750, 1334), (768, 1024), (768, 1366),
        (800, 1280), (820, 1180), (828, 1792), (834, 1194), (900, 1440), (900, 1600), (1050, 1680),
        (1080, 1920), (1080, 2160), (1080, 2280), (1080, 2310), (1080, 2340), (1080, 2376),
        (1080, 2400), (1080, 2408), (1080, 2460), (1125, 2436), (1170, 2532), (1179, 2556),
        (1200, 1920), (1206, 2622), (1242, 2208), (1242, 2688), (1284, 2778), (1290, 2796),
        (1320, 2868), (1440, 2560), (1440, 2960), (1440, 3040), (1440, 3088), (1440, 3120),
        (1440, 3200), (1440, 3440), (1488, 2266), (1536, 2048), (1600, 2560), (1620, 2160),
        (1640, 2360), (1668, 2224), (1668, 2388), (1800, 2880), (1964, 3024), (2048, 2732),
        (2160, 3840), (2234, 3456),
    }
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Kind:
    """The nature of a picture and the numbers that it rests on.

    Attributes
    ----------
    flat
        Share of 8 x 8 blocks whose luma spans at most 2 levels, bars left out.
    alike
        Share of pixels that have one of the four most common colours exactly, bars left out.
    hard
        Share of the visible steps between neighbours that are as hard as drawn edges.
    bars
        Share of the picture under bars of one colour at opposite ends.
    caption
        Share of the height under a band of text on one colour at the top or bottom.
    screen_size
        Whether width and height are those of a common screen.
    """

    nature: Nature
    flat: float
    alike: float
    hard: float
    bars: float
    caption: float
    screen_size: bool

    @property
    def reason(self) -> str | None:
        """The reason code for tests of the whole picture that are made for photographs, or None."""
        return "not_photographic" if self.nature == "captioned" else self.face_reason

    @property
    def face_reason(self) -> str | None:
        """The same for tests of faces, which may look at the photograph under a caption."""
        return {"graphic": "not_photographic", "screenshot": "screenshot"}.get(self.nature)


def kind_of(media: Media) -> Kind:
    """The kind of a picture, from its pixels, its size, and whether a camera is named in it."""
    # Frames of videos have the sizes of screens by nature.
    camera = bool({"Make", "Model"} & media.tags.keys()) or media.rung == "video-frames"
    return recognise(media.pixels, camera=camera)


def recognise(pixels: NDArray[np.uint8], *, camera: bool = False) -> Kind:
    """The kind of (H, W, 3) uint8 pixels; `camera` says that the file names one.

    Notes
    -----
    The thresholds were set on the camera pictures and the made graphics of
    `models/verdict/kinds.py`, which also measures them on others (docs/detection.md).
    """
    luma = _luma(pixels)
    top, bottom, left, right = inner(luma)
    bars = 1 - (bottom - top) * (right - left) / luma.size
    screen = tuple(sorted(luma.shape)) in SCREENS
    if bottom - top < 16 or right - left < 16:
        return Kind("graphic", 1.0, 1.0, 0.0, round(bars, 4), 0.0, screen)
    luma, pixels = luma[top:bottom, left:right], pixels[top:bottom, left:right]
    flat, alike, hard = _flat(luma), _alike(pixels), _hard(luma)
    caption = caption_share(luma)
    shown = screen and not camera
    drawn = (hard >= 0.24 and alike >= 0.3) or (flat >= 0.5 and (alike >= 0.42 or hard >= 0.1))
    if drawn or (flat >= 0.8 and alike >= 0.06) or (bars >= 0.2 and hard >= 0.24):
        nature: Nature = "screenshot" if shown else "graphic"
    elif shown and alike >= 0.12 and flat >= 0.12 and hard >= 0.03:
        nature = "screenshot"
    elif caption >= 0.08:
        nature = "captioned"
    elif bars >= (0.05 if shown else 0.2):
        nature = "screenshot" if shown else "letterboxed"
    else:
        nature = "photograph"
    return Kind(
        nature, round(flat, 4), round(alike, 4), round(hard, 4), round(bars, 4), caption, screen
    )


def inner(luma: Plane) -> tuple[int, int, int, int]:
    """Top, bottom, left and right of what lies between bars of one colour at opposite ends."""
    top, bottom = _between(luma)
    left, right = _between(luma[top:bottom].T)
    return top, bottom, left, right


def caption_share(luma: Plane) -> float:
    """Share of the height under one band at the top or bottom: one tone with hard strokes on it.

    The band ends with its last row of which half is of its tone (within 3 levels). Strokes must
    make at least 1 % of its steps, and what lies beyond it must be livelier than a page of text.
    """
    height = luma.shape[0]
    best = 0.0
    for rows in (luma, luma[::-1]):
        tone = np.bincount(rows[: max(2, height // 50)].ravel(), minlength=256).argmax()
        near = np.abs(rows.astype(np.int16) - int(tone)) <= 3
        ends = np.flatnonzero(near.mean(1) < 0.5)
        size = int(ends[0]) if len(ends) else height
        # Lines of large text cover more than half of a row here and there.
        while size < height and len(
            more := np.flatnonzero(near[size : size + height // 12].mean(1) >= 0.8)
        ):
            size += int(more[-1]) + 1
        if size < 0.08 * height or size > 0.9 * height:
            continue
        steps = np.abs(np.diff(rows[:size].astype(np.int16), axis=1))
        if float((steps > 2 * _HARD).mean()) >= 0.01 and float(near[size:].mean()) < 0.3:
            best = max(best, size / height)
    return round(best, 4)


def _between(luma: Plane) -> tuple[int, int]:
    """First and one past the last row that is not part of bars at both ends."""
    if not luma.size:
        return 0, 0
    low, high = luma.min(1), luma.max(1)
    uniform = high.astype(np.int16) - low <= 6
    if uniform.all():
        return 0, 0
    first = int(np.argmin(uniform))
    last = int(np.argmin(uniform[::-1]))
    # Only one bar may be sky or a table; and both must be of one tone.
    if min(first, last) < 0.02 * len(uniform):
        return 0, len(uniform)
    if abs(int(low[0]) - int(low[-1])) > 6:
        return 0, len(uniform)
    return first, len(uniform) - last


def _luma(pixels: NDArray[np.uint8]) -> Plane:
    """Luma in whole numbers, so that every comparison is exact in both runtimes."""
    r, g, b = (pixels[..., k].astype(np.uint32) for k in range(3))
    return np.asarray((77 * r + 150 * g + 29 * b) >> 8, np.uint8)


def _strips(values: NDArray[np.uint8]) -> list[NDArray[np.uint8]]:
    """Strips of 8 rows, spread evenly, at most `_STRIPS` of them."""
    tops = np.arange(0, values.shape[0] - 7, 8)
    every = max(1, -(-len(tops) // _STRIPS))
    return [values[t : t + 8] for t in tops[::every]]


def _flat(luma: Plane) -> float:
    counts, blocks = 0, 0
    for strip in _strips(luma):
        whole = strip[:, : strip.shape[1] // 8 * 8].reshape(8, -1, 8)
        span = whole.max((0, 2)).astype(np.int16) - whole.min((0, 2))
        counts += int((span <= 2).sum())
        blocks += span.size
    return counts / max(1, blocks)


def _alike(pixels: NDArray[np.uint8]) -> float:
    """Colours are counted by a hash of 16 bits; what else falls on the same place is little."""
    table = np.zeros(65536, np.int64)
    for strip in _strips(pixels):
        r, g, b = (strip[..., k].astype(np.uint32) for k in range(3))
        table += np.bincount(((r * 7919 + g * 311 + b) & 65535).ravel(), minlength=65536)
    return float(np.sort(table)[-4:].sum() / max(1, table.sum()))


def _hard(luma: Plane) -> float:
    visible, hard = 0, 0
    for strip in _strips(luma):
        wide = strip.astype(np.int16)
        for axis in (0, 1):
            steps = np.abs(np.diff(wide, axis=axis))
            visible += int(np.count_nonzero(steps > _STEP))
            hard += int(np.count_nonzero(steps > _HARD))
    return hard / max(1, visible)
