"""Write the card's tables and what the detector says, from the scores that `evaluate` wrote.

python -m models.generated_image.report
"""

from __future__ import annotations

import csv
import hashlib
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from models.generated_image.evaluate import RELATION
from models.generated_image.finish import HERE, STORED
from models.generated_image.folds import FOLDS
from models.generated_image.generators import ZOO
from models.generated_image.sources import origin
from models.training import card_tables as tables
from models.training.data import Row, further_rows, further_sources
from models.training.metrics import Estimate, auc, markdown, tpr_at_fpr
from models.training.score_table import (
    Entry,
    by_source,
    conditions,
    read,
    select,
    share_above,
    weights_of,
)

BOTH = "StyleGAN2 (both)"
#: Roles of generators in the words of the card.
ROLES = {
    "train": "train",
    "folds": "cross-source trainings only",
    "open": "open",
    "held_out": "held out",
}
#: What a picture of 12 megapixels may take.
SECONDS = 2.0
GRID = {"StyleGAN2 AUC": ("StyleGAN2",), "held-out generators AUC": ("held out",)}


def sides(
    entries: Sequence[Entry], chain: str
) -> tuple[list[Entry], dict[str, list[Entry]], dict[str, list[Entry]]]:
    """All reals, reals by source and fakes by source after a chain; both StyleGAN2 as one too."""
    real = select(entries, "test", chain, False)
    fakes = by_source(select(entries, "test", chain, True))
    styles = [e for source, rows in fakes.items() if source.startswith("StyleGAN2") for e in rows]
    return real, by_source(real), fakes | ({BOTH: styles} if styles else {})


def self_made(entries: Sequence[Entry], roles: Sequence[str]) -> str:
    """Generators of some roles against their own originals."""
    made = {spec.id: spec.section for spec in ZOO if spec.role in roles}
    judged = [e for e in entries if made.get(e.condition) == e.section]
    fakes = {name: [e for e in judged if e.condition == name and e.fake] for name in made}
    return tables.comparison(
        [],
        {name: rows for name, rows in fakes.items() if rows},
        "generator",
        lambda name: [e for e in judged if e.condition == name and not e.fake],
    )


def alarms(entries: Sequence[Entry], threshold: float) -> str:
    """False alarms at the shipped threshold on each real source, through both chains."""
    chains = conditions(entries, "test")
    parts = [by_source(select(entries, "test", chain, False)) for chain in chains]
    body = []
    for source in dict.fromkeys(name for part in parts for name in part):
        shares = [share_above(part.get(source, []), "model", threshold) for part in parts]
        cells = [f"{share:.1%}" if np.isfinite(share) else "" for share in shares]
        body.append([source, tables.groups(parts[0].get(source, [])), *cells])
    return markdown(["real source", "pictures", *chains], body)


def cross_source(entries: Sequence[Entry]) -> str:
    """The table, and which reals went with each fold."""
    folds = conditions(entries, "cross_source")
    said = "; ".join(f"{fold}: {', '.join(FOLDS[fold][1])}" for fold in folds)
    return f"{tables.cross_source(entries)}\n\nReals left out with each fold: {said}."


def cross_source_each(entries: Sequence[Entry]) -> str:
    """The left-out sources of each fold against each of its left-out real sources."""
    parts = []
    for fold in conditions(entries, "cross_source"):
        here = (by_source(select(entries, "cross_source", fold, fake)) for fake in (False, True))
        parts.append(tables.against_each(*here))
    return "\n\n".join(parts)


def further(entries: Sequence[Entry], own: bool = False) -> str:
    """Sources of further repositories against all genuine pictures of such.

    With `own` only against the genuine ones of the same repository, where it has some.
    """
    real = select(entries, "further", fake=False)
    fakes = by_source(select(entries, "further", fake=True))
    if not own:
        return tables.comparison(real, fakes, "source")
    place = {row["source"]: row["repository"] for row in further_sources().values()}
    reals = {name: [e for e in real if place[e.source] == place[name]] for name in fakes}
    paired = {name: rows for name, rows in fakes.items() if reals[name]}
    return tables.comparison([], paired, "source", lambda name: reals[name])


def further_alarms(entries: Sequence[Entry], threshold: float) -> str:
    """False alarms on the genuine pictures of further repositories."""
    body = [
        [source, tables.groups(rows), f"{share_above(rows, 'model', threshold):.1%}"]
        for source, rows in by_source(select(entries, "further", fake=False)).items()
    ]
    return markdown(["real source", "pictures", "false alarms"], body)


def relation(rows: Sequence[Sequence[str]]) -> str:
    """How often the bank named the right family, said none of these, or camera."""
    body = []
    for name in dict.fromkeys(row[0] for row in rows):
        mine = [row for row in rows if row[0] == name]
        family, known = mine[0][1], mine[0][2] == "1"
        answers = [row[3] for row in mine]

        def share(wanted: str, answers: list[str] = answers) -> str:
            return f"{answers.count(wanted) / len(answers):.0%}"

        right = share(family) if known else ""
        line = [name, family, "yes" if known else "no", len(mine), right]
        body.append([*line, share("none of these"), share("camera")])
    header = ["source", "family", "in bank", "pictures", "right", "none of these", "camera"]
    return markdown(header, body)


def zoo() -> str:
    """The generators that we trained."""
    body = [
        [
            spec.id,
            spec.family,
            f"f{spec.factor}",
            "-" if spec.closed_form else spec.norm,
            "yes" if spec.variational else "no",
            "yes" if spec.adversarial else "no",
            ROLES[spec.role],
        ]
        for spec in ZOO
    ]
    header = ["generator", "up-sampling", "factor", "norm", "variational", "adversarial", "role"]
    return markdown(header, body)


def listed() -> str:
    """The further repositories with what was taken of each, from the committed lists."""
    kinds: dict[tuple[str, str], list[Row]] = {}
    for row in filter(origin, further_rows()):
        kinds.setdefault((row.source, row.folder), []).append(row)
    body = []
    for (source, folder), rows in kinds.items():
        splits = [row.split for row in rows]
        held = "heldout" in splits
        cells = ["-" if held else splits.count(s) for s in ("train", "val", "test")]
        about = further_sources()[folder]
        said = [about["repository"], about["generator"], about["licence"]]
        body.append([source, *said, *cells, splits.count("heldout") or "-"])
    header = ["source", "repository", "what", "licence", "train", "val", "test", "held out"]
    return markdown(header, body)


def speed() -> str:
    """The measured time against what was asked for."""
    with (HERE / "speed.csv").open(newline="", encoding="utf-8") as file:
        (row,) = csv.DictReader(file)
    seconds = float(row["cpu_s"])
    said = "reached" if seconds < SECONDS else "not reached"
    asked = f"under {SECONDS:g} s: {said}"
    line = [row["megapixels"], row["crops"], f"{seconds:.2f}", asked]
    return markdown(["megapixels", "crops", "processor seconds, one thread", "asked"], [line])


def card(
    entries: Sequence[Entry], answers: Sequence[Sequence[str]], threshold: float
) -> dict[str, str]:
    """Every table of the card by the name of its place."""
    real, reals, fakes = sides(entries, "equal")
    scaled, _, scaled_fakes = sides(entries, "same size")
    return {
        "zoo": zoo(),
        "published": tables.comparison(real, fakes, "source"),
        "published-same-size": tables.comparison(scaled, scaled_fakes, "source"),
        "each": tables.against_each(reals, fakes),
        "tpr": tables.against_each(reals, fakes, tpr_at_fpr),
        "alarms": alarms(entries, threshold),
        "held-out": self_made(entries, ("held_out", "open")),
        "made-later": self_made(entries, ("folds",)),
        "self-made": self_made(entries, ("train",)),
        "more-sources": listed(),
        "further": further(entries),
        "further-own": further(entries, own=True),
        "further-alarms": further_alarms(entries, threshold),
        "cross-source": cross_source(entries),
        "cross-source-each": cross_source_each(entries),
        "floors": tables.floors(entries),
        "laundering": tables.laundering(entries, GRID, threshold),
        "relation": relation(answers),
        "speed": speed(),
    }


def stylegan(entries: Sequence[Entry], chain: str) -> Estimate:
    """AUC of both StyleGAN2 sources against all reals after a chain."""
    real, _, fakes = sides(entries, chain)
    return tables.estimate(real, fakes.get(BOTH, []))


def caveats(entries: Sequence[Entry]) -> list[str]:
    """What every finding says about the test's own strength, in measured numbers."""
    equal, scaled = stylegan(entries, "equal"), stylegan(entries, "same size")
    said = [
        f"Measured on test pictures, 0.5 is chance: StyleGAN2 {equal.value:.2f} "
        f"({equal.low:.2f} to {equal.high:.2f}); after scaling every picture to 224 "
        f"pixels {scaled.value:.2f}. Scaled-down pictures escape it.",
    ]
    values = []
    for fold in conditions(entries, "cross_source"):
        real = [e.scores["model"] for e in select(entries, "cross_source", fold, False)]
        left_out = by_source(select(entries, "cross_source", fold, True))
        values += [auc(real, [e.scores["model"] for e in rows]) for rows in left_out.values()]
    if values:
        said.append(
            "Published generators that a smaller training had not seen reached "
            f"{min(values):.2f} to {max(values):.2f}: do not rely on a low score against an "
            "unknown generator."
        )
    return said


def report(folder: Path, stored: Path, write_card: bool = True) -> None:
    """Write `card.md` of `folder` and the caveats into the detector's `stored` file."""
    table, model = folder / "scores_test.csv", folder / "model.onnx"
    entries = read(table)
    tables.check_weights(entries, weights_of(model), table)
    data: dict[str, Any] = json.loads(stored.read_text("utf-8"))
    if data["model_sha256"] != hashlib.sha256(model.read_bytes()).hexdigest():
        raise SystemExit(f"{stored} belongs to other weights: run finish first")
    if write_card:
        with (folder / "relation.csv").open(newline="", encoding="utf-8") as file:
            head, *answers = list(csv.reader(file))
        if tuple(head) != RELATION:
            raise SystemExit("relation.csv is not a table of the bank's answers")
        limit = float(data["threshold"]["value"])
        tables.write_card(folder / "card.md", card(entries, answers, limit))
    data["caveats"] = caveats(entries)
    stored.write_text(json.dumps(data, indent=0) + "\n", "utf-8")


def main() -> None:
    report(HERE, STORED)


if __name__ == "__main__":
    main()
