"""Write docs/forensics.md from the committed tables of models/forensics.

python -m models.forensics.report
"""

from __future__ import annotations

import csv
from collections import defaultdict
from pathlib import Path

import numpy as np

HERE = Path(__file__).parent
OUT = HERE.parents[1] / "docs/forensics.md"
NULLS = ("luminance", "local_variance")
QUALITIES = ("lossless", "95", "85", "75")

Rows = list[dict[str, str]]


def read(name: str) -> Rows:
    """The rows of a table, none where it was not measured yet."""
    path = HERE / f"{name}.csv"
    if not path.is_file():
        return []
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def interval(values: list[float]) -> tuple[float, float, float]:
    """Mean and its 95 % interval by bootstrap over the pictures."""
    a = np.array(values)
    means = np.random.default_rng(0).choice(a, (2000, a.size)).mean(axis=1)
    return float(a.mean()), *(float(v) for v in np.percentile(means, (2.5, 97.5)))


def localisation(rows: Rows) -> list[str]:
    """One table per tampering: detectors by qualities."""
    cells: dict[tuple[str, str, str], list[float]] = defaultdict(list)
    spoke: dict[tuple[str, str, str], list[int]] = defaultdict(list)
    for row in rows:
        key = row["tampering"], row["detector"], row["quality"]
        cells[key].append(float(row["auc"]))
        spoke[key].append(int(row["spoke"]))
    names = dict.fromkeys(row["detector"] for row in rows)
    names = [*NULLS, *(n for n in names if n not in NULLS)]
    lines: list[str] = []
    for tampering in dict.fromkeys(row["tampering"] for row in rows):
        lines += ["", f"### {tampering}", ""]
        lines += [
            "| test | pictures | " + " | ".join(QUALITIES) + " |",
            "|---|--:|" + "---|" * len(QUALITIES),
        ]
        for name in names:
            count = max(len(cells[tampering, name, quality]) for quality in QUALITIES)
            if not count:
                continue
            texts = [str(count)]
            for quality in QUALITIES:
                values = cells[tampering, name, quality]
                if not values:
                    texts.append("")
                elif not any(spoke[tampering, name, quality]):
                    texts.append("no map")
                else:
                    mean, low, high = interval(values)
                    texts.append(f"{mean:.2f} ({low:.2f} to {high:.2f})")
            label = f"*{name}* (null)" if name in NULLS else name
            lines.append(f"| {label} | " + " | ".join(texts) + " |")
    return lines


def innocent(rows: Rows) -> list[str]:
    """Per test: false alarms by source."""
    lines = [
        "| test | source | scored | called odd | median score | highest |",
        "|---|---|--:|--:|--:|--:|",
    ]
    for row in rows:
        lines.append(
            f"| {row['detector']} | {row['source']} | {row['scored']} of {row['pictures']} | "
            f"{row['odd']} | {row['median']} | {row['highest']} |"
        )
    return lines


def speed(rows: Rows) -> list[str]:
    """CPU time per test."""
    lines = ["| test | megapixels | CPU seconds |", "|---|--:|--:|"]
    for row in rows:
        took = row["cpu_s"] if row["status"] == "ok" else row["status"]
        lines.append(f"| {row['detector']} | {row['megapixels']} | {took} |")
    return lines


def main() -> None:
    """Write the page."""
    where = read("localisation")
    lines = [
        "# Forensic tests: how well they point, and how often they accuse",
        "",
        "Written by `python -m models.forensics.report` from tables that "
        "`python -m models.forensics.measure` measured.",
        "",
        "## Localisation",
        "",
        "Signed area under the ROC curve of each test's map against the truth by construction; "
        "mean over simulated camera pictures of 768 x 768 pixels with 95 % bootstrap "
        "intervals, after a last saving in a lossless file or at three JPEG qualities. The sign is "
        "fixed beforehand: below 0.5 the map points away from the tampered square. A picture on "
        "which a test gave no map counts as 0.5. The two null maps know nothing of tampering. What "
        "each tampering does stands in `models/forensics/tampering.py`. Copy-move maps mark both "
        "places, of which only the pasted one counts as true. `dct_quantization` was measured in "
        "version 1; version 2 differs in lossless files only.",
        *localisation(where),
    ]
    if unaltered := read("innocent"):
        lines += [
            "",
            "## Untouched pictures",
            "",
            "JPEG files labelled real, as published by their sources; "
            "`metadata_extractor_cameras` are files of many cameras from the public repository "
            "metadata-extractor-images, evenly over its list. On 11 of those "
            "`upsampling_lattice` called 5 odd (up to 79.6), and is silent in JPEG files and above "
            "1.1 megapixels since. Some were resized, retouched "
            "or saved again by those, so that not every odd one is a false alarm. *Odd* is a score "
            "above what the test's own sentence calls usual; no test decides by it alone.",
            "",
            *innocent(unaltered),
        ]
    if timed := read("speed"):
        lines += [
            "",
            "## Speed",
            "",
            "CPU seconds on one thread of the machine that measured, after decoding.",
            "",
            *speed(timed),
        ]
    OUT.write_text("\n".join(lines) + "\n", "utf-8")


if __name__ == "__main__":
    main()
