"""A handful of faces to run the face scripts end to end: scikit-image's astronaut, varied.

The "fakes" are the same face filtered; nothing can be learned from them and nothing is measured.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import numpy as np

from models.training.augment import Pixels, blur, jpeg, median, noise
from models.training.face_crops import build, pipeline_finder

_REALS = ("faces_real_lfw", "faces_real_ciplab", "faces_real_portraitseg", "ffhq_real_blachman")
_FAKES = (
    "faces_swap_lfw",
    "faces_fake_ciplab",
    "faces_stylegan_boredhumans",
    "faces_sg2_256_sadl",
    "faces_sd3_faker",
)
_FURTHER_REALS = ("faces_real_256_cdiaconu", "faces_real_massi")
_FURTHER_FAKES = ("faces_sg1_256_cdiaconu", "faces_fake_basemax", "faces_inswapper_massi")
_HELD_OUT = ("faces_real_massi", "faces_inswapper_massi")


def write(folder: Path) -> None:
    """Write the cache of `models.training.face_crops` unless there is one."""
    if not (folder / "faces.json").is_file():
        build(_pictures(), pipeline_finder(), folder)


def _pictures() -> Iterable[tuple[str, str, str, str, Pixels]]:
    from skimage.data import astronaut

    base = np.asarray(astronaut())[:330, 60:400]
    splits = (("train", 3), ("val", 2), ("test", 2))
    fakes = (*_FAKES, *_FURTHER_FAKES)
    for number, source in enumerate((*_REALS, *_FAKES, *_FURTHER_REALS, *_FURTHER_FAKES)):
        for split, count in (("heldout", 2),) if source in _HELD_OUT else splits:
            for k in range(count):
                rng = np.random.default_rng((number, len(split), k))
                picture = jpeg(_varied(base, rng), int(rng.integers(70, 96)))
                if source in fakes:
                    picture = median(blur(picture, 1.0), 5)
                label = "fake" if source in fakes else "real"
                yield f"{source}/{split}_{k}.jpg", source, split, label, picture


def _varied(picture: Pixels, rng: np.random.Generator) -> Pixels:
    if rng.random() < 0.5:
        picture = picture[:, ::-1]
    curve = (np.arange(256) / 255) ** rng.uniform(0.7, 1.4) * 255
    return noise(np.clip(curve, 0, 255).astype(np.uint8)[picture], 3, rng)
