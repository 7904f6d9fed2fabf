"""Zernike moments around every pixel: what a patch looks like however it is turned."""

from __future__ import annotations

from math import factorial

import numpy as np
from numpy.typing import NDArray
from scipy import fft

#: Radius of the patch in pixels, and order and repetition of the moments (Cozzolino, Poggi,
#: Verdoliva 2015: all up to order 5).
RADIUS = 8
ORDERS = tuple((n, m) for n in range(6) for m in range(n + 1) if (n - m) % 2 == 0)


def kernel(n: int, m: int) -> NDArray[np.complex128]:
    """The conjugate Zernike function of order n and repetition m on the disc of `RADIUS`."""
    span = np.arange(-RADIUS, RADIUS + 1) / (RADIUS + 0.5)
    y, x = np.meshgrid(span, span, indexing="ij")
    rho, theta = np.hypot(y, x), np.arctan2(y, x)
    radial = np.zeros_like(rho)
    for s in range((n - m) // 2 + 1):
        over = factorial(s) * factorial((n + m) // 2 - s) * factorial((n - m) // 2 - s)
        radial += (-1) ** s * factorial(n - s) / over * rho ** (n - 2 * s)
    inside = rho <= 1
    return (n + 1) / inside.sum() * radial * np.exp(-1j * m * theta) * inside


def magnitudes(luma: NDArray[np.float32]) -> NDArray[np.float32]:
    """|Z_nm| around every pixel of (H, W) luma: (H, W, 12) float32 in grey levels.

    They stay as they are when the patch is turned or mirrored. Rounded to sixteenths, so that
    their distances are exact and equal in both runtimes.
    """
    height, width = luma.shape
    size = tuple(int(fft.next_fast_len(n + 2 * RADIUS, real=True)) for n in luma.shape)
    padded = np.pad(luma, RADIUS, mode="reflect")
    spectrum = fft.rfft2(padded.astype(np.float64), size)
    out = np.empty((height, width, len(ORDERS)), np.float32)

    def filtered(part: NDArray[np.float64]) -> NDArray[np.float64]:
        # Correlation is convolution with the kernel turned round.
        other = fft.rfft2(part[::-1, ::-1], size)
        whole = fft.irfft2(spectrum * other, size)
        return np.asarray(whole[2 * RADIUS :, 2 * RADIUS :][:height, :width])

    for k, (n, m) in enumerate(ORDERS):
        values = kernel(n, m)
        size_of = np.abs(filtered(values.real))
        if m:
            size_of = np.hypot(size_of, filtered(values.imag))
        out[..., k] = np.rint(16 * size_of) / 16
    return out
