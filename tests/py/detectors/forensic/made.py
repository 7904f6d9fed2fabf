"""Pictures by whole numbers alone, the same on every machine: what golden numbers are made on."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Pixels = NDArray[np.uint8]


def scene(height: int = 240, width: int = 320) -> Pixels:
    """(height, width, 3) ramps with a disc, stripes and noise."""
    y, x = np.mgrid[:height, :width].astype(np.int64)
    ramps = (x * 150 // width + 40, y * 140 // height + 50, (x + y) * 130 // (height + width) + 60)
    disc = ((x - width // 3) ** 2 + (y - height // 2) ** 2 < (height // 4) ** 2)[..., None]
    stripes = ((x // 5 + y // 7) % 6 == 0)[..., None] * np.array([22, 9, -30])
    noise = [hashed(x, y, k) % 15 - 7 for k in (1, 2, 3)]
    colour = np.stack(ramps, -1) + disc * np.array([40, -25, 15]) + stripes + np.stack(noise, -1)
    return np.clip(colour, 0, 255).astype(np.uint8)


def hashed(x: NDArray[np.int64], y: NDArray[np.int64], k: int) -> NDArray[np.int64]:
    """A pseudo-random number from 0 to 65535 of each place."""
    state = (x * 73856093 ^ y * 19349663 ^ k * 83492791) & 0x7FFFFFFF
    state = (state * 1103515245 + 12345) & 0x7FFFFFFF
    state ^= state >> 13
    return ((state * 69069 + 1) & 0x7FFFFFFF) >> 8 & 0xFFFF


def enlarged(height: int = 96, width: int = 96) -> Pixels:
    """(height, width) grey noise enlarged by 3/2 with linear interpolation, in whole numbers."""
    y, x = np.mgrid[: height + 2, : width + 2].astype(np.int64)
    noise = 60 + sum(hashed(x // s, y // s, s) % 45 for s in (1, 2, 4))
    for axis, size in ((0, height), (1, width)):
        at = np.arange(size)
        low, part = 2 * at // 3, 2 * at % 3
        shape = (-1, 1) if axis == 0 else (1, -1)
        a, b = np.take(noise, low, axis), np.take(noise, low + 1, axis)
        noise = (a * (3 - part.reshape(shape)) + b * part.reshape(shape) + 1) // 3
    return np.clip(noise, 0, 255).astype(np.uint8)


def stretched(pixels: Pixels) -> Pixels:
    """Green of `pixels` with the square of rows 64 to 128, columns 128 to 192 stretched by 7/5."""
    green = pixels[..., 1].astype(np.int64)
    part = green[64:128, 128:192]
    green[64:128, 128:192] = (part - 100) * 7 // 5 + 100
    return np.clip(green, 0, 255).astype(np.uint8)
