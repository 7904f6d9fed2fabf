"""The upright face square that MesoNet's program cuts out and scales."""

from __future__ import annotations

from math import floor

import numpy as np
from numpy.typing import NDArray

#: iBUG landmarks that `face_recognition` calls by these names.
_LEFT_EYE, _RIGHT_EYE = np.r_[36:42], np.r_[42:48]
_NOSE_TIP, _NOSE_BRIDGE = np.r_[31:36], np.r_[27:31]
_TOP_LIP = np.r_[48:55, 64, 63, 62, 61, 60]
_BOTTOM_LIP = np.r_[54:60, 48, 60, 67, 66, 65, 64]
_REACH, _ZOOM = 2.2, 1.3


def aligned_face(
    pixels: NDArray[np.uint8], landmarks: NDArray[np.floating], side: int
) -> NDArray[np.uint8]:
    """(side, side, 3) uint8: the face turned upright, as `FaceFinder.get_aligned_face` does.

    Afchar et al., WIFS 2018, section 4.1, with their program's constants: the square around the
    nose, 2.2 x 1.3 times the larger of the distances between the eyes and from eyes to mouth;
    cubic splines turn and scale it.
    """
    from scipy import ndimage

    points = np.asarray(landmarks, np.float64)
    left, right = points[_LEFT_EYE].mean(0), points[_RIGHT_EYE].mean(0)
    eyes = (left + right) / 2
    mouth = points[_TOP_LIP].mean(0) / 2 + points[_BOTTOM_LIP].mean(0) / 2
    centre = points[_NOSE_TIP].mean(0) / 2 + points[_NOSE_BRIDGE].mean(0) / 2
    reach = max(np.hypot(*(left - right)), np.hypot(*(mouth - eyes))) * _REACH
    across, down = mouth - eyes
    turn = (90.0 if across > 0 else -90.0) if down == 0 else np.degrees(np.arctan(across / down))
    length = floor(reach) * _ZOOM
    half = floor(np.sqrt(2) * length / 2)
    x, y = floor(centre[0]), floor(centre[1])
    patch = _window(pixels, y - half, y + half, x - half, x + half)
    turned = ndimage.rotate(patch, -turn, reshape=False)
    low, high = floor(half - length // 2), floor(half + length // 2)
    square = _window(turned, low, high, low, high)
    return ndimage.zoom(square, (side / square.shape[0], side / square.shape[1], 1))


def _window(image: NDArray[np.uint8], y0: int, y1: int, x0: int, x1: int) -> NDArray[np.uint8]:
    """Rows y0 to y1 and columns x0 to x1; beyond the border the image is mirrored."""
    height, width = image.shape[:2]
    pad = max(-y0, y1 - height, -x0, x1 - width, 0)
    if pad:
        image = np.pad(image, ((pad, pad), (pad, pad), (0, 0)), "reflect")
    return image[pad + y0 : pad + y1, pad + x0 : pad + x1]
