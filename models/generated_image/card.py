"""Write the tables of `card.md` from `results.json` and the list of generators.

python -m models.generated_image.card
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from models.generated_image.finish import HERE, STORED
from models.generated_image.generators import ZOO
from models.training.metrics import Estimate, between_markers, markdown

METHODS = {"logit": "ours", "spectrum": "spectrum + LR", "dct": "DCT + LR"}


def interval(row: dict[str, Any]) -> str:
    """`0.912 [0.881, 0.940]`."""
    return "refused" if row["value"] is None else str(Estimate(**row))


def counts(row: dict[str, Any]) -> str:
    return f"{row['logit']['reals']} / {row['logit']['fakes']}"


def comparison(first: str, rows: dict[str, Any]) -> str:
    """One row for each source: counts, the three methods, TPR at 1 % FPR."""
    header = [first, "real / fake", *METHODS.values(), "ours, TPR at 1 % FPR"]
    body = [
        [name, counts(row), *(interval(row[m]) for m in METHODS), interval(row["tpr"])]
        for name, row in rows.items()
    ]
    return markdown(header, body)


def alarms(results: dict[str, Any]) -> str:
    """False alarms at the shipped threshold on each real source, through both chains."""
    parts = {
        chain: results["published"][chain]["false_positives"] for chain in results["published"]
    }
    sources = list(next(iter(parts.values())))
    body = [
        [source, parts["equal"][source]["pictures"]]
        + [f"{part[source]['share']:.1%}" if source in part else "" for part in parts.values()]
        for source in sources
    ]
    return markdown(["real source", "pictures", *parts], body)


def self_made(results: dict[str, Any], roles: tuple[str, ...]) -> str:
    rows = results["self_made"]
    return comparison("generator", {k: v for k, v in rows.items() if v["role"] in roles})


def cross_source(results: dict[str, Any]) -> str:
    rows = results["cross_source"]
    table = comparison("source left out", rows)
    reals = "; ".join(
        f"{fold}: {', '.join(names)}"
        for fold, names in {row["fold"]: row["reals"] for row in rows.values()}.items()
    )
    return f"{table}\n\nReals left out with each fold: {reals}."


def laundering(results: dict[str, Any]) -> str:
    body = [
        [
            name,
            interval(row["StyleGAN2"]),
            interval(row["held out"]),
            f"{row['false alarms']['share']:.1%}" if row["false alarms"] else "",
            row["refused"],
        ]
        for name, row in results["laundering"].items()
    ]
    header = ["operation", "StyleGAN2 AUC", "held-out generators AUC", "false alarms", "refused"]
    return markdown(header, body)


def relation(results: dict[str, Any]) -> str:
    body = [
        [
            name,
            row["family"],
            "yes" if row["known"] else "no",
            row["pictures"],
            f"{row['right']:.0%}" if row["known"] else "",
            f"{row['none']:.0%}",
            f"{row['camera']:.0%}",
        ]
        for name, row in results["relation"].items()
    ]
    header = ["source", "family", "in bank", "pictures", "right", "none of these", "camera"]
    return markdown(header, body)


def zoo() -> str:
    body = [
        [
            spec.id,
            spec.family,
            f"f{spec.factor}",
            spec.norm,
            "yes" if spec.variational else "no",
            "yes" if spec.adversarial else "no",
            spec.role.replace("_", " "),
        ]
        for spec in ZOO
    ]
    header = ["generator", "up-sampling", "factor", "norm", "variational", "adversarial", "role"]
    return markdown(header, body)


TABLES: dict[str, Callable[[dict[str, Any]], str]] = {
    "zoo": lambda results: zoo(),
    "published": lambda r: comparison("source", r["published"]["equal"]["pooled"]),
    "published-same-size": lambda r: comparison("source", r["published"]["same size"]["pooled"]),
    "stylegan": lambda r: comparison("reals", r["published"]["equal"]["stylegan_by_real"]),
    "alarms": alarms,
    "held-out": lambda r: self_made(r, ("held_out", "open")),
    "self-made": lambda r: self_made(r, ("train",)),
    "cross-source": cross_source,
    "laundering": laundering,
    "relation": relation,
}


def caveats(results: dict[str, Any]) -> list[str]:
    """What every finding says about the test's own strength, in measured numbers."""
    published = results["published"]
    styles = published["equal"]["pooled"]["StyleGAN2 (both)"]["logit"]
    scaled = published["same size"]["pooled"]["StyleGAN2 (both)"]["logit"]
    said = [
        f"Measured on test pictures, 0.5 is chance: StyleGAN2 {styles['value']:.2f} "
        f"({styles['low']:.2f} to {styles['high']:.2f}); after scaling every picture to 224 "
        f"pixels {scaled['value']:.2f}. Scaled-down pictures escape it.",
    ]
    left_out = results.get("cross_source", {})
    values = [row["logit"]["value"] for row in left_out.values()]
    if values:
        worst, best = min(values), max(values)
        said.append(
            "Published generators that a smaller training had not seen reached "
            f"{worst:.2f} to {best:.2f}: do not rely on a low score against an unknown generator."
        )
    return said


def main() -> None:
    results = json.loads((HERE / "results.json").read_text("utf-8"))
    stored = json.loads(STORED.read_text("utf-8"))
    if results["model_sha256"] != stored["model_sha256"]:
        raise SystemExit("results.json belongs to other weights: run evaluate first")
    path: Path = HERE / "card.md"
    text = path.read_text("utf-8")
    for name, make in TABLES.items():
        text = between_markers(text, name, make(results))
    path.write_text(text, "utf-8")
    stored["caveats"] = caveats(results)
    STORED.write_text(json.dumps(stored, indent=0) + "\n", "utf-8")


if __name__ == "__main__":
    main()
