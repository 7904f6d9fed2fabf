"""What a perceptual distance is worth: `python -m models.bank.measure FOLDER OUT.json`.

FOLDER holds photographs, each of another subject (files below it, in any format that is decoded).
Changed copies of each are compared with it, and all of them with each other. What is stored are
counts by distance; `telltale.bank.phash.likelihood_ratio` reads them.
"""

from __future__ import annotations

import argparse
import hashlib
import io
import json
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from telltale.bank import phash
from telltale.media.decode import open_media
from telltale.media.model import MediaError

#: Changed copies of each picture.
COPIES = 4
SUFFIXES = {".jpg", ".jpeg", ".png", ".webp"}


def changed(pixels: NDArray[np.uint8], rng: np.random.Generator) -> NDArray[np.uint8]:
    """A copy as it comes back from the web: cropped a little, resized, recompressed."""
    image = Image.fromarray(pixels)
    if rng.random() < 0.5:
        left, top, right, bottom = rng.uniform(0, 0.1, 4) * (rng.random(4) < 0.6)
        w, h = image.size
        image = image.crop(
            (int(left * w), int(top * h), int((1 - right) * w), int((1 - bottom) * h))
        )
    scale = float(rng.choice([0.25, 0.5, 0.75, 1.0]))
    size = tuple(max(64, round(side * scale)) for side in image.size)
    image = image.resize((size[0], size[1]), Image.Resampling.BICUBIC)
    buffer = io.BytesIO()
    image.save(buffer, str(rng.choice(["JPEG", "WEBP"])), quality=int(rng.integers(30, 95)))
    return np.asarray(Image.open(buffer).convert("RGB"))


def main() -> None:
    """Measure and write."""
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=Path)
    parser.add_argument("out", type=Path)
    arguments = parser.parse_args()
    rows: list[phash.Hashes] = []
    same = np.zeros(129, int)
    for path in sorted(p for p in arguments.folder.rglob("*") if p.suffix.lower() in SUFFIXES):
        try:
            pixels = open_media(path.read_bytes(), path.name).pixels
        except MediaError:
            continue
        own = phash.hashes(pixels)
        if own is None:
            continue
        rng = np.random.default_rng(
            int.from_bytes(hashlib.sha256(path.name.encode()).digest()[:8], "big")
        )
        for _ in range(COPIES):
            copy = phash.hashes(changed(pixels, rng))
            distance = 128 if copy is None else int(phash.distances(copy, own[None])[0])
            same[distance] += 1
        rows.append(own)
    different = np.zeros(129, int)
    stacked = np.stack(rows)
    for k in range(len(rows) - 1):
        different += np.bincount(phash.distances(rows[k], stacked[k + 1 :]), minlength=129)
    document = {
        "model": phash.MODEL,
        "pictures": len(rows),
        "same": same.tolist(),
        "different": different.tolist(),
    }
    arguments.out.write_text(json.dumps(document) + "\n", "utf-8")
    print(len(rows), "pictures;", same[:30], different[:30])


if __name__ == "__main__":
    main()
