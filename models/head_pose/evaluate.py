"""Judge the pictures of the test split and of the validation split; the report does the rest.

    python -m models.head_pose.evaluate --cache CACHE --poses FOLDER [--teacher FOLDER]
    python -m models.head_pose.report

`--poses` holds AFLW2000's sample pictures with their .mat files. Writes `scores_test.csv`,
`scores.json` (validation) and `pose_errors.json`. The test split is read here and nowhere else;
nothing is chosen by what comes out.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from models.head_pose.fit import REALS, SWAPS, BothModels, fit_machine, read
from models.head_pose.prepare import load_teacher, opinion
from models.training.augment import LAUNDERING, Pixels
from models.training.face_baselines import Baselines
from models.training.face_crops import Faces
from models.training.face_tests import threshold_at
from models.training.score_table import Entry, replace, weights_of
from telltale.detectors._shared.head_pose_tests import (
    angles,
    disagreement,
    svm_decision,
    upright_poses,
)
from telltale.detectors.learned.head_pose import network_pose
from telltale.runtime.context import Context

HERE = Path(__file__).resolve().parent
FAKES = (
    *SWAPS,
    "faces_fake_ciplab",
    "faces_stylegan_boredhumans",
    "faces_sg2_256_sadl",
    "faces_sd3_faker",
)


def judged(
    faces: Faces,
    rows: Sequence[int],
    context: Context,
    tests: dict[str, Any],
    others: Baselines | None = None,
    place: tuple[str, str, str] = ("validation", "", ""),
    made: bool = False,
    change: Callable[[Pixels], Pixels] | None = None,
) -> list[Entry]:
    """The statistics of both tests for each face, and the baselines on the crop of HopeNet.

    `place` are section, condition and weights of the entries; for the others see `read`.
    """
    section, condition, weights = place
    out = []
    for one in read(faces, rows, context, made, change):
        found = disagreement(one.network, one.landmarks, tests["null"])
        scores = {
            "model": svm_decision(one.poses.features, tests["machine"]),
            "disagreement": found.distance,
            "p": found.p,
            "angle": one.poses.angle,
        }
        if others is not None:
            scores |= others.scores(one.crop)
        fake = one.source not in REALS
        out.append(Entry(section, condition, one.source, fake, one.name, weights, scores))
    return out


def laundering(
    faces: Faces, context: Context, tests: dict[str, Any], weights: str, limit: int
) -> list[Entry]:
    """The grid of operations, on at most `limit` faces of each real source and of FaceSwap."""
    rows = [i for s in (*REALS, *SWAPS) for i in faces.where("test", s)[:limit]]
    found: list[Entry] = []
    for name, change in LAUNDERING.items():
        place = ("laundering", name, weights)
        found += judged(faces, rows, context, tests, None, place, change=change)
        print("laundering", name, flush=True)
    return found


def fit_baselines(
    faces: Faces, context: Context, mesonet: Path | None, limit: int = 300
) -> Baselines:
    """Both logistic regressions on what the support vector machine was fitted to, and MesoNet."""
    rows = faces.where("train", *REALS)
    chosen = rows[:: max(1, len(rows) // limit)]
    real = read(faces, chosen, context)
    fake = read(faces, faces.where("train", *SWAPS)[: limit // 2], context)
    fake += read(faces, chosen[: limit // 2], context, made=True)
    labels = [0] * len(real) + [1] * len(fake)
    return Baselines([r.crop for r in (*real, *fake)], labels, mesonet)


def cross_source(
    faces: Faces,
    context: Context,
    tests: dict[str, Any],
    weights: str,
    mesonet: Path | None,
    limit: int = 300,
    most: int = 120,
) -> list[Entry]:
    """Sources that the machine never saw, and FaceSwap by a machine fitted without it.

    The shipped machine learned from FaceSwap and from our own swaps only, so that the other sources
    are left out as it is. Of a left-out source all splits count, at most `most` faces.
    """
    rows = faces.where("train", *REALS)
    chosen = rows[:: max(1, len(rows) // limit)]
    real = read(faces, chosen, context)
    made = read(faces, chosen[: limit // 2], context, made=True)
    labels = [0] * len(real) + [1] * len(made)
    others = Baselines([r.crop for r in (*real, *made)], labels, mesonet)
    without = tests | {"machine": fit_machine(real, made)}
    found: list[Entry] = []
    for fold, machine, sources in (
        ("faces_swap_lfw", without, SWAPS),
        ("never in training", tests, FAKES[len(SWAPS) :]),
    ):
        judge = faces.where("test", *REALS)[:limit]
        for source in sources:
            own = [i for split in ("test", "val", "train") for i in faces.where(split, source)]
            judge += own[:most]
        place = ("cross_source", fold, weights)
        found += judged(faces, judge, context, machine, others, place)
    return found


def pose_errors(
    faces: Faces, folder: Path, context: Context, teacher_folder: Path | None
) -> dict[str, Any]:
    """Absolute errors in degrees on AFLW2000's samples: network, landmarks, teacher."""
    from scipy.io import loadmat

    teacher = load_teacher(teacher_folder) if teacher_folder else None
    errors: dict[str, list[np.ndarray]] = {"network": [], "landmarks": [], "teacher": []}
    truths = []
    for index, item in enumerate(faces.rows):
        path = folder / Path(item.name).with_suffix(".mat").name
        if item.source != "aflw2000_prnet" or not path.is_file():
            continue
        pitch, yaw, roll = np.degrees(loadmat(path)["Pose_Para"][0, :3])
        truth = np.array([yaw, pitch, roll])
        pixels, points = faces.pixels(index), faces.landmarks[index]
        truths.append(truth)
        errors["network"].append(network_pose(pixels, points, context) - truth)
        errors["landmarks"].append(angles(upright_poses(points).whole.rotation) - truth)
        if teacher:
            errors["teacher"].append(opinion(teacher, pixels, points) - truth)
    frontal = [abs(t[0]) <= 50 for t in truths]
    out: dict[str, Any] = {}
    for name, rows in errors.items():
        if rows:
            absolute = np.abs(np.stack(rows))
            out[name] = {
                "faces": len(rows),
                "mean": absolute.mean(0).round(2).tolist(),
                "median": np.median(absolute, 0).round(2).tolist(),
                "faces_within_50": int(np.sum(frontal)),
                "mean_within_50": absolute[frontal].mean(0).round(2).tolist(),
            }
    return out


def evaluate(
    cache: Path,
    folder: Path,
    poses: Path | None = None,
    teacher: Path | None = None,
    mesonet: Path | None = None,
    limit: int | None = None,
) -> None:
    """Write `scores.json`, `scores_test.csv` and `pose_errors.json` into `folder`."""
    model = folder / "model.onnx"
    faces, context, weights = Faces(cache), Context(BothModels(model)), weights_of(model)
    tests = json.loads((folder / "tests.json").read_text("utf-8"))
    scores: dict[str, list[float]] = {}
    for entry in judged(faces, faces.where("val", *REALS, *FAKES)[:limit], context, tests):
        scores.setdefault(entry.source, []).append(round(entry.scores["model"], 4))
    (folder / "scores.json").write_text(json.dumps(scores, indent=1) + "\n", "utf-8")
    others = fit_baselines(faces, context, mesonet, limit or 300)
    rows, place = faces.where("test", *REALS)[:limit], ("test", "", weights)
    found = [
        *judged(faces, rows, context, tests, others, place),
        *judged(faces, faces.where("test", *FAKES)[:limit], context, tests, others, place),
        *judged(faces, rows, context, tests, others, place, made=True),
    ]
    replace(folder / "scores_test.csv", ("test",), found)
    laundered = laundering(faces, context, tests, weights, limit or 15)
    replace(folder / "scores_test.csv", ("laundering",), laundered)
    left_out = cross_source(faces, context, tests, weights, mesonet, limit or 300, limit or 120)
    replace(folder / "scores_test.csv", ("cross_source",), left_out)
    errors = pose_errors(faces, poses, context, teacher) if poses else {}
    (folder / "pose_errors.json").write_text(json.dumps(errors, indent=1) + "\n", "utf-8")


def threshold(scores: dict[str, list[float]]) -> float:
    """What at most one in a hundred of the validation reals exceed."""
    return threshold_at([v for s in REALS for v in scores.get(s, [])])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cache", type=Path, required=True)
    parser.add_argument("--folder", type=Path, default=HERE)
    parser.add_argument("--poses", type=Path)
    parser.add_argument("--teacher", type=Path)
    parser.add_argument("--mesonet", type=Path)
    parser.add_argument(
        "--only", choices=("laundering", "cross_source"), help="keep all other scores"
    )
    options = parser.parse_args()
    if options.only:
        model = options.folder / "model.onnx"
        tests = json.loads((options.folder / "tests.json").read_text("utf-8"))
        faces, context, weights = (
            Faces(options.cache),
            Context(BothModels(model)),
            weights_of(model),
        )
        if options.only == "laundering":
            found = laundering(faces, context, tests, weights, 15)
        else:
            found = cross_source(faces, context, tests, weights, options.mesonet)
        replace(options.folder / "scores_test.csv", (options.only,), found)
        return
    evaluate(options.cache, options.folder, options.poses, options.teacher, options.mesonet)


if __name__ == "__main__":
    main()
