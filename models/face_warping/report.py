"""Write the card's tables and what the detector says, from `scores_test.csv` and `scores.json`.

python -m models.face_warping.report
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from pathlib import Path

from models.face_warping.evaluate import HERE, threshold
from models.training import card_tables as tables
from models.training.metrics import tpr_at_fpr
from models.training.score_table import Entry, by_source, read, select, weights_of

STORED = HERE.parents[1] / "py/telltale/detectors/learned/stored/face_warping.json"
SAID = {
    "warped": "faces warped as in the paper",
    "faces_swap_lfw": "FaceSwap",
    "faces_stylegan_boredhumans": "StyleGAN2",
}


def card(entries: Sequence[Entry], limit: float) -> dict[str, str]:
    """Every table of the card by the name of its place."""
    real = select(entries, "test", fake=False)
    reals = by_source(real)
    fakes = by_source(select(entries, "test", fake=True))
    source_of = {e.group: e.source for e in real}

    def own(name: str, rows: Sequence[Entry]) -> list[Entry]:
        # warped copies meet the originals of their own source
        return [e for e in rows if source_of.get(e.group, name) == name]

    warped = {s: rows for s, rows in fakes.items() if s.startswith("warped")}
    published = {s: rows for s, rows in fakes.items() if s not in warped}
    alone = {"warped": fakes["warped"]} if "warped" in fakes else {}
    return {
        "warped": tables.comparison(real, warped),
        "warped-each": tables.against_each(reals, alone, own=own),
        "warped-tpr": tables.against_each(reals, alone, tpr_at_fpr, own),
        "published": tables.comparison(real, published),
        "cross-source": cross_source(entries),
        "grid": tables.laundering(entries, {"warped": ("warped",)}, limit),
    }


def cross_source(entries: Sequence[Entry]) -> str:
    """Each left-out real source: its faces against their own warped copies."""
    found = select(entries, "cross_source")
    reals = by_source(e for e in found if not e.fake)
    fakes = {name: [e for e in found if e.fake and e.condition == name] for name in reals}
    return tables.comparison([], fakes, "real source left out", lambda name: reals[name])


def _says(source: str, real: Sequence[Entry], fake: Sequence[Entry]) -> str:
    found = tables.estimate(real, fake)
    return f"{SAID[source]} {found.value:.2f} ({found.low:.2f} to {found.high:.2f})"


def report(folder: Path, stored: Path, write_card: bool = True) -> None:
    """Write `card.md` of `folder` and the detector's `stored` file."""
    table, model = folder / "scores_test.csv", folder / "model.onnx"
    entries = read(table)
    tables.check_weights(entries, weights_of(model), table)
    limit = threshold(json.loads((folder / "scores.json").read_text("utf-8")))
    if write_card:
        tables.write_card(folder / "card.md", card(entries, limit))
    real = select(entries, "test", fake=False)
    fakes = by_source(select(entries, "test", fake=True))
    known = [_says(s, real, fakes[s]) for s in SAID if s in fakes]
    data = {
        "model_sha256": hashlib.sha256(model.read_bytes()).hexdigest(),
        "threshold": {"value": round(limit, 5), "text": "99 % of the"},
        "caveats": [
            "Area under the ROC curve on our test faces (0.5 is chance): " + "; ".join(known) + ".",
            "Published tests of this method on newer deepfakes lie between 0.55 and 0.70: "
            "generators that paint at full resolution leave no such trace.",
        ],
    }
    stored.parent.mkdir(parents=True, exist_ok=True)
    stored.write_text(json.dumps(data, indent=1) + "\n", "utf-8")


def main() -> None:
    report(HERE, STORED)


if __name__ == "__main__":
    main()
