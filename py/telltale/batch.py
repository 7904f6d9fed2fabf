"""Many files on CPython: one record each, a table of scores; a run can be taken up again."""

from __future__ import annotations

import argparse
import hashlib
import json
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from telltale.bank import cli as bank
from telltale.detectors.unreviewed import Unreviewed
from telltale.lab import cli as lab
from telltale.lab.loading import DetectorRefused
from telltale.report import scores

#: What is taken from a folder; the decoder decides by content whether it can be examined.
SUFFIXES = frozenset(
    {".jpg", ".jpeg", ".jpe", ".jfif", ".png", ".webp", ".gif", ".bmp"}
    | {".mp4", ".m4v", ".mov", ".webm", ".mkv", ".avi"}
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of `telltale batch`."""
    parser.add_argument("paths", nargs="+", type=Path, metavar="FILE_OR_FOLDER")
    parser.add_argument("--out", type=Path, required=True, metavar="FOLDER")
    add_examining_arguments(parser)


def add_examining_arguments(parser: argparse.ArgumentParser) -> None:
    """How a file is examined, shared with `analyze`."""
    parser.add_argument("--deep", action="store_true", help="the slow tests too")
    parser.add_argument(
        "--no-repeat",
        action="store_true",
        help="do not repeat what carries the answers on slightly changed copies: faster, and "
        "the answers know less of their own uncertainty",
    )
    parser.add_argument(
        "--detector",
        type=Path,
        action="append",
        default=[],
        metavar="FILE.py",
        help="run this detector too, of whoever wrote it, with your rights; its finding is "
        "marked and weighs in no answer",
    )
    bank.add_bank_argument(parser)


def run(arguments: argparse.Namespace) -> int:
    """Examine every picture; 0 when all could be, 1 when some could not, 2 when there is none.

    A record is named after the SHA-256 of its file, so a second run skips what has been done and
    copies of one file are examined once. `scores.csv` is written at the end from all records.
    """
    from telltale.cli import analyze_file
    from telltale.runtime.inference import OnnxModels

    arguments.out.mkdir(parents=True, exist_ok=True)
    files = list(pictures(arguments.paths))
    if not files:
        print("No pictures there.")
        return 2
    models, desk = OnnxModels(), bank.opened_bank(arguments.bank)
    try:
        added = lab.loaded(arguments.detector, models)
    except DetectorRefused as error:
        print(error, file=sys.stderr)
        return 2
    table = []
    for k, path in enumerate(files, 1):
        target = arguments.out / f"{_sha256(path)}.json"
        record: dict[str, Any] = {}
        if target.is_file():
            record = json.loads(target.read_text("utf-8"))
        known = _covers(record, arguments.deep, added)
        if not known:
            repeat = not arguments.no_repeat
            record = analyze_file(
                path, models, arguments.deep, desk=desk, repeat=repeat, added=added
            )
            if record.get("video", {}).get("cancelled"):
                # half a video is not done: the next run examines it again
                print(f"[{k}/{len(files)}] {path}: stopped")
                return 1
            whole = target.with_suffix(".part")
            whole.write_text(json.dumps(record) + "\n", "utf-8")
            whole.replace(target)
        table.append((path, record))
        said = (record.get("error") or record["assessment"])["sentence"]
        print(f"[{k}/{len(files)}] {path}{' (done before)' if known else ''}: {said}", flush=True)
    text = scores.text((str(path), record) for path, record in table)
    with (arguments.out / "scores.csv").open("w", newline="", encoding="utf-8") as out:
        out.write(text)
    return 1 if any("error" in record for _, record in table) else 0


def _covers(record: dict[str, Any], deep: bool, added: Sequence[Unreviewed]) -> bool:
    """Whether a record holds all that is asked for now; it may hold more."""
    if not record or "error" in record:
        return bool(record)
    if deep and not record.get("deep", False):
        return False
    there = {finding["sha256"] for finding in record["findings"] if finding.get("unreviewed")}
    return {detector.sha256 for detector in added} <= there


def pictures(paths: list[Path]) -> Iterator[Path]:
    """Files as given, and the pictures below folders, in the order of their names."""
    for path in paths:
        if path.is_dir():
            yield from sorted(
                p for p in path.rglob("*") if p.suffix.lower() in SUFFIXES and p.is_file()
            )
        else:
            yield path


def _sha256(path: Path) -> str:
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError:
        return hashlib.sha256(str(path).encode()).hexdigest()
