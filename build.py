#!/usr/bin/env python3
"""One door to everything a person does with this repository; needs only Python 3.11 and Node 20.

python build.py run [--port N] [--no-open]     set up, build, serve on this machine, open
python build.py analyze FILE...                examine files in the page or natively
python build.py test [--train]                 every check and test
python build.py package                        dist/page, dist/extension, dist/*.zip
python build.py bench                          docs/benchmark.md, detection.md, the cards
python build.py models ...                     import published models, here and into the page
"""

from __future__ import annotations

import argparse
import subprocess
import sys
from pathlib import Path

from buildtools import checks, setup

ROOT = Path(__file__).resolve().parent


def main() -> int:
    """Parse the command line and run one command; returns its exit status."""
    if sys.version_info < (3, 11):  # noqa: UP036 (checked before anything is installed)
        print("Telltale needs Python 3.11 or newer.", file=sys.stderr)
        return 2
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    commands = parser.add_subparsers(dest="command", required=True)

    run = commands.add_parser("run", help="set up, build, serve on this machine, open the page")
    run.add_argument("--port", type=int, default=8321)
    run.add_argument("--no-open", action="store_true", help="do not open a browser")

    analyze = commands.add_parser("analyze", help="examine files")
    analyze.add_argument("files", nargs="+", type=Path, metavar="FILE")
    analyze.add_argument("--runtime", choices=("browser", "native"), default="native")
    analyze.add_argument("--deep", action="store_true", help="the slow tests too")
    analyze.add_argument(
        "--detector",
        type=Path,
        action="append",
        default=[],
        metavar="FILE.py",
        help="natively: run this unreviewed detector too",
    )
    analyze.add_argument("--json", type=Path, metavar="OUT")
    analyze.add_argument("--html", type=Path, metavar="OUT")

    test = commands.add_parser("test", help="every check and test")
    test.add_argument("--train", action="store_true", help="the training scripts instead")

    commands.add_parser("package", help="build dist/page, dist/extension and their archives")
    commands.add_parser("bench", help="measure; write docs/benchmark.md, detection.md, model cards")
    models = commands.add_parser("models", help="import published models into page and extension")
    models.add_argument("rest", nargs=argparse.REMAINDER, metavar="...", help="telltale models")

    arguments = parser.parse_args()
    return {
        "run": run_page,
        "analyze": run_analyze,
        "test": run_tests,
        "package": run_package,
        "bench": run_bench,
        "models": run_models,
    }[arguments.command](arguments)


def run_page(arguments: argparse.Namespace) -> int:
    """Serve the page on the loopback address until interrupted."""
    setup.everything(ROOT)
    from buildtools.serve import serve_forever

    return serve_forever(ROOT / "dist/page", arguments.port, open_page=not arguments.no_open)


def run_analyze(arguments: argparse.Namespace) -> int:
    """Examine files; the record is the same whichever runtime made it."""
    if arguments.runtime == "browser":
        setup.everything(ROOT, chromium=True)
    else:
        setup.native(ROOT)
    command = [*map(str, arguments.files), "--runtime", arguments.runtime]
    if arguments.deep:
        command.append("--deep")
    for path in arguments.detector:
        command += ["--detector", str(path)]
    for option in ("json", "html"):
        if getattr(arguments, option):
            command += [f"--{option}", str(getattr(arguments, option))]
    return setup.in_venv(ROOT, ["-m", "buildtools.analyze", *command])


def run_tests(arguments: argparse.Namespace) -> int:
    """Lint, types, CPython tests, browser tests, parity; or the training scripts."""
    if arguments.train:
        setup.python(ROOT, ("dev", "build", "train", "published"))
        setup.models(ROOT)
        command = ["-m", "pytest", "tests/train", "-q", "-p", "no:cacheprovider", *checks.TWO]
        return setup.in_venv(ROOT, command)
    setup.everything(ROOT, chromium=True)
    return setup.in_venv(ROOT, ["-m", "buildtools.checks"])


def run_package(arguments: argparse.Namespace) -> int:
    """Build everything that is handed to people."""
    del arguments
    setup.everything(ROOT)
    from buildtools.package import package

    return package(ROOT)


def run_bench(arguments: argparse.Namespace) -> int:
    """Measure both runtimes here; renew docs/benchmark.md, docs/detection.md and the cards."""
    del arguments
    setup.everything(ROOT, chromium=True)
    if status := setup.in_venv(ROOT, ["-m", "buildtools.bench"]):
        return status
    # The cards' scripts take their lists of sources from those that train, which need PyTorch.
    setup.python(ROOT, ("dev", "build", "train"))
    return setup.in_venv(ROOT, ["-m", "models.report"])


def run_models(arguments: argparse.Namespace) -> int:
    """`telltale models` on `imported/`, which page and extension are built with."""
    setup.python(ROOT, ("published",) if {"import", "fetch"} & set(arguments.rest) else ("build",))
    return setup.in_venv(ROOT, ["-m", "telltale.cli", "models", *arguments.rest])


if __name__ == "__main__":
    try:
        sys.exit(main())
    except subprocess.CalledProcessError as error:
        print(f"Failed: {' '.join(map(str, error.cmd))}", file=sys.stderr)
        sys.exit(error.returncode or 1)
    except setup.SetupError as error:
        print(error, file=sys.stderr)
        sys.exit(1)
    except KeyboardInterrupt:
        sys.exit(130)
