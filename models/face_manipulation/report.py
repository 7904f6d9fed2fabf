"""Write the card's tables and what the detector says, from `scores_test.csv` and `scores.json`.

python -m models.face_manipulation.report
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from models.face_manipulation.evaluate import (
    HERE,
    MADE,
    PUBLISHED,
    reals_of_further,
    threshold,
)
from models.training import card_tables as tables
from models.training.metrics import markdown, tpr_at_fpr
from models.training.score_table import (
    Entry,
    by_source,
    conditions,
    read,
    select,
    share_above,
    weights_of,
)
from telltale.detectors.learned.face_manipulation import CLASSES

STORED = HERE.parents[1] / "py/telltale/detectors/learned/stored/face_manipulation.json"
OPERATIONS = {
    "FaceSwap": ("faces_swap_lfw",),
    "StyleGAN2": ("faces_stylegan_boredhumans",),
    "self-blended": ("self_blend",),
}
#: Sources in the words of the detector.
SAID = {
    "faces_swap_lfw": "FaceSwap",
    "faces_stylegan_boredhumans": "StyleGAN2",
    "faces_sd3_faker": "Stable Diffusion 3",
    "faces_fake_ciplab": "hand-made composites",
    "self_blend": "self-blended images",
}


def kinds(entries: Sequence[Entry]) -> str:
    """How many faces of each source were called what."""
    body = []
    for source, rows in by_source(select(entries, "test")).items():
        counts = np.bincount([int(e.scores["kind"]) for e in rows], minlength=len(CLASSES))
        body.append([tables.named(source), *counts.tolist()])
    return markdown(["source", "none", "face swap", "local edit", "synthesis"], body)


def further(entries: Sequence[Entry]) -> str:
    """Fakes of further repositories against the reals that belong to them."""
    rows = by_source(select(entries, "further"))
    reals = reals_of_further()
    fakes = {s: rows[s] for s, real in reals.items() if s in rows and real in rows}
    return tables.comparison([], fakes, reals_of=lambda source: rows[reals[source]])


def suspected(entries: Sequence[Entry], limit: float) -> str:
    """How many faces of each further source are above the shipped threshold."""
    body = []
    for source, rows in by_source(select(entries, "further")).items():
        share = share_above(rows, "model", limit)
        body.append([tables.named(source), "fake" if rows[0].fake else "real", len(rows), share])
    body = [[*line[:3], f"{line[3]:.1%}"] for line in sorted(body, key=lambda x: x[1] == "fake")]
    return markdown(["source", "is", "faces", "above the threshold"], body)


def card(entries: Sequence[Entry], limit: float) -> dict[str, str]:
    """Every table of the card by the name of its place."""
    real = select(entries, "test", fake=False)
    reals = by_source(real)
    fakes = by_source(select(entries, "test", fake=True))
    return {
        "published": tables.comparison(real, {s: fakes[s] for s in PUBLISHED if s in fakes}),
        "made": tables.comparison(real, {s: fakes[s] for s in MADE if s in fakes}),
        "each": tables.against_each(reals, fakes),
        "tpr": tables.against_each(reals, fakes, tpr_at_fpr),
        "kinds": kinds(entries),
        "further": further(entries),
        "suspected": suspected(entries, limit),
        "cross-source": tables.cross_source(entries),
        "grid": tables.laundering(entries, OPERATIONS, limit),
    }


def _says(source: str, real: Sequence[Entry], fake: Sequence[Entry]) -> str:
    found = tables.estimate(real, fake)
    interval = f"{found.low:.2f} to {found.high:.2f}, {found.fakes} faces"
    return f"{SAID[source]} {found.value:.2f} ({interval})"


def caveats(entries: Sequence[Entry]) -> list[str]:
    """What every finding says about the test's own strength, in measured numbers."""
    real = select(entries, "test", fake=False)
    fakes = by_source(select(entries, "test", fake=True))
    known = [_says(s, real, fakes[s]) for s in SAID if s in fakes]
    said = ["Area under the ROC curve on our test faces (0.5 is chance): " + "; ".join(known) + "."]
    unseen = []
    for fold in conditions(entries, "cross_source"):
        against = select(entries, "cross_source", fold, False)
        for source, rows in by_source(select(entries, "cross_source", fold, True)).items():
            if source in SAID:
                unseen.append(_says(source, against, rows))
    if unseen:
        said.append(
            "When the source was left out of training, which is what a new method meets: "
            + "; ".join(unseen)
            + "."
        )
    return said


def report(folder: Path, stored: Path, write_card: bool = True) -> None:
    """Write `card.md` of `folder` and the detector's `stored` file."""
    table, model = folder / "scores_test.csv", folder / "model.onnx"
    entries = read(table)
    tables.check_weights(entries, weights_of(model), table)
    limit = threshold(json.loads((folder / "scores.json").read_text("utf-8")))
    if write_card:
        tables.write_card(folder / "card.md", card(entries, limit))
    data = {
        "model_sha256": hashlib.sha256(model.read_bytes()).hexdigest(),
        "threshold": {"value": round(limit, 4), "text": "99 % of the"},
        "caveats": caveats(entries),
    }
    stored.parent.mkdir(parents=True, exist_ok=True)
    stored.write_text(json.dumps(data, indent=1) + "\n", "utf-8")


def main() -> None:
    report(HERE, STORED)


if __name__ == "__main__":
    main()
