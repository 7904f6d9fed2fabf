"""`telltale`: the command line over the same core as page and extension."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import telltale
from telltale import batch, terminal
from telltale.bank import cases_cli
from telltale.bank import cli as bank
from telltale.benchmark import cli as benchmark
from telltale.detectors.unreviewed import Unreviewed
from telltale.lab import cli as lab
from telltale.lab.loading import DetectorRefused
from telltale.looking import cli as glasses
from telltale.media.sampling import Asked
from telltale.published import cli as published
from telltale.report import cli as report
from telltale.report import replay
from telltale.runtime import camera


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line; returns 0 analysed, 1 some file could not be analysed, 2 usage."""
    parser = argparse.ArgumentParser(
        prog="telltale",
        description="Examine pictures and videos for synthesis and manipulation, on this device.",
    )
    parser.add_argument("--version", action="version", version=telltale.__version__)
    commands = parser.add_subparsers(dest="command", required=True)
    analyze = commands.add_parser("analyze", help="examine files and print what was found")
    add_analyze_arguments(analyze)
    analyze.set_defaults(run=run_analyze)
    many = commands.add_parser("batch", help="examine folders; resumable, with a table of scores")
    batch.add_arguments(many)
    many.set_defaults(run=batch.run)
    published.add_arguments(commands.add_parser("models", help="list, import, calibrate models"))
    commands.choices["models"].set_defaults(run=published.run)
    benchmark.add_arguments(commands.add_parser("bench", help="a published dataset's protocol"))
    commands.choices["bench"].set_defaults(run=benchmark.run)
    calibrate = commands.add_parser("calibrate", help="fit the verdict from a table of scores")
    calibrate.add_argument("scores", nargs="+", type=Path, metavar="SCORES", help="CSV, val split")
    calibrate.add_argument("--out", type=Path, required=True, metavar="FOLDER")
    calibrate.set_defaults(run=run_calibrate)
    report.add_report_arguments(
        commands.add_parser("report", help="make the HTML report of records that were saved")
    )
    replay.add_arguments(commands.add_parser("replay", help="repeat a record and compare"))
    commands.choices["replay"].set_defaults(run=replay.run)
    bank.add_arguments(commands.add_parser("bank", help="the reference bank on this device"))
    commands.choices["bank"].set_defaults(run=bank.run)
    cases_cli.add_arguments(commands.add_parser("cases", help="the analyses that you kept"))
    commands.choices["cases"].set_defaults(run=cases_cli.run)
    glasses.add_look_arguments(
        commands.add_parser("look", help="look at a picture through a glass; alone, list them")
    )
    glasses.add_compare_arguments(
        commands.add_parser("compare", help="lay two pictures over each other and subtract")
    )
    camera.add_arguments(commands.add_parser("camera", help="cameras you know, by their sensor"))
    commands.choices["camera"].set_defaults(run=camera.run)
    lab.add_arguments(commands.add_parser("lab", help="write, check and measure a detector"))
    commands.choices["lab"].set_defaults(run=lab.run)
    arguments = parser.parse_args(argv)
    return int(arguments.run(arguments))


def add_analyze_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of `analyze`, shared with `build.py analyze`."""
    parser.add_argument("files", nargs="+", type=Path, metavar="FILE")
    batch.add_examining_arguments(parser)
    parser.add_argument("--json", type=Path, metavar="OUT", help="write the record(s) here")
    parser.add_argument("--html", type=Path, metavar="OUT", help="write the report here")
    parser.add_argument(
        "--every",
        type=_every,
        default=Asked(),
        metavar="N",
        help="examine a video's every N-th frame; 'scenes': the first frame of each scene; "
        "'whole': all of it, however long; without it, what its length affords",
    )
    parser.add_argument(
        "--frames",
        type=_positive,
        metavar="N",
        help=f"the networks examine about N frames of a video at first (without it {Asked().full})",
    )
    parser.add_argument(
        "--one-look",
        action="store_true",
        help="do not go back to the suspicious moments of a video",
    )
    report.add_arguments(parser)


def run_analyze(arguments: argparse.Namespace) -> int:
    """Analyse every file natively, print a summary of each, write what was asked for."""
    from telltale.runtime.inference import OnnxModels

    models = OnnxModels()
    progress = terminal.progress() if sys.stderr.isatty() else None
    try:
        added = lab.loaded(arguments.detector, models)
    except DetectorRefused as error:
        print(error, file=sys.stderr)
        return 2
    asked = replace(
        arguments.every,
        full=arguments.frames or arguments.every.full,
        closer=not arguments.one_look,
    )
    deep, desk = arguments.deep, bank.opened_bank(arguments.bank)
    repeat = not arguments.no_repeat
    records = (
        analyze_file(path, models, deep, asked, progress, desk=desk, repeat=repeat, added=added)
        for path in arguments.files
    )
    return deliver(records, arguments)


def _every(text: str) -> Asked:
    if text == "scenes":
        return Asked("scenes")
    return Asked("whole") if text == "whole" else Asked("every", n=_positive(text))


def _positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError("must be 1 or more")
    return number


def run_calibrate(arguments: argparse.Namespace) -> int:
    """Write one calibration per detector and `fusion.json`, fitted on the given scores."""
    from telltale.evidence import fitting, table
    from telltale.runtime.inference import model_hashes

    rows = [row for path in arguments.scores for row in table.read(path) if row.split != "test"]
    try:
        calibrated = fitting.calibrations(rows, model_hashes())
    except ValueError as error:
        print(f"telltale calibrate: {error}", file=sys.stderr)
        return 1
    arguments.out.mkdir(parents=True, exist_ok=True)
    for name, calibration in calibrated.items():
        (arguments.out / f"{name}.json").write_text(calibration.to_json(), "utf-8")
    document = fitting.fusion(rows, calibrated)
    (arguments.out / "fusion.json").write_text(fitting.to_json(document), "utf-8")
    for question, row in document["questions"].items():
        print(f"{question}: weights {row['weights']}, substantial from {row['substantial_at']}")
    return 0


def analyze_file(
    path: Path,
    models: Any,
    deep: bool = False,
    asked: Asked | None = None,
    progress: Callable[[float, str], None] | None = None,
    *,
    desk: Any = None,
    repeat: bool | int = True,
    added: Sequence[Unreviewed] = (),
) -> dict[str, Any]:
    """The record of one file on disk; a refusal record where it cannot be examined.

    `asked` says which frames of a video are examined; without it, what its length affords.
    `progress` is told how far it is. `desk` (`telltale.bank.desk.Desk`) is the bank to ask.
    The `added` detectors run after everything else.
    """
    from telltale import analysis
    from telltale.media.model import MediaError
    from telltale.report.record import error_record, record
    from telltale.runtime import video_file
    from telltale.runtime.context import Context

    try:
        if video_file.is_video(path):
            return video_file.analyze(path, models, asked, progress, desk, added)
        data = path.read_bytes()
    except OSError as error:
        sentence = f"The file could not be read: {error.strerror or error}."
        return error_record(path.name, b"", "unreadable", sentence)
    try:
        state = analysis.begin(data, path.name)
    except MediaError as error:
        return error_record(path.name, data, error.code, str(error))
    context = Context(models, bank=desk, repeat=repeat, cameras=camera.known)
    for _ in analysis.run_all(state, context, deep):
        pass
    for detector in added:
        analysis.run_unreviewed(state, detector, context)
    return record(state, models.used())


def deliver(records: Any, arguments: argparse.Namespace) -> int:
    """Print a summary of each record as it arrives; write JSON and HTML; the exit status."""
    from telltale.report.text import summary

    collected: list[dict[str, Any]] = []
    for one in records:
        collected.append(one)
        print(summary(one, arguments.lang), flush=True)
    if arguments.json:
        document = collected[0] if len(collected) == 1 else collected
        arguments.json.write_text(json.dumps(document, indent=1) + "\n", "utf-8")
    if arguments.html:
        report.write(arguments.html, collected, arguments.files, arguments)
    return 1 if any("error" in one for one in collected) else 0


if __name__ == "__main__":
    sys.exit(main())
