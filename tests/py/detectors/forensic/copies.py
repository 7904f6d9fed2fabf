"""Pictures with a copied part, and innocent ones in which parts repeat."""

from __future__ import annotations

import numpy as np
from pictures import Pixels, Splice, developed, leaves, mosaic
from PIL import Image
from scipy import ndimage


def pasted(
    pixels: Pixels,
    seed: int,
    *,
    side: int = 170,
    angle: float = 0.0,
    scale: float = 1.0,
    mirror: bool = False,
) -> Splice:
    """Copy a square of the left half, turned, scaled or mirrored, into the right half.

    The truth is both places.
    """
    rng = np.random.default_rng(seed + 77)
    height, width = pixels.shape[:2]
    top = int(rng.integers(20, height // 2 - 20))
    left = int(rng.integers(10, width // 2 - side - 40))
    patch = Image.fromarray(pixels[top : top + side, left : left + side])
    if mirror:
        patch = patch.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
    new = round(side * scale)
    patch = patch.resize((new, new), Image.Resampling.BICUBIC)
    mask = Image.new("L", patch.size, 255).rotate(angle, expand=True)
    patch = patch.rotate(angle, Image.Resampling.BICUBIC, expand=True)
    out = Image.fromarray(pixels)
    at = (width // 2 + 30 + int(rng.integers(0, 30)), int(rng.integers(20, height - 300)))
    out.paste(patch, at, mask)
    truth = Image.new("L", out.size)
    truth.paste(255, at, mask)
    both = np.asarray(truth) > 127
    both[top : top + side, left : left + side] = True
    return Splice(np.asarray(out), both)


def repeated_scene(seed: int, side: int = 768) -> Pixels:
    """A facade of equal windows as one camera sees it: equal in design, each with its own grain.

    The windows stand 126.4 pixels apart in slowly changing light, on a surface of its own.
    """
    rng = np.random.default_rng(seed)
    window = ndimage.gaussian_filter(leaves(seed, 128), (1.5, 1.5, 0))
    at = np.arange(side) * (128 / 126.4) % 128
    grid = np.meshgrid(at, at, indexing="ij")
    tiled = np.stack(
        [ndimage.map_coordinates(window[..., c], grid, order=1, mode="wrap") for c in range(3)], -1
    )
    surface = ndimage.gaussian_filter(rng.normal(size=(side, side)), 1.0)[..., None]
    fall = np.linspace(0.7, 1.2, side, dtype=np.float32)[:, None, None]
    light = np.clip(tiled * fall * (1 + 0.1 * surface), 0, 1).astype(np.float32)
    return developed(mosaic(light, rng, 1.0))
