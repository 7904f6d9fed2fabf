"""What a distance to a built-in family is worth, for the embeddings of the shipped models.

    python -m models.bank.families --data FOLDER     measure, fit, write docs/bank-families.md
    python -m models.bank.families                   fit and write again from the tables

Run it after a model's weights change; what was measured with the present weights is kept, unless
its table is deleted. Embeddings of other weights are never compared, so prototypes and calibrations
belong to one SHA-256. `generated_image` brings its prototypes from training
(`models.generated_image.finish`); those of `face_manipulation` are made here, from training
pictures. `families_MODEL.csv` hold a row for each picture of the validation split, which
calibrates, and of the test split, which only the document reads.
"""

from __future__ import annotations

import argparse
import csv
import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.generated_image.sources import FAKE_FOLDERS, MIXED
from models.training.data import Media
from models.verdict.measures import cllr
from models.verdict.pictures import Picture, on_its_way, published
from telltale import analysis
from telltale.bank import seed as seeds
from telltale.bank.seed import FLOOR, Calibration
from telltale.detectors._shared.prototypes import Prototypes, mean_direction, relate
from telltale.evidence import logistic
from telltale.evidence.bounds import empirical_bounds
from telltale.media.model import MediaError
from telltale.runtime.context import Context
from telltale.runtime.inference import OnnxModels, model_hashes

HERE = Path(__file__).parent
STORED = HERE.parents[1] / "py/telltale/bank/stored/families.json"
#: Pictures of one source that make its prototype, and that are measured in either split.
PER_PROTOTYPE, MOST = 48, 60
#: Fewest validation pictures of a family that make a calibration of its own.
ENOUGH = 30
#: A family whose distances cost more than this, cross-validated, has none of its own: they tell
#: nothing (1 is no information).
USEFUL = 0.95
#: Fewest pictures behind a prototype: a mean of fewer could show one of them.
FEWEST = 8
CAMERA = "camera"
#: Kinds of picture that each model's families are of.
KINDS = {
    "generated_image": ("real", "generated"),
    "face_manipulation": ("real", "generated", "face"),
}
FAMILY = {
    **dict(MIXED.values()),
    **dict(FAKE_FOLDERS.values()),
    "FaceSwap LFW": "face swap",
    "CIPLab composites": "hand-made composite",
}
#: Sources of generated pictures that show one face each.
FACES = ("StyleGAN2 boredhumans", "StyleGAN2 256", "Stable Diffusion 3")

Vectors = NDArray[np.float32]
Floats = NDArray[np.float64]
FIXED = ("model", "split", "source", "family", "picture")


@dataclass(frozen=True, slots=True)
class Row:
    """One picture and its distances to every built-in family."""

    model_sha256: str
    split: str
    source: str
    family: str
    picture: str
    distances: dict[str, float]

    @property
    def own(self) -> float:
        """Distance to its own family."""
        return self.distances[self.family]

    @property
    def other(self) -> tuple[float, str]:
        """Distance to and name of the nearest other family."""
        return min((d, name) for name, d in self.distances.items() if name != self.family)

    @property
    def nearest(self) -> tuple[float, str]:
        """Distance to and name of the nearest family."""
        return min((d, name) for name, d in self.distances.items())


def family_of(picture: Picture) -> str:
    """The family that a picture of known origin belongs to."""
    return CAMERA if picture.kind == "real" else FAMILY[picture.source]


def chosen(media: Media, model: str, split: str, most: int) -> Iterator[Picture]:
    """At most `most` pictures of each source that a model's families are of."""
    counts: dict[str, int] = {}
    for picture in published(media, split, KINDS[model]):
        of_faces = picture.kind != "generated" or picture.source in FACES
        if model == "face_manipulation" and not of_faces:
            continue
        counts[picture.source] = counts.get(picture.source, 0) + 1
        if counts[picture.source] <= most:
            yield picture


def embedded(picture: Picture, model: str, context: Context) -> Vectors | None:
    """The (d,) embedding of a picture after a way drawn by its name; None where none is made."""
    trip = int(np.frombuffer(picture.name.encode(), np.uint8).sum()) % 2
    try:
        state = analysis.begin(on_its_way(picture, trip), "picture")
    except MediaError:
        return None
    if model == "face_manipulation":
        analysis.find_faces(state, context)
    return analysis.run_detector(state, model, context).embedding


def made(media: Media, context: Context) -> Prototypes:
    """The prototypes of `face_manipulation`: mean embeddings of training pictures by source."""
    groups: dict[tuple[str, str], list[Vectors]] = {}
    for picture in chosen(media, "face_manipulation", "train", PER_PROTOTYPE):
        vector = embedded(picture, "face_manipulation", context)
        if vector is not None:
            groups.setdefault((picture.source, family_of(picture)), []).append(vector)
    kept = {key: rows for key, rows in groups.items() if len(rows) >= FEWEST}
    vectors = np.stack([mean_direction(np.stack(rows)) for rows in kept.values()])
    names, families = zip(*kept, strict=True)
    return Prototypes(np.round(vectors, 5), names, families, 0.0)


def measured(
    media: Media, model: str, sha256: str, bank: Prototypes, context: Context
) -> Iterator[Row]:
    """A row for every picture of the validation and test splits whose family is in the bank."""
    for split in ("val", "test"):
        for picture in chosen(media, model, split, MOST):
            family = family_of(picture)
            if family not in bank.families:
                continue
            vector = embedded(picture, model, context)
            if vector is None:
                continue
            found = relate(vector, bank).distances
            distances = {name: round(max(value, 0.0), 5) for name, value in found}
            yield Row(sha256, split, picture.source, family, picture.name, distances)


def overall(rows: Sequence[Row]) -> tuple[Floats, NDArray[np.bool_], list[str]]:
    """Distances (n,) to the nearest family, whether it is the picture's own, and its family.

    It is not for the pictures that lie nearer to another one, and would not be for any picture
    if the bank did not know its family: each picture's distance to the nearest other stands for
    both.
    """
    right = [row for row in rows if row.nearest[1] == row.family]
    distances = np.array([row.own for row in right] + [row.other[0] for row in rows])
    return distances, np.arange(len(distances)) < len(right), [r.family for r in [*right, *rows]]


def of_family(rows: Sequence[Row], family: str) -> tuple[Floats, NDArray[np.bool_], list[str]]:
    """Distances (n,) of all pictures to one family, whether it is their own, and their own."""
    distances = np.array([row.distances[family] for row in rows])
    return distances, np.array([row.family == family for row in rows]), [r.family for r in rows]


def fit(distances: Floats, own: NDArray[np.bool_], names: Sequence[str]) -> Calibration:
    """The log10 likelihood ratio of a distance, every family with the same weight.

    Logistic regression on log10 of the distance; it never rises with the distance, and stays
    within what so many pictures support.
    """
    x = np.column_stack([np.ones(len(own)), -np.log10(np.maximum(distances, FLOOR))])
    y = own.astype(float)
    weights = logistic.balanced(y, np.array(names))
    fitted = logistic.fit(x, y, l2=0.1, weights=weights, non_negative=(1,)) / np.log(10)
    ratios = x @ fitted
    low, high = empirical_bounds(ratios[~own], ratios[own])
    offset, slope = (round(float(value), 5) for value in fitted)
    return Calibration(
        offset, slope, round(low, 3), round(high, 3), int(own.sum()), int((~own).sum())
    )


def held_out(rows: Sequence[Row], family: str) -> float:
    """Cllr in bits of ratios of a family, each fifth of the pictures by a fit to the others."""
    folds = np.arange(len(rows)) % 5
    ratios, own = np.zeros(len(rows)), np.zeros(len(rows), bool)
    for fold in range(5):
        others = [row for row, k in zip(rows, folds, strict=True) if k != fold]
        calibration = fit(*of_family(others, family))
        for place in np.flatnonzero(folds == fold):
            ratios[place] = calibration.llr(rows[place].distances[family])
            own[place] = rows[place].family == family
    return cllr(ratios[~own], ratios[own])


def reach(rows: Sequence[Row]) -> float:
    """Distance at which the known are turned away as often as the unknown are let in."""
    own, other = np.sort([r.own for r in rows]), np.sort([r.other[0] for r in rows])
    at = np.unique(np.concatenate([own, other]))
    missed = 1 - np.searchsorted(own, at, "right") / len(own)
    let_in = np.searchsorted(other, at, "right") / len(other)
    return round(float(at[np.argmin(np.abs(missed - let_in))]), 4)


def written(tables: Mapping[str, Sequence[Row]], made_here: Mapping[str, Prototypes]) -> None:
    """Fit every model's calibrations and write what ships."""
    document: dict[str, Any] = {}
    for model, rows in tables.items():
        mine = [row for row in rows if row.split == "val"]
        counts = Counter(row.family for row in mine)
        enough = [
            name
            for name in mine[0].distances
            if counts[name] >= ENOUGH and held_out(mine, name) < USEFUL
        ]
        entry: dict[str, Any] = {
            "model_sha256": mine[0].model_sha256,
            "overall": asdict(fit(*overall(mine))),
            "families": {name: asdict(fit(*of_family(mine, name))) for name in enough},
        }
        if model in made_here:
            bank = made_here[model]
            entry["reach"] = reach(mine)
            entry["prototypes"] = [
                {"name": name, "family": family, "vector": [round(float(v), 5) for v in vector]}
                for name, family, vector in zip(
                    bank.names, bank.families, bank.vectors, strict=True
                )
            ]
        document[model] = entry
    text = json.dumps(document, indent=0)
    STORED.write_text(text.replace(",\n", ", ").replace("}, {", "},\n{") + "\n", "utf-8")


def table(model: str) -> Path:
    """The committed distances of a model."""
    return HERE / f"families_{model}.csv"


def write(path: Path, rows: Sequence[Row]) -> None:
    """A row for each picture, a column for each family."""
    families = sorted(rows[0].distances)
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow([*FIXED, *families])
        for row in rows:
            place = (row.model_sha256[:8], row.split, row.source, row.family, row.picture)
            writer.writerow([*place, *(row.distances[name] for name in families)])


def of_weights(path: Path, sha256: str) -> bool:
    """Whether there is a table, and it is of these weights."""
    if not path.is_file():
        return False
    with path.open(newline="", encoding="utf-8") as file:
        return all(row["model"] == sha256[:8] for row in csv.DictReader(file))


def read(path: Path, sha256: str) -> list[Row]:
    """The rows of `write`, which are of the weights `sha256`."""
    with path.open(newline="", encoding="utf-8") as file:
        found = list(csv.DictReader(file))
    return [
        Row(
            sha256,
            *(row[name] for name in FIXED[1:]),
            {name: float(value) for name, value in row.items() if name not in FIXED},
        )
        for row in found
    ]


def known(model: str) -> Prototypes:
    """The prototypes that a model has already."""
    seed = seeds.seed_of(model)
    if seed is None:
        raise SystemExit(f"{model} has no prototypes yet: run this with --data")
    return seed.prototypes


def main() -> None:
    """Command line."""
    from models.bank import families_report

    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--data", type=Path, help="folder of the media archives")
    arguments = parser.parse_args()
    hashes = model_hashes()
    made_here: dict[str, Prototypes] = {}
    stale = [model for model in KINDS if not of_weights(table(model), hashes[model])]
    if stale and not arguments.data:
        raise SystemExit(f"tables of other weights, run this with --data: {', '.join(stale)}")
    if "face_manipulation" not in stale:
        made_here["face_manipulation"] = known("face_manipulation")
    if stale:
        media, context = Media(arguments.data), Context(OnnxModels(threads=1))
        if "face_manipulation" in stale:
            made_here["face_manipulation"] = made(media, context)
        for model in stale:
            bank = made_here.get(model) or known(model)
            write(table(model), list(measured(media, model, hashes[model], bank, context)))
    tables = {model: read(table(model), hashes[model]) for model in KINDS}
    written(tables, made_here)
    seeds.stored.cache_clear()
    families_report.write(tables, seeds.seeds())


if __name__ == "__main__":
    main()
