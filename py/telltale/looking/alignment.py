"""Bring one picture over another: by shift alone, or by shift, turn and scale."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from telltale.looking.arithmetic import Floats, channel
from telltale.looking.glass import Pixels

#: The longer side on which features are found, and the share of pixels a shift must explain.
_FEATURE_SIDE, _KEYPOINTS = 800, 600
#: Matches that must agree on one transform before it is believed, beside chance.
MIN_INLIERS = 12
#: A shift is believed from this correlation of what overlaps on.
MIN_CORRELATION = 0.6

Matrix = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Alignment:
    """How a picture lies over another.

    Attributes
    ----------
    matrix
        (3, 3) float64: from (x, y, 1) of the first picture to the second, in pixel centres.
    method
        `same size`, `shift`, `features`, or `none` where no alignment was found (the second is
        then only fitted to the frame of the first).
    agreement
        Pearson's correlation of luma where the two overlap, in [-1, 1].
    matches
        Features that agree on the transform; 0 for other methods.
    """

    matrix: Matrix
    method: str
    agreement: float
    matches: int = 0

    @property
    def shift(self) -> tuple[float, float]:
        return float(self.matrix[0, 2]), float(self.matrix[1, 2])

    @property
    def scale(self) -> float:
        return float(np.hypot(self.matrix[0, 0], self.matrix[1, 0]))

    @property
    def turn(self) -> float:
        """Degrees, anticlockwise on the screen."""
        return float(-np.degrees(np.arctan2(self.matrix[1, 0], self.matrix[0, 0])))


def align(first: Pixels, second: Pixels) -> Alignment:
    """The simplest transform under which (h, w, 3) `second` agrees with `first`."""
    one, other = channel(first, "luma"), channel(second, "luma")
    found: list[Alignment] = []
    if one.shape == other.shape:
        found.append(_judged(one, other, np.eye(3), "same size"))
        if found[0].agreement < 0.98:
            found.append(_judged(one, other, _shifted(*_phase_shift(one, other)), "shift"))
    if not found or max(a.agreement for a in found) < 0.95:
        matrix, matches = _similarity(one, other)
        if matches >= MIN_INLIERS:
            found.append(_judged(one, other, matrix, "features", matches))
    best = max(found, key=lambda a: a.agreement, default=None)
    if best is None or best.agreement < MIN_CORRELATION:
        return _judged(one, other, _fitted(one, other), "none")
    return best


def warped(
    second: Pixels, matrix: Matrix, shape: tuple[int, int]
) -> tuple[Pixels, NDArray[np.bool_]]:
    """`second` on the grid of the first, (h, w) `shape`, bicubic; and where it covers that."""
    height, width = shape
    # Pillow's coordinates have the pixel centre at one half
    a, b, c, d, e, f = matrix[:2].ravel()
    c, f = c + 0.5 - 0.5 * (a + b), f + 0.5 - 0.5 * (d + e)
    image = Image.fromarray(second)
    out = image.transform(
        (width, height), Image.Transform.AFFINE, (a, b, c, d, e, f), Image.Resampling.BICUBIC
    )
    full = Image.new("L", image.size, 255)
    cover = full.transform(
        (width, height), Image.Transform.AFFINE, (a, b, c, d, e, f), Image.Resampling.NEAREST
    )
    return np.array(out), np.asarray(cover) > 0


def _judged(one: Pixels, other: Pixels, matrix: Matrix, method: str, matches: int = 0) -> Alignment:
    """The agreement at a quarter of a megapixel: enough to tell right from wrong."""
    step = max(1, int(np.sqrt(one.size / 250_000)))
    over, cover = warped(other, matrix, (one.shape[0], one.shape[1]))
    a, b, c = (v[::step, ::step].astype(np.float64) for v in (one, over, cover))
    inside = c > 0
    agreement = 0.0
    if inside.mean() > 0.1:
        a, b = a[inside], b[inside]
        spread = a.std() * b.std()
        agreement = float(((a - a.mean()) * (b - b.mean())).mean() / spread) if spread > 0 else 0.0
        if spread == 0 and np.array_equal(a, b):
            agreement = 1.0
    return Alignment(matrix, method, agreement, matches)


def _shifted(dx: float, dy: float) -> Matrix:
    return np.array([[1, 0, dx], [0, 1, dy], [0, 0, 1]], np.float64)


def _fitted(one: Pixels, other: Pixels) -> Matrix:
    """The whole of the second stretched over the first."""
    sy, sx = other.shape[0] / one.shape[0], other.shape[1] / one.shape[1]
    return np.array([[sx, 0, (sx - 1) / 2], [0, sy, (sy - 1) / 2], [0, 0, 1]], np.float64)


def _phase_shift(one: Pixels, other: Pixels) -> tuple[float, float]:
    """By phase correlation, to a fraction of a pixel (Kuglin & Hines, 1975; parabolic peak)."""
    from scipy import fft

    window = np.hanning(one.shape[0])[:, None] * np.hanning(one.shape[1])[None]
    spectra = [fft.rfft2(((v - v.mean()) * window).astype(np.float32)) for v in (one, other)]
    cross = np.conj(spectra[0]) * spectra[1]
    cross /= np.maximum(np.abs(cross), 1e-9)
    peaks = fft.irfft2(cross, one.shape)
    y, x = np.unravel_index(int(peaks.argmax()), peaks.shape)
    return _peak(peaks[y], int(x)), _peak(peaks[:, x], int(y))


def _peak(row: Floats, at: int) -> float:
    """The place of a maximum of a cyclic row, signed."""
    count = len(row)
    left, centre, right = (float(row[(at + k) % count]) for k in (-1, 0, 1))
    # between a pixel and its neighbour the peak of a phase correlation divides linearly
    other = right if right > left else left
    part = max(other, 0.0) / max(centre + max(other, 0.0), 1e-12)
    found = at + (part if right > left else -part) * (part > 0.08)
    return found - count if found > count / 2 else found


def _similarity(one: Pixels, other: Pixels) -> tuple[Matrix, int]:
    """ORB features that agree on one similarity by RANSAC, and how many do."""
    from skimage.feature import ORB, match_descriptors
    from skimage.measure import ransac
    from skimage.transform import SimilarityTransform

    found = []
    for grey in (one, other):
        scale = min(1.0, _FEATURE_SIDE / max(grey.shape))
        size = max(1, round(grey.shape[1] * scale)), max(1, round(grey.shape[0] * scale))
        small = np.asarray(Image.fromarray(grey).resize(size, Image.Resampling.BOX), np.float64)
        orb = ORB(n_keypoints=_KEYPOINTS)
        try:
            orb.detect_and_extract(small / 255)
        except (RuntimeError, ValueError, IndexError):  # how it says that there are no features
            return np.eye(3), 0
        back = np.array([grey.shape[1] / size[0], grey.shape[0] / size[1]])
        found.append(((orb.keypoints[:, ::-1] + 0.5) * back - 0.5, orb.descriptors))
    pairs = match_descriptors(found[0][1], found[1][1], max_ratio=0.85, cross_check=True)
    if len(pairs) < MIN_INLIERS:
        return np.eye(3), 0
    source, target = found[0][0][pairs[:, 0]], found[1][0][pairs[:, 1]]
    reach = 3.0 * max(max(other.shape) / _FEATURE_SIDE, 1.0)
    model, inliers = ransac((source, target), SimilarityTransform, 3, reach, max_trials=1000, rng=0)
    if model is None or inliers is None or not np.isfinite(model.params).all():
        return np.eye(3), 0
    # all that agree, once more without the threshold's roughness
    better = SimilarityTransform.from_estimate(source[inliers], target[inliers])
    return np.asarray((better or model).params, np.float64), int(inliers.sum())
