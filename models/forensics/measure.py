"""Measure the forensic tests; the tables are small and committed.

    python -m models.forensics.measure localisation [--detectors ID...] [--tamperings NAME...]
        [--number N] [--first K]
    python -m models.forensics.measure innocent [--data FOLDER] [--photographs FOLDER...]
        [--cameras FOLDER] [--megapixels N] [--detectors ID...] [--most N]
    python -m models.forensics.measure beyond ...
    python -m models.forensics.measure speed --picture FILE [--detectors ID...]

`innocent` examines JPEG files labelled real of the training media (`--data`) and of folders of
photographs, each folder a source by its name; of these only files that are a camera's own by what
they say themselves (`photographs.py`), from `--megapixels` on, each once, evenly over the folder
where there are more than `--most`. `--cameras` are the files of the committed list
(`models/verdict/cameras.csv`), without the models on which thresholds were set. `beyond` does the
same with the tests of `BEYOND` even where they keep silent, to show what that spares. `--first`
goes on from a picture that was reached.
Each puts its rows in place of those of the same detector, tampering and picture, or of the same
detector and source, in its table beside this file. `python -m models.forensics.report` writes
docs/forensics.md from the tables.
"""

from __future__ import annotations

import argparse
import csv
import math
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain, groupby
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from models.forensics import photographs, tampering
from models.verdict.cameras import without_thresholds
from telltale import analysis, detectors
from telltale.detectors import Detector
from telltale.detectors._shared.clone_report import REPORTED
from telltale.finding import Finding, Map
from telltale.media.model import MediaError
from telltale.runtime.context import Context
from telltale.scene import Scene

# after models.forensics.tampering, which makes the tests' modules known
from localisation import auc, map_auc  # isort: skip
from pictures import jpeg, png, scene_of  # isort: skip

HERE = Path(__file__).parent


@dataclass(frozen=True, slots=True)
class Shown:
    """The map of a detector that is measured.

    `deviation`: the map has no side of its own; the distance from its median counts. `low`: low
    values mean tampered. `only`: the tamperings on which the test is measured, all where empty.
    """

    name: str
    deviation: bool = False
    low: bool = False
    only: tuple[str, ...] = ()


#: One line per detector. High values of the map must mean: tampered.
MAPS: dict[str, Shown] = {
    "error_level_analysis": Shown("against_equal_texture", deviation=True),
    "jpeg_ghosts": Shown("ghost", deviation=True),
    "noise_level": Shown("against_equal_blocks", deviation=True),
    "jpeg_grid": Shown("misfit"),
    "double_quantization": Shown("saved_once"),
    "zero_grid": Shown("disagreeing_votes"),
    "nonaligned_jpeg": Shown("other_grid"),
    "cfa": Shown("trace_missing"),
    "resampling": Shown("resampled"),
    "median_filtering": Shown("smoothed"),
    "dct_quantization": Shown("off_the_steps"),
    "first_digits": Shown("other_digits"),
    "contrast_enhancement": Shown("gaps_and_peaks"),
    "noisesniffer": Shown("low_noise_share", deviation=True),
    "splicebuster": Shown("distance_from_model"),
    "chromatic_aberration": Shown("against_the_lens"),
    "prnu": Shown("sensor_pattern", low=True, only=("splice_wrong_sensor",)),
    "copy_move": Shown("copied", only=("copy_move", "resampled_patch", "splice_unsaved")),
    "copy_move_dense": Shown("copied", only=("copy_move", "resampled_patch", "splice_unsaved")),
}
#: Tests that are measured on untouched pictures alone: they point at no place.
PLACELESS = ("upsampling_lattice", "spectrum")
#: Tests of which `beyond` shows what they would say where they keep silent.
BEYOND = ("upsampling_lattice",)
#: None stands for a lossless file.
QUALITIES: tuple[int | None, ...] = (None, 95, 85, 75)


def localisation(
    wanted: Iterable[str], tamperings: Iterable[str], pictures: range
) -> Iterator[dict[str, object]]:
    """Signed AUC per detector, tampering, quality and picture; 0.5 where there is no map."""
    wanted = list(wanted)
    for name in tamperings:
        for k in pictures:
            made = tampering.tampered(name, k)
            for quality in QUALITIES:
                file = png(made.pixels) if quality is None else jpeg(made.pixels, quality)
                scene = scene_of(file)
                row = {"tampering": name, "quality": quality or "lossless", "picture": k}
                for id_ in wanted:
                    if id_ in MAPS and MAPS[id_].only and name not in MAPS[id_].only:
                        continue
                    if id_ in tampering.NULLS:
                        values = tampering.NULLS[id_](made.pixels)
                        value, spoke = auc(values, made.truth[4::8, 4::8]), True
                    else:
                        shown = map_of(_examined(id_, scene), id_)
                        spoke = shown is not None
                        value = _auc(shown, made.truth, MAPS[id_]) if shown else 0.5
                    yield {
                        "detector": id_,
                        "version": _version(id_),
                        **row,
                        "auc": round(value, 4),
                        "spoke": int(spoke),
                    }


def _version(id_: str) -> str:
    """The version of a detector, nothing of a null map."""
    return "" if id_ in tampering.NULLS else detectors.load(detectors.find(id_)).CARD.version


def _examined(id_: str, scene: Scene) -> Finding:
    """The finding of a detector, which knows the simulated camera where it asks for cameras."""
    module = detectors.load(detectors.find(id_))
    known = Context(cameras=lambda: (tampering.camera(),)) if id_ == "prnu" else Context()
    return analysis.run_module(module, scene, known)


def _auc(shown: Map, truth: NDArray[np.bool_], how: Shown) -> float:
    value = map_auc(shown, truth, deviation=how.deviation)
    return 1 - value if how.low else value


def map_of(finding: Finding, id_: str) -> Map | None:
    """The map that is measured, or None where the test did not apply or had nothing to show."""
    return next((m for m in finding.maps if m.name == MAPS[id_].name), None)


def innocent(
    wanted: Iterable[str],
    sources: Mapping[str, Sequence[bytes]],
    origin: str,
    *,
    beyond: bool = False,
) -> Iterator[dict[str, object]]:
    """Per detector, source and class of size: how many applied, how many it called odd.

    `origin` says of which kind the sources are. `beyond`: where a detector says that it does not
    apply, it is run all the same.
    """
    modules = {id_: detectors.load(detectors.find(id_)) for id_ in wanted}
    for source, held in sources.items():
        sizes: list[int] = []
        scores: dict[str, list[float | None]] = {id_: [] for id_ in modules}
        for file in held:
            try:
                scene = scene_of(file)
            except MediaError as error:
                print(f"{source}: left out, {error}", flush=True)
                continue
            sizes.append(photographs.size_class(scene.media.width * scene.media.height))
            for id_, module in modules.items():
                finding = (
                    module.run(scene, Context())
                    if beyond
                    else analysis.run_module(module, scene, Context())
                )
                scores[id_].append(finding.score.value if finding.score else None)
        print(source, len(sizes), flush=True)
        for id_, module in modules.items():
            for size in sorted(set(sizes)):
                of = [s for s, here in zip(scores[id_], sizes, strict=True) if here == size]
                counts = _counts([s for s in of if s is not None], _limit(id_, module))
                row = {"detector": id_, "version": module.CARD.version, "origin": origin}
                yield {**row, "source": source, "megapixels": size, "pictures": len(of), **counts}


def _limit(id_: str, module: Detector) -> float:
    """The score above which a detector's own sentence calls a picture odd."""
    return REPORTED if id_.startswith("copy_move") else getattr(module, "USUAL", math.inf)


def _counts(scores: list[float], limit: float) -> dict[str, object]:
    return {
        "scored": len(scores),
        "odd": sum(s > limit for s in scores),
        "median": round(float(np.median(scores)), 4) if scores else "",
        "highest": round(max(scores), 4) if scores else "",
    }


def speed(wanted: Iterable[str], picture: Path) -> Iterator[dict[str, object]]:
    """CPU seconds of each detector on a picture, on one thread, after decoding."""
    data = picture.read_bytes()
    for id_ in wanted:
        scene: Scene = analysis.begin(data, picture.name).scene
        scene.coded_luma  # noqa: B018 (decoded and turned once for all tests)
        module = detectors.load(detectors.find(id_))
        start = time.process_time()
        finding = analysis.run_module(module, scene, Context())
        pixels = scene.media.width * scene.media.height / 1e6
        yield {
            "detector": id_,
            "megapixels": round(pixels, 1),
            "status": finding.status,
            "cpu_s": round(time.process_time() - start, 2),
        }


def merge(path: Path, rows: Iterable[dict[str, object]], key: tuple[str, ...]) -> None:
    """Put rows into a table, in place of those that have the same values in the columns `key`."""
    fresh = list(rows)
    measured = {tuple(str(row[k]) for k in key) for row in fresh}
    old: list[dict[str, object]] = []
    if path.is_file():
        with path.open(newline="", encoding="utf-8") as file:
            read = [dict(row) for row in csv.DictReader(file)]
        old = [row for row in read if tuple(row[k] for k in key) not in measured]
    table = sorted([*old, *fresh], key=lambda row: [str(row[k]) for k in key])
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, list(fresh[0]))
        writer.writeheader()
        writer.writerows(table)


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("what", choices=("localisation", "innocent", "beyond", "speed"))
    parser.add_argument("--detectors", nargs="+", default=[])
    parser.add_argument("--tamperings", nargs="+", default=list(tampering.TAMPERINGS))
    parser.add_argument("--number", type=int, default=8)
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--most", type=int, default=40)
    parser.add_argument("--megapixels", type=float, default=0.0)
    parser.add_argument("--data", type=Path)
    parser.add_argument("--photographs", type=Path, nargs="+", default=[])
    parser.add_argument("--cameras", type=Path)
    parser.add_argument("--picture", type=Path)
    arguments = parser.parse_args()
    wanted = arguments.detectors or list(MAPS)
    key: tuple[str, ...] = ("detector",)
    if arguments.what == "localisation":
        if not arguments.detectors:
            wanted += list(tampering.NULLS)
        key = ("detector", "tampering", "picture")
        pictures = range(arguments.first, arguments.number)
        rows = localisation(wanted, arguments.tamperings, pictures)
    elif arguments.what == "speed":
        rows = speed(wanted, arguments.picture)
    else:
        beyond = arguments.what == "beyond"
        if not arguments.detectors:
            wanted = [*BEYOND] if beyond else [*MAPS, *PLACELESS]
        labelled = photographs.labelled(arguments.data, arguments.most) if arguments.data else {}
        cameras = without_thresholds(arguments.cameras) if arguments.cameras else {}
        cameras |= {
            folder.name: photographs.of_cameras(folder, arguments.most, arguments.megapixels)
            for folder in arguments.photographs
        }
        key = ("detector", "source")
        rows = chain(
            innocent(wanted, labelled, "labelled real", beyond=beyond),
            innocent(wanted, cameras, "camera file", beyond=beyond),
        )
    # as it goes, so that what was measured is kept whatever ends the rest
    for _, batch in groupby(rows, lambda row: row[key[:2][-1]]):
        merge(HERE / f"{arguments.what}.csv", batch, key)


if __name__ == "__main__":
    main()
