"""Write the tables of `card.md` from `results.json`: python -m models.head_pose.card"""

from __future__ import annotations

import json
from typing import Any

from models.head_pose.evaluate import HERE
from models.training.face_card import against_each, counts, interval, named
from models.training.metrics import between_markers, markdown


def poses(rows: dict[str, Any]) -> str:
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


def both(table: dict[str, Any]) -> str:
    """AUC of both tests and of the bare angle."""
    names = {"model": "12 differences, SVM", "disagreement": "network against landmarks"}
    names["angle"] = "bare angle"
    header = ["fake source", "real / fake", *names.values()]
    body = [
        [
            named(source),
            counts(row["pooled"]["model"]["auc"]),
            *(interval(row["pooled"][key]["auc"]) for key in names),
        ]
        for source, row in table.items()
    ]
    return markdown(header, body)


def p_values(rows: dict[str, Any]) -> str:
    """Share of faces at or below some p-values."""
    levels = [key for key in next(iter(rows.values())) if key != "faces"]
    body = [
        [named(name), row["faces"], *(f"{row[level]:.1%}" for level in levels)]
        for name, row in rows.items()
    ]
    return markdown(["source", "faces", *levels], body)


def main() -> None:
    results = json.loads((HERE / "results.json").read_text("utf-8"))
    tables = {
        "poses": poses(results["aflw2000"]),
        "tests": both(results["test"]),
        "each": against_each(results["test"], "auc"),
        "tpr": against_each(results["test"], "tpr_at_1_percent"),
        "p-values": p_values(results["p_values"]),
    }
    card = HERE / "card.md"
    text = card.read_text("utf-8")
    for name, content in tables.items():
        text = between_markers(text, name, content)
    card.write_text(text, "utf-8")


if __name__ == "__main__":
    main()
