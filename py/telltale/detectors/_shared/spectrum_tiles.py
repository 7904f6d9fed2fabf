"""The mean log spectrum of a picture over tiles, and its statistics."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from telltale.detectors._shared.blocks import window_sum

#: Side of a tile in pixels, or the smaller one where the picture has no room for it.
TILE, SMALL_TILE = 512, 256
#: Tiles used at the most, evenly over the picture.
MOST_TILES = 36


def tile_corners(shape: tuple[int, ...], size: int) -> list[tuple[int, int]]:
    """Top left corners of tiles of `size`, centred; overlapping where few would fit."""
    axes = []
    for length in shape[:2]:
        count = length // size
        if count >= 3:
            first = (length - count * size) // 2
            axes.append([first + size * k for k in range(count)])
        else:
            axes.append(sorted({int(v) for v in np.linspace(0, length - size, 3)}))
    corners = [(top, left) for top in axes[0] for left in axes[1]]
    return corners[:: -(-len(corners) // MOST_TILES)]


def mean_log_spectrum(luma: NDArray[np.float32], size: int) -> NDArray[np.float64]:
    """20 log10 of the Fourier magnitude under a Hann window, averaged over the tiles.

    Parameters
    ----------
    luma
        (H, W) float32 in [0, 255], both at least `size`.

    Returns
    -------
    spectrum
        (size, size) float64 in dB, zero frequency in the middle.
    """
    ramp = np.hanning(size + 1)[:-1].astype(np.float32)
    taper = ramp[:, None] * ramp
    corners = tile_corners(luma.shape, size)
    total = np.zeros((size, size // 2 + 1))
    for top, left in corners:
        tile = luma[top : top + size, left : left + size]
        total += decibels(np.fft.rfft2((tile - tile.mean()) * taper))
    return whole(total / len(corners))


def decibels(transform: NDArray[np.complexfloating]) -> NDArray[np.float64]:
    """20 log10 |F + 1e-8|, the offset being that of the reference code."""
    return 20 * np.log10(np.abs(transform).astype(np.float64) + 1e-8)


def whole(half: NDArray[np.float64]) -> NDArray[np.float64]:
    """The full plane, zero frequency in the middle, of the half that rfft2 returns."""
    mirrored = np.roll(half[::-1], 1, axis=0)[:, -2:0:-1]
    return np.fft.fftshift(np.concatenate([half, mirrored], axis=1))


def radial_profile(spectrum: NDArray[np.float64]) -> NDArray[np.float64]:
    """Mean over rings of integer radius 0, 1, ... up to the corner, of a centred (n, n) plane.

    Durall et al. 2020: the azimuthal average; radius k holds all places whose distance from the
    middle is at least k and less than k + 1.
    """
    middle = spectrum.shape[0] // 2
    y, x = np.indices(spectrum.shape)
    radius = np.hypot(y - middle, x - middle).astype(int).ravel()
    return np.bincount(radius, spectrum.ravel()) / np.bincount(radius)


def above_surroundings(spectrum: NDArray[np.float64], size: int = 9) -> NDArray[np.float64]:
    """Each value minus the mean of the `size` x `size` box around it; the plane wraps round."""
    padded = np.pad(spectrum, size // 2, mode="wrap")
    return spectrum - window_sum(padded, size, size) / size**2


def lattice_peak(residual: NDArray[np.float64], period: int, without: int = 0) -> float:
    """How far the frequencies of a period of pixels stand out, in robust standard deviations.

    Parameters
    ----------
    residual
        (n, n) centred plane from `above_surroundings`, n a multiple of `period`.
    period
        A pattern that repeats every `period` pixels has energy only at multiples of n / period.
    without
        A divisor of `period`; points that a pattern of that period has as well are left out.

    Notes
    -----
    The mean over the lattice's points is compared with the means over the same lattice moved
    by every offset. Left out are both axes, where JPEG and any straight edge have energy of
    their own, and half the sampling frequency in both directions, where colour filter arrays
    have.
    """
    n = residual.shape[0]
    step = n // period
    half = step // 2
    plane = np.clip(np.fft.ifftshift(residual), -20, 20)
    plane = np.roll(plane, (half, half), (0, 1))
    cells = plane.reshape(period, step, period, step).transpose(0, 2, 1, 3)
    keep = np.ones((period, period), bool)
    keep[0] = keep[:, 0] = False
    keep[period // 2, period // 2] = False
    if without:
        keep[:: period // without, :: period // without] = False
    mean = cells[keep].mean(axis=0)
    spread = 1.4826 * float(np.median(np.abs(mean - np.median(mean))))
    return float(mean[half, half] - np.median(mean)) / spread if spread > 0 else 0.0
