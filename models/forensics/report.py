"""Write docs/forensics.md from the committed tables of models/forensics.

python -m models.forensics.report
"""

from __future__ import annotations

import csv
from collections import defaultdict
from pathlib import Path

import numpy as np

from models.verdict.tables import exact_interval
from telltale.detectors.forensic.prnu import MATCH

HERE = Path(__file__).parent
OUT = HERE.parents[1] / "docs/forensics.md"
NULLS = ("luminance", "local_variance")
QUALITIES = ("lossless", "95", "85", "75")
#: What was to beat, by tampering and quality: photoholmes' double quantisation at 95, what any of
#: today's tools reaches at 85, all on other simulated pictures.
TO_BEAT = {
    ("splice_unsaved", "95"): 0.93,
    ("copy_move", "95"): 0.97,
    ("resampled_patch", "95"): 0.95,
    ("splice_unsaved", "85"): 0.53,
    ("splice_off_grid", "85"): 0.53,
}
#: Where photographs came from, by the name of their folder, and the licence that stands there.
PHOTOGRAPHS = {
    "metadata_extractor_cameras": "drewnoakes/metadata-extractor-images (one or a few files each "
    "of many cameras and phones; free to use)",
    "camera_metadata_extractor": "of the same repository files of all sizes from 1.5 megapixels "
    "on, one of a model",
    "camera_edited_metadata_extractor": "one more file of that repository (Nikon)",
    "camera_odm_snowpeak": "OpenDroneMap-ja/odm_data_snowpeak (one of a Canon; licence unstated)",
    "camera_openmvg_sceaux": "openMVG/ImageDataset_SceauxCastle (one of a Kodak; licence unstated)",
    "camera_polimi_nikon": "polimi-ispl/prnu-python (a natural picture of a Nikon camera; MIT, the "
    "picture from the Dresden Image Database)",
    "dataset_monstree": "alicevision/dataset_monstree (one iPhone 7, one subject; "
    "licence unstated)",
    "drone_dataset_brighton_beach": "pierotofy/drone_dataset_brighton_beach (one drone, one beach; "
    "BSD-2-Clause)",
    "ImageDataset_SceauxCastle": "openMVG/ImageDataset_SceauxCastle (one Kodak, one castle; "
    "licence unstated)",
    "prnu_python_natural": "polimi-ispl/prnu-python (natural pictures of six Nikon cameras; "
    "MIT, the pictures from the Dresden Image Database)",
}

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
            "| test and version | pictures | " + " | ".join(QUALITIES) + " |",
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
            version = next(r["version"] for r in rows if r["detector"] == name)
            label = f"*{name}* (null)" if name in NULLS else f"{name} {version}"
            lines.append(f"| {label} | " + " | ".join(texts) + " |")
    return lines


def against(rows: Rows) -> list[str]:
    """Every test beside what was to beat: its mean, and whether the whole interval is above."""
    cells: dict[tuple[str, str, str], Rows] = defaultdict(list)
    for row in rows:
        cells[row["detector"], row["tampering"], row["quality"]].append(row)
    head = [f"{t}, {q}: {least}" for (t, q), least in TO_BEAT.items()]
    lines = ["| test | " + " | ".join(head) + " |", "|---|" + "---|" * len(head)]
    named = {row["detector"] for row in rows if (row["tampering"], row["quality"]) in TO_BEAT}
    for name in (*NULLS, *sorted(named.difference(NULLS))):
        texts = [_beside(cells[name, *where], least) for where, least in TO_BEAT.items()]
        label = f"*{name}* (null)" if name in NULLS else name
        lines.append(f"| {label} | " + " | ".join(texts) + " |")
    return lines


def _beside(cell: Rows, least: float) -> str:
    if not cell:
        return "not measured"
    if not any(int(row["spoke"]) for row in cell):
        return "no map"
    mean, low, high = interval([float(row["auc"]) for row in cell])
    if low > least:
        return f"**{mean:.2f} beaten**"
    return f"{mean:.2f} " + ("not beaten" if high < least else "not told apart")


def false_alarms(rows: Rows) -> list[str]:
    """Per test: odd ones among camera files by class of size, with exact intervals."""
    sizes = sorted({int(row["megapixels"]) for row in rows}, reverse=True)
    heads = [f"{low} megapixels and more" if k == 0 else f"{low} to {sizes[k - 1]}"
             for k, low in enumerate(sizes)]  # fmt: skip
    lines = ["| test | " + " | ".join(heads) + " |", "|---|" + "---|" * len(heads)]
    for name in dict.fromkeys(row["detector"] for row in rows):
        texts = []
        for size in map(str, sizes):
            of = [r for r in rows if r["detector"] == name and r["megapixels"] == size]
            pictures, scored, odd = (
                sum(int(r[column]) for r in of) for column in ("pictures", "scored", "odd")
            )
            texts.append(_share(odd, scored, pictures))
        lines.append(f"| {name} | " + " | ".join(texts) + " |")
    return lines


def _share(odd: int, scored: int, pictures: int) -> str:
    if not pictures:
        return "not measured"
    if not scored:
        return f"silent on all {pictures}"
    low, high = exact_interval(odd, pictures)
    return f"{odd} of {pictures}, {100 * low:.0f} to {100 * high:.0f} % ({scored} scored)"


def accusers(rows: Rows) -> str:
    """The tests that called a sixth or more of the camera files odd, in words."""
    shares: dict[str, float] = {}
    for name in dict.fromkeys(row["detector"] for row in rows):
        of = [row for row in rows if row["detector"] == name]
        shares[name] = sum(int(r["odd"]) for r in of) / sum(int(r["pictures"]) for r in of)
    ranked = sorted(shares.items(), key=lambda of: -of[1])
    named = [f"`{name}` ({100 * share:.0f} %)" for name, share in ranked if share >= 1 / 6]
    if not named:
        return "No test called a sixth or more of them odd."
    return (
        "Of untouched camera files these tests called a sixth or more odd: "
        + ", ".join(named)
        + ". On a large file from a camera an odd score of theirs means little."
    )


def changed_since(rows: Rows, cameras: Rows) -> list[str]:
    """Which tests were not measured on camera files in the version that ships, in words."""
    measured = {row["detector"] for row in cameras}
    missing = sorted({row["detector"] for row in rows} - measured)
    if not missing:
        return []
    named = ", ".join(f"`{name}`" for name in missing)
    return ["", f"Changed since and not measured again on these files: {named}."]


def innocent(rows: Rows) -> list[str]:
    """Per test: scores by source and class of size."""
    lines = [
        "| test | version | source | megapixels from | scored | called odd | median score "
        "| highest |",
        "|---|--:|---|--:|--:|--:|--:|--:|",
    ]
    for row in rows:
        if int(row["scored"]):
            lines.append(
                f"| {row['detector']} | {row['version']} | {row['source']} | {row['megapixels']} "
                f"| {row['scored']} of {row['pictures']} | {row['odd']} | {row['median']} "
                f"| {row['highest']} |"
            )
    return lines


def sensors(rows: Rows) -> list[str]:
    """Pictures of known cameras against all cameras, by the side of the square compared."""
    lines = [
        "| square | pictures | own camera ranks first | own camera reaches 60 | median, own "
        "| another camera reaches 60 | median, other | highest, other |",
        "|--:|--:|--:|--:|--:|--:|--:|--:|",
    ]
    for side in dict.fromkeys(row["side"] for row in rows):
        of = [row for row in rows if row["side"] == side]
        pictures = dict.fromkeys(row["picture"] for row in of)
        own = np.array([float(r["pce"]) for r in of if r["own"] == "1"])
        other = np.array([float(r["pce"]) for r in of if r["own"] == "0"])
        first = sum(
            max((r for r in of if r["picture"] == picture), key=lambda r: float(r["pce"]))["own"]
            == "1"
            for picture in pictures
        )
        lines.append(
            f"| {side} px | {len(pictures)} | {first} | {int((own >= MATCH).sum())} "
            f"| {np.median(own):.0f} | {int((other >= MATCH).sum())} of {other.size} "
            f"| {np.median(other):.0f} | {other.max():.0f} |"
        )
    return lines


def beside_reference(rows: Rows, reference: Rows) -> str:
    """How far our values lie from those of prnu-python on the same squares."""
    theirs = {(r["side"], r["picture"], r["camera"]): float(r["pce"]) for r in reference}
    ours = {(r["side"], r["picture"], r["camera"]): float(r["pce"]) for r in rows}
    off = max(abs(ours[key] - value) / max(abs(value), 1.0) for key, value in theirs.items())
    return (
        f"The {len(theirs)} values on squares of {reference[0]['side']} pixels differ from what "
        f"prnu-python itself says of them by {100 * off:.3f} % at most."
    )


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
        "`python -m models.forensics.measure` and `python -m models.forensics.sensors` measured.",
        "",
        "## Localisation",
        "",
        "Signed area under the ROC curve of each test's map against the truth by construction; "
        "mean over simulated camera pictures of 768 x 768 pixels with 95 % bootstrap "
        "intervals, after a last saving in a lossless file or at three JPEG qualities. The sign is "
        "fixed beforehand: below 0.5 the map points away from the tampered square. A picture on "
        "which a test gave no map counts as 0.5. The two null maps know nothing of tampering. What "
        "each tampering does stands in `models/forensics/tampering.py`. Copy-move maps mark both "
        "places, of which only the pasted one counts as true, so that even a perfect one stays "
        "below 1.",
        "",
        "### Against what was to beat",
        "",
        "Mean after the last saving at the quality named; *beaten*: the whole interval lies above "
        "the figure in the heading, *not told apart*: the figure lies within it. The figures at "
        "95 are those of photoholmes' double quantisation, the 0.53 at 85 is what public tools "
        "reached there; both were found on other simulated pictures, so that this is no duel on "
        "the same files.",
        "",
        *against(where),
        *localisation(where),
    ]
    if unaltered := read("innocent"):
        cameras = [row for row in unaltered if row["origin"] == "camera file"]
        shot = dict.fromkeys(row["source"] for row in cameras)
        lines += [
            "",
            "## Untouched pictures",
            "",
            "*Odd* is a score above what the test's own sentence calls usual; no test decides by "
            "it alone.",
            "",
            "### Files of cameras",
            "",
            "JPEG files that are a camera's own by what they say themselves: maker and model are "
            "named, no program that edits is, and the size stated is the picture's "
            "(`models/forensics/photographs.py`). They come from public repositories: "
            + "; ".join(PHOTOGRAPHS[source] for source in shot)
            + ". They were only measured: none is part of this project. How many of the pictures a "
            "test called odd, with the exact 95 % interval, by "
            "size in megapixels; a picture without a score is one on which the test did not apply "
            "or found nothing to weigh. Pictures of one camera and subject are not independent, so "
            "that the intervals are too narrow there. The sources whose names begin with `camera_` "
            "are the files of `models/verdict/cameras.csv` (repository, commit, path, licence and "
            "SHA-256 stand there) without the models on whose files thresholds were set: half of "
            "them, by the hash of the model's name.",
            "",
            *false_alarms(cameras),
            "",
            accusers(cameras),
            *changed_since(unaltered, cameras),
            "",
            "### By source",
            "",
            "Camera files, and JPEG files that their publishers label real. Some of the latter "
            "were resized, retouched or saved again by those, so that not every odd one is a false "
            "alarm. Rows without any score are left out.",
            "",
            *innocent(unaltered),
        ]
    if kept_silent := read("beyond"):
        lines += [
            "",
            "### Where a test keeps silent",
            "",
            "What a test would say of pictures on which it says that it does not apply, and why "
            "it therefore keeps silent there.",
            "",
            *innocent(kept_silent),
        ]
    if known := read("sensors"):
        lines += [
            "",
            "## Sensor pattern of real cameras",
            "",
            "Do pictures of a camera carry its sensor's pattern, and no other's? Six Nikon "
            "cameras, two each of three models, learned from ten flat fields each; of the twenty "
            "natural pictures that polimi-ispl/prnu-python publishes (MIT; from the Dresden Image "
            "Database) the sixteen under 4 MiB, each "
            "compared with all six cameras on the square in its middle. Peak-to-correlation "
            "energy; 60 is the value from which on the test says that a camera matches.",
            "",
            *sensors(known),
            "",
            beside_reference(known, read("sensors_reference")),
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
