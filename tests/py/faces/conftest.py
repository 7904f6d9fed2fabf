"""Fixtures of the face tests: the real networks, and pictures with known faces."""

import numpy as np
import pytest
import skimage.data
from PIL import Image

from telltale.faces import pipeline
from telltale.runtime.context import Context
from telltale.runtime.inference import OnnxModels


@pytest.fixture(scope="session")
def context() -> Context:
    models = OnnxModels(threads=1)
    missing = [m for m in ("face_detection", "face_landmarks") if not models.available(m)]
    if missing:
        pytest.fail(f"{missing} missing: run `python models/convert_all.py`", pytrace=False)
    return Context(models=models)


@pytest.fixture(scope="session")
def astronaut() -> np.ndarray:
    """(512, 512, 3) uint8: one face in front, of about 106 pixels."""
    return skimage.data.astronaut()


@pytest.fixture(scope="session")
def astronaut_face(astronaut, context):
    (face,) = pipeline.find(astronaut, context)
    return face


@pytest.fixture(scope="session")
def large_photograph(astronaut) -> np.ndarray:
    """(3000, 4000, 3) uint8 with five faces of about 60 pixels on a landscape-like ground."""
    ground = np.random.default_rng(1).integers(60, 120, (30, 40, 3), dtype=np.uint8)
    picture = Image.fromarray(ground).resize((4000, 3000), Image.Resampling.BICUBIC)
    person = Image.fromarray(astronaut).resize((290, 290), Image.Resampling.LANCZOS)
    for k in range(5):
        picture.paste(person, SMALL_FACES[k])
    return np.asarray(picture)


#: Where `large_photograph` has its people (left, top).
SMALL_FACES = ((150, 300), (900, 1500), (1800, 700), (2600, 2500), (3500, 1200))
