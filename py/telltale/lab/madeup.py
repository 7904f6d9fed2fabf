"""`python -m telltale.lab.madeup FOLDER`: made-up pictures of known origin, to measure on."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
from PIL import Image

from telltale.lab.awkward import photograph

#: Pictures on each side.
COUNT = 6


def write(folder: Path) -> list[Path]:
    """Six real and six fake photographs of two sources each; a part of each fake is noisier."""
    written = []
    for number in range(COUNT):
        for label, source in (("real", "camera"), ("fake", "paste")):
            pixels = photograph(384, 512, number + (100 if label == "fake" else 0))
            if label == "fake":
                random = np.random.default_rng(number)
                part = pixels[96:224, 96:256] + random.normal(0, 18, (128, 160, 3))
                pixels[96:224, 96:256] = np.clip(np.rint(part), 0, 255)
            path = folder / label / f"{source} {number % 2 + 1}" / f"{number}.jpg"
            path.parent.mkdir(parents=True, exist_ok=True)
            Image.fromarray(pixels).save(path, quality=92)
            written.append(path)
    return written


if __name__ == "__main__":
    print(f"{len(write(Path(sys.argv[1])))} pictures written")
