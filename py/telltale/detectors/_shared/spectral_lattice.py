"""Lines in the spectrum that belong to a pattern of a whole period, with a number of false alarms.

An a-contrario test (Desolneux, Moisan & Morel 2000) by ranks, so that no law of the picture's
spectrum need be known: where nothing repeats, a frequency is as likely as its neighbours to be the
strongest of them.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import lgamma, log10

import numpy as np
from numpy.typing import NDArray

from telltale.detectors._shared.significance import log10_binomial_tail

#: Sides of the tiles, the largest of which at least two by two fit.
TILES = (512, 256, 128)
LEAST_TILE = TILES[-1]
#: Tiles used at the most, evenly over the picture.
MOST_TILES = 36
#: Periods in pixels. 2 is left out: colour filter arrays have it.
PERIODS = (4, 8, 16)
#: Chances at which the points of a lattice are counted; the best counts, and is paid for.
LEVELS = (0.1, 0.01, 0.001, 0.0001)
#: Grey levels at which the residual is cut off: edges would drown what is faint and everywhere.
CLIP = 4.0
#: A tile whose residual is weaker than this (mean, grey levels) says nothing.
LEAST_RESIDUAL = 0.05
#: Offsets of the 24 neighbours of a frequency, two bins apart: nearer ones share a Hann window's
#: main lobe.
NEIGHBOURS = tuple(
    (dy, dx) for dy in (-4, -2, 0, 2, 4) for dx in (-4, -2, 0, 2, 4) if (dy, dx) != (0, 0)
)
#: Decimal exponents beyond this are not told apart.
DEEPEST = -300.0

Step = Callable[[float], None]


@dataclass(frozen=True, slots=True)
class Peaks:
    """How unlikely each frequency's height is where nothing repeats.

    Attributes
    ----------
    surprise
        (n, n // 2 + 1) float64: -log10 of the chance to be as high above the neighbours as it is,
        over all tiles; zero frequency at [0, 0], as rfft2 orders them.
    tiles
        The number of tiles that were used.
    """

    surprise: NDArray[np.float64]
    tiles: int


def tile_side(shape: tuple[int, ...]) -> int:
    """The largest tile of `TILES` of which two by two fit, else the smallest."""
    return next((side for side in TILES if min(shape[:2]) >= 2 * side), LEAST_TILE)


def clipped_residual(luma: NDArray[np.float32]) -> NDArray[np.float32]:
    """Each pixel minus the mean of its four neighbours, cut off at `CLIP`; 0 on the border.

    The same is done at every pixel, so that it makes no period of its own.
    """
    out = np.zeros_like(luma)
    inner = luma[1:-1, 1:-1] - 0.25 * (
        luma[:-2, 1:-1] + luma[2:, 1:-1] + luma[1:-1, :-2] + luma[1:-1, 2:]
    )
    np.clip(inner, -CLIP, CLIP, out=out[1:-1, 1:-1])
    return out


def peaks(luma: NDArray[np.float32], step: Step | None = None) -> Peaks:
    """Rank each frequency among its neighbours, tile by tile, and join the ranks as Fisher did.

    Parameters
    ----------
    luma
        (H, W) float32 in [0, 255], at least 128 x 128.
    step
        Told the share that is done.
    """
    side = tile_side(luma.shape)
    taper = np.hanning(side + 1)[:-1]
    residual = clipped_residual(luma)
    total, tiles = np.zeros((side, side // 2 + 1)), 0
    corners = _corners(luma.shape, side)
    for k, (top, left) in enumerate(corners):
        if step is not None:
            step(k / len(corners))
        tile = residual[top : top + side, left : left + side]
        if float(np.abs(tile).mean(dtype=np.float64)) < LEAST_RESIDUAL:
            continue
        total -= np.log(_rank(tile.astype(np.float64) * taper[:, None] * taper))
        tiles += 1
    return Peaks(_surprise(total, tiles), tiles)


def _corners(shape: tuple[int, ...], side: int) -> list[tuple[int, int]]:
    """Top left corners of tiles side by side: they must share no pixel to count as independent."""
    rows, columns = shape[0] // side, shape[1] // side
    top, left = (shape[0] - rows * side) // 2, (shape[1] - columns * side) // 2
    corners = [(top + side * y, left + side * x) for y in range(rows) for x in range(columns)]
    return corners[:: -(-len(corners) // MOST_TILES)]


def _rank(tile: NDArray[np.float64]) -> NDArray[np.float64]:
    """The share of a frequency and its neighbours that is at least as strong, in (0, 1]."""
    side = tile.shape[0]
    half = np.fft.rfft2(tile)
    # Mirrored frequencies are equally strong but for the last bits, which differ from one build of
    # the transform to another: in single precision they are equal, and ties count as higher.
    power = (np.square(half.real) + np.square(half.imag)).astype(np.float32)
    # Two and more columns on both sides: the mirror images of what lies beyond the half plane.
    reach = max(dx for _, dx in NEIGHBOURS)
    mirrored = np.roll(power[::-1], 1, axis=0)
    before, behind = mirrored[:, reach:0:-1], mirrored[:, -2 : -2 - reach : -1]
    wide = np.pad(np.concatenate([before, power, behind], axis=1), ((reach, reach), (0, 0)), "wrap")
    higher = np.ones(power.shape, np.int16)
    for dy, dx in NEIGHBOURS:
        moved = wide[reach + dy : reach + dy + side, reach + dx : reach + dx + power.shape[1]]
        higher += moved >= power
    return higher / (len(NEIGHBOURS) + 1)


def _surprise(total: NDArray[np.float64], tiles: int) -> NDArray[np.float64]:
    """-log10 of the tail of a sum of `tiles` exponential variables (Fisher 1925, section 21.1).

    Ranks are whole numbers, so that the true chance is at most this.
    """
    if not tiles:
        return np.zeros_like(total)
    x = np.maximum(total, 1e-9)
    terms = np.stack([k * np.log(x) - lgamma(k + 1) - x for k in range(tiles)])
    top = terms.max(axis=0)
    tail = top + np.log(np.exp(terms - top).sum(axis=0))
    return np.asarray(np.maximum(-tail / np.log(10), 0.0))


def lattice(period: int) -> list[tuple[int, int]]:
    """The frequencies (y, x), in units of 1 / period, that a pattern of that period alone has.

    One of each pair that mirror each other. Both axes are left out, where JPEG and every straight
    edge have energy, and half the sampling frequency in both directions, where colour filter
    arrays have.
    """
    half = period // 2
    return [
        (y, x)
        for y in range(1, period)
        for x in range(1, half + 1)
        if not (x == half and y >= half)
    ]


def log10_false_alarms(found: Peaks, period: int) -> float:
    """log10 of the expected number of such lattices, or better ones, where nothing repeats.

    The points of the lattice that are as unlikely as each of `LEVELS` are counted against a
    binomial law. Its chance is the level, or the share of all other frequencies of this picture
    that reach it, if that is more: where a texture makes the spectrum rough, more is asked for.
    The tests made (`PERIODS` by `LEVELS`) are paid for.
    """
    surprise = found.surprise
    side = surprise.shape[0]
    step = side // period
    values = np.array([surprise[y * step, x * step] for y, x in lattice(period)])
    others = surprise[_elsewhere(side)]
    best = 0.0
    for level in LEVELS:
        need = -log10(level)
        reached = (int((others >= need).sum()) + 2) / others.size
        chance = min(max(level, reached), 0.999)
        best = min(best, log10_binomial_tail(len(values), int((values >= need).sum()), chance))
    return max(best, DEEPEST) + log10(len(PERIODS) * len(LEVELS))


def whole_plane(half: NDArray[np.float64]) -> NDArray[np.float64]:
    """The full (n, n) plane, zero frequency in the middle, of the half as rfft2 orders it."""
    mirrored = np.roll(half[::-1], 1, axis=0)[:, -2:0:-1]
    return np.fft.fftshift(np.concatenate([half, mirrored], axis=1))


def _elsewhere(side: int) -> NDArray[np.bool_]:
    """Frequencies off both axes and more than two bins away from every lattice."""
    step = side // max(PERIODS)

    def clear(count: int) -> NDArray[np.bool_]:
        at = np.arange(count)
        near = np.minimum(at % step, step - at % step) <= 2
        return np.asarray(near)

    y, x = clear(side), clear(side // 2 + 1)
    out = ~(y[:, None] & x[None, :])
    margin = 8
    out[:margin] = out[-margin + 1 :] = False
    out[:, :margin] = out[:, -margin:] = False
    return out
