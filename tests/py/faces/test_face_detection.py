"""Decoding and suppression of detections, on numbers written out by hand."""

import numpy as np
import pytest

from telltale.faces import detection
from telltale.faces.detection import Detections


def boxes(*rows: tuple[float, ...], scores: tuple[float, ...]) -> Detections:
    return Detections(
        np.array(rows, np.float32), np.zeros((len(rows), 6, 2), np.float32), np.float32(scores)
    )


def test_decode_places_box_and_keypoints_relative_to_the_anchor():
    raw = np.zeros((48 * 48, 16), np.float32)
    logits = np.full(48 * 48, -10, np.float32)
    anchor = 10 * 48 + 5  # row 10, column 5: centre (22, 42)
    raw[anchor] = [3, -2, 40, 60, *([1, 2] * 6)]
    logits[anchor] = 0.0
    found = detection.decode(raw, logits, 192, 192, 0.5)
    assert len(found) == 1
    np.testing.assert_allclose(found.boxes[0], [22 + 3 - 20, 42 - 2 - 30, 40, 60])
    np.testing.assert_allclose(found.keypoints[0], [[23, 44]] * 6)
    assert found.scores[0] == pytest.approx(0.5)


def test_decode_refuses_anchors_of_another_size():
    with pytest.raises(ValueError, match="anchors"):
        detection.decode(np.zeros((10, 16), np.float32), np.zeros(10, np.float32), 192, 192, 0.5)


def test_input_is_scaled_and_padded_with_black_to_multiples_of_the_stride():
    pixels = np.full((100, 250, 3), 255, np.uint8)
    image = detection.network_input(pixels)
    assert image.shape == (1, 3, 192, 256)
    assert image.dtype == np.float32
    np.testing.assert_allclose(image[0, :, :100, :250], 1)
    np.testing.assert_allclose(image[0, :, 100:], -1)
    np.testing.assert_allclose(image[0, :, :, 250:], -1)


def test_suppression_averages_overlapping_boxes_by_score_and_keeps_others():
    found = detection.suppress(
        boxes((0, 0, 10, 10), (2, 0, 10, 10), (100, 0, 10, 10), scores=(0.6, 0.9, 0.7))
    )
    assert len(found) == 2
    np.testing.assert_allclose(found.scores, [0.9, 0.7])
    np.testing.assert_allclose(found.boxes[0], [2 * 0.9 / 1.5, 0, 10, 10], rtol=1e-6)
    np.testing.assert_allclose(found.boxes[1], [100, 0, 10, 10])


def test_suppression_of_nothing_is_nothing():
    empty = boxes(scores=())
    found = detection.suppress(
        Detections(empty.boxes.reshape(0, 4), empty.keypoints.reshape(0, 6, 2), empty.scores)
    )
    assert found.boxes.shape == (0, 4)
    assert found.keypoints.shape == (0, 6, 2)


def test_intersection_over_union():
    box = np.array([0, 0, 2, 2], float)
    others = np.array([[0, 0, 2, 2], [1, 1, 2, 2], [2, 0, 2, 2], [5, 5, 1, 1]], float)
    np.testing.assert_allclose(detection.iou(box, others), [1, 1 / 7, 0, 0])
