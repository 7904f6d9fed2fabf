"""Co-occurrences of quantised third-order residuals: the local feature of Splicebuster.

D. Cozzolino, G. Poggi, L. Verdoliva, "Splicebuster: a new blind image splicing detector",
WIFS 2015, sections II.A and II.B.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

#: Width of the three levels of a residual, in grey levels: 3 q with q = 2, on the scale of 256.
STEP = 6.0 * 255 / 256
#: Neighbours counted together.
TOGETHER = 4


def _classes() -> NDArray[np.int64]:
    """(81,) class of each word of four ternary digits: equal when reversed, negated, or both."""
    words = np.arange(3**TOGETHER)
    digits = words[:, None] // 3 ** np.arange(TOGETHER) % 3
    weights = 3 ** np.arange(TOGETHER)
    turned = [digits @ weights, digits[:, ::-1] @ weights]
    turned += [(2 - digits) @ weights, (2 - digits[:, ::-1]) @ weights]
    return np.unique(np.min(turned, axis=0), return_inverse=True)[1]


CLASSES = _classes()
#: Numbers per place: the classes along the residual's direction, and across it.
LENGTH = 2 * (int(CLASSES.max()) + 1)


def cooccurrences(luma: NDArray[np.float32], cell: int) -> NDArray[np.float32]:
    """Counts of classes in every whole `cell` x `cell` square of (H, W) luma in [0, 255].

    Returns (H // cell, W // cell, 50) float32: 25 classes of four neighbours across the direction
    of the residual, then 25 along it, both directions added.
    """
    rows, columns = luma.shape[0] // cell, luma.shape[1] // cell
    out = np.empty((rows, columns, LENGTH), np.float32)
    strip = max(1, 512 // cell)
    for top in range(0, rows, strip):
        bottom = min(top + strip, rows)
        y0, y1 = top * cell, bottom * cell
        above, below = min(3, y0), min(3, luma.shape[0] - y1)
        rows_here = luma[y0 - above : y1 + below]
        padded = np.pad(rows_here, ((3 - above, 3 - below), (3, 3)), mode="edge")
        height, width = y1 - y0, columns * cell
        out[top:bottom] = _strip(padded[:, : width + 6], height, width, cell)
    return out


def _strip(padded: NDArray[np.float32], height: int, width: int, cell: int) -> NDArray[np.float32]:
    """Counts of one strip, padded by three pixels on every side."""
    across = _levels(padded[:, :-3] - 3 * padded[:, 1:-2] + 3 * padded[:, 2:-1] - padded[:, 3:])
    down = _levels(padded[:-3] - 3 * padded[1:-2] + 3 * padded[2:-1] - padded[3:])
    words = {
        "along": (
            _words(across[3:], height, width, 0, 1),
            _words(down[:, 3:], height, width, 1, 0),
        ),
        "across": (_words(across, height, width, 1, 0), _words(down, height, width, 0, 1)),
    }
    cells = (np.arange(height) // cell)[:, None] * (width // cell) + np.arange(width) // cell
    size = (height // cell) * (width // cell)
    half = LENGTH // 2
    out = np.zeros((size, LENGTH), np.float32)
    for start, pair in ((0, words["across"]), (half, words["along"])):
        for word in pair:
            at = (cells * half + CLASSES[word]).ravel()
            counts = np.bincount(at, minlength=size * half).reshape(size, half)
            out[:, start : start + half] += counts
    return out.reshape(height // cell, width // cell, LENGTH)


def _levels(residual: NDArray[np.float32]) -> NDArray[np.uint8]:
    """0, 1 or 2: below, within and above half a step."""
    half = np.float32(STEP / 2)
    return (residual >= half).astype(np.uint8) + (residual > -half)


def _words(
    levels: NDArray[np.uint8], height: int, width: int, down: int, across: int
) -> NDArray[np.uint8]:
    """The words of four levels that begin at every pixel and go down or across."""
    word = np.zeros((height, width), np.uint8)
    for k in range(TOGETHER):
        y, x = k * down, k * across
        word += levels[y : y + height, x : x + width] * np.uint8(3**k)
    return word
