"""Is one part of a picture a copy of another, or only alike? The evidence of the finest detail.

Windows, printed letters and leaves repeat; the grain of the sensor between them does not. So a
mapping between two parts is believed only where the finest detail agrees in the quiet blocks.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import log10

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from telltale.detectors._shared.self_matches import APART, Mapping
from telltale.detectors._shared.significance import log10_binomial_tail

#: The band of detail by which parts are aligned and outlined: between these blurs, in pixels.
FINE, COARSE = 0.7, 2.5
#: The finest detail, by which copies are told from what is alike: what this blur removes.
GRAIN = 1.0
#: Side of a block, and the least grain in grey levels for it to be asked.
BLOCK, LEAST_GRAIN = 8, 0.12
#: Of the blocks in the outlined area this share, the quietest, is asked.
QUIETEST = 0.5
#: Correlation of grain from which on a block agrees, and the share of blocks that do in parts
#: that are merely alike: more than was seen on untouched development photographs.
AGREES, BY_CHANCE = 0.35, 0.7
#: Grain that agrees with itself this well at a distance of `NEAR` to `FAR` pixels is a lattice.
PERIODIC, NEAR, FAR = 0.3, 4, 24
#: Least correlation around the mapping's points for a mapping to be looked at further.
ALIKE = 0.75
#: Correlation over `WINDOW` pixels with which the copied area is outlined.
OUTLINE, WINDOW = 0.6, 11
#: Pixels around a point by which parts are aligned, and how many of them are used.
REACH, SAMPLES = 16, 12_000
#: Largest side in pixels of the area looked at around a mapping.
LARGEST = 800


@dataclass(frozen=True, slots=True)
class Detail:
    """The fine and the finest detail of (H, W) luma, both (H, W) float32."""

    band: NDArray[np.float32]
    grain: NDArray[np.float32]

    @staticmethod
    def of(luma: NDArray[np.float32]) -> Detail:
        coarse = ndimage.gaussian_filter(luma, COARSE, truncate=3.0)
        band = ndimage.gaussian_filter(luma, FINE, truncate=3.0) - coarse
        return Detail(band, luma - ndimage.gaussian_filter(luma, GRAIN, truncate=3.0))


@dataclass(frozen=True, slots=True)
class Evidence:
    """What speaks for a copy.

    Attributes
    ----------
    mapping
        Refined on the pixels.
    likeness
        Correlation of the fine detail around the mapping's points, in [-1, 1].
    blocks, agreeing
        Blocks asked, and those whose grain agrees.
    log10_nfa
        log10 of the expected number of equal or better agreements among merely alike parts.
    corner, mask
        The outlined area: (top, left) and (h, w) bool, in pixels.
    """

    mapping: Mapping
    likeness: float
    blocks: int
    agreeing: int
    log10_nfa: float
    corner: tuple[int, int]
    mask: NDArray[np.bool_]


def evidence(
    detail: Detail, mapping: Mapping, tests: float, least: float = ALIKE
) -> Evidence | None:
    """Weigh a mapping between two parts of the picture.

    `tests` is the number of mappings that could have been weighed, `least` the correlation of fine
    detail around the mapping's points below which it is passed over. None where the parts are not
    alike pixel for pixel, leave the picture, lie on each other, or carry a lattice for grain.
    """
    mapping, likeness = _aligned(detail.band, mapping)
    if likeness < least or not _sound(mapping):
        return None
    top, left, bottom, right = _around(mapping, detail.band.shape)
    y, x = np.mgrid[top:bottom, left:right].astype(np.float64)
    at = mapping.to(np.stack((x, y), axis=-1))
    inside = np.hypot(at[..., 0] - x, at[..., 1] - y) > APART / 2
    inside &= (at >= 0).all(-1) & (at[..., 0] <= detail.band.shape[1] - 1)
    inside &= at[..., 1] <= detail.band.shape[0] - 1
    here = detail.band[top:bottom, left:right]
    mask = _outlined(here, _sampled(detail.band, at), inside, mapping.points - (left, top))
    own, other, both = _blocks(detail.grain[top:bottom, left:right], _sampled(detail.grain, at))
    whole = _block_mean(mask.astype(np.float32)) == 1
    quiet = np.minimum(own, other)
    asked = whole & (quiet > LEAST_GRAIN**2)
    if not asked.any():
        return None
    asked &= quiet <= np.quantile(quiet[asked], QUIETEST)
    if _repetition(detail.grain[top:bottom, left:right], asked) > PERIODIC:
        return None
    n = int(asked.sum())
    agreeing = int((both[asked] > AGREES * np.sqrt(own[asked] * other[asked])).sum())
    nfa = log10(max(tests, 1.0)) + log10_binomial_tail(n, agreeing, BY_CHANCE)
    return Evidence(mapping, likeness, n, agreeing, nfa, (top, left), mask)


def _sound(mapping: Mapping) -> bool:
    singular = np.linalg.svd(mapping.matrix[:, :2], compute_uv=False)
    return bool(singular[1] > 0.25 and singular[0] < 4)


def _around(mapping: Mapping, shape: tuple[int, ...]) -> tuple[int, int, int, int]:
    """(top, left, bottom, right) of the points' box with half its size and 48 pixels around it."""
    low, high = mapping.points.min(0), mapping.points.max(0)
    reach = np.minimum(high - low + 48, LARGEST / 2)
    centre = np.median(mapping.points, axis=0) if (reach == LARGEST / 2).any() else (low + high) / 2
    left, top = (int(max(0, v)) for v in centre - reach)
    right, bottom = (int(v) + 1 for v in centre + reach)
    return top, left, min(bottom, shape[0]), min(right, shape[1])


def _sampled(image: NDArray[np.float32], at: NDArray[np.float64]) -> NDArray[np.float32]:
    """`image` at (..., 2) places (x, y), between pixels by linear interpolation."""
    places = np.stack((at[..., 1], at[..., 0]))
    return np.asarray(ndimage.map_coordinates(image, places, np.float32, order=1, mode="nearest"))


def _aligned(band: NDArray[np.float32], mapping: Mapping) -> tuple[Mapping, float]:
    """The mapping after Gauss-Newton steps, and the correlation around its points.

    Lucas & Kanade 1981 with an affine warp; kept only while the parts agree better.
    """
    span = np.arange(-REACH, REACH + 1, 2)
    steps = np.stack(np.meshgrid(span, span), -1).reshape(-1, 2)
    spread = (np.rint(mapping.points)[:, None] + steps).reshape(-1, 2)
    places = np.unique(spread, axis=0).astype(np.float64)
    limit = np.array((band.shape[1], band.shape[0])) - 1
    places = places[((places >= 0) & (places <= limit)).all(1)]
    places = places[:: -(-len(places) // SAMPLES)]
    here = _sampled(band, places).astype(np.float64)
    centre = places.mean(0)
    scale = max(1.0, float(np.abs(places - centre).max()))
    u = np.column_stack(((places - centre) / scale, np.ones(len(places))))
    best, best_r = mapping, -1.0
    for _ in range(6):
        at = mapping.to(places)
        inside = ((at >= 1) & (at <= limit - 1)).all(1)
        there = _sampled(band, at).astype(np.float64)
        a, b = here * inside, there * inside
        r = float((a * b).sum() / np.sqrt(max((a * a).sum() * (b * b).sum(), 1e-9)))
        if r <= best_r + 1e-4:
            break
        best, best_r = mapping, r
        right, down = np.array((0.5, 0)), np.array((0, 0.5))
        gx = _sampled(band, at + right) - _sampled(band, at - right)
        gy = _sampled(band, at + down) - _sampled(band, at - down)
        system = np.hstack(((gx * inside)[:, None] * u, (gy * inside)[:, None] * u))
        normal = system.T @ system
        normal += 1e-6 * np.trace(normal) * np.eye(6)
        change = np.linalg.solve(normal, system.T @ (a - b)).reshape(2, 3)
        linear = change[:, :2] / scale
        step = np.column_stack((linear, change[:, 2] - linear @ centre))
        mapping = Mapping(mapping.matrix + step, mapping.points)
    return best, best_r


def _block_mean(values: NDArray[np.float32]) -> NDArray[np.float64]:
    rows, columns = values.shape[0] // BLOCK, values.shape[1] // BLOCK
    whole = values[: rows * BLOCK, : columns * BLOCK].astype(np.float64)
    return np.asarray(whole.reshape(rows, BLOCK, columns, BLOCK).mean(axis=(1, 3)))


def _blocks(
    a: NDArray[np.float32], b: NDArray[np.float32]
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Mean squares of both and mean product per block."""
    return _block_mean(a * a), _block_mean(b * b), _block_mean(a * b)


def _repetition(grain: NDArray[np.float32], asked: NDArray[np.bool_]) -> float:
    """The largest autocorrelation of the grain of the asked blocks, 4 to 24 pixels away.

    Near 0 for the noise of a sensor; near 1 for the lattice of a screen, a weave or a halftone,
    which agrees with itself all over.
    """
    weight = np.zeros(grain.shape)
    blocks = np.kron(asked, np.ones((BLOCK, BLOCK)))
    weight[: blocks.shape[0], : blocks.shape[1]] = blocks
    size = (grain.shape[0] + FAR, grain.shape[1] + FAR)
    power = np.abs(np.fft.rfft2(grain * weight, size)) ** 2
    pairs = np.fft.irfft2(np.abs(np.fft.rfft2(weight, size)) ** 2, size)
    product = np.fft.irfft2(power, size)
    # Rows of lags 0 to FAR and -FAR to -1; columns of lags 0 to FAR suffice by symmetry.
    rows = np.r_[0 : FAR + 1, -FAR:0]
    lag = np.maximum(np.abs(rows)[:, None], np.arange(FAR + 1))
    pairs, product = pairs[rows, : FAR + 1], product[rows, : FAR + 1]
    whole = float(product[0, 0] / pairs[0, 0])
    known = (lag >= NEAR) & (pairs > 0.2 * pairs[0, 0])
    if not known.any() or whole <= 0:
        return 0.0
    return float((product[known] / pairs[known]).max() / whole)


def _outlined(
    here: NDArray[np.float32],
    there: NDArray[np.float32],
    inside: NDArray[np.bool_],
    points: NDArray[np.float64],
) -> NDArray[np.bool_]:
    """The connected areas around points of the mapping in which the fine detail agrees."""

    def mean(values: NDArray[np.float32]) -> NDArray[np.float32]:
        return np.asarray(ndimage.uniform_filter(values, WINDOW, mode="constant"), np.float32)

    own, other, both = mean(here * here), mean(there * there), mean(here * there)
    floor = np.float32(0.06)
    agree = both > OUTLINE * np.sqrt((own + floor) * (other + floor))
    agree &= inside
    # Half the window is what the mean has spread beyond the true edge.
    agree = ndimage.binary_closing(np.pad(agree, 8), iterations=8)[8:-8, 8:-8] & inside
    labels, _ = ndimage.label(ndimage.binary_opening(agree, iterations=3))
    limit = np.array((here.shape[1], here.shape[0])) - 1
    at = np.clip(np.rint(points), 0, limit).astype(np.intp)
    touched = np.unique(labels[at[:, 1], at[:, 0]])
    area = ndimage.binary_fill_holes(np.isin(labels, touched[touched > 0])) & inside
    return np.asarray(area, bool)
