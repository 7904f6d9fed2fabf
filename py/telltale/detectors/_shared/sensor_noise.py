"""The pattern that a sensor leaves in every picture (PRNU): extraction, fingerprint, comparison.

Definitions and constants of the Binghamton toolbox as published in prnu-python (Bondi, Bestagini,
Bonettini 2018), to whose numbers the tests hold this module.

References
----------
.. [1] M. K. Mihcak, I. Kozintsev, K. Ramchandran, "Spatially adaptive statistical modeling of
   wavelet image coefficients and its application to denoising", ICASSP 1999.
.. [2] M. Chen, J. Fridrich, M. Goljan, J. Lukas, "Determining image origin and integrity using
   sensor noise", IEEE TIFS 3(1), 2008.
.. [3] M. Goljan, J. Fridrich, T. Filler, "Large scale test of sensor fingerprint camera
   identification", SPIE 7254, 2009.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pywt
from numpy.typing import NDArray
from scipy import fft, ndimage

Plane = NDArray[np.float32]

WAVELET, LEVELS = "db4", 4
#: Standard deviation of the noise looked for, in grey levels, and the sides of the windows [1].
SIGMA, WINDOWS = 5.0, (3, 5, 7, 9)
#: Weights of red, green and blue.
GREY = (0.29893602, 0.58704307, 0.11402090)
#: Half side of the square around the peak that is left out of the floor. As in prnu-python, the
#: square reaches from `PEAK` before the peak to `PEAK` - 1 after it.
PEAK = 2


def wiener(values: NDArray[Any], noise_variance: float) -> Plane:
    """The noise part of (h, w) coefficients: the least local variance of four windows [1]."""
    energy = np.asarray(values * values, np.float32)
    least = ndimage.uniform_filter(energy, WINDOWS[0], mode="constant")
    for side in WINDOWS[1:]:
        np.minimum(least, ndimage.uniform_filter(energy, side, mode="constant"), out=least)
    signal = np.maximum(least - np.float32(noise_variance), 0)
    return np.asarray(values * (noise_variance / (signal + noise_variance)), np.float32)


def residual(plane: NDArray[Any], sigma: float = SIGMA) -> Plane:
    """What wavelet denoising takes from one (H, W) plane in [0, 255]; float32 grey levels."""
    levels = min(LEVELS, pywt.dwtn_max_level(plane.shape, WAVELET))
    coefficients = pywt.wavedec2(plane.astype(np.float32), WAVELET, level=levels)
    for k, detail in enumerate(coefficients[1:], 1):
        coefficients[k] = tuple(wiener(band, sigma**2) for band in detail)
    coefficients[0] = np.zeros_like(coefficients[0])
    height, width = plane.shape
    return np.asarray(pywt.waverec2(coefficients, WAVELET)[:height, :width], np.float32)


def zero_mean(values: Plane) -> Plane:
    """(H, W) without the row and column means of each of the four phases of a colour mosaic."""
    out = values.copy()
    for y in range(2):
        for x in range(2):
            part = out[y::2, x::2]
            part -= part.mean(dtype=np.float64)
            rows = part.mean(axis=1, keepdims=True, dtype=np.float64)
            columns = part.mean(axis=0, keepdims=True, dtype=np.float64)
            part -= (rows + columns).astype(np.float32)
    return out


def whitened(values: Plane) -> Plane:
    """(H, W) without what its spectrum holds above the noise: periodic traces of processing."""
    sigma = float(values.std(ddof=1, dtype=np.float64))
    spectrum = fft.fft2(values.astype(np.float32))
    magnitude = np.abs(spectrum) / np.float32(np.sqrt(values.size))
    kept = wiener(magnitude, sigma**2)
    spectrum *= np.divide(kept, magnitude, out=np.zeros_like(kept), where=magnitude > 0)
    return np.asarray(fft.ifft2(spectrum).real, np.float32)


def extracted(pixels: NDArray[np.uint8]) -> Plane:
    """The noise of one picture, (H, W) float32 from (H, W, 3) or (H, W) uint8."""
    if pixels.ndim == 2:
        return whitened(zero_mean(residual(pixels)))
    grey = np.zeros(pixels.shape[:2], np.float32)
    for channel, weight in enumerate(GREY):
        grey += np.float32(weight) * residual(pixels[..., channel])
    return whitened(zero_mean(grey))


def fingerprint(
    pictures: Iterable[NDArray[np.uint8]], after: Callable[[int], None] | None = None
) -> Plane:
    """The pattern that pictures of one camera share, (H, W) float32 [2, eq. 8].

    Parameters
    ----------
    pictures
        (H, W, 3) uint8, all of one size and orientation, at least one. Read one at a time.
    after
        Called with the number of pictures done.
    """
    top: Plane | None = None
    bottom: Plane | None = None
    for number, pixels in enumerate(pictures, 1):
        if top is None or bottom is None:
            top, bottom = (np.zeros(pixels.shape, np.float32) for _ in range(2))
        if pixels.shape != top.shape:
            raise ValueError("the pictures of a camera must all have one size")
        usable = unsaturated(pixels)
        for c in range(3):
            plane = pixels[..., c]
            top[..., c] += residual(plane) * plane / np.float32(255)
            bottom[..., c] += (_intensity(plane) * usable[..., c]) ** 2
        if after is not None:
            after(number)
    if top is None or bottom is None:
        raise ValueError("a fingerprint needs pictures")
    ratio = top / (bottom + 1)
    return whitened(zero_mean(ratio @ np.array(GREY, np.float32)))


def _intensity(plane: NDArray[np.uint8]) -> Plane:
    """Weight of a pixel by its brightness: rising to 1 at 252, then falling."""
    table = np.arange(256, dtype=np.float32) / 252
    above = np.arange(252, 256, dtype=np.float32)
    table[252:] = np.exp(-((above - 252) ** 2) / 6)
    return np.asarray(table[plane])


def unsaturated(pixels: NDArray[np.uint8]) -> NDArray[np.bool_]:
    """(H, W, 3) bool: not at the channel's maximum beside an equal neighbour."""
    if pixels.max() < 250:
        return np.ones(pixels.shape, bool)
    left = pixels != np.roll(pixels, 1, axis=1)
    up = pixels != np.roll(pixels, 1, axis=0)
    beside = ~(left & up & np.roll(left, -1, axis=1) & np.roll(up, -1, axis=0))
    for c in range(pixels.shape[2]):
        highest = pixels[..., c].max()
        if highest > 250:
            beside[..., c] = ~((pixels[..., c] == highest) & beside[..., c])
    return np.asarray(beside)


def cross_correlation(a: Plane, b: Plane) -> Plane:
    """Circular cross-correlation of two planes without their means, padded to a common size.

    Entry (H - 1 - y, W - 1 - x) is where `a` lies (y, x) pixels into `b`, as in prnu-python.
    """
    height, width = (max(m, n) for m, n in zip(a.shape, b.shape, strict=True))
    size = (height, width)
    one, other = (np.zeros(size, np.float32) for _ in range(2))
    one[: a.shape[0], : a.shape[1]] = a - a.mean(dtype=np.float64)
    other[: b.shape[0], : b.shape[1]] = b - b.mean(dtype=np.float64)
    product = fft.rfft2(one) * fft.rfft2(np.ascontiguousarray(np.rot90(other, 2)))
    return np.asarray(fft.irfft2(product, size), np.float32)


@dataclass(frozen=True, slots=True)
class Peak:
    """The highest correlation over all shifts, and how far it stands above the others.

    `pce` is the peak-to-correlation-energy ratio with the sign of the peak [3].
    """

    y: int
    x: int
    height: float
    pce: float


def peak(correlation: Plane) -> Peak:
    """The peak of a cross-correlation."""
    y, x = (int(v) for v in np.unravel_index(int(np.argmax(correlation)), correlation.shape))
    height = float(correlation[y, x])
    near = correlation[max(0, y - PEAK) : y + PEAK, max(0, x - PEAK) : x + PEAK].astype(np.float64)
    total = float(np.sum(np.square(correlation, dtype=np.float64)))
    energy = (total - float((near**2).sum())) / correlation.size
    return Peak(y, x, height, height * height / energy * float(np.sign(height)) if energy else 0.0)
