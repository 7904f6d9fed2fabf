"""Write the card's tables and what the detector says, from the scores that `evaluate` wrote.

python -m models.head_pose.report
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from models.head_pose.evaluate import HERE, threshold
from models.training import card_tables as tables
from models.training.metrics import markdown, tpr_at_fpr
from models.training.score_table import Entry, by_source, read, select, values, weights_of

STORED = HERE.parents[1] / "py/telltale/detectors/learned/stored/head_pose.json"
TESTS = {
    "model": "12 differences, SVM",
    "disagreement": "network against landmarks",
    "angle": "bare angle",
}
LEVELS = (0.01, 0.05, 0.1)


def poses(rows: Mapping[str, Any]) -> str:
    """Mean absolute errors of network, landmarks and teacher."""
    header = ["", "faces", "yaw", "pitch", "roll", "median yaw / pitch / roll", "yaw within 50"]
    body = [
        [
            name,
            row["faces"],
            *(f"{v:.1f}" for v in row["mean"]),
            " / ".join(f"{v:.1f}" for v in row["median"]),
            " / ".join(f"{v:.1f}" for v in row["mean_within_50"])
            + f" ({row['faces_within_50']} faces)",
        ]
        for name, row in rows.items()
    ]
    return markdown(header, body) if body else "not measured"


def both(real: Sequence[Entry], fakes: Mapping[str, Sequence[Entry]]) -> str:
    """AUC of both tests and of the bare angle, and of the baselines."""
    others = [m for m in tables.methods_of(real) if m != "model"]
    names = TESTS | {m: tables.METHODS[m] for m in others}
    header = ["fake source", "real / fake", *names.values(), "chance"]
    body = []
    for source, rows in fakes.items():
        found = [tables.estimate(real, rows, method) for method in names]
        body.append([tables.named(source), tables.counts(found[0]), *found, "0.500"])
    return markdown(header, body)


def p_values(found: Mapping[str, Sequence[Entry]]) -> str:
    """Share of faces at or below some p-values."""
    body = [
        [
            tables.named(name),
            len(rows),
            *(f"{np.mean(np.array(values(rows, 'p')) <= level):.1%}" for level in LEVELS),
        ]
        for name, rows in found.items()
    ]
    return markdown(["source", "faces", *(f"p <= {level}" for level in LEVELS)], body)


def card(entries: Sequence[Entry], errors: Mapping[str, Any], limit: float) -> dict[str, str]:
    """Every table of the card by the name of its place."""
    real = select(entries, "test", fake=False)
    reals, fakes = by_source(real), by_source(select(entries, "test", fake=True))
    return {
        "poses": poses(errors),
        "tests": both(real, fakes),
        "each": tables.against_each(reals, fakes),
        "tpr": tables.against_each(reals, fakes, tpr_at_fpr),
        "cross-source": tables.cross_source(entries),
        "p-values": p_values({**reals, **fakes}),
        "grid": tables.laundering(entries, {"FaceSwap": ("faces_swap_lfw",)}, limit),
    }


def caveats(entries: Sequence[Entry], errors: Mapping[str, Any]) -> list[str]:
    """What every finding says about the test's own strength, in measured numbers."""
    real = select(entries, "test", fake=False)
    swaps = [e for e in select(entries, "test", fake=True) if e.source == "faces_swap_lfw"]
    said = []
    for method, name in (
        ("model", "support vector machine"),
        ("disagreement", "network against landmarks"),
    ):
        found = tables.estimate(real, swaps, method)
        said.append(f"{name} {found.value:.2f} ({found.low:.2f} to {found.high:.2f})")
    out = [
        "Area under the ROC curve on FaceSwap (0.5 is chance): " + "; ".join(said) + ".",
        "On newer deepfakes the published test is at chance: this is shown to look at, not to "
        "judge by.",
    ]
    if network := errors.get("network"):
        yaw, pitch, roll = network["mean"]
        out.append(
            f"Mean error of the network on {network['faces']} faces of AFLW2000: yaw {yaw:.1f}, "
            f"pitch {pitch:.1f}, roll {roll:.1f} degrees."
        )
    return out


def report(folder: Path, stored: Path, write_card: bool = True) -> None:
    """Write `card.md` of `folder` and the detector's `stored` file."""
    table, model = folder / "scores_test.csv", folder / "model.onnx"
    entries = read(table)
    tables.check_weights(entries, weights_of(model), table)
    limit = threshold(json.loads((folder / "scores.json").read_text("utf-8")))
    errors = json.loads((folder / "pose_errors.json").read_text("utf-8"))
    if write_card:
        tables.write_card(folder / "card.md", card(entries, errors, limit))
    data = {
        "model_sha256": hashlib.sha256(model.read_bytes()).hexdigest(),
        "threshold": {"value": round(limit, 4), "text": "99 % of the"},
        "caveats": caveats(entries, errors),
        **json.loads((folder / "tests.json").read_text("utf-8")),
    }
    stored.parent.mkdir(parents=True, exist_ok=True)
    stored.write_text(json.dumps(data) + "\n", "utf-8")


def main() -> None:
    report(HERE, STORED)


if __name__ == "__main__":
    main()
