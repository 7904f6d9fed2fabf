"""Quality numbers follow what they are named for."""

from pathlib import Path

import av
import numpy as np
import pytest
from PIL import Image, ImageFilter

import video_factory as factory
from telltale.faces import canonical, pipeline, quality


def turned(pitch: float, yaw: float, roll: float) -> np.ndarray:
    """The canonical face turned by Rx(-pitch) Ry(yaw) Rz(roll), in degrees."""
    p, y, r = np.radians([-pitch, yaw, roll])
    rx = np.array([[1, 0, 0], [0, np.cos(p), -np.sin(p)], [0, np.sin(p), np.cos(p)]])
    ry = np.array([[np.cos(y), 0, np.sin(y)], [0, 1, 0], [-np.sin(y), 0, np.cos(y)]])
    rz = np.array([[np.cos(r), -np.sin(r), 0], [np.sin(r), np.cos(r), 0], [0, 0, 1]])
    return canonical.POINTS @ (rx @ ry @ rz).T * 7 + [100, 80, 0]


@pytest.mark.parametrize("angles", [(0, 0, 0), (20, -35, 10), (-15, 60, -25), (5, 5, 90)])
def test_head_angles_of_the_canonical_face(angles):
    assert quality.head_angles(turned(*angles)) == pytest.approx(angles, abs=1e-6)


def test_positive_yaw_turns_the_nose_to_the_left_and_positive_pitch_raises_the_chin():
    ahead, left, up = turned(0, 0, 0), turned(0, 30, 0), turned(30, 0, 0)
    assert left[30, 0] - left[[36, 45], 0].mean() < ahead[30, 0] - ahead[[36, 45], 0].mean()
    assert up[30, 1] - up[[36, 45], 1].mean() < ahead[30, 1] - ahead[[36, 45], 1].mean()


def test_distances_scale_with_the_picture(context, astronaut, astronaut_face):
    double = np.asarray(Image.fromarray(astronaut).resize((1024, 1024), Image.Resampling.BICUBIC))
    (face,) = pipeline.find(double, context)
    for name in ("inter_ocular_px", "width_px"):
        assert face.quality[name] == pytest.approx(2 * astronaut_face.quality[name], rel=0.04)
    assert face.quality["sharpness"] < 0.6 * astronaut_face.quality["sharpness"]


def test_blur_lowers_sharpness(context, astronaut, astronaut_face):
    blurred = np.asarray(Image.fromarray(astronaut).filter(ImageFilter.GaussianBlur(2)))
    (face,) = pipeline.find(blurred, context)
    assert face.quality["sharpness"] < 0.5 * astronaut_face.quality["sharpness"]


def test_sharpness_of_noise_and_of_nothing():
    noise = np.random.default_rng(0).normal(128, 20, (200, 200))
    assert quality.sharpness(noise) == pytest.approx(np.sqrt(20), rel=0.03)
    assert quality.sharpness(np.full((50, 50), 9.0)) == 0
    assert quality.sharpness(np.zeros((2, 2))) == 0


def test_overexposure_is_counted(context, astronaut, astronaut_face):
    bright = np.clip(astronaut.astype(int) + 110, 0, 255).astype(np.uint8)
    (face,) = pipeline.find(bright, context)
    assert face.quality["clipped"] > 0.3 > 0.05 > astronaut_face.quality["clipped"]


def test_a_face_in_the_picture_is_inside(astronaut_face):
    assert astronaut_face.quality["inside"] == 1


def test_stronger_compression_erases_more_of_a_face(tmp_path: Path) -> None:
    frames = factory.moving(6)
    shares = []
    for crf in (18, 28, 38):
        path = factory.encode(tmp_path / f"{crf}.mp4", frames, crf=crf)
        with av.open(str(path)) as film:
            *_, last = (frame.to_ndarray(format="rgb24") for frame in film.decode(video=0))
        shares.append(quality.erased(last, np.array([60, 60]), np.array([180, 180])))
    assert 0 < shares[0] < shares[1] < shares[2] < 1
    assert quality.erased(frames[0], np.array([-9, -9]), np.array([-1, -1])) == 0.0
