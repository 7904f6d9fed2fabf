"""Scaling to the bit of the programs whose networks are imported."""

from __future__ import annotations

import numpy as np
import pytest

from telltale.detectors.published.resizing import opencv_bilinear, short_side_then_centre


def made(height: int, width: int) -> np.ndarray:
    index = np.arange(height * width * 3, dtype=np.float64)
    return (np.modf(index * 0.61803398875)[0] * 256).astype(np.uint8).reshape(height, width, 3)


@pytest.mark.parametrize(
    ("height", "width", "side", "total", "mix"),
    [
        (40, 50, 224, 19171320, 9544288420),
        (331, 87, 224, 19171537, 9548028155),
        (500, 613, 380, 55180701, 27464399662),
        (7, 9, 380, 54884090, 27320393462),
        (448, 448, 224, 19200059, 9560936244),
    ],
)
def test_bilinear_scaling_is_opencvs(
    height: int, width: int, side: int, total: int, mix: int
) -> None:
    # recipe: cv2.resize(made(height, width), (side, side)) of OpenCV 5.0.0; the sum of its values,
    # and of its values times their flat index modulo 997
    out = opencv_bilinear(made(height, width), side, side).astype(np.int64).ravel()
    assert out.sum() == total
    assert (out * (np.arange(out.size) % 997)).sum() == mix


def test_the_centre_is_torchvisions() -> None:
    image = np.zeros((300, 200, 3), np.uint8)
    image[150:] = 255
    out = short_side_then_centre(image, 440, 384)
    assert out.shape == (384, 384, 3)
    assert out[:191].max() == 0
    assert out[193:].min() == 255
