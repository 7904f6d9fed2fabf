"""Measure the forensic tests; the tables are small and committed.

    python -m models.forensics.measure localisation [--detectors ID...] [--tamperings NAME...]
        [--number N]
    python -m models.forensics.measure innocent --data FOLDER [--photographs FOLDER]
        [--detectors ID...] [--most N]
    python -m models.forensics.measure speed --picture FILE [--detectors ID...]

`--photographs` is a folder of JPEG files that cameras wrote; its name is that of the source. Each
rewrites the rows of the detectors named (by default all of `MAPS`) in its table beside this file
and leaves the others. `python -m models.forensics.report` writes docs/forensics.md from them.
"""

from __future__ import annotations

import argparse
import csv
import io
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from models.forensics import tampering
from telltale import analysis, detectors
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
#: Measured on untouched pictures only where named: one of them takes many seconds a picture, the
#: other has no score without a camera.
NEEDS_MORE = ("copy_move_dense", "prnu")
#: None stands for a lossless file.
QUALITIES: tuple[int | None, ...] = (None, 95, 85, 75)


def localisation(
    wanted: Iterable[str], tamperings: Iterable[str], number: int
) -> Iterator[dict[str, object]]:
    """Signed AUC per detector, tampering, quality and picture; 0.5 where there is no map."""
    wanted = list(wanted)
    for name in tamperings:
        for k, made in enumerate(tampering.tampered(name, number)):
            for quality in QUALITIES:
                file = png(made.pixels) if quality is None else jpeg(made.pixels, quality)
                scene = scene_of(file)
                row = {"tampering": name, "quality": quality or "lossless", "picture": k}
                for id_ in wanted:
                    if id_ in MAPS and MAPS[id_].only and name not in MAPS[id_].only:
                        continue
                    if id_ in ("luminance", "local_variance"):
                        values = getattr(tampering, id_)(made.pixels)
                        value, spoke = auc(values, made.truth[4::8, 4::8]), True
                    else:
                        shown = map_of(_examined(id_, scene), id_)
                        spoke = shown is not None
                        value = _auc(shown, made.truth, MAPS[id_]) if shown else 0.5
                    yield {"detector": id_, **row, "auc": round(value, 4), "spoke": int(spoke)}


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
    wanted: Iterable[str], data: Path, photographs: Path | None, most: int
) -> Iterator[dict[str, object]]:
    """Per detector and source of untouched pictures: how many applied, how many it called odd."""
    from models.training.data import Media

    media = Media(data)
    sources: dict[str, list[bytes]] = {}
    for row in media.rows:
        of = sources.setdefault(row.folder, [])
        if row.label == "real" and len(of) < most and fmt(media.read(row)) == "JPEG":
            of.append(media.read(row))
    if photographs is not None:
        files = sorted(p for p in photographs.iterdir() if p.suffix.lower() in (".jpg", ".jpeg"))
        # evenly over the folder, so that fewer than all are not all of one maker
        chosen = files[:: max(1, len(files) // most)][:most]
        sources[photographs.name] = [p.read_bytes() for p in chosen]
    modules = {id_: detectors.load(detectors.find(id_)) for id_ in wanted}
    for source, held in sources.items():
        scores: dict[str, list[float]] = {id_: [] for id_ in modules}
        read = 0
        for file in held:
            try:
                scene = scene_of(file)
            except MediaError as error:
                print(f"{source}: left out, {error}", flush=True)
                continue
            read += 1
            for id_, module in modules.items():
                finding = analysis.run_module(module, scene, Context())
                if finding.status == "ok" and finding.score:
                    scores[id_].append(finding.score.value)
        print(source, read, flush=True)
        for id_, module in modules.items():
            if not scores[id_]:
                continue
            limit = getattr(module, "USUAL", REPORTED if id_.startswith("copy_move") else None)
            yield {
                "detector": id_,
                "source": source,
                "pictures": read,
                "scored": len(scores[id_]),
                "odd": sum(s > limit for s in scores[id_]) if limit is not None else "",
                "median": round(float(np.median(scores[id_])), 4),
                "highest": round(max(scores[id_]), 4),
            }


def fmt(file: bytes) -> str | None:
    """The format of a picture's file, or None where it is none."""
    try:
        return Image.open(io.BytesIO(file)).format
    except OSError:
        return None


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


def merge(
    path: Path,
    rows: Iterable[dict[str, object]],
    wanted: Iterable[str],
    tamperings: Iterable[str] = (),
) -> None:
    """Replace the rows of some detectors (and, where named, tamperings) in a table."""
    fresh, wanted, only = list(rows), set(wanted), set(tamperings)
    old: list[dict[str, object]] = []
    if path.is_file():
        with path.open(newline="", encoding="utf-8") as file:
            old = [
                dict(row)
                for row in csv.DictReader(file)
                if row["detector"] not in wanted or (only and row["tampering"] not in only)
            ]
    table = sorted([*old, *fresh], key=lambda row: str(row["detector"]))
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, list(fresh[0]))
        writer.writeheader()
        writer.writerows(table)


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("what", choices=("localisation", "innocent", "speed"))
    parser.add_argument("--detectors", nargs="+", default=[])
    parser.add_argument("--tamperings", nargs="+", default=list(tampering.TAMPERINGS))
    parser.add_argument("--number", type=int, default=8)
    parser.add_argument("--most", type=int, default=40)
    parser.add_argument("--data", type=Path)
    parser.add_argument("--photographs", type=Path)
    parser.add_argument("--picture", type=Path)
    arguments = parser.parse_args()
    wanted = arguments.detectors or list(MAPS)
    if arguments.what == "localisation":
        if not arguments.detectors:
            wanted += ["luminance", "local_variance"]
        rows = localisation(wanted, arguments.tamperings, arguments.number)
    elif arguments.what == "innocent":
        wanted = arguments.detectors or [i for i in (*MAPS, *PLACELESS) if i not in NEEDS_MORE]
        rows = innocent(wanted, arguments.data, arguments.photographs, arguments.most)
    else:
        rows = speed(wanted, arguments.picture)
    only = arguments.tamperings if arguments.what == "localisation" else ()
    merge(HERE / f"{arguments.what}.csv", rows, wanted, only)


if __name__ == "__main__":
    main()
