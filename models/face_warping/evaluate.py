"""Judge the pictures of the test split and of the validation split; the report does the rest.

    python -m models.face_warping.evaluate --cache CACHE [--mesonet FOLDER] [--folds FOLDER]
    python -m models.face_warping.report

Writes `scores_test.csv` (every judged face of the tables) and `scores.json` (validation). The test
split is read here and nowhere else; nothing is chosen by what comes out. `--folds` holds a folder
per real source that was left out of training, with the network trained without it.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import numpy as np

from models.face_warping.samples import REALS
from models.training import blending
from models.training.augment import LAUNDERING, Pixels
from models.training.face_baselines import Baselines
from models.training.face_chain import to_side
from models.training.face_crops import Faces
from models.training.face_tests import FileModels, after, compress, equalise, threshold_at
from models.training.score_table import Entry, replace, weights_of
from telltale.detectors.learned import face_warping as detector
from telltale.faces.crops import face_warping
from telltale.runtime.context import Context

HERE = Path(__file__).resolve().parent
PUBLISHED = (
    "faces_swap_lfw",
    "faces_fake_ciplab",
    "faces_stylegan_boredhumans",
    "faces_sg2_256_sadl",
    "faces_sd3_faker",
)
Judge = Callable[[Pixels, np.ndarray], dict[str, float]]
#: None: the face as it is. A number: warped at this relative size. 0: at a random one.
Scale = float | None


def judged(
    faces: Faces,
    rows: Sequence[int],
    judge: Judge,
    place: tuple[str, str, str],
    scale: Scale = None,
    change: Callable[[Pixels], Pixels] | None = None,
    draws: int = 1,
) -> Iterator[Entry]:
    """Faces, or their warped copies, through the equalised chain or an operation of the grid.

    `place` are section, condition and weights of the entries.
    """
    section, condition, weights = place
    for index in rows:
        for draw in range(draws):
            cut, rng = equalise(faces, index, draw)
            pixels = cut.pixels
            if scale is not None:
                pixels, _ = blending.warped_face(pixels, cut.landmarks, rng, scale or None)
            if change is None:
                pixels, landmarks = compress(pixels, rng), cut.landmarks
            else:
                pixels, landmarks = after(pixels, cut, change)
            item = faces.rows[index]
            source = item.source if scale is None else f"warped {scale or ''}".strip()
            fake, scores = source not in REALS, judge(pixels, landmarks)
            yield Entry(section, condition, source, fake, item.name, weights, scores)


def model_judge(path: Path) -> Judge:
    """The detector itself, with the network of `path`."""
    context = Context(FileModels("face_warping", path))

    def judge(pixels: Pixels, landmarks: np.ndarray) -> dict[str, float]:
        try:
            return {"model": detector.examine(pixels, landmarks, context).score}
        except ValueError:  # reduced to less than the rule of the regions allows
            return {}

    return judge


def region_of(pixels: Pixels, landmarks: np.ndarray) -> Pixels:
    """The first region at the network's side: what the baselines look at."""
    h, w = pixels.shape[:2]
    return to_side(face_warping(landmarks, w, h, 0).of(pixels), detector.SIDE)


def baseline_judge(
    faces: Faces, mesonet: Path | None, without: Sequence[str] = (), limit: int = 500
) -> Judge:
    """Both logistic regressions, fitted to the training split less some sources, and MesoNet."""
    rows = faces.where("train", *(source for source in REALS if source not in without))
    squares, labels = [], []
    for index in rows[:: max(1, len(rows) // limit)]:
        for label in (0, 1):
            cut, rng = equalise(faces, index)
            pixels = cut.pixels
            if label:
                pixels, _ = blending.warped_face(pixels, cut.landmarks, rng)
            squares.append(region_of(compress(pixels, rng), cut.landmarks))
            labels.append(label)
    fitted = Baselines(squares, labels, mesonet)
    return lambda pixels, landmarks: fitted.scores(region_of(pixels, landmarks))


def both(*judges: Judge) -> Judge:
    """All scores of several judges."""
    return lambda pixels, landmarks: {
        name: value for judge in judges for name, value in judge(pixels, landmarks).items()
    }


def test_entries(faces: Faces, judge: Judge, weights: str) -> list[Entry]:
    """Warped copies of test faces, at random and at each fixed size, and the published fakes."""
    rows, place = faces.where("test", *REALS), ("test", "", weights)
    found = list(judged(faces, rows, judge, place))
    for scale in (0.0, *blending.SCALES):
        found += judged(faces, rows, judge, place, scale)
    return [*found, *judged(faces, faces.where("test", *PUBLISHED), judge, place)]


def laundered(faces: Faces, judge: Judge, weights: str, limit: int) -> list[Entry]:
    """The grid of operations on faces and their warped copies, `limit` of each source."""
    rows = [i for s in REALS for i in faces.where("test", s)[:limit]]
    found: list[Entry] = []
    for name, change in LAUNDERING.items():
        place = ("laundering", name, weights)
        found += judged(faces, rows, judge, place, change=change)
        found += judged(faces, rows, judge, place, 0.0, change)
        print("laundering", name, flush=True)
    return found


def cross_source(faces: Faces, folds: Path, mesonet: Path | None) -> list[Entry]:
    """Real faces of each left-out source and their warped copies, by the network of its fold."""
    found: list[Entry] = []
    for fold in sorted(folds.iterdir()):
        path, rows = fold / "model.onnx", faces.where("test", fold.name)
        judge = both(model_judge(path), baseline_judge(faces, mesonet, (fold.name,)))
        place = ("cross_source", fold.name, weights_of(path))
        found += [*judged(faces, rows, judge, place), *judged(faces, rows, judge, place, 0.0)]
    return found


def validation(faces: Faces, judge: Judge) -> dict[str, list[float]]:
    """Scores by source on the validation split, two draws each: what the threshold rests on."""
    rows, place = faces.where("val", *REALS), ("validation", "", "")
    others = faces.where("val", *PUBLISHED)
    scores: dict[str, list[float]] = {}
    for entry in (
        *judged(faces, [*rows, *others], judge, place, draws=2),
        *judged(faces, rows, judge, place, 0.0, draws=2),
    ):
        if entry.scores:
            scores.setdefault(entry.source, []).append(round(entry.scores["model"], 5))
    return scores


def threshold(scores: dict[str, list[float]]) -> float:
    """What at most one in a hundred of the validation reals exceed."""
    return threshold_at([v for s in REALS for v in scores.get(s, [])])


def evaluate(
    cache: Path,
    folder: Path,
    mesonet: Path | None = None,
    folds: Path | None = None,
    limit: int = 12,
) -> None:
    """Write `scores.json` and `scores_test.csv` into `folder`."""
    faces, path = Faces(cache), folder / "model.onnx"
    judge, weights, table = model_judge(path), weights_of(path), folder / "scores_test.csv"
    scores = validation(faces, judge)
    (folder / "scores.json").write_text(json.dumps(scores, indent=1) + "\n", "utf-8")
    full = both(judge, baseline_judge(faces, mesonet))
    found = test_entries(faces, full, weights) + laundered(faces, judge, weights, limit)
    replace(table, ("test", "laundering"), found)
    if folds:
        replace(table, ("cross_source",), cross_source(faces, folds, mesonet))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cache", type=Path, required=True)
    parser.add_argument("--folder", type=Path, default=HERE)
    parser.add_argument("--mesonet", type=Path)
    parser.add_argument("--folds", type=Path)
    parser.add_argument("--only-folds", action="store_true", help="keep all other scores")
    options = parser.parse_args()
    if options.only_folds:
        found = cross_source(Faces(options.cache), options.folds, options.mesonet)
        replace(options.folder / "scores_test.csv", ("cross_source",), found)
        return
    evaluate(options.cache, options.folder, options.mesonet, options.folds)


if __name__ == "__main__":
    main()
