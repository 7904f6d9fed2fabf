"""`telltale models`: what is installed, and importing, fetching, calibrating, removing."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from telltale.published.catalogue import CATALOGUE, Published
from telltale.published.refusal import ImportRefused
from telltale.runtime import library


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of `telltale models`."""
    parser.set_defaults(run_models=run_list)
    commands = parser.add_subparsers(dest="models_command")
    listing = commands.add_parser("list", help="models, licences, hashes, and what can be imported")
    listing.set_defaults(run_models=run_list)

    importing = commands.add_parser("import", help="import a file that its authors gave you")
    importing.add_argument("name", choices=sorted(CATALOGUE), metavar="NAME")
    importing.add_argument("file", type=Path, metavar="FILE")
    importing.add_argument("--member", metavar="NAME", help="the file to take from an archive")
    importing.add_argument(
        "--landmarks", type=Path, metavar="FILE", help="model_landmark.txt, for head_pose_svm"
    )
    _shared(importing)
    importing.set_defaults(run_models=run_import)

    fetching = commands.add_parser("fetch", help="fetch from the official address, then import")
    fetching.add_argument("name", choices=sorted(CATALOGUE), metavar="NAME")
    fetching.add_argument("--sha256", default="", help="where we have no hash of the file")
    _shared(fetching)
    fetching.set_defaults(run_models=run_fetch)

    precision = commands.add_parser("precision", help="size, time and changed decisions")
    precision.add_argument("name", choices=sorted(CATALOGUE), metavar="NAME")
    precision.add_argument("file", type=Path, metavar="FILE")
    precision.add_argument("pictures", type=Path, metavar="PICTURES", help="a folder of them")
    precision.set_defaults(run_models=run_precision)

    removing = commands.add_parser("remove", help="delete an imported model")
    removing.add_argument("name", metavar="NAME")
    removing.set_defaults(run_models=run_remove)

    calibrating = commands.add_parser("calibrate", help="from your own real and fake pictures")
    calibrating.add_argument("name", metavar="NAME")
    for kind in ("real", "fake"):
        calibrating.add_argument(f"--{kind}", type=Path, nargs="+", required=True, metavar="DIR")
    calibrating.set_defaults(run_models=run_calibrate)


def _shared(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--precision",
        choices=("float32", "float16", "int8"),
        default="float32",
        help="how weights are stored; int8 can change decisions",
    )
    parser.add_argument("--agree", action="store_true", help="agree to the licence shown")


def run(arguments: argparse.Namespace) -> int:
    """Run one of the commands; 0 done, 1 refused, 2 usage."""
    try:
        return int(arguments.run_models(arguments))
    except ImportRefused as refused:
        print(f"Refused ({refused.code}): {refused}", file=sys.stderr)
        return 1
    except ModuleNotFoundError as error:
        print(f"Importing needs {error.name}: pip install 'telltale[published]'.", file=sys.stderr)
        return 2


def run_list(arguments: argparse.Namespace) -> int:
    """One row per model: whether it is there, its licence, what it learned from, its hash."""
    from telltale.runtime.inference import model_hashes, read_zoo

    del arguments
    hashes = model_hashes()
    for model in read_zoo().values():
        state = hashes.get(model.id, "not installed")
        print(f"{model.id}: {model.title}\n  licence {model.licence}\n  sha256 {state}")
        print(f"  trained on {model.trained_on}")
        if model.imported:
            print(f"  imported from {model.imported}")
    absent = [row for key, row in CATALOGUE.items() if key not in hashes]
    if absent:
        print("\nCan be imported (telltale models import NAME FILE):")
    for row in absent:
        print(f"{row.id}: {row.title}\n  licence {row.licence}\n  from {row.source}")
    return 0 if hashes else 1


def run_import(arguments: argparse.Namespace) -> int:
    """Show the licence, import, say what was done."""
    from telltale.published import importer

    if not _agreed(CATALOGUE[arguments.name], arguments.agree):
        return 1
    done = importer.import_file(
        arguments.name,
        arguments.file,
        member=arguments.member,
        precision=arguments.precision,
        landmarks=arguments.landmarks,
    )
    _say_imported(done)
    return 0


def run_fetch(arguments: argparse.Namespace) -> int:
    """Show the licence, fetch, import, say what was done."""
    from telltale.published import fetch

    row = CATALOGUE[arguments.name]
    fetch.download_of(row, arguments.sha256)
    if not _agreed(row, arguments.agree):
        return 1
    done = fetch.fetch(
        arguments.name, sha256=arguments.sha256, precision=arguments.precision, progress=_progress
    )
    _say_imported(done)
    return 0


def run_precision(arguments: argparse.Namespace) -> int:
    """One row per precision: size, seconds per picture, difference, decisions that changed."""
    from telltale.published import calibrate, precision

    pictures = calibrate.pictures(arguments.pictures)
    for cost in precision.compare(arguments.name, arguments.file, pictures):
        print(
            f"{cost.precision}: {cost.bytes / 1e6:.1f} MB, {cost.seconds:.2f} s of processor "
            f"time a picture, scores differ by at most {cost.difference:.2g}, {cost.flipped} of "
            f"{cost.pictures} decisions changed"
        )
    return 0


def run_remove(arguments: argparse.Namespace) -> int:
    """Delete an imported model."""
    from telltale.published import importer

    if importer.remove(arguments.name):
        print(f"{arguments.name} was removed.")
        return 0
    print(f"No imported model is called {arguments.name}.", file=sys.stderr)
    return 1


def run_calibrate(arguments: argparse.Namespace) -> int:
    """Score the folders, fit, store the calibration beside the model."""
    from telltale.published import calibrate
    from telltale.runtime.inference import OnnxModels, model_hashes

    place = library.folder()
    if arguments.name not in library.manifests(place):
        print(f"No imported model is called {arguments.name}.", file=sys.stderr)
        return 1
    fitted = calibrate.calibrate(
        arguments.name,
        arguments.real,
        arguments.fake,
        OnnxModels(),
        model_hashes()[arguments.name],
        lambda text: print(text, file=sys.stderr),
    )
    (place / arguments.name / "calibration.json").write_text(fitted.to_json(), "utf-8")
    low, high = fitted.bounds
    print(f"{arguments.name}: log10 likelihood ratio from {low:.2f} to {high:.2f}")
    for source, counts in fitted.sources.items():
        print(f"  {source}: {counts['authentic']} real, {counts['manipulated']} fake")
    return 0


def _agreed(row: Published, already: bool) -> bool:
    """Show whose the weights are and under which licence; whether the person agrees."""
    print(f"{row.title}\n  {row.paper}, {row.url}")
    print(f"  licence {row.licence}. {row.licence_note}\n  trained on {row.trained_on}")
    if already:
        return True
    if not sys.stdin.isatty():
        print("Add --agree if you agree to this licence.", file=sys.stderr)
        return False
    return input("Do you agree to this licence? [y/N] ").strip().lower() in ("y", "yes")


def _say_imported(done: object) -> None:
    from telltale.published.importer import Imported

    assert isinstance(done, Imported)
    print(
        f"{done.id}: imported, not calibrated here. {done.bytes / 1e6:.1f} MB, differs from the "
        f"framework by at most {done.difference:.1g}.\n  {done.folder}\n  sha256 {done.sha256}"
    )


def _progress(done: int, total: int) -> None:
    share = f" of {total / 1e6:.0f}" if total else ""
    print(f"\r{done / 1e6:.0f}{share} MB", end="", file=sys.stderr, flush=True)
