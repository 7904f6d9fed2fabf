"""`telltale bench`: a published dataset by its paper's protocol, with one command."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from telltale.benchmark import protocol, score
from telltale.benchmark.layouts import LAYOUTS, LayoutError


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of `telltale bench`."""
    parser.add_argument("layout", choices=sorted(LAYOUTS), metavar="DATASET", help=_known())
    parser.add_argument("root", type=Path, metavar="FOLDER", help="as its authors lay it out")
    parser.add_argument("--detector", required=True, metavar="ID")
    parser.add_argument("--split", default="test", choices=("train", "val", "test"))
    parser.add_argument("--compression", default="", metavar="NAME", help="only raw, c23 or c40")
    parser.add_argument("--frames", type=int, metavar="N", help="of each video (default: paper's)")
    parser.add_argument("--out", type=Path, required=True, metavar="FOLDER")


def _known() -> str:
    return ", ".join(sorted(LAYOUTS))


def run(arguments: argparse.Namespace) -> int:
    """Score what is not scored yet, then write `scores.csv`, `report.json` and `report.md`."""
    from telltale import detectors
    from telltale.runtime.inference import OnnxModels

    try:
        detectors.find(arguments.detector)
        items = [
            item
            for item in LAYOUTS[arguments.layout](arguments.root)
            if item.split == arguments.split and arguments.compression in ("", item.compression)
        ]
    except LayoutError as error:
        print(f"This is not {arguments.layout}: {error}", file=sys.stderr)
        return 2
    except KeyError:
        print(f"No test is called {arguments.detector}.", file=sys.stderr)
        return 2
    if not items:
        print("No item of this split and compression is there.", file=sys.stderr)
        return 2
    rules = protocol.PROTOCOLS[arguments.layout]
    arguments.out.mkdir(parents=True, exist_ok=True)
    table = arguments.out / "scores.csv"
    frames = arguments.frames or rules.frames
    scoring = score.run(items, arguments.root, arguments.detector, frames, OnnxModels(), table)
    for count, row in enumerate(scoring, 1):
        if count % 100 == 0:
            print(f"{count} scored, now {row.item}", file=sys.stderr, flush=True)
    wanted = {item.path.relative_to(arguments.root).as_posix() for item in items}
    rows = [row for row in score.read(table) if row.item in wanted]
    figures = protocol.report(rows, rules, threshold(arguments.detector))
    text = protocol.table(figures)
    (arguments.out / "report.md").write_text(text + "\n", "utf-8")
    document = json.dumps(figures, indent=1, default=lambda e: [e.value, e.low, e.high])
    (arguments.out / "report.json").write_text(document + "\n", "utf-8")
    print(text)
    return 0


def threshold(detector: str) -> float:
    """The detector's own border: one half of a probability, zero of a log-odds or a decision."""
    from telltale import detectors

    imported = {entry.id for entry in detectors.IMPORTED}
    return 0.5 if detector in imported | {"face_warping"} else 0.0
