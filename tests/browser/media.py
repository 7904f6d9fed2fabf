"""Make the pictures of the browser tests: `python tests/browser/media.py FOLDER`."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "py"))

import media_factory as factory

#: A 12-megapixel picture: every step of it takes long enough to be stopped in the middle.
LARGE = (3000, 4000)


def main(folder: Path) -> None:
    """Write `face.jpg`, `face.png`, `plain.jpg`, `large.jpg`, `cut.jpg` and `words.jpg`."""
    folder.mkdir(parents=True, exist_ok=True)
    face = factory.sample("astronaut")
    photograph = factory.photograph(300, 400)
    tiles = [-(-side // part) for side, part in zip(LARGE, photograph.shape, strict=False)]
    large = np.tile(photograph, (*tiles, 1))[: LARGE[0], : LARGE[1]]
    files = {
        "face.jpg": factory.jpeg(face, 90),
        "face.png": factory.png(face),
        "plain.jpg": factory.jpeg(photograph, 85),
        "large.jpg": factory.jpeg(large, 85),
        "cut.jpg": factory.jpeg(photograph, 85)[:3000],
        "words.jpg": b"<!doctype html><title>not a picture</title>",
    }
    for name, data in files.items():
        (folder / name).write_bytes(data)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
