"""A thousand random poses of five kinds of point sets, for the tests and for their golden file."""

import numpy as np

from telltale.faces import canonical, rotation
from telltale.faces.perspective import Camera, project

CASES = 1000
CAMERA = Camera.guess(640, 480)
#: The landmark sets of Yang, Li and Lyu: the central face, and the jaw and brows with it.
CENTRAL = np.r_[17:36, 48, 54]
WHOLE = np.r_[0:36, 48, 54]
KINDS = ("central", "whole", "mirrored", "random", "plane")


def case(number: int) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Model points, pixels with 0, 0.3, 1 or 2 pixels of noise, and the true vector and
    translation. "mirrored" points are seen as they are and handed over with depth reversed, as
    the published head-pose test does."""
    random = np.random.default_rng((7, number))
    kind = KINDS[number % len(KINDS)]
    count = int(random.integers(6, 30))
    if kind in ("random", "plane"):
        seen = random.normal(size=(count, 3)) * 5
        if kind == "plane":
            seen[:, 2] = 0
            seen = seen @ rotation.matrix(random.normal(size=3)).T + random.normal(size=3)
    else:
        seen = canonical.POINTS[CENTRAL if kind == "central" else WHOLE]
    axis = random.normal(size=3)
    largest = 3.0 if kind in ("random", "plane") else 0.9
    vector = axis / np.linalg.norm(axis) * random.uniform(0, largest)
    translation = np.array([*random.uniform(-8, 8, 2), random.uniform(30, 120)])
    noise = (0, 0.3, 1, 2)[number % 4]
    pixels = project(seen, vector, translation, CAMERA)
    pixels = pixels + random.normal(size=pixels.shape) * noise
    model = seen * [1, 1, -1] if kind == "mirrored" else seen
    return model, pixels, vector, translation
