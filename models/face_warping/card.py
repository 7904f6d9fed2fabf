"""Write the tables of `card.md` from `results.json`: python -m models.face_warping.card"""

from __future__ import annotations

import json

from models.face_warping.evaluate import HERE
from models.training.face_card import against_all, against_each, grid, interval, named
from models.training.metrics import between_markers, markdown


def main() -> None:
    results = json.loads((HERE / "results.json").read_text("utf-8"))
    table = results["test"]
    made = {k: v for k, v in table.items() if k.startswith("warped")}
    others = {k: v for k, v in table.items() if k not in made}
    tables = {
        "warped": against_all(made),
        "warped-each": against_each({"warped": table["warped"]}, "auc"),
        "warped-tpr": against_each({"warped": table["warped"]}, "tpr_at_1_percent"),
        "published": against_all(others),
        "grid": grid(results["laundering"], {"warped": "warped"}),
    }
    if results["cross_source"]:
        tables["cross-source"] = markdown(
            ["real source left out", "AUC", "TPR at 1 % FPR"],
            [
                [named(name), interval(row["auc"]), interval(row["tpr_at_1_percent"])]
                for name, row in results["cross_source"].items()
            ],
        )
    card = HERE / "card.md"
    text = card.read_text("utf-8")
    for name, content in tables.items():
        text = between_markers(text, name, content)
    card.write_text(text, "utf-8")


if __name__ == "__main__":
    main()
