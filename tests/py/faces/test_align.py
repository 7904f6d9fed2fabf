"""Similarity fits, warps and resizing against independent computations."""

import numpy as np
import pytest
from PIL import Image
from scipy import ndimage
from skimage.transform import SimilarityTransform

from telltale.faces import align, canonical


def similarity(angle: float, scale: float, x: float, y: float) -> np.ndarray:
    c, s = scale * np.cos(angle), scale * np.sin(angle)
    return np.array([[c, -s, x], [s, c, y]])


@pytest.mark.parametrize("seed", range(20))
def test_umeyama_finds_the_similarity_that_made_the_points(seed):
    random = np.random.default_rng(seed)
    wanted = similarity(random.uniform(-3, 3), random.uniform(0.1, 5), *random.uniform(-9, 9, 2))
    source = random.normal(size=(8, 2))
    np.testing.assert_allclose(
        align.umeyama(source, align.apply(wanted, source)), wanted, atol=1e-9
    )


@pytest.mark.parametrize("seed", range(20))
def test_umeyama_equals_scikit_image_on_noisy_points(seed):
    random = np.random.default_rng(seed)
    source, target = random.normal(size=(2, 12, 2))
    oracle = SimilarityTransform.from_estimate(source, target).params[:2]
    np.testing.assert_allclose(align.umeyama(source, target), oracle, atol=1e-9)


def test_umeyama_never_mirrors():
    source = np.random.default_rng(0).normal(size=(10, 2))
    matrix = align.umeyama(source, source * [-1, 1])
    assert np.linalg.det(matrix[:, :2]) > 0


def test_umeyama_refuses_one_point():
    with pytest.raises(ValueError, match="two different points"):
        align.umeyama(np.ones((5, 2)), np.ones((5, 2)))


def test_inverse_and_refusal():
    matrix = np.array([[2.0, 1, 3], [0.5, -1, 4]])
    points = np.random.default_rng(0).normal(size=(5, 2))
    back = align.apply(align.invert(matrix), align.apply(matrix, points))
    np.testing.assert_allclose(back, points, atol=1e-12)
    with pytest.raises(ValueError, match="no inverse"):
        align.invert(np.array([[1.0, 2, 0], [2, 4, 0]]))


@pytest.mark.parametrize(("border", "mode"), [("edge", "nearest"), ("zero", "constant")])
@pytest.mark.parametrize("seed", range(5))
def test_warp_equals_scipy(border, mode, seed):
    random = np.random.default_rng(seed)
    image = random.integers(0, 256, (40, 60)).astype(np.float32)
    matrix = similarity(random.uniform(-3, 3), random.uniform(0.6, 3), *random.uniform(-20, 60, 2))
    warped = align.warp_affine(image, matrix, (70, 50), border)
    y, x = np.mgrid[0:70, 0:50]
    source = align.apply(align.invert(matrix), np.stack([x, y], -1))
    padded = np.pad(image, 1, mode="constant" if border == "zero" else "edge")
    oracle = ndimage.map_coordinates(
        padded.astype(np.float64), [source[..., 1] + 1, source[..., 0] + 1], order=1, mode=mode
    )
    # SciPy cuts to zero beyond the padding's last pixel, where ours is zero by then as well.
    np.testing.assert_allclose(warped, oracle, atol=2e-3)


def test_warp_keeps_pixels_under_the_identity_and_whole_shifts():
    image = np.random.default_rng(0).integers(0, 256, (20, 30, 3), dtype=np.uint8)
    same = align.warp_affine(image, np.eye(3)[:2], (20, 30))
    assert same.dtype == np.float32
    np.testing.assert_array_equal(same, image)
    moved = align.warp_affine(image, np.array([[1.0, 0, 4], [0, 1, 2]]), (20, 30))
    np.testing.assert_array_equal(moved[2:, 4:], image[:-2, :-4])
    assert not moved[:2].any()
    assert not moved[:, :4].any()


def test_warp_in_blocks_equals_warp_at_once(monkeypatch):
    image = np.random.default_rng(0).integers(0, 256, (50, 50, 3), dtype=np.uint8)
    matrix = similarity(0.3, 1.4, 5, -7)
    whole = align.warp_affine(image, matrix, (90, 80))
    monkeypatch.setattr(align, "_BLOCK_PIXELS", 100)
    np.testing.assert_array_equal(align.warp_affine(image, matrix, (90, 80)), whole)


def test_warp_far_outside_is_empty_and_does_not_overflow():
    image = np.full((4, 4), 200, np.uint8)
    away = np.array([[1e-18, 0, 1e6], [0, 1e-18, 1e6]])
    assert not align.warp_affine(image, away, (5, 5)).any()


def test_resize_and_reduce():
    image = np.random.default_rng(0).integers(0, 256, (40, 60, 3), dtype=np.uint8)
    assert align.resize(image, (20, 10)).shape == (20, 10, 3)
    assert align.resize(image, (40, 60)) is image
    means = image.reshape(20, 2, 30, 2, 3).mean((1, 3))
    np.testing.assert_allclose(align.reduce(image, 2), means, atol=0.51)


def test_reduce_in_bands_equals_reduce_at_once():
    image = np.random.default_rng(0).integers(0, 256, (1501, 1003, 3), dtype=np.uint8)
    whole = np.asarray(Image.fromarray(image).reduce(3))
    np.testing.assert_array_equal(align.reduce(image, 3), whole)


def test_mean_face_alignment_levels_the_eyes_and_fills_the_frame(astronaut_face):
    matrix = align.mean_face_matrix(astronaut_face.landmarks, 256, 48)
    points = align.apply(matrix, astronaut_face.landmarks)
    left, right = points[36:42].mean(0), points[42:48].mean(0)
    assert abs(left[1] - right[1]) < 3
    assert abs((left[0] + right[0]) / 2 - 128) < 4
    assert points[17:27, 0].min() == pytest.approx(48, abs=8)
    assert points[17:27, 0].max() == pytest.approx(208, abs=8)


def test_canonical_face_is_symmetric_and_in_order():
    points = canonical.POINTS
    assert points.shape == (68, 3)
    mirrored = points[:17][::-1] * [-1, 1, 1]
    np.testing.assert_allclose(points[:17], mirrored, atol=1e-9)
    assert points[30, 2] == points[:, 2].min()  # the tip of the nose is nearest
    assert canonical.MEAN_FACE.shape == (51, 2)
    assert np.ptp(canonical.MEAN_FACE[:, 0]) == pytest.approx(1)
