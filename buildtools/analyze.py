"""`build.py analyze`: the command line's own output over either runtime."""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from telltale import cli

ROOT = Path(__file__).resolve().parent.parent


def main() -> int:
    """Parse the arguments handed over by build.py and print what was found."""
    parser = argparse.ArgumentParser()
    cli.add_analyze_arguments(parser)
    parser.add_argument("--runtime", choices=("browser", "native"), required=True)
    arguments = parser.parse_args()
    if arguments.runtime == "native":
        return cli.run_analyze(arguments)
    if arguments.detector:
        parser.error("--detector runs natively; in the browser a detector runs in the page's lab")
    return cli.deliver(
        in_browser(arguments.files, arguments.deep, not arguments.no_repeat), arguments
    )


def in_browser(
    files: list[Path], deep: bool = False, repeat: bool = True
) -> Iterator[dict[str, Any]]:
    """Records made by the real built page in headless Chromium, one per file in order."""
    extent = [*(["--deep"] if deep else []), *([] if repeat else ["--no-repeat"])]
    command = ["node", str(ROOT / "buildtools/drive.mjs"), *extent, *map(str, files)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, encoding="utf-8") as process:
        assert process.stdout is not None
        for line in process.stdout:
            yield json.loads(line)
    if process.returncode:
        raise SystemExit(f"The browser stopped with status {process.returncode}.")


if __name__ == "__main__":
    sys.exit(main())
