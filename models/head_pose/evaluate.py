"""Measure `head_pose`: `results.json`, `scores.json`, and what the detector reads.

    python -m models.head_pose.evaluate --cache CACHE --poses FOLDER [--teacher FOLDER]

`--poses` holds AFLW2000's sample pictures with their .mat files. The test split is read here and
nowhere else; thresholds and `scores.json` come from the validation split.
"""

from __future__ import annotations

import argparse
import hashlib
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from models.head_pose.fit import REALS, SWAPS, BothModels, Read, read
from models.head_pose.prepare import load_teacher, opinion
from models.training.face_crops import Faces
from models.training.face_tests import Scored, by_source, compare, threshold_at
from telltale.detectors._shared.head_pose_tests import (
    angles,
    disagreement,
    svm_decision,
    upright_poses,
)
from telltale.detectors.learned.head_pose import network_pose
from telltale.runtime.context import Context

HERE = Path(__file__).resolve().parent
STORED = HERE.parents[1] / "py/telltale/detectors/learned/stored/head_pose.json"
FAKES = (*SWAPS, "faces_fake_ciplab", "faces_stylegan_boredhumans", "faces_sd3_faker")


def scored(rows: Sequence[Read], tests: dict[str, Any]) -> list[Scored]:
    """The statistics of both tests for each face; all are larger for what is suspicious."""
    out = []
    for one in rows:
        found = disagreement(one.network, one.landmarks, tests["null"])
        scores = {
            "model": svm_decision(one.poses.features, tests["machine"]),
            "disagreement": found.distance,
            "p": found.p,
            "angle": one.poses.angle,
        }
        out.append(Scored(one.source, one.name, scores))
    return out


def main_table(
    faces: Faces, context: Context, tests: dict[str, Any], limit: int | None
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Every kind of fake against all reals and each real source; how p-values fall on reals."""
    rows = faces.where("test", *REALS)[:limit]
    reals = by_source(scored(read(faces, rows, context), tests))
    everything = [s for found in reals.values() for s in found]
    fakes = by_source(scored(read(faces, faces.where("test", *FAKES)[:limit], context), tests))
    fakes["swap"] = scored(read(faces, rows, context, made=True), tests)
    table = {
        source: {
            "pooled": {m: compare(everything, fake, m) for m in ("model", "disagreement", "angle")},
            "by_real": {name: compare(r, fake, "model") for name, r in reals.items()},
        }
        for source, fake in fakes.items()
    }
    below = {
        name: {
            "faces": len(found),
            **{
                f"p <= {level}": round(float(np.mean([s.scores["p"] <= level for s in found])), 4)
                for level in (0.01, 0.05, 0.1)
            },
        }
        for name, found in {**reals, **fakes}.items()
    }
    return table, below


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
    stored: Path,
    poses: Path | None = None,
    teacher: Path | None = None,
    limit: int | None = None,
) -> None:
    """Write `results.json` and `scores.json` into `folder`, and the detector's `stored` file."""
    faces, context = Faces(cache), Context(BothModels(folder / "model.onnx"))
    tests = json.loads((folder / "tests.json").read_text("utf-8"))
    held = by_source(
        scored(read(faces, faces.where("val", *REALS, *FAKES)[:limit], context), tests)
    )
    scores = {
        source: [round(s.scores["model"], 4) for s in found] for source, found in held.items()
    }
    (folder / "scores.json").write_text(json.dumps(scores, indent=1) + "\n", "utf-8")
    table, below = main_table(faces, context, tests, limit)
    results = {
        "model_sha256": hashlib.sha256((folder / "model.onnx").read_bytes()).hexdigest(),
        "threshold": round(threshold_at([v for s in REALS for v in scores.get(s, [])]), 4),
        "test": table,
        "p_values": below,
        "aflw2000": pose_errors(faces, poses, context, teacher) if poses else {},
    }
    (folder / "results.json").write_text(json.dumps(results, indent=1) + "\n", "utf-8")
    write_stored(results, tests, stored)


def write_stored(results: dict[str, Any], tests: dict[str, Any], path: Path) -> None:
    """What the detector reads: both tests, the threshold, and what was measured in words."""
    value = results["test"]["faces_swap_lfw"]["pooled"]
    said = [
        f"{name} {value[key]['auc']['value']:.2f} "
        f"({value[key]['auc']['low']:.2f} to {value[key]['auc']['high']:.2f})"
        for key, name in (
            ("model", "support vector machine"),
            ("disagreement", "network against landmarks"),
        )
    ]
    caveats = [
        "Area under the ROC curve on FaceSwap (0.5 is chance): " + "; ".join(said) + ".",
        "On newer deepfakes the published test is at chance: this is shown to look at, not to "
        "judge by.",
    ]
    error = results["aflw2000"].get("network")
    if error:
        yaw, pitch, roll = error["mean"]
        caveats.append(
            f"Mean error of the network on {error['faces']} faces of AFLW2000: yaw {yaw:.1f}, "
            f"pitch {pitch:.1f}, roll {roll:.1f} degrees."
        )
    data = {
        "model_sha256": results["model_sha256"],
        "threshold": {"value": results["threshold"], "text": "99 % of the"},
        "caveats": caveats,
        **tests,
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(data) + "\n", "utf-8")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cache", type=Path, required=True)
    parser.add_argument("--folder", type=Path, default=HERE)
    parser.add_argument("--stored", type=Path, default=STORED)
    parser.add_argument("--poses", type=Path)
    parser.add_argument("--teacher", type=Path)
    options = parser.parse_args()
    evaluate(options.cache, options.folder, options.stored, options.poses, options.teacher)


if __name__ == "__main__":
    main()
