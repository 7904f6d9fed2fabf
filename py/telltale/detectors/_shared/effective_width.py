"""To how many pixels could a face be shrunk and enlarged again without losing anything?

Two independent answers, by re-scaling and by spectra, for the face and for its surroundings. Both
measure energy in units of the energy of coarse detail at the same place, so that smooth skin and
low contrast are not taken for a loss of resolution.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from telltale.detectors._shared.blocks import block_mean
from telltale.detectors._shared.face_window import FaceWindow

#: Coarse detail: what a face of 32 pixels width shows and one of 12 does not.
COARSE = (32.0, 12.0)
#: Energy beyond a width, over that of coarse detail, that still counts as nothing.
NOTHING = 0.02
#: The sharpest tenth of places speaks for a region: skin and sky are smooth in sharp pictures too.
SHARPEST = 90
#: Places need this much coarse energy, in squared grey levels, and a region this many places.
LEAST_ENERGY, LEAST_PLACES = 20.0, 6
#: Side of a cell at the coarsest size, where the face is 32 to 64 pixels wide: 8 to 16 across it.
LEAST_CELL = 4
#: Factors tried within each octave.
STEPS = (2**-0.25, 2**-0.5, 0.5)
#: Spectra taken of a region at the most, evenly over it.
MOST_PATCHES = 800


@dataclass(frozen=True, slots=True)
class EffectiveWidth:
    """Widths in working pixels at which a face would carry the detail found.

    None where the region has too few structured places.
    """

    face: float | None
    around: float | None

    @property
    def octaves(self) -> float | None:
        """log2 of face over surroundings; negative where the face carries less detail."""
        if self.face is None or self.around is None:
            return None
        return float(np.log2(self.face / self.around))


@dataclass(frozen=True, slots=True)
class Residuals:
    """What is lost on shrinking to each of `widths` and enlarging again.

    Attributes
    ----------
    widths
        Face widths tried, in working pixels, falling.
    lost
        (n, rows, columns) float32: lost energy over that of coarse detail, per cell.
    structured
        (rows, columns) bool: cells with enough coarse detail.
    cell
        Side of a cell in working pixels.
    """

    widths: tuple[float, ...]
    lost: NDArray[np.float32]
    structured: NDArray[np.bool_]
    cell: int


def by_rescaling(window: FaceWindow) -> tuple[EffectiveWidth, Residuals]:
    """The smallest width that loses nothing, by shrinking and enlarging (Lanczos).

    Notes
    -----
    Octave by octave: below half the size the work goes on with the halved picture, and what was
    lost on the way is added. Bands do not overlap, so their energies add.
    """
    octaves = max(0, int(np.log2(window.face_width / COARSE[0])))
    cell = LEAST_CELL << octaves
    luma = window.luma[: window.luma.shape[0] // cell * cell, : window.luma.shape[1] // cell * cell]
    width, side = window.face_width, cell
    lost_before = np.zeros((luma.shape[0] // cell, luma.shape[1] // cell), np.float32)
    widths: list[float] = []
    lost: list[NDArray[np.float32]] = []
    for octave in range(octaves + 1):
        for step in STEPS if octave < octaves else STEPS[:1]:
            if width * step < 0.9 * COARSE[0]:
                continue
            residual = luma - _rescaled(luma, step)
            lost.append(lost_before + block_mean(residual * residual, side))
            widths.append(width * step)
        if octave < octaves:
            lost_before, luma, width, side = lost[-1], _resized(luma, 0.5), width / 2, side // 2
    coarse = _rescaled(luma, min(1.0, COARSE[0] / width)) - _rescaled(luma, COARSE[1] / width)
    energy = block_mean(coarse * coarse, side)
    structured = energy > LEAST_ENERGY
    share = np.asarray(np.stack(lost) / np.maximum(energy, LEAST_ENERGY), np.float32)
    residuals = Residuals(tuple(widths), share, structured, cell)
    rows, columns = energy.shape
    inside = (block_mean(window.face, cell)[:rows, :columns] > 0.6) & structured
    outside = (block_mean(window.around, cell)[:rows, :columns] > 0.95) & structured
    found = [
        _smallest(share[:, region], window.face_width, residuals.widths)
        for region in (inside, outside)
    ]
    return EffectiveWidth(found[0], found[1]), residuals


def by_spectrum(window: FaceWindow) -> EffectiveWidth:
    """Twice the highest frequency that carries more than nothing, in cycles per face width.

    Spectra of overlapping patches under a Hann window, summed over rings of equal frequency.
    """
    size = 16 if window.face_width < 160 else 32 if window.face_width < 512 else 64
    step = size // 2
    if min(window.luma.shape) < 2 * size:
        return EffectiveWidth(None, None)
    patches = _patches(window.luma, size, step)
    found = []
    for mask, least in ((window.face, 0.6), (window.around, 0.95)):
        chosen = np.argwhere(_patches(mask, size, step).mean(axis=(2, 3)) > least)
        chosen = chosen[:: max(1, len(chosen) // MOST_PATCHES)]
        ring = _highest_ring(patches[chosen[:, 0], chosen[:, 1]])
        found.append(None if ring is None else 2 * ring / size * window.face_width)
    return EffectiveWidth(found[0], found[1])


def _highest_ring(patches: NDArray[np.float32]) -> float | None:
    """The highest ring, in cycles per patch, with more than nothing beyond it; (n, s, s)."""
    size = patches.shape[1]
    hann = np.hanning(size + 2)[1:-1].astype(np.float32)
    taper = hann[:, None] * hann
    level = patches - patches.mean(axis=(1, 2), keepdims=True)
    power = np.abs(np.fft.rfft2(level * taper)) ** 2
    rings = power.reshape(len(patches), -1) @ _rings(size)
    rings /= float((taper * taper).sum()) * size * size
    coarse = rings[:, 1 : max(2, size // 10) + 1].sum(axis=1)
    structured = coarse > LEAST_ENERGY
    if structured.sum() < LEAST_PLACES:
        return None
    beyond = rings[structured, ::-1].cumsum(axis=1)[:, ::-1]
    return _highest(np.percentile(beyond / coarse[structured, None], SHARPEST, axis=0))


def local_octaves(residuals: Residuals, full: float) -> NDArray[np.float32]:
    """log2 of each cell's effective width over `full`; 0 at full resolution, NaN where smooth."""
    rows, columns = residuals.structured.shape
    out = np.full((rows, columns), np.nan, np.float32)
    for row, column in np.argwhere(residuals.structured):
        width = _crossing(residuals.lost[:, row, column], full, residuals.widths)
        out[row, column] = np.log2(width / full)
    return out


def _resized(luma: NDArray[np.float32], scale: float) -> NDArray[np.float32]:
    size = (max(2, round(luma.shape[1] * scale)), max(2, round(luma.shape[0] * scale)))
    return np.asarray(Image.fromarray(luma).resize(size, Image.Resampling.LANCZOS))


def _rescaled(luma: NDArray[np.float32], scale: float) -> NDArray[np.float32]:
    size = (luma.shape[1], luma.shape[0])
    small = Image.fromarray(_resized(luma, scale))
    return np.asarray(small.resize(size, Image.Resampling.LANCZOS))


def _smallest(lost: NDArray[np.float32], full: float, widths: tuple[float, ...]) -> float | None:
    if lost.shape[1] < LEAST_PLACES:
        return None
    return _crossing(np.percentile(lost, SHARPEST, axis=1), full, widths)


def _crossing(lost: NDArray[np.floating], full: float, widths: tuple[float, ...]) -> float:
    """The width at which the loss first passes `NOTHING`, interpolated in log width."""
    over = np.flatnonzero(lost > NOTHING)
    if over.size == 0:
        return widths[-1]
    k = int(over[0])
    before, wider = (0.0, full) if k == 0 else (float(lost[k - 1]), widths[k - 1])
    part = (NOTHING - before) / (float(lost[k]) - before)
    return float(wider * (widths[k] / wider) ** part)


def _patches(image: NDArray[np.float32], size: int, step: int) -> NDArray[np.float32]:
    view = np.lib.stride_tricks.sliding_window_view(image, (size, size))
    return view[::step, ::step]


def _rings(size: int) -> NDArray[np.float32]:
    """(size * (size // 2 + 1), size // 2 + 1) weights that sum an rfft2 power into rings."""
    fy, fx = np.fft.fftfreq(size)[:, None], np.fft.rfftfreq(size)[None, :]
    ring = np.minimum(np.rint(np.hypot(fy, fx) * size), size // 2).astype(int).ravel()
    # The half plane stands for both, but for its first and last column.
    twice = np.broadcast_to(np.where((fx > 0) & (fx < 0.5), 2.0, 1.0), (size, size // 2 + 1))
    weights = np.zeros((ring.size, size // 2 + 1), np.float32)
    weights[np.arange(ring.size), ring] = twice.ravel()
    return weights


def _highest(share: NDArray[np.floating]) -> float:
    """The highest ring beyond which more than `NOTHING` lies, interpolated in log energy."""
    over = np.flatnonzero(share > NOTHING)
    last = int(over[-1]) if over.size else 1
    if last >= len(share) - 1:
        return float(len(share) - 1)
    here, there = np.log(share[last : last + 2] + 1e-12)
    return float(last + (here - np.log(NOTHING)) / (here - there))
