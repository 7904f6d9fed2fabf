"""`telltale lab`: start, check and measure a detector of your own; bring a network of your own."""

from __future__ import annotations

import argparse
import json
import sys
import tomllib
from pathlib import Path
from typing import Any

from telltale.detectors.unreviewed import Unreviewed
from telltale.lab import check, custom, evaluate, folders, lend, report
from telltale.lab.loading import DetectorRefused, load_file
from telltale.lab.sentences import words
from telltale.lab.template import template
from telltale.runtime.context import Context
from telltale.runtime.inference import ModelBroken, OnnxModels, network

_REFUSALS = (DetectorRefused, ModelBroken, custom.FormRefused, folders.LabelsUnreadable)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The commands of `telltale lab`."""
    commands = parser.add_subparsers(dest="lab", required=True)
    new = commands.add_parser("new", help="write a small whole detector to start from")
    new.add_argument("file", type=Path, metavar="ID.py")
    new.add_argument("--film", action="store_true", help="one that looks at a video through time")
    examine = commands.add_parser("check", help="interface, words, awkward pictures, time, ...")
    examine.add_argument("file", type=Path, metavar="FILE")
    examine.add_argument("--megapixels", type=float, default=12.0, help="to measure time on")
    measure = commands.add_parser("run", help="over a folder: distribution, ROC, worst errors")
    measure.add_argument("file", type=Path, metavar="FILE")
    measure.add_argument("folder", type=Path, metavar="FOLDER", help="with real/ and fake/")
    measure.add_argument("--faces", action="store_true", help="look for faces first")
    measure.add_argument("--out", type=Path, metavar="FOLDER", help="for a table and a report")
    model = commands.add_parser("model", help="a detector from an ONNX network and a form")
    model.add_argument("network", type=Path, metavar="NETWORK.onnx")
    model.add_argument("--form", type=Path, required=True, metavar="FORM.toml")
    model.add_argument("--out", type=Path, required=True, metavar="FOLDER")


def run(arguments: argparse.Namespace) -> int:
    """Run one command; 0 done, 1 the detector or the folder is not in order, 2 wrong usage."""
    command = {"new": _new, "check": _check, "run": _run, "model": _model}[arguments.lab]
    try:
        return command(arguments)
    except _REFUSALS as error:
        print(error, file=sys.stderr)
        return 1
    except OSError as error:
        print(f"{error.filename}: {error.strerror or error}", file=sys.stderr)
        return 1


def loaded(paths: list[Path], models: OnnxModels) -> list[Unreviewed]:
    """The detectors of files, with the networks that lie beside them.

    Raises `DetectorRefused`, also where two have one id.
    """
    found: dict[str, Unreviewed] = {}
    for path in paths:
        detector = load_file(path)
        if detector.id in found:
            raise DetectorRefused(words("file.twice", name=path.name, id=detector.id))
        lend.beside(path, detector, models)
        found[detector.id] = detector
    return list(found.values())


def _new(arguments: argparse.Namespace) -> int:
    path: Path = arguments.file
    try:
        text = template(path.stem, "film" if arguments.film else "picture")
    except ValueError as error:
        print(f"{path.name}: {error}.", file=sys.stderr)
        return 2
    if path.exists():
        print(f"{path} is there already.", file=sys.stderr)
        return 1
    path.write_text(text, "utf-8")
    print(f"{path}: change it, then: telltale lab check {path}")
    return 0


def _check(arguments: argparse.Namespace) -> int:
    models = OnnxModels()
    if arguments.file.is_file():
        loaded([arguments.file], models)
    checks = check.check_file(arguments.file, models, arguments.megapixels)
    print(check.summary(checks))
    return 0 if check.passed(checks) else 1


def _run(arguments: argparse.Namespace) -> int:
    models = OnnxModels()
    (detector,) = loaded([arguments.file], models)
    if not arguments.folder.is_dir():
        print(f"{arguments.folder} is no folder.", file=sys.stderr)
        return 2
    pictures = folders.read(arguments.folder)
    if not pictures:
        print("No pictures there.", file=sys.stderr)
        return 1
    read = lambda name: (arguments.folder / name).read_bytes()  # noqa: E731
    rows = []
    for row in evaluate.run(
        pictures, read, detector.module, Context(models), faces=arguments.faces
    ):
        rows.append(row)
        told = row.why if row.score is None else f"{row.score:.4g}"
        print(f"[{len(rows)}/{len(pictures)}] {row.path}: {told}", flush=True)
    result = evaluate.evaluate(rows)
    print(report.as_text(result))
    if arguments.out:
        arguments.out.mkdir(parents=True, exist_ok=True)
        (arguments.out / "scores.csv").write_text(evaluate.to_csv(rows), "utf-8")
        page = report.as_html(result, detector.module.CARD.title)
        (arguments.out / "report.html").write_text(page, "utf-8")
    return 0


def _model(arguments: argparse.Namespace) -> int:
    data = arguments.network.read_bytes()
    form = custom.form_from(_values(arguments.form))
    path = custom.write(form, data, network(data), arguments.out)
    print(f"{path}: try it with: telltale analyze --detector {path} FILE")
    return 0


def _values(path: Path) -> dict[str, Any]:
    text = path.read_text("utf-8")
    try:
        found: Any = json.loads(text) if path.suffix == ".json" else tomllib.loads(text)
    except ValueError as error:
        raise custom.FormRefused(words("network.unreadable", name=path.name, why=error)) from error
    if not isinstance(found, dict):
        raise custom.FormRefused(words("network.no_form", name=path.name))
    return found
