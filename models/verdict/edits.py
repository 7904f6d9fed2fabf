"""Regions changed after the camera: pasted, cloned, removed, resampled, retouched.

All functions take (h, w, 3) uint8 pixels and the (h, w) float32 mask in [0, 1] of the region, draw
from a seeded generator, and return (h, w, 3) uint8. Outside the mask nothing changes.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFilter
from scipy.ndimage import affine_transform, gaussian_filter

from models.training.blending import match_colour
from telltale.media.jpeg_codec import recompress

Pixels = NDArray[np.uint8]
Plane = NDArray[np.float32]
Rng = np.random.Generator
Edit = Callable[[Pixels, Pixels, Plane, Rng], Pixels]


def region(height: int, width: int, rng: Rng) -> Plane:
    """A blob of 2 to 14 % of the picture's area, wholly inside it, its edge soft by 0 to 2 px."""
    radius = float(np.sqrt(rng.uniform(0.02, 0.14) * height * width / np.pi))
    radius = min(radius, 0.3 * min(height, width))
    room = 1.3 * radius
    x = rng.uniform(room, max(room + 1, width - room))
    y = rng.uniform(room, max(room + 1, height - room))
    angle = np.linspace(0, 2 * np.pi, 48, endpoint=False)
    wobble = sum(
        rng.uniform(0, 0.25 / k) * np.cos(k * angle + rng.uniform(0, 2 * np.pi)) for k in (2, 3, 5)
    )
    reach = radius * np.clip(1 + wobble, 0.6, 1.3)
    points = list(
        zip((x + reach * np.cos(angle)).tolist(), (y + reach * np.sin(angle)).tolist(), strict=True)
    )
    image = Image.new("L", (width, height))
    ImageDraw.Draw(image).polygon(points, fill=255)
    soft = image.filter(ImageFilter.GaussianBlur(float(rng.uniform(0, 2))))
    return np.asarray(soft, np.float32) / 255


def spliced(pixels: Pixels, donor: Pixels, mask: Plane, rng: Rng) -> Pixels:
    """A part of another picture, with its own history, pasted in; half of them scaled, or toned."""
    if rng.random() < 0.5:
        donor = recompress(donor, int(rng.integers(60, 96)))
    if rng.random() < 0.5:
        donor = _scaled(donor, float(rng.uniform(0.7, 1.4)))
    other = _placed(donor, pixels.shape[:2], mask, rng)
    if rng.random() < 0.5:
        other = match_colour(other, pixels, mask, float(rng.uniform(0.4, 0.9)))
    return _over(pixels, other, mask)


def cloned(pixels: Pixels, donor: Pixels, mask: Plane, rng: Rng) -> Pixels:
    """A part of the same picture covers the region; four in ten are turned or scaled first."""
    del donor
    turn, factor = 0.0, 1.0
    if rng.random() < 0.4:
        turn, factor = float(rng.uniform(-20, 20)), float(rng.uniform(0.85, 1.2))
    dy, dx = _elsewhere(mask, rng)
    return _over(pixels, _moved(pixels, mask, turn, factor, (dy, dx)), mask)


def removed(pixels: Pixels, donor: Pixels, mask: Plane, rng: Rng) -> Pixels:
    """The region painted out as a healing brush does: near texture on the tones of the edge."""
    del donor
    dy, dx = _elsewhere(mask, rng)
    texture = np.roll(pixels, (-dy, -dx), (0, 1)).astype(np.float32)
    outside = (1 - mask)[..., None]
    difference = (pixels.astype(np.float32) - texture) * outside
    filled, weight = np.zeros_like(difference), np.zeros_like(outside)
    for sigma in (4, 10, 25, 60):  # from the edge inwards: the finest scale that reaches
        near = gaussian_filter(outside, (sigma, sigma, 0))
        share = np.clip(near * 4, 0, 1) * (1 - weight)
        tone = gaussian_filter(difference, (sigma, sigma, 0)) / np.maximum(near, 1e-3)
        filled, weight = filled + share * tone, weight + share
    return _over(pixels, np.clip(texture + filled, 0, 255).astype(np.uint8), mask)


def resampled(pixels: Pixels, donor: Pixels, mask: Plane, rng: Rng) -> Pixels:
    """The region enlarged, shrunk or turned in place, as body and face reshaping do."""
    del donor
    factor = float(rng.uniform(1.05, 1.35) if rng.random() < 0.7 else rng.uniform(0.8, 0.95))
    return _over(pixels, _moved(pixels, mask, float(rng.uniform(-8, 8)), factor, (0, 0)), mask)


def retouched(pixels: Pixels, donor: Pixels, mask: Plane, rng: Rng) -> Pixels:
    """The region softened, sharpened, or lightened, as a retouching brush does."""
    del donor
    image = Image.fromarray(pixels)
    draw = rng.random()
    if draw < 0.4:
        other = image.filter(ImageFilter.GaussianBlur(float(rng.uniform(1.0, 2.5))))
    elif draw < 0.6:
        other = image.filter(ImageFilter.MedianFilter(5))
    elif draw < 0.8:
        other = image.filter(ImageFilter.UnsharpMask(2, int(rng.integers(80, 200)), 0))
    else:
        gain = float(rng.choice([0.75, 0.85, 1.15, 1.3]))
        other = image.point([min(255, round(v * gain)) for v in range(256)] * 3)
    return _over(pixels, np.asarray(other), mask)


#: Name in tables -> the edit.
EDITS: dict[str, Edit] = {
    "spliced": spliced,
    "cloned": cloned,
    "removed": removed,
    "resampled": resampled,
    "retouched": retouched,
}


def _over(pixels: Pixels, other: Pixels, mask: Plane) -> Pixels:
    alpha = mask[..., None]
    mixed = pixels * (1 - alpha) + other * alpha
    return np.rint(mixed).astype(np.uint8)


def _scaled(pixels: Pixels, factor: float) -> Pixels:
    height, width = (max(8, round(side * factor)) for side in pixels.shape[:2])
    return np.asarray(Image.fromarray(pixels).resize((width, height), Image.Resampling.BICUBIC))


def _placed(donor: Pixels, shape: tuple[int, int], mask: Plane, rng: Rng) -> Pixels:
    """A canvas of `shape` on which a random part of the donor covers the mask's box."""
    y0, y1, x0, x1 = _box(mask)
    height, width = y1 - y0, x1 - x0
    if donor.shape[0] <= height or donor.shape[1] <= width:
        donor = _scaled(donor, 1.05 * max(height / donor.shape[0], width / donor.shape[1]) + 0.02)
    y = int(rng.integers(donor.shape[0] - height + 1))
    x = int(rng.integers(donor.shape[1] - width + 1))
    canvas = np.zeros((*shape, 3), np.uint8)
    canvas[y0:y1, x0:x1] = donor[y : y + height, x : x + width]
    return canvas


def _elsewhere(mask: Plane, rng: Rng) -> tuple[int, int]:
    """A shift (rows, columns) from the region to another part of the picture, off it if it can."""
    y0, y1, x0, x1 = _box(mask)
    height, width = mask.shape
    best, least = (0, 0), np.inf
    for _ in range(40):
        dy, dx = int(rng.integers(-y0, height - y1 + 1)), int(rng.integers(-x0, width - x1 + 1))
        overlap = max(0, y1 - y0 - abs(dy)) * max(0, x1 - x0 - abs(dx))
        if overlap < least:
            best, least = (dy, dx), overlap
        if overlap == 0:
            break
    return best


def _moved(
    pixels: Pixels, mask: Plane, turn: float, factor: float, shift: tuple[int, int]
) -> Pixels:
    """The picture turned and scaled about the region's middle, read from `shift` away."""
    if turn == 0 and factor == 1:
        return np.roll(pixels, (-shift[0], -shift[1]), (0, 1))
    y0, y1, x0, x1 = _box(mask)
    middle = np.array([(y0 + y1) / 2, (x0 + x1) / 2])
    a = np.deg2rad(turn)
    matrix = np.array([[np.cos(a), -np.sin(a)], [np.sin(a), np.cos(a)]]) / factor
    offset = middle + np.array(shift) - matrix @ middle
    planes = [
        affine_transform(pixels[..., c].astype(np.float32), matrix, offset, order=3, mode="mirror")
        for c in range(3)
    ]
    return np.clip(np.rint(np.stack(planes, -1)), 0, 255).astype(np.uint8)


def _box(mask: Plane) -> tuple[int, int, int, int]:
    rows, columns = np.flatnonzero(mask.any(1)), np.flatnonzero(mask.any(0))
    return int(rows[0]), int(rows[-1]) + 1, int(columns[0]), int(columns[-1]) + 1
