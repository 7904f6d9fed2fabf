"""Measure the shipped network: `results.json`, `scores.json`, and what the detector reads.

    python -m models.face_manipulation.evaluate --cache CACHE [--mesonet FOLDER] [--folds FOLDER]

The test split is read here and nowhere else; nothing is chosen by what comes out. Thresholds and
`scores.json` come from the validation split. `--folds` holds a folder per left-out source with
the network trained without it.
"""

from __future__ import annotations

import argparse
import hashlib
import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from models.face_manipulation.samples import LOCAL, REALS, SWAPS, SYNTHETIC
from models.training import baselines, blending
from models.training.augment import LAUNDERING, Pixels
from models.training.face_chain import Cut, to_side
from models.training.face_crops import Faces
from models.training.face_tests import (
    FileModels,
    Scored,
    after,
    by_source,
    compare,
    compress,
    equalise,
    threshold_at,
)
from telltale.detectors._shared.face_input import landmark_box
from telltale.detectors.learned import face_manipulation as detector
from telltale.faces.crops import faceforensics
from telltale.runtime.context import Context

HERE = Path(__file__).resolve().parent
STORED = HERE.parents[1] / "py/telltale/detectors/learned/stored/face_manipulation.json"
PUBLISHED = (*SWAPS, *LOCAL, *SYNTHETIC)
MADE = ("self_blend", "warped", "swap", "region")
METHODS = ("model", "spectrum", "dct", "mesonet_df")
Judge = Callable[[Pixels, np.ndarray], dict[str, float]]


def square(pixels: Pixels, landmarks: np.ndarray) -> Pixels:
    """The crop of the detector at its side: what the baselines look at."""
    h, w = pixels.shape[:2]
    crop = faceforensics(landmark_box(landmarks), w, h)
    return to_side(crop.of(pixels), detector.SIDE)


def forge(faces: Faces, index: int, cut: Cut, kind: str, rng: np.random.Generator) -> Pixels:
    """A self-made fake of a test face; donors come from the same split."""
    if kind == "self_blend":
        return blending.self_blend(cut.pixels, cut.landmarks, cut.forehead, rng)[0]
    if kind == "warped":
        return blending.warped_face(cut.pixels, cut.landmarks, rng)[0]
    others = [i for i in faces.where(faces.rows[index].split, *REALS) if i != index]
    donor, _ = equalise(faces, int(rng.choice(others)))
    make = blending.swap if kind == "swap" else blending.region_composite
    return make(cut.pixels, cut.landmarks, donor.pixels, donor.landmarks, rng)[0]


def score_all(
    faces: Faces,
    rows: Sequence[int],
    judge: Judge,
    kind: str | None = None,
    change: Callable[[Pixels], Pixels] | None = None,
    draws: int = 1,
) -> list[Scored]:
    """Scores of faces through the equalised chain, or through an operation instead of its JPEG."""
    out = []
    for index in rows:
        for draw in range(draws):
            cut, rng = equalise(faces, index, draw)
            pixels = cut.pixels if kind is None else forge(faces, index, cut, kind, rng)
            if change is None:
                pixels, landmarks = compress(pixels, rng), cut.landmarks
            else:
                pixels, landmarks = after(pixels, cut, change)
            item = faces.rows[index]
            out.append(Scored(kind or item.source, item.name, judge(pixels, landmarks)))
    return out


def model_judge(path: Path) -> Judge:
    """The detector itself, with the network of `path`."""
    context = Context(FileModels("face_manipulation", path))

    def judge(pixels: Pixels, landmarks: np.ndarray) -> dict[str, float]:
        found = detector.examine(pixels, landmarks, context)
        return {"model": found.logit, "kind": float(np.argmax(found.probabilities))}

    return judge


def baseline_judge(faces: Faces, mesonet: Path | None, limit: int = 500) -> Judge:
    """Spectrum and DCT features with logistic regression on the training split; MesoNet."""
    real = faces.where("train", *REALS)[:: max(1, 1600 // limit)]
    fake = faces.where("train", *PUBLISHED)[:: max(1, 900 // limit)]
    squares, labels = [], []
    for label, rows, kinds in ((0, real, (None,)), (1, fake, (None,)), (1, real[::3], MADE)):
        for position, index in enumerate(rows):
            cut, rng = equalise(faces, index)
            kind = kinds[position % len(kinds)]
            pixels = cut.pixels if kind is None else forge(faces, index, cut, kind, rng)
            squares.append(square(compress(pixels, rng), cut.landmarks))
            labels.append(label)
    truth = np.array(labels)
    features = {"spectrum": baselines.spectrum_features, "dct": baselines.dct_features}
    fitted = {
        name: baselines.logistic_regression(np.stack([f(s) for s in squares]), truth)
        for name, f in features.items()
    }
    nets: dict[str, Any] = {}
    if mesonet is not None:
        from models.training.mesonet import load

        nets = {"mesonet_df": load(mesonet / "Meso4_DF.h5")}

    def judge(pixels: Pixels, landmarks: np.ndarray) -> dict[str, float]:
        small = square(pixels, landmarks)
        scores = {
            name: float(model.decision_function(features[name](small)[None])[0])
            for name, model in fitted.items()
        }
        if nets:
            from models.training.mesonet import fakeness

            scores |= {name: fakeness(net, small) for name, net in nets.items()}
        return scores

    return judge


def both(*judges: Judge) -> Judge:
    """All scores of several judges."""
    return lambda pixels, landmarks: {
        name: value for judge in judges for name, value in judge(pixels, landmarks).items()
    }


def main_table(
    faces: Faces, judge: Judge, split: str = "test"
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Every fake source against all reals and each real source; what every source was called."""
    reals = by_source(score_all(faces, faces.where(split, *REALS), judge))
    everything = [s for rows in reals.values() for s in rows]
    fakes = by_source(score_all(faces, faces.where(split, *PUBLISHED), judge))
    for kind in MADE:
        fakes[kind] = score_all(faces, faces.where(split, *REALS), judge, kind)
    methods = [m for m in METHODS if everything and m in everything[0].scores]
    out: dict[str, Any] = {}
    for source, fake in fakes.items():
        pooled = {method: compare(everything, fake, method) for method in methods}
        single = {name: compare(rows, fake, "model") for name, rows in reals.items() if rows}
        out[source] = {"pooled": pooled, "by_real": single}
    return out, {name: named_kinds(found) for name, found in {**reals, **fakes}.items()}


def named_kinds(found: Sequence[Scored]) -> dict[str, int]:
    """How many faces were called each of the classes."""
    counts = np.bincount([int(s.scores["kind"]) for s in found], minlength=4)
    return dict(zip(detector.CLASSES, counts.tolist(), strict=True))


def laundering(faces: Faces, judge: Judge, threshold: float, limit: int) -> dict[str, Any]:
    """The grid of operations: AUC per kind of fake, and false alarms at the shipped threshold."""
    reals = [i for s in REALS for i in faces.where("test", s)[:limit]]
    kinds = {s: faces.where("test", s)[:limit] for s in (*SWAPS, "faces_stylegan_boredhumans")}
    out: dict[str, Any] = {}
    for name, change in LAUNDERING.items():
        real = score_all(faces, reals, judge, change=change)
        alarms = float(np.mean([s.scores["model"] > threshold for s in real]))
        line: dict[str, Any] = {"false_alarms": round(alarms, 4), "reals": len(real)}
        for source, rows in kinds.items():
            fake = score_all(faces, rows, judge, change=change)
            line[source] = compare(real, fake, "model", rounds=300)["auc"]
        made = score_all(faces, reals[:limit], judge, "self_blend", change)
        line["self_blend"] = compare(real, made, "model", rounds=300)["auc"]
        out[name] = line
        print("laundering", name, flush=True)
    return out


def validation(faces: Faces, judge: Judge) -> tuple[dict[str, list[float]], float]:
    """Scores by source on the validation split, and the 1 % threshold."""
    rows = faces.where("val", *REALS, *PUBLISHED)
    scored = by_source(score_all(faces, rows, judge))
    for kind in MADE:
        scored[kind] = score_all(faces, faces.where("val", *REALS), judge, kind)
    scores = {
        source: [round(s.scores["model"], 4) for s in found] for source, found in scored.items()
    }
    return scores, threshold_at([v for s in REALS for v in scores.get(s, [])])


def cross_source(faces: Faces, folds: Path) -> dict[str, Any]:
    """Each source against all reals, by the network of the fold that was trained without it."""
    out: dict[str, Any] = {}
    for fold in sorted(folds.iterdir()):
        without = tuple(fold.name.split("+"))
        judge = model_judge(fold / "model.onnx")
        real = score_all(faces, faces.where("test", *REALS), judge)
        out[fold.name] = {
            source: {
                "pooled": {
                    "model": compare(
                        real, score_all(faces, faces.where("test", source), judge), "model"
                    )
                }
            }
            for source in without
        }
    return out


def evaluate(
    cache: Path,
    folder: Path,
    stored: Path,
    mesonet: Path | None = None,
    folds: Path | None = None,
    limit: int = 15,
) -> None:
    """Write `results.json` and `scores.json` into `folder`, and the detector's `stored` file."""
    faces, path = Faces(cache), folder / "model.onnx"
    judge = model_judge(path)
    scores, threshold = validation(faces, judge)
    (folder / "scores.json").write_text(json.dumps(scores, indent=1) + "\n", "utf-8")
    table, called = main_table(faces, both(judge, baseline_judge(faces, mesonet)))
    results: dict[str, Any] = {
        "model_sha256": hashlib.sha256(path.read_bytes()).hexdigest(),
        "threshold": round(threshold, 4),
        "test": table,
        "classes": called,
        "laundering": laundering(faces, judge, threshold, limit),
        "cross_source": {},
    }
    if folds:
        results["cross_source"] = cross_source(faces, folds)
    (folder / "results.json").write_text(json.dumps(results, indent=1) + "\n", "utf-8")
    write_stored(results, stored)


def write_stored(results: dict[str, Any], path: Path) -> None:
    """What the detector reads: the threshold, and what was measured in words."""

    def says(name: str, source: str, table: dict[str, Any]) -> str:
        value = table[source]["pooled"]["model"]["auc"]
        return (
            f"{name} {value['value']:.2f} ({value['low']:.2f} to {value['high']:.2f}, "
            f"{value['fakes']} faces)"
        )

    table = results["test"]
    names = {
        "faces_swap_lfw": "FaceSwap",
        "faces_stylegan_boredhumans": "StyleGAN2",
        "faces_sd3_faker": "Stable Diffusion 3",
        "faces_fake_ciplab": "hand-made composites",
        "self_blend": "self-blended images",
    }
    known = [says(name, key, table) for key, name in names.items() if key in table]
    unseen = [
        says(names.get(key, key), key, fold)
        for fold in results["cross_source"].values()
        for key in fold
        if key in names
    ]
    caveats = ["Area under the ROC curve on our test faces (0.5 is chance): " + "; ".join(known)]
    if unseen:
        caveats.append(
            "When the source was left out of training, which is what a new method meets: "
            + "; ".join(unseen)
        )
    data = {
        "model_sha256": results["model_sha256"],
        "threshold": {"value": results["threshold"], "text": "99 % of the"},
        "caveats": [text + "." for text in caveats],
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(data, indent=1) + "\n", "utf-8")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cache", type=Path, required=True)
    parser.add_argument("--folder", type=Path, default=HERE)
    parser.add_argument("--stored", type=Path, default=STORED)
    parser.add_argument("--mesonet", type=Path)
    parser.add_argument("--folds", type=Path)
    parser.add_argument("--only-folds", action="store_true", help="keep all other results")
    options = parser.parse_args()
    if options.only_folds:
        path = options.folder / "results.json"
        results = json.loads(path.read_text("utf-8"))
        results["cross_source"] = cross_source(Faces(options.cache), options.folds)
        path.write_text(json.dumps(results, indent=1) + "\n", "utf-8")
        write_stored(results, options.stored)
        return
    evaluate(options.cache, options.folder, options.stored, options.mesonet, options.folds)


if __name__ == "__main__":
    main()
