"""Where red and blue lie against green, place by place, and what one lens would make of that.

Johnson & Farid 2006: a lens refracts colours differently, so that red and blue are enlarged
against green about the optical centre. Measured here by least squares on the picture halved, where
neither demosaicking nor the halved colour of JPEG has pulled the channels together.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from telltale.detectors._shared.blocks import block_mean, window_sum

#: Side of a cell in pixels of the halved picture and of the picture.
HALF_CELL = 16
CELL = 2 * HALF_CELL
#: Values at or beyond these count as clipped; so do pixels as near as `_MARGIN` to one.
DARK, BRIGHT = 4.0, 251.0
_MARGIN = 2
#: A cell counts where so much of it is unclipped, its red (or blue) follows green with at least
#: this slope and this many standard errors, and the displacement is below this (halved pixels).
LEAST_SHARE, LEAST_SLOPE, LEAST_T, MOST_SHIFT = 0.7, 0.2, 10.0, 3.0
#: Halved pixels that every cell is uncertain by beyond its own error: edges of unequal colour.
OWN_ERROR = 0.05
#: Grey levels squared below which the residual of a cell is rounding.
_FLOOR = 0.05
_ROUNDS = 20
_STRIP = 32 * HALF_CELL

Floats = NDArray[np.float64]
Step = Callable[[float], None]


@dataclass(frozen=True, slots=True)
class Displacement:
    """Per cell of (h, w): how far a channel lies from green, in pixels of the halved picture.

    Attributes
    ----------
    shift
        (h, w, 2) float64, x and y.
    information
        (h, w, 2, 2) float64: the inverse covariance of it; 0 where the cell says nothing.
    valid
        (h, w) bool.
    """

    shift: Floats
    information: Floats
    valid: NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Lens:
    """One lens fitted to the displacements of a channel.

    Attributes
    ----------
    rest
        (h, w, 2) float64: displacement that the lens does not explain, halved pixels.
    strength
        Root mean square of what the lens explains beyond a shift of the whole, in pixels of the
        picture, over the cells that count.
    """

    rest: Floats
    strength: float


def moments(pixels: NDArray[np.uint8], step: Step | None = None) -> Floats:
    """Sums over cells of all products of (1, green, its two gradients, red, blue).

    Parameters
    ----------
    pixels
        (H, W, 3) uint8.

    Returns
    -------
    (6, 6, H // 32, W // 32) float64; clipped pixels are left out. Every product is a whole number
    of 1/64 below 2^17, exact in float32, so that the sums are equal in both runtimes.
    """
    rows, columns = (n // CELL for n in pixels.shape[:2])
    out = np.zeros((6, 6, rows, columns))
    height = rows * HALF_CELL
    for top in range(0, height, _STRIP):
        if step is not None:
            step(top / height)
        bottom = min(top + _STRIP, height)
        above, below = max(0, top - _MARGIN), min(bottom + _MARGIN, pixels.shape[0] // 2)
        here = _halved(pixels[2 * above : 2 * below])
        inside = slice(top - above, bottom - above)
        _add_moments(out[:, :, top // HALF_CELL : bottom // HALF_CELL], here, inside)
    return out


def _halved(pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Means of 2 x 2 pixels."""
    height, width = pixels.shape[0] // 2 * 2, pixels.shape[1] // 2 * 2
    whole = pixels[:height, :width].astype(np.float32)
    return np.asarray(
        (whole[0::2, 0::2] + whole[1::2, 0::2] + whole[0::2, 1::2] + whole[1::2, 1::2]) * 0.25
    )


def _add_moments(out: Floats, strip: NDArray[np.float32], inside: slice) -> None:
    green = strip[..., 1]
    across, down = np.zeros_like(green), np.zeros_like(green)
    across[:, 1:-1] = (green[:, 2:] - green[:, :-2]) * 0.5
    down[1:-1] = (green[2:] - green[:-2]) * 0.5
    weight = (~_grown(np.any((strip <= DARK) | (strip >= BRIGHT), axis=2))).astype(np.float32)
    ones = np.ones_like(green)
    columns = [c[inside] for c in (ones, green, across, down, strip[..., 0], strip[..., 2])]
    weight = weight[inside]
    for i, first in enumerate(columns):
        weighted = first * weight
        for j in range(i, 6):
            mean = block_mean(weighted * columns[j], HALF_CELL, np.float64)
            out[i, j] = out[j, i] = mean[:, : out.shape[3]] * HALF_CELL**2


def _grown(marked: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Marked places and those within `_MARGIN` pixels of one along rows or columns."""
    out = marked.copy()
    for k in range(1, _MARGIN + 1):
        out[k:] |= marked[:-k]
        out[:-k] |= marked[k:]
        out[:, k:] |= marked[:, :-k]
        out[:, :-k] |= marked[:, k:]
    return out


def displacement(sums: Floats, channel: int) -> Displacement:
    """Red (`channel` 4) or blue (5) against green, from `moments`.

    In each cell red is a + b green + b (shift . gradient of green), by least squares. The error of
    the shift is that of the regression.
    """
    normal = np.moveaxis(sums[:4, :4], (0, 1), (2, 3)) + np.eye(4) * 1e-3
    right = np.moveaxis(sums[:4, channel], 0, 2)
    inverse = np.linalg.inv(normal)
    fit = np.einsum("yxij,yxj->yxi", inverse, right)
    count = sums[0, 0]
    left = np.maximum(sums[channel, channel] - np.einsum("yxi,yxi->yx", fit, right), 0.0)
    noise = left / np.maximum(count - 4, 1) + _FLOOR
    slope = fit[..., 1]
    firm = np.where(np.abs(slope) < 1e-3, 1e-3, slope)
    shift = fit[..., 2:] / firm[..., None]
    covariance = inverse[..., 2:, 2:] * (noise / firm**2)[..., None, None]
    valid = (
        (count > LEAST_SHARE * HALF_CELL**2)
        & (slope > LEAST_SLOPE)
        & (slope > LEAST_T * np.sqrt(noise * inverse[..., 1, 1]))
        & (np.abs(shift).max(axis=-1) < MOST_SHIFT)
    )
    information = np.linalg.inv(covariance + np.eye(2) * OWN_ERROR**2)
    information[~valid] = 0.0
    return Displacement(shift, information, valid)


def lens(found: Displacement) -> Lens:
    """A shift, an enlargement and its change with the squared radius, by weighted least squares.

    The shift stands for an optical centre anywhere. Cells that do not fit lose their weight
    (Huber 1964, at two robust standard deviations), so that an area of other origin does not pull
    the lens towards itself. At least four cells must be valid.
    """
    rows, columns = found.valid.shape
    radius = np.hypot(rows, columns) / 2
    y, x = np.mgrid[:rows, :columns]
    place = np.stack([(x - (columns - 1) / 2) / radius, (y - (rows - 1) / 2) / radius], axis=-1)
    design = np.zeros((rows, columns, 2, 4))
    design[..., 0, 0] = design[..., 1, 1] = 1.0
    design[..., 2] = place
    design[..., 3] = place * (place**2).sum(axis=-1, keepdims=True)
    weight = found.valid.astype(np.float64)
    seen = np.einsum("yxai,yxab->yxib", design, found.information)
    for _ in range(_ROUNDS):
        normal = np.einsum("yxib,yxbj,yx->ij", seen, design, weight) + np.eye(4) * 1e-6
        fit = np.linalg.solve(normal, np.einsum("yxib,yxb,yx->i", seen, found.shift, weight))
        rest = found.shift - design @ fit
        far = np.einsum("yxa,yxab,yxb->yx", rest, found.information, rest)
        scale = max(float(np.median(far[found.valid])) / np.log(4), 1e-6)
        weight = found.valid / np.maximum(1.0, np.sqrt(far / scale) / 2)
    modelled = (design @ np.concatenate([np.zeros(2), fit[2:]]))[found.valid]
    spread = np.sqrt(((modelled - modelled.mean(axis=0)) ** 2).sum(axis=-1).mean())
    return Lens(rest, 2 * float(spread))


def disagreement(found: Displacement, rest: Floats, window: int) -> tuple[Floats, Floats]:
    """How far windows of cells disagree with the lens.

    Returns
    -------
    surprise
        (h - window + 1, w - window + 1) float64: the squared distance in standard errors of each
        window's mean remaining displacement, divided by its own median over that of a chi-squared
        law with two degrees of freedom; 0 where fewer than a fifth of the cells are valid.
    mean
        (..., 2) float64: that displacement in pixels of the picture, x and y.
    """

    def pooled(values: Floats) -> Floats:
        return window_sum(values, window, window)

    info = found.information
    a, b, c = pooled(info[..., 0, 0]), pooled(info[..., 0, 1]), pooled(info[..., 1, 1])
    pull = np.einsum("yxab,yxb->yxa", info, rest)
    u, v = pooled(pull[..., 0]), pooled(pull[..., 1])
    spoken = pooled(found.valid.astype(np.float64)) >= 0.2 * window**2
    determinant = np.where(spoken, a * c - b * b, 1.0)
    determinant = np.maximum(determinant, 1e-9)
    mean = np.stack([c * u - b * v, a * v - b * u], axis=-1) / determinant[..., None]
    surprise = np.where(spoken, mean[..., 0] * u + mean[..., 1] * v, 0.0)
    if spoken.any():
        surprise = surprise / max(1.0, float(np.median(surprise[spoken])) / np.log(4))
    return surprise, 2 * np.where(spoken[..., None], mean, 0.0)
