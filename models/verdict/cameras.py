"""Camera files of 1.5 to 24 megapixels, untouched and edited, as they arrive in the wild.

    python -m models.verdict.cameras FOLDER --out models/verdict/cameras.csv

writes the list of the camera files in a folder, whose `manifest.json` says where each comes from:
those that are a camera's own by what they say themselves. The list is committed, the files are not;
`models.verdict.score --cameras FOLDER` reads those of the list and checks them. Files are split by
camera model, so that no camera of the test split has calibrated anything.

Other than `pictures.edited` this keeps the size of the picture, and with it the compression of the
camera: a picture is the file's own, or a part of it cut on the codec's grid, as a smaller sensor
would have given. The edits and the ways are the same.

Two files of the committed list, of a Canon EOS-1DS and an EOS 5D, name a noise filter and a raw
converter, which were not known as programs when the list was made. Both worked on the whole
picture, and both files are in the calibration split. A list made today would leave them out.
"""

from __future__ import annotations

import argparse
import csv
import hashlib
import io
import json
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import astuple, dataclass, fields
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from PIL.ExifTags import Base

from models.forensics.photographs import is_of_camera, sets_thresholds
from models.training.augment import scale
from models.training.data import decode
from models.verdict.edits import EDITS, region
from models.verdict.pictures import Picture, on_its_way, seeded
from models.verdict.shelf import Arrival
from telltale.media.jpeg_codec import Subsampling, encode

Pixels = NDArray[np.uint8]
LIST = Path(__file__).with_name("cameras.csv")
#: Ways that these pictures take, numbered after those of `pictures.on_its_way`: saved again at
#: JPEG 70 to 95; saved again at 93 to 99, as editors on phones do; reduced to 0.5 to 0.95 and
#: saved; and, of untouched pictures of the test split, the file as the camera wrote it.
SAVED, SAVED_WELL, REDUCED, WRITTEN = 4, 5, 6, 7
SENT = SAVED, SAVED_WELL, REDUCED
TRIPS = {"val": SENT, "test": (*SENT, WRITTEN)}
#: Megapixels of the pictures; the share of files that are taken whole where that is within them,
#: and the most that a part of the others has.
LEAST, MOST = 1.5, 24.0
SHARE_WHOLE, MOST_CUT = 0.12, 4.0
#: Files of one camera model at the most; makers of fewer files than this are one source.
MOST_OF_A_MODEL, FEW_OF_A_MAKER = 1, 6
#: Makers of what is no camera.
SCANNERS = {"Noritsu Koki"}
#: Cuts begin at multiples of the largest unit that a camera compresses, in pixels.
UNIT = 16
#: Edits of each file. Each goes one of the ways and the untouched picture two of them (and that of
#: the camera): at these sizes a test takes seconds.
EDITS_OF_ONE = 3
#: Share of the originals that are reduced before they are edited, so that no older compression is
#: left; and the sides of the window, relative to the picture's, in which a region is changed.
SHARE_REDUCED, WINDOW = 0.3, (0.35, 1.0)


@dataclass(frozen=True, slots=True)
class Shot:
    """A camera file of the list: where it comes from, what took it, which split that is in.

    `source` names it in tables: the maker, or several makers of few files together.
    """

    file: str
    sha256: str
    split: str
    source: str
    make: str
    model: str
    repository: str
    commit: str
    path: str
    licence: str

    def read(self, folder: Path) -> bytes:
        """The file. Raises ValueError where it is another than the one of the list."""
        data = (folder / self.file).read_bytes()
        if hashlib.sha256(data).hexdigest() != self.sha256:
            raise ValueError(f"{self.file} is not the file of the list")
        return data


def listed(path: Path = LIST) -> list[Shot]:
    """The committed list."""
    with path.open(newline="", encoding="utf-8") as file:
        return [Shot(**row) for row in csv.DictReader(file)]


def without_thresholds(folder: Path) -> dict[str, list[bytes]]:
    """The files of the list of cameras on which no threshold was set, by their folder.

    Without flat fields, which show no scene.
    """
    sources: dict[str, list[bytes]] = {}
    for shot in listed():
        if "/ff-" in shot.path or sets_thresholds(shot.make, shot.model):
            continue
        data = shot.read(folder)
        if is_of_camera(data):
            sources.setdefault(Path(shot.file).parent.name, []).append(data)
    return sources


def arrivals(
    folder: Path,
    shots: Sequence[Shot],
    trips: Sequence[int],
    done: Callable[[str, int], bool] = lambda *_: False,
) -> Iterator[Arrival]:
    """Each file untouched after two of the trips, and with some of the edits after one of them.

    Of what is `done` (name and trip) only the names are given.
    """
    donor: Pixels | None = None
    for index, shot in enumerate(shots):
        data = shot.read(folder)
        rng = seeded(f"{shot.file}#size")
        pixels = decode(data)
        if rng.random() < SHARE_REDUCED:
            pixels = scale(pixels, 0.6, "lanczos")
        pixels = _sized(pixels, rng)
        for k, picture in enumerate(_pictures(shot, pixels, donor, index)):
            own = {SENT[(index + k) % len(SENT)]}
            if picture.kind == "real":
                own |= {SENT[(index + 1) % len(SENT)], WRITTEN}
            for trip in sorted(own.intersection(trips)):
                name = f"{picture.name}#{trip}"
                sent = b""
                if not done(name, trip):
                    sent = data if trip == WRITTEN else _sent(picture, trip)
                yield Arrival(shot.split, picture.source, picture.kind, name, shot.file, sent, None)
        donor = pixels


def _pictures(shot: Shot, pixels: Pixels, donor: Pixels | None, index: int) -> Iterator[Picture]:
    """The picture untouched, then edited, each time in a window of its own."""
    rng = seeded(f"{shot.file}#edit")
    yield Picture(shot.file, shot.source, shot.split, "real", shot.file, pixels)
    kinds = list(EDITS)
    for k in range(EDITS_OF_ONE * index, EDITS_OF_ONE * (index + 1)):
        name = kinds[k % len(kinds)]
        if name == "spliced" and donor is None:
            continue
        height, width = (int(side * rng.uniform(*WINDOW)) for side in pixels.shape[:2])
        other = pixels if donor is None else donor
        here, there = (_part(p.shape, height, width, 1, rng) for p in (pixels, other))
        mask = region(height, width, rng)
        changed = pixels.copy()
        changed[here] = EDITS[name](pixels[here], other[there], mask, rng)
        source = f"{name}, camera size"
        yield Picture(f"{shot.file}#{name}", source, shot.split, "edited", shot.file, changed)


def _sized(pixels: Pixels, rng: np.random.Generator) -> Pixels:
    """The picture, or a part of it of `LEAST` to `MOST` megapixels with the same sides' ratio."""
    millions = pixels.shape[0] * pixels.shape[1] / 1e6
    wanted = MOST
    if rng.random() >= SHARE_WHOLE:
        wanted = float(np.exp(rng.uniform(np.log(LEAST), np.log(MOST_CUT))))
    if wanted >= millions:
        return pixels
    height, width = (int(side * np.sqrt(wanted / millions)) for side in pixels.shape[:2])
    return pixels[_part(pixels.shape, height, width, UNIT, rng)]


def _part(
    shape: Sequence[int], height: int, width: int, unit: int, rng: np.random.Generator
) -> tuple[slice, slice]:
    """A random part of a picture, or as much of it as there is, from a multiple of `unit` on."""
    top = unit * int(rng.integers(max(0, shape[0] - height) // unit + 1))
    left = unit * int(rng.integers(max(0, shape[1] - width) // unit + 1))
    return np.s_[top : top + height], np.s_[left : left + width]


def _sent(picture: Picture, trip: int) -> bytes:
    if trip == SAVED_WELL:
        rng = seeded(f"{picture.group}#{trip}")
        sampling: Subsampling = "4:2:0" if rng.random() < 0.5 else "4:4:4"
        return encode(picture.pixels, int(rng.integers(93, 100)), sampling)
    return on_its_way(picture, {SAVED: 0, REDUCED: 1}[trip], longest=None)


def _of_cameras(folder: Path, rows: Sequence[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """Rows of a manifest whose files are a camera's own (`photographs`), with maker and model."""
    for row in rows:
        data = (folder / row["file"]).read_bytes()
        if row["label"] == "real" and is_of_camera(data, LEAST):
            exif = Image.open(io.BytesIO(data)).getexif()
            make, model = (str(exif[tag]).strip("\0 ") for tag in (Base.Make, Base.Model))
            yield {**row, "make": make, "model": model}


def _shots(rows: Iterable[dict[str, Any]]) -> list[Shot]:
    """Shots of files of cameras, every model in one split."""
    chosen: dict[tuple[str, str], list[dict[str, Any]]] = defaultdict(list)
    for row in sorted(rows, key=lambda row: str(row["sha256"])):
        files = chosen[row["make"], row["model"]]
        if row["make"] not in SCANNERS and len(files) < MOST_OF_A_MODEL:
            files.append(row)
    counts: Counter[str] = Counter()
    for (make, _), files in chosen.items():
        counts[_maker(make)] += len(files)
    held: Counter[tuple[str, str]] = Counter()
    shots = []
    for (make, model), files in chosen.items():
        maker = _maker(make)
        source = f"camera: {maker if counts[maker] >= FEW_OF_A_MAKER else 'others'}"
        split = min(("val", "test"), key=lambda split: held[source, split])
        held[source, split] += len(files)
        shots += [
            Shot(
                row["file"], row["sha256"], split, source, make, model,
                row["source"].removeprefix("github:"), row["commit"], row["path"], row["licence"],
            )
            for row in files
        ]  # fmt: skip
    return sorted(shots, key=lambda shot: shot.file)


def _maker(make: str) -> str:
    """The maker's name without the company's."""
    first = make.split()[0].title()
    return {"Eastman": "Kodak", "Asahi": "Pentax", "Htc": "HTC", "Lg": "LG"}.get(first, first)


def main() -> None:
    """Command line: write the list of a folder."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--out", type=Path, default=LIST)
    arguments = parser.parse_args()
    rows = json.loads((arguments.folder / "manifest.json").read_text("utf-8"))
    shots = _shots(_of_cameras(arguments.folder, rows))
    with arguments.out.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(field.name for field in fields(Shot))
        writer.writerows(astuple(shot) for shot in shots)


if __name__ == "__main__":
    main()
