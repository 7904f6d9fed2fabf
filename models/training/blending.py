"""Fakes made from real faces: self-blended images, region-wise composites, warped faces.

References
----------
.. [1] K. Shiohara, T. Yamasaki, "Detecting Deepfakes with Self-Blended Images", CVPR 2022.
.. [2] L. Li et al., "Face X-ray for More General Face Forgery Detection", CVPR 2020.
.. [3] Y. Li, S. Lyu, "Exposing DeepFake Videos By Detecting Face Warping Artifacts", CVPRW 2019.

All functions take (h, w, 3) uint8 faces with (68, 2) landmarks in their pixels, draw from a seeded
generator, and return (h, w, 3) uint8 with the (h, w) float32 blending mask in [0, 1].
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFilter
from scipy.ndimage import correlate1d, gaussian_filter, map_coordinates

from telltale.faces.align import invert, umeyama

Pixels = NDArray[np.uint8]
Points = NDArray[np.float32]
Plane = NDArray[np.float32]
Rng = np.random.Generator

#: Landmarks of the convex polygon of [3]: both brows and the lower outer lip.
BROWS_AND_LIP = [*range(17, 27), 48, 59, 58, 57, 56, 55, 54]
REGIONS = {
    "mouth": [*range(48, 68)],
    "nose": [*range(27, 36)],
    "left_eye": [*range(36, 42), *range(17, 22)],
    "right_eye": [*range(42, 48), *range(22, 27)],
    "eyes": [*range(36, 48), *range(17, 27)],
    "lower_face": [*range(2, 15), 31, 35],
}


def hull_mask(points: Points, height: int, width: int) -> Plane:
    """(height, width) float32, 1 inside the convex hull of `points`."""
    from scipy.spatial import ConvexHull

    corners = points[ConvexHull(points.astype(np.float64)).vertices]
    image = Image.new("L", (width, height))
    ImageDraw.Draw(image).polygon([tuple(map(float, p)) for p in corners], fill=255)
    return np.asarray(image, np.float32) / 255


def gaussian_window(plane: Plane, size: int, sigma: float) -> Plane:
    """Gaussian blur over an odd `size` x `size` window, mirrored at the border."""
    at = np.arange(size) - size // 2
    kernel = np.exp(-(at**2) / (2 * sigma**2))
    kernel = (kernel / kernel.sum()).astype(np.float32)
    return np.asarray(correlate1d(correlate1d(plane, kernel, 0, mode="mirror"), kernel, 1))


def _resized(plane: Plane, width: int, height: int) -> Plane:
    size = (max(1, width), max(1, height))
    return np.asarray(Image.fromarray(plane).resize(size, Image.Resampling.BILINEAR))


def soft_mask(mask: Plane, rng: Rng) -> Plane:
    """The dynamic blending mask of [1]: eroded by a first blur, softened by a second, scaled."""
    h, w = mask.shape
    plane = _resized(mask, int(rng.integers(192, 257)), int(rng.integers(192, 257)))
    first = int(rng.integers(5, 26)) | 1
    plane = gaussian_window(plane, first, 0.3 * ((first - 1) * 0.5 - 1) + 0.8)
    plane = np.where(plane >= plane.max() * 0.999, 1, 0).astype(np.float32)
    plane = gaussian_window(plane, int(rng.integers(5, 26)) | 1, float(rng.integers(5, 46)))
    plane = _resized(plane / max(float(plane.max()), 1e-6), w, h)
    ratio = (0.25, 0.5, 0.75, 1.0, 1.0, 1.0)[int(rng.integers(6))]
    return np.asarray(plane * ratio, np.float32)


def elastic(mask: Plane, rng: Rng, alpha: float = 50.0, sigma: float = 7.0) -> Plane:
    """Elastic deformation of a mask; computed at 64 x 64 with `alpha`, `sigma` for 256 x 256."""
    n = 64
    small = _resized(mask, n, n)
    shift = rng.uniform(-1, 1, (2, n, n))
    # white noise blurred four times less deviates four times more per pixel, and a pixel is four
    # times larger: both factors of four cancel against the shorter displacement
    shift = np.stack([gaussian_filter(s, sigma / 4, mode="constant") for s in shift]) * alpha / 16
    grid = np.mgrid[:n, :n] + shift
    moved = map_coordinates(small, grid, order=1, mode="constant").astype(np.float32)
    return np.asarray(np.where(_resized(moved, *mask.shape[::-1]) > 0.5, 1, 0), np.float32)


def _colour(face: Pixels, rng: Rng) -> Pixels:
    """RGB shift of up to 20 levels (p 0.3), then brightness and contrast of up to 10 %."""
    wide = face.astype(np.float32)
    if rng.random() < 0.3:
        wide += rng.uniform(-20, 20, 3).astype(np.float32)
    gain, offset = 1 + rng.uniform(-0.1, 0.1), 255 * rng.uniform(-0.1, 0.1)
    return np.clip(wide * gain + offset, 0, 255).astype(np.uint8)


def _frequency(face: Pixels, rng: Rng) -> Pixels:
    """One of: reduction by 2 or 4 (nearest) and enlargement (linear); sharpening."""
    image = Image.fromarray(face)
    if rng.random() < 0.5:
        factor = (2, 4)[int(rng.integers(2))]
        size = (max(1, image.width // factor), max(1, image.height // factor))
        small = image.resize(size, Image.Resampling.NEAREST)
        return np.asarray(small.resize(image.size, Image.Resampling.BILINEAR))
    amount, light = rng.uniform(0.2, 0.5), rng.uniform(0.5, 1.0)
    kernel = [-1, -1, -1, -1, 8 + light, -1, -1, -1, -1]
    sharp = np.asarray(image.filter(ImageFilter.Kernel((3, 3), kernel, scale=1)), np.float32)
    return np.clip((1 - amount) * face + amount * sharp, 0, 255).astype(np.uint8)


def affine(face: Pixels, matrix: NDArray[np.float64], size: tuple[int, int]) -> Pixels:
    """Resample by output -> input `matrix` (2, 3), bilinear; `size` is (width, height)."""
    image = Image.fromarray(face)
    data = tuple(float(v) for v in matrix.ravel())
    return np.asarray(
        image.transform(size, Image.Transform.AFFINE, data, Image.Resampling.BILINEAR)
    )


def _jitter(face: Pixels, mask: Plane, rng: Rng) -> tuple[Pixels, Plane]:
    """Shift by up to 3 % and 1.5 %, scale by 0.95 to 1 / 0.95, border repeated."""
    h, w = mask.shape
    scale = np.exp(rng.uniform(np.log(0.95), -np.log(0.95)))
    dx, dy = rng.uniform(-0.03, 0.03) * w, rng.uniform(-0.015, 0.015) * h
    matrix = np.array(
        [[1 / scale, 0, w / 2 - (w / 2 + dx) / scale], [0, 1 / scale, h / 2 - (h / 2 + dy) / scale]]
    )
    pad = max(4, round(0.08 * max(h, w)))
    wide = np.pad(face, ((pad, pad), (pad, pad), (0, 0)), mode="edge")
    matrix[:, 2] += pad
    moved = affine(wide, matrix, (w, h))
    inner = matrix.copy()
    inner[:, 2] -= pad
    plane = Image.fromarray(mask).transform(
        (w, h), Image.Transform.AFFINE, tuple(inner.ravel()), Image.Resampling.BILINEAR
    )
    return moved, np.asarray(plane)


def blend(source: Pixels, target: Pixels, mask: Plane) -> Pixels:
    """mask * source + (1 - mask) * target."""
    weight = mask[..., None]
    return np.clip(np.rint(weight * source + (1 - weight) * target), 0, 255).astype(np.uint8)


def random_hull(landmarks: Points, forehead: Points, height: int, width: int, rng: Rng) -> Plane:
    """A whole-face mask: hull of the 68 points (p 0.5), with the forehead, or of the inner face."""
    draw = rng.random()
    if draw < 0.5:
        points = landmarks
    elif draw < 0.8:
        points = np.concatenate([landmarks, forehead])
    else:
        points = landmarks[17:]
        centre = points.mean(0)
        points = centre + (points - centre) * np.float32(rng.uniform(1.0, 1.3))
    return hull_mask(points, height, width)


def self_blend(face: Pixels, landmarks: Points, forehead: Points, rng: Rng) -> tuple[Pixels, Plane]:
    """A self-blended image [1]: two differently treated copies of one face, blended."""
    h, w = face.shape[:2]
    mask = elastic(random_hull(landmarks, forehead, h, w, rng), rng)
    treated = _frequency(_colour(face, rng), rng)
    source, target = (treated, face) if rng.random() < 0.5 else (face, treated)
    source, mask = _jitter(source, mask, rng)
    mask = soft_mask(mask, rng)
    return blend(source, target, mask), mask


def match_colour(source: Pixels, target: Pixels, mask: Plane, strength: float) -> Pixels:
    """`source` moved towards the mean and deviation of `target` under the mask, per channel."""
    inside = mask > 0.5
    if inside.sum() < 16:
        return source
    a, b = source[inside].astype(np.float32), target[inside].astype(np.float32)
    gain = np.clip(b.std(0) / np.maximum(a.std(0), 1), 0.6, 1.6)
    moved = (source - a.mean(0)) * gain + b.mean(0)
    return np.clip(source + strength * (moved - source), 0, 255).astype(np.uint8)


def region_composite(
    face: Pixels,
    landmarks: Points,
    donor: Pixels,
    donor_landmarks: Points,
    rng: Rng,
) -> tuple[Pixels, Plane]:
    """One or two facial parts of a donor, aligned part by part, colour-matched and blended in."""
    h, w = face.shape[:2]
    out, total = face, np.zeros((h, w), np.float32)
    names = list(REGIONS)
    for name in rng.choice(names, int(rng.integers(1, 3)), replace=False):
        index = REGIONS[str(name)]
        inner = index if len(index) > 8 else [*index, 30, 33]
        matrix = umeyama(landmarks[inner], donor_landmarks[inner])
        part = affine(donor, matrix, (w, h))
        points = landmarks[index]
        centre = points.mean(0)
        grown = centre + (points - centre) * np.float32(rng.uniform(1.15, 1.6))
        mask = elastic(hull_mask(grown.astype(np.float32), h, w), rng, alpha=30)
        part = match_colour(part, face, mask, float(rng.uniform(0.5, 1.0)))
        size = int(rng.integers(3, max(5, round(0.06 * w)))) | 1
        soft = gaussian_window(mask, size, size / 3)
        out, total = blend(part, out, soft), np.maximum(total, soft)
    return out, total


def swap(
    face: Pixels, landmarks: Points, donor: Pixels, donor_landmarks: Points, rng: Rng
) -> tuple[Pixels, Plane]:
    """A donor's inner face over this one: Face X-ray's blended image [2] with a soft hull."""
    h, w = face.shape[:2]
    index = list(range(17, 68))
    part = affine(donor, umeyama(landmarks[index], donor_landmarks[index]), (w, h))
    mask = elastic(hull_mask(landmarks, h, w), rng)
    part = match_colour(part, face, mask, float(rng.uniform(0.5, 1.0)))
    mask = soft_mask(mask, rng)
    return blend(part, face, np.maximum(mask, 0.0)), mask


#: cv2's 5 x 5 Gaussian: sigma = 0.3 * ((5 - 1) / 2 - 1) + 0.8
_FIVE = np.exp(-((np.arange(5) - 2) ** 2) / (2 * 1.1**2))
FIVE_BY_FIVE = ImageFilter.Kernel((5, 5), np.outer(_FIVE, _FIVE).ravel().tolist())


#: Sizes of the aligned face relative to its size in the picture; the largest size counts as 150 px,
#: because what is finer than that does not reach the network.
SCALES = (0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0)
LARGEST_INNER = 150.0


def _inner_side(landmarks: Points) -> float:
    return min(LARGEST_INNER, 1.25 * float(np.ptp(landmarks[17:], axis=0).max()))


def warped_face(
    face: Pixels, landmarks: Points, rng: Rng, scale: float | None = None
) -> tuple[Pixels, Plane]:
    """A negative of [3]: aligned at a random scale, blurred 5 x 5, warped back, pasted.

    Half of them paste the aligned square, half a convex polygon of landmarks inside it.
    """
    h, w = face.shape[:2]
    drawn = float(rng.choice(SCALES))
    side = max(24, round((scale or drawn) * _inner_side(landmarks)))
    matrix = umeyama(aligned_frame(landmarks) * side, landmarks)
    aligned = Image.fromarray(affine(face, matrix, (side, side))).filter(FIVE_BY_FIVE)
    back = invert(matrix)
    warped = affine(np.asarray(aligned), back, (w, h))
    if rng.random() < 0.5:
        corners = np.array([[1, 1], [side - 2, 1], [side - 2, side - 2], [1, side - 2]], np.float64)
        outline = (corners @ matrix[:, :2].T + matrix[:, 2]).astype(np.float32)
        mask = hull_mask(outline, h, w)
    else:
        points = landmarks[BROWS_AND_LIP]
        centre = points.mean(0)
        grow = np.float32(rng.uniform(1.0, 1.25))
        mask = hull_mask(centre + (points - centre) * grow, h, w)
        if rng.random() < 0.5:
            size = int(rng.integers(3, max(5, round(0.06 * w)))) | 1
            mask = gaussian_window(mask, size, size / 3)
    return blend(warped, face, mask), mask


def aligned_frame(landmarks: Points) -> Points:
    """The points in a unit square, upright, inner face centred: where alignment would put them."""
    eyes = landmarks[42:48].mean(0) - landmarks[36:42].mean(0)
    angle = np.arctan2(eyes[1], eyes[0])
    turn = np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]], np.float32)
    upright = landmarks @ turn.T
    inner = upright[17:]
    low, high = inner.min(0), inner.max(0)
    side = (high - low).max() * 1.25
    return ((upright - (low + high) / 2) / side + 0.5).astype(np.float32)
