"""Judge the pictures of the test split and of the validation split; the report does the rest.

    python -m models.face_manipulation.evaluate --cache CACHE [--mesonet FOLDER] [--folds FOLDER]
    python -m models.face_manipulation.report

Writes `scores_test.csv` (every judged face of the tables) and `scores.json` (validation). The test
split is read here and nowhere else; nothing is chosen by what comes out. `--folds` holds a folder
per left-out source (`A` or `A+B`) with the network trained without it.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import numpy as np

from models.face_manipulation.samples import LOCAL, REALS, SWAPS, SYNTHETIC, every_further
from models.training import blending, face_autoencoder
from models.training.augment import LAUNDERING, Pixels
from models.training.face_baselines import Baselines
from models.training.face_chain import Cut, to_side
from models.training.face_crops import Faces
from models.training.face_tests import FileModels, after, compress, equalise, threshold_at
from models.training.score_table import Entry, replace, weights_of
from telltale.detectors._shared.face_input import landmark_box
from telltale.detectors.learned import face_manipulation as detector
from telltale.faces.crops import faceforensics
from telltale.runtime.context import Context

HERE = Path(__file__).resolve().parent
PUBLISHED = (*SWAPS, *LOCAL, *SYNTHETIC)
#: Fakes made from the tested faces as training makes them, and by auto-encoders that it never saw.
BLENDED = ("self_blend", "warped", "swap", "region")
PAINTED = tuple(f"autoencoder_{spec.id}" for spec in face_autoencoder.SPECS)
MADE = (*BLENDED, *PAINTED)
#: Real faces for fakes of `more.csv` whose repository has none.
ELSEWHERE = "faces_real_256_cdiaconu"
#: Other fakes whose reals are of another repository: the ones that they were made from.
MADE_FROM = {"faces_inswapper_kadenrele": "faces_real_massi"}
#: Faces of one further source, at most.
MOST_FURTHER = 200
Judge = Callable[[Pixels, np.ndarray], dict[str, float]]
Change = Callable[[Pixels], Pixels]


def square(pixels: Pixels, landmarks: np.ndarray) -> Pixels:
    """The crop of the detector at its side: what the baselines look at."""
    h, w = pixels.shape[:2]
    crop = faceforensics(landmark_box(landmarks), w, h)
    return to_side(crop.of(pixels), detector.SIDE)


def forge(faces: Faces, index: int, cut: Cut, kind: str, rng: np.random.Generator) -> Pixels:
    """A self-made fake of a face; auto-encoders come from the cache's folder,
    donors from the face's own split."""
    if kind == "self_blend":
        return blending.self_blend(cut.pixels, cut.landmarks, cut.forehead, rng)[0]
    if kind == "warped":
        return blending.warped_face(cut.pixels, cut.landmarks, rng)[0]
    if kind in PAINTED:
        name = kind.removeprefix("autoencoder_")
        model = face_autoencoder.load(faces.folder / "autoencoders", name)
        return face_autoencoder.swapped(model, name, cut.pixels, cut.landmarks, rng)[0]
    others = [i for i in faces.where(faces.rows[index].split, *REALS) if i != index]
    donor, _ = equalise(faces, int(rng.choice(others)))
    make = blending.swap if kind == "swap" else blending.region_composite
    return make(cut.pixels, cut.landmarks, donor.pixels, donor.landmarks, rng)[0]


def judged(
    faces: Faces,
    rows: Sequence[int],
    judge: Judge,
    place: tuple[str, str, str],
    kind: str | None = None,
    change: Change | None = None,
) -> Iterator[Entry]:
    """Faces through the equalised chain, or through an operation instead of its JPEG.

    `place` are section, condition and weights of the entries; `kind` makes fakes of the faces.
    """
    section, condition, weights = place
    for index in rows:
        cut, rng = equalise(faces, index)
        pixels = cut.pixels if kind is None else forge(faces, index, cut, kind, rng)
        if change is None:
            pixels, landmarks = compress(pixels, rng), cut.landmarks
        else:
            pixels, landmarks = after(pixels, cut, change)
        item = faces.rows[index]
        fake = kind is not None or item.label != "real"
        scores = judge(pixels, landmarks)
        yield Entry(section, condition, kind or item.source, fake, item.name, weights, scores)


def model_judge(path: Path) -> Judge:
    """The detector itself, with the network of `path`; `kind` is the index of the class."""
    context = Context(FileModels("face_manipulation", path))

    def judge(pixels: Pixels, landmarks: np.ndarray) -> dict[str, float]:
        found = detector.examine(pixels, landmarks, context)
        return {"model": found.logit, "kind": float(np.argmax(found.probabilities))}

    return judge


def baseline_judge(
    faces: Faces, mesonet: Path | None, without: Sequence[str] = (), limit: int = 500
) -> Judge:
    """Both logistic regressions, fitted to the training split less some sources, and MesoNet."""
    known = [source for source in PUBLISHED if source not in without]
    real = faces.where("train", *REALS)[:: max(1, 1600 // limit)]
    fake = faces.where("train", *known)[:: max(1, 900 // limit)]
    squares, labels = [], []
    for label, rows, kinds in ((0, real, (None,)), (1, fake, (None,)), (1, real[::3], BLENDED)):
        for position, index in enumerate(rows):
            cut, rng = equalise(faces, index)
            kind = kinds[position % len(kinds)]
            pixels = cut.pixels if kind is None else forge(faces, index, cut, kind, rng)
            squares.append(square(compress(pixels, rng), cut.landmarks))
            labels.append(label)
    fitted = Baselines(squares, labels, mesonet)
    return lambda pixels, landmarks: fitted.scores(square(pixels, landmarks))


def both(*judges: Judge) -> Judge:
    """All scores of several judges."""
    return lambda pixels, landmarks: {
        name: value for judge in judges for name, value in judge(pixels, landmarks).items()
    }


def split_entries(faces: Faces, judge: Judge, weights: str, split: str) -> list[Entry]:
    """Every real and published source and every self-made kind."""
    rows, place = faces.where(split, *REALS), ("test", "", weights)
    found = list(judged(faces, [*rows, *faces.where(split, *PUBLISHED)], judge, place))
    for kind in MADE:
        found += judged(faces, rows, judge, place, kind)
    return found


def laundered(faces: Faces, judge: Judge, weights: str, limit: int) -> list[Entry]:
    """The grid of operations, on at most `limit` faces of each source."""
    reals = [i for s in REALS for i in faces.where("test", s)[:limit]]
    fakes = [
        i for s in (*SWAPS, "faces_stylegan_boredhumans") for i in faces.where("test", s)[:limit]
    ]
    found: list[Entry] = []
    for name, change in LAUNDERING.items():
        place = ("laundering", name, weights)
        found += judged(faces, [*reals, *fakes], judge, place, change=change)
        found += judged(faces, reals[:limit], judge, place, "self_blend", change)
        print("laundering", name, flush=True)
    return found


def cross_source(faces: Faces, folds: Path, mesonet: Path | None, most: int = 120) -> list[Entry]:
    """Left-out sources and the real test faces, by the network of the fold trained without them.

    Of a left-out source all splits count, at most `most` faces: that network saw none of them.
    """
    found: list[Entry] = []
    for fold in sorted(folds.iterdir()):
        path, without = fold / "model.onnx", fold.name.split("+")
        rows = faces.where("test", *REALS)
        for source in without:
            own = [i for split in ("test", "val", "train") for i in faces.where(split, source)]
            rows += own[:most]
        place = ("cross_source", fold.name, weights_of(path))
        judge = both(model_judge(path), baseline_judge(faces, mesonet, without))
        found += judged(faces, rows, judge, place)
    return found


def further(faces: Faces, judge: Judge, weights: str, before: Path | None) -> list[Entry]:
    """Test and held-out faces of `more.csv`, with the scores of an earlier network beside."""
    if before:
        earlier, now = model_judge(before), judge
        judge = lambda p, x: now(p, x) | {"before": earlier(p, x)["model"]}  # noqa: E731
    pairs = reals_of_further()
    rows = []
    for source in dict.fromkeys([*pairs.values(), *pairs]):
        own = [i for split in ("test", "heldout") for i in faces.where(split, source)]
        rows += own[:: -(-len(own) // MOST_FURTHER) or 1]
    return list(judged(faces, rows, judge, ("further", "", weights)))


def reals_of_further() -> dict[str, str]:
    """Fakes of `more.csv` -> the real faces of their own repository, or those to judge against."""
    found = every_further()
    partners = found.partners | MADE_FROM
    return {fake: partners.get(fake, ELSEWHERE) for fake in (*found.swaps, *found.synthetic)}


def validation(faces: Faces, judge: Judge) -> dict[str, list[float]]:
    """Scores by source on the validation split: what thresholds and selection rest on."""
    scores: dict[str, list[float]] = {}
    more = faces.where("val", *every_further().reals)
    found = [*split_entries(faces, judge, "", "val"), *judged(faces, more, judge, ("", "", ""))]
    for entry in found:
        scores.setdefault(entry.source, []).append(round(entry.scores["model"], 4))
    return scores


def threshold(scores: dict[str, list[float]]) -> float:
    """What at most one in a hundred of the validation reals exceed, further repositories included.

    They hold the faces that are hardest: scaled and aligned ones, as of FFHQ.
    """
    reals = (*REALS, *every_further().reals)
    return threshold_at([v for source in reals for v in scores.get(source, [])])


def evaluate(
    cache: Path,
    folder: Path,
    mesonet: Path | None = None,
    folds: Path | None = None,
    limit: int = 15,
    before: Path | None = None,
) -> None:
    """Write `scores.json` and `scores_test.csv` into `folder`."""
    faces, path = Faces(cache), folder / "model.onnx"
    judge, weights, table = model_judge(path), weights_of(path), folder / "scores_test.csv"
    scores = validation(faces, judge)
    (folder / "scores.json").write_text(json.dumps(scores, indent=1) + "\n", "utf-8")
    full = both(judge, baseline_judge(faces, mesonet))
    found = split_entries(faces, full, weights, "test") + laundered(faces, judge, weights, limit)
    found += further(faces, full, weights, before)
    replace(table, ("test", "laundering", "further"), found)
    if folds:
        replace(table, ("cross_source",), cross_source(faces, folds, mesonet))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cache", type=Path, required=True)
    parser.add_argument("--folder", type=Path, default=HERE)
    parser.add_argument("--mesonet", type=Path)
    parser.add_argument("--folds", type=Path)
    parser.add_argument("--before", type=Path, help="an earlier file, judged beside on more.csv")
    parser.add_argument("--only-folds", action="store_true", help="keep all other scores")
    parser.add_argument("--only-further", action="store_true", help="keep all other scores")
    options = parser.parse_args()
    if options.only_further:
        faces, path = Faces(options.cache), options.folder / "model.onnx"
        judge = both(model_judge(path), baseline_judge(faces, options.mesonet))
        found = further(faces, judge, weights_of(path), options.before)
        replace(options.folder / "scores_test.csv", ("further",), found)
        return
    if options.only_folds:
        found = cross_source(Faces(options.cache), options.folds, options.mesonet)
        replace(options.folder / "scores_test.csv", ("cross_source",), found)
        return
    evaluate(options.cache, options.folder, options.mesonet, options.folds, before=options.before)


if __name__ == "__main__":
    main()
