"""The published crop rules, against their arithmetic written out again."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from telltale.faces import crops
from telltale.faces.crops import Crop
from telltale.finding import Box

sides = st.integers(40, 2000)
corners = st.integers(-100, 1900)
lengths = st.integers(8, 1500)


@given(sides, sides, corners, corners, lengths, lengths)
def test_faceforensics_is_get_boundingbox(width, height, x1, y1, w, h):
    x2, y2 = x1 + w, y1 + h
    size_bb = int(max(x2 - x1, y2 - y1) * 1.3)
    center_x, center_y = (x1 + x2) // 2, (y1 + y2) // 2
    left = max(int(center_x - size_bb // 2), 0)
    top = max(int(center_y - size_bb // 2), 0)
    size_bb = min(width - left, size_bb)
    size_bb = min(height - top, size_bb)
    crop = crops.faceforensics(Box(x1, y1, w, h), width, height)
    assert crop == Crop(left, top, left + size_bb, top + size_bb)
    assert crop.width == crop.height


def test_faceforensics_by_hand():
    crop = crops.faceforensics(Box(100, 200, 100, 120), 1000, 1000)
    # int(120 * 1.3) = 156; centre (150, 260); 150 - 78, 260 - 78
    assert crop == Crop(72, 182, 228, 338)
    # At the border the square shrinks and stays where it began.
    assert crops.faceforensics(Box(100, 200, 100, 120), 200, 1000) == Crop(72, 182, 200, 310)


def test_self_blended_margins():
    crop = crops.self_blended(Box(100, 100, 80, 120), 1000, 1000)
    assert crop == Crop(90, 85, 191, 236)
    wide = crops.self_blended(Box(100, 100, 80, 120), 1000, 1000, (0.2, 0.8, 0.8, 0.2))
    assert wide == Crop(96, 76, 197, 227)
    assert crops.self_blended(Box(-5, -5, 80, 120), 60, 70) == Crop(0, 0, 60, 70)


def test_self_blended_context():
    points = np.array([[100.0, 100], [180, 220]])
    # w = 80, h = 120: 40 at the sides, 120 above, 48 below
    assert crops.self_blended_context(points, 1000, 1000) == Crop(60, 0, 221, 269)


@given(st.integers(0, 9), st.integers(0, 500), st.integers(0, 500), st.integers(10, 400), lengths)
def test_face_warping_is_cut_head(seed, x1, y1, w, h):
    points = np.array([[x1, y1 + h // 2], [x1 + w // 2, y1], [x1 + w, y1 + h]])
    image_w, image_h = 700, 1500
    np.random.seed(seed)  # noqa: NPY002
    dx = np.random.randint(w // 8)  # noqa: NPY002
    dy = np.random.randint(h // 5)  # noqa: NPY002
    crop = crops.face_warping(points, image_w, image_h, seed)
    assert crop.left == max(0, x1 - dx)
    assert crop.right == min(image_w - 1, x1 + w + dx)
    assert crop.top == max(0, y1 - dy)
    assert crop.bottom == min(image_h - 1, int(y1 + h + dy * 0.5))


def test_face_warping_has_ten_fixed_regions():
    points = np.array([[100.9, 100.2], [300.7, 340.1]])
    regions = list(crops.face_warping_all(points, 640, 480))
    assert len(regions) == 10
    # RandomState(0): randint(25) = 12, randint(48) = 47
    assert regions[0] == Crop(88, 53, 312, 363)
    assert len(set(regions)) == 10


def test_face_warping_refuses_tiny_faces():
    with pytest.raises(ValueError, match="too small"):
        crops.face_warping(np.array([[0.0, 0], [7, 30]]), 100, 100, 0)


def test_hopenet_moves_one_side_after_the_other():
    points = np.array([[100.0, 100], [200, 300]])
    # k = 0.2: left 100 - 40 = 60, right 200 + 0.4 * 140 = 256;
    # top 100 - 80 = 20, bottom 300 + 0.12 * 280 = 333.6
    assert crops.hopenet(points) == Crop(60, 20, 256, 333)
    # training, k = 0.3: left 100 - 18, right 200 + 0.18 * 118
    assert crops.hopenet(points, k=0.3, side=0.6) == Crop(82, -20, 221, 357)


def test_hopenet_video():
    assert crops.hopenet_video(Box(100, 100, 60, 80), 1000, 1000) == Crop(70, 40, 190, 200)
    assert crops.hopenet_video(Box(10, 10, 60, 80), 90, 100) == Crop(0, 0, 90, 100)


@given(st.integers(-40, 60), st.integers(-40, 60), st.integers(1, 90), st.integers(1, 90))
def test_crop_reads_as_pillow_does(left, top, width, height):
    pixels = np.random.default_rng(0).integers(1, 256, (50, 40, 3), dtype=np.uint8)
    box = (left, top, left + width, top + height)
    np.testing.assert_array_equal(
        Crop(*box).of(pixels), np.asarray(Image.fromarray(pixels).crop(box))
    )


def test_empty_crop_is_refused():
    with pytest.raises(ValueError, match="empty"):
        Crop(10, 10, 10, 20).of(np.zeros((30, 30, 3), np.uint8))
