"""Scaling as the published programs did it, to the bit where they used OpenCV or Pillow."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PIL import Image

Pixels = NDArray[np.uint8]
#: OpenCV's weights are whole numbers of 1/2048.
_ONE = 2048


def opencv_bilinear(image: Pixels, width: int, height: int) -> Pixels:
    """`cv2.resize(image, (width, height))` of (H, W, C) uint8: bilinear, not antialiased.

    Fixed-point arithmetic as in OpenCV's `resize.cpp` (HResizeLinear, VResizeLinear).
    """
    columns, right, left_x, right_x = _places(image.shape[1], width, border=True)
    rows, below, upper_y, lower_y = _places(image.shape[0], height, border=False)
    wide = image.astype(np.int32)
    across = wide[:, columns] * left_x[:, None] + wide[:, right] * right_x[:, None]
    upper = (upper_y[:, None, None] * (across[rows] >> 4)) >> 16
    lower = (lower_y[:, None, None] * (across[below] >> 4)) >> 16
    return np.clip((upper + lower + 2) >> 2, 0, 255).astype(np.uint8)


def _places(
    length: int, wanted: int, border: bool
) -> tuple[NDArray[np.intp], NDArray[np.intp], NDArray[np.int32], NDArray[np.int32]]:
    """For each target pixel: source pixel, the next one, and the weights of both.

    Beyond the `border`, columns take one pixel whole; rows take the same one twice, which rounds
    otherwise.
    """
    scale = 1 / (wanted / length)
    at = ((np.arange(wanted) + 0.5) * scale - 0.5).astype(np.float32)
    first = np.floor(at)
    share = at - first
    if border:
        share[(first < 0) | (first >= length - 1)] = 0
    place, after = (np.clip(first + k, 0, length - 1).astype(np.intp) for k in (0, 1))
    # each is rounded by itself: together they can miss 2048 by one
    left, right = (np.rint(w * np.float32(_ONE)).astype(np.int32) for w in (1 - share, share))
    return place, after, left, right


def pillow_bilinear(image: Pixels, width: int, height: int) -> Pixels:
    """torchvision's `Resize` of a picture: Pillow's antialiased bilinear; (H, W, 3) uint8."""
    picture = Image.fromarray(image).resize((width, height), Image.Resampling.BILINEAR)
    return np.asarray(picture)


def short_side_then_centre(image: Pixels, short: int, side: int) -> Pixels:
    """torchvision's `Resize(short)` and `CenterCrop(side)` of (H, W, 3) uint8."""
    height, width = image.shape[:2]
    if width <= height:
        size = (short, int(short * height / width))
    else:
        size = (int(short * width / height), short)
    scaled = pillow_bilinear(image, *size)
    left, top = (round((length - side) / 2.0) for length in size)
    return scaled[top : top + side, left : left + side]


def batch(images: list[Pixels]) -> NDArray[np.float32]:
    """(n, 3, H, W) float32 in [0, 255] of (H, W, 3) uint8 images of one size."""
    return np.ascontiguousarray(np.stack(images).transpose(0, 3, 1, 2), dtype=np.float32)
