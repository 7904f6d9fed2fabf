"""Sensor patterns of real cameras: do a camera's pictures match it, and no other?

    python -m models.forensics.sensors FOLDER

FOLDER is `test/data` of the public repository polimi-ispl/prnu-python: flat fields (`ff-jpg`) and
natural pictures (`nat-jpg`) of six Nikon cameras, two each of three models, from the Dresden Image
Database. As in that repository's example, the pattern of each camera is learned from the middle of
its ten flat fields, and the middle of every natural picture is compared with every camera; the
middle is a square of each of `SIDES` pixels. Writes sensors.csv beside this file; there stand the
sixteen of the twenty natural pictures that are under 4 MiB.

sensors_reference.csv is what prnu-python itself says of the squares of 512 pixels: `cut_ctr`,
`extract_multiple_aligned` on the flat fields, `extract_single` on the natural pictures, `pce` of
`crosscorr_2d` of pattern and residual, at commit 91e1585 under NumPy 2, for which the values that
its `inten_scale` is given have to be made signed integers.
"""

from __future__ import annotations

import argparse
import csv
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from telltale.detectors._shared import sensor_noise

Pixels = NDArray[np.uint8]

OUT = Path(__file__).with_name("sensors.csv")
#: Sides in pixels of the square that is compared; the first is that of prnu-python's example.
SIDES = (512, 1024)


def compared(folder: Path, side: int) -> Iterator[dict[str, object]]:
    """The peak-to-correlation energy of every natural picture with every camera."""
    cameras: dict[str, list[Path]] = {}
    for path in sorted((folder / "ff-jpg").glob("*.JPG")):
        cameras.setdefault(_camera(path), []).append(path)
    patterns = {
        name: sensor_noise.fingerprint(_middle(path, side) for path in flats)
        for name, flats in cameras.items()
    }
    for path in sorted((folder / "nat-jpg").glob("*.JPG")):
        noise = sensor_noise.extracted(_middle(path, side))
        for name, pattern in patterns.items():
            found = sensor_noise.peak(sensor_noise.cross_correlation(pattern, noise))
            yield {
                "side": side,
                "picture": path.stem,
                "camera": name,
                "own": int(name == _camera(path)),
                "pce": round(found.pce, 3),
            }


def _camera(path: Path) -> str:
    """The camera of a file named camera_number."""
    return path.stem.rsplit("_", 1)[0]


def _middle(path: Path, side: int) -> Pixels:
    pixels = np.asarray(Image.open(path).convert("RGB"))
    top, left = ((n - side) // 2 for n in pixels.shape[:2])
    return pixels[top : top + side, left : left + side]


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("folder", type=Path)
    folder = parser.parse_args().folder
    rows = [row for side in SIDES for row in compared(folder, side)]
    with OUT.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)


if __name__ == "__main__":
    main()
