"""Write the tables of `card.md` from `results.json`: python -m models.face_manipulation.card"""

from __future__ import annotations

import json
from typing import Any

from models.face_manipulation.evaluate import HERE, MADE
from models.training.face_card import against_all, against_each, grid, interval, named
from models.training.metrics import between_markers, markdown


def kinds(rows: dict[str, Any]) -> str:
    """How many faces of each source were called what."""
    header = ["source", "none", "face swap", "local edit", "synthesis"]
    return markdown(header, [[named(name), *row.values()] for name, row in rows.items()])


def cross_source(folds: dict[str, Any]) -> str:
    """Each left-out source against all reals, by the network trained without it."""
    body = []
    for rows in folds.values():
        for source, row in rows.items():
            model = row["pooled"]["model"]
            count = f"{model['auc']['reals']} / {model['auc']['fakes']}"
            cells = [interval(model["auc"]), interval(model["tpr_at_1_percent"])]
            body.append([named(source), count, *cells])
    header = ["source left out", "real / fake", "AUC", "TPR at 1 % FPR"]
    return markdown(header, body) if body else "not measured"


def main() -> None:
    results = json.loads((HERE / "results.json").read_text("utf-8"))
    table = results["test"]
    made = {k: v for k, v in table.items() if k in MADE}
    published = {k: v for k, v in table.items() if k not in MADE}
    operations = {
        "faces_swap_lfw": "FaceSwap",
        "faces_stylegan_boredhumans": "StyleGAN2",
        "self_blend": "self-blended",
    }
    tables = {
        "published": against_all(published),
        "made": against_all(made),
        "each": against_each(table, "auc"),
        "tpr": against_each(table, "tpr_at_1_percent"),
        "kinds": kinds(results["classes"]),
        "cross-source": cross_source(results["cross_source"]),
        "grid": grid(results["laundering"], operations),
    }
    card = HERE / "card.md"
    text = card.read_text("utf-8")
    for name, content in tables.items():
        text = between_markers(text, name, content)
    card.write_text(text, "utf-8")


if __name__ == "__main__":
    main()
