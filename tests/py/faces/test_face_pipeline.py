"""Finding faces in real pictures, with the real networks."""

import numpy as np
import pytest
import skimage.data
from PIL import Image

from conftest import SMALL_FACES
from telltale.faces import pipeline
from telltale.runtime.context import Cancelled, Context, ModelUnavailable


def middle(face) -> tuple[float, float]:
    return face.box.x + face.box.w / 2, face.box.y + face.box.h / 2


def test_astronaut_box_and_landmarks(astronaut_face):
    """Golden values, checked by eye on the picture."""
    face = astronaut_face
    box = (face.box.x, face.box.y, face.box.w, face.box.h)
    assert box == pytest.approx((170.5, 66.2, 107.8, 107.8), abs=0.5)
    assert face.score > 0.85
    assert face.presence > 0.999
    assert face.mesh.shape == (468, 3)
    assert face.mesh.dtype == face.landmarks.dtype == np.float32
    golden = {
        0: (178.8, 102.7),
        8: (220.2, 176.4),
        16: (272.2, 107.7),
        30: (222.8, 126.3),
        36: (193.6, 100.6),
        39: (212.9, 103.5),
        42: (236.6, 104.8),
        45: (256.3, 104.0),
        48: (200.4, 138.5),
        54: (245.8, 141.2),
        57: (221.7, 155.0),
    }
    found = face.landmarks[list(golden)]
    np.testing.assert_allclose(found, list(golden.values()), atol=0.5)


def test_landmarks_stand_in_the_order_of_a_face(astronaut_face):
    points = astronaut_face.landmarks
    jaw, brows, nose = points[0:17], points[17:27], points[27:31]
    assert (np.diff(jaw[:, 0]) > -3).all()  # left to right
    assert jaw[8, 1] == jaw[:, 1].max()
    assert (np.diff(brows[:, 0]) > 0).all()
    assert (np.diff(nose[:, 1]) > 0).all()
    assert points[36:42, 0].max() < points[42:48, 0].min()
    assert points[37:39, 1].max() < points[40:42, 1].min()  # upper lid above lower lid
    assert points[51, 1] < points[62, 1] < points[66, 1] < points[57, 1]


@pytest.mark.parametrize("name", ["brick", "grass", "gravel", "page", "clock", "moon"])
def test_no_face_on_textures_and_things(context, name):
    grey = getattr(skimage.data, name)()
    assert pipeline.find(np.repeat(grey[..., None], 3, 2), context) == ()


@pytest.mark.parametrize("value", [0, 127, 255])
def test_no_face_on_a_constant_picture_of_any_size(context, value):
    for shape in ((1, 1), (3, 700), (700, 3), (64, 64)):
        assert pipeline.find(np.full((*shape, 3), value, np.uint8), context) == ()


def test_several_faces_largest_first(context, astronaut):
    canvas = Image.new("RGB", (1400, 800), (90, 110, 90))
    person = Image.fromarray(astronaut)
    for side, at in ((250, (50, 100)), (700, (650, 60)), (400, (220, 380))):
        canvas.paste(person.resize((side, side), Image.Resampling.LANCZOS), at)
    faces = pipeline.find(np.asarray(canvas), context)
    assert [f.index for f in faces] == [0, 1, 2]
    assert [f.box.w for f in faces] == pytest.approx([145, 83, 52], rel=0.12)
    # The face's centre lies at (224, 121) of 512 in the source.
    expected = [(650 + 306, 60 + 165), (220 + 175, 380 + 95), (50 + 109, 100 + 59)]
    for face, at in zip(faces, expected, strict=True):
        assert middle(face) == pytest.approx(at, abs=0.15 * face.box.w)


def test_small_faces_of_a_twelve_megapixel_picture(context, large_photograph):
    faces = pipeline.find(large_photograph, context)
    found = sorted(middle(face) for face in faces)
    expected = sorted((x + 127, y + 69) for x, y in SMALL_FACES)
    assert len(found) == len(expected)
    for a, b in zip(found, expected, strict=True):
        assert a == pytest.approx(b, abs=12)
    assert [face.box.w for face in faces] == pytest.approx([61] * 5, abs=2)


@pytest.mark.parametrize("scale", [0.25, 0.6, 3])
def test_box_frames_the_face_alike_at_every_size(context, astronaut, astronaut_face, scale):
    side = round(512 * scale)
    scaled = Image.fromarray(astronaut).resize((side, side), Image.Resampling.LANCZOS)
    (face,) = pipeline.find(np.asarray(scaled), context)
    old, new = astronaut_face.box, face.box
    tolerance = 0.04 * old.w
    assert new.w / scale == pytest.approx(old.w, abs=tolerance)
    assert new.x / scale == pytest.approx(old.x, abs=tolerance)
    assert new.y / scale == pytest.approx(old.y, abs=tolerance)


@pytest.mark.parametrize("turns", [1, 2, 3])
def test_turned_picture(context, astronaut, astronaut_face, turns):
    (face,) = pipeline.find(np.rot90(astronaut, turns), context)
    x, y = astronaut_face.landmarks[:, 0], astronaut_face.landmarks[:, 1]
    for _ in range(turns):
        x, y = y, 511 - x
    assert np.abs(face.landmarks - np.stack([x, y], 1)).mean() < 1.5
    roll = (astronaut_face.quality["roll_deg"] - 90 * turns + 180) % 360 - 180
    assert face.quality["roll_deg"] == pytest.approx(roll, abs=4)


@pytest.mark.parametrize("degrees", [-30, 30])
def test_tilted_head(context, astronaut, astronaut_face, degrees):
    tilted = Image.fromarray(astronaut).rotate(degrees, Image.Resampling.BICUBIC)
    (face,) = pipeline.find(np.asarray(tilted), context)
    angle = np.radians(degrees)
    turn = np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
    expected = (astronaut_face.landmarks - 255.5) @ turn.T + 255.5
    assert np.abs(face.landmarks - expected).mean() < 2
    assert face.quality["roll_deg"] == pytest.approx(2.98 - degrees, abs=4)


def test_grey_picture(context, astronaut, astronaut_face):
    grey = np.asarray(Image.fromarray(astronaut).convert("L").convert("RGB"))
    (face,) = pipeline.find(grey, context)
    assert np.abs(face.landmarks - astronaut_face.landmarks).mean() < 1


def test_face_that_fills_the_picture(context, astronaut):
    (face,) = pipeline.find(astronaut[60:185, 160:285], context)
    assert face.box.w > 90


def test_face_cut_by_the_border(context, astronaut):
    (face,) = pipeline.find(astronaut[:, 200:], context)
    assert face.landmarks[:, 0].min() < 0  # points outside are extrapolated, not dropped
    assert face.quality["inside"] < 0.8


def test_the_same_picture_gives_the_same_numbers(context, astronaut, astronaut_face):
    (again,) = pipeline.find(astronaut.copy(), context)
    np.testing.assert_array_equal(again.mesh, astronaut_face.mesh)
    assert again.quality == astronaut_face.quality


def test_without_models_the_reason_is_raised(astronaut):
    with pytest.raises(ModelUnavailable) as error:
        pipeline.find(astronaut, Context())
    assert error.value.code == "model_missing"


def test_cancel(context, astronaut):
    with pytest.raises(Cancelled):
        pipeline.find(astronaut, Context(models=context.models, is_cancelled=lambda: True))
