"""From a clean clone to a built page: virtual environment, npm packages, Chromium, models.

Standard library only. Each step is skipped when its inputs have not changed since it last
succeeded.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import venv
from collections.abc import Sequence
from pathlib import Path

#: Where `build.py models` keeps what a person imported; page and extension are built with it.
IMPORTED = "imported"
#: Where Chromium is looked for, after the environment variable TELLTALE_CHROMIUM.
CHROMIUM_NAMES = ("chromium", "chromium-browser", "google-chrome-stable", "google-chrome")
#: Programs that give a test a screen, mouse and keys, and their Debian packages.
SCREEN = {"Xvfb": "xvfb", "xdotool": "xdotool"}


class SetupError(Exception):
    """Set-up cannot go on; the message says what the person can do."""


def everything(root: Path, *, chromium: bool = False) -> None:
    """Set up all that running the page needs and build `dist/page`."""
    python(root, ("dev", "build") if chromium else ("build",))
    npm(root)
    models(root)
    if chromium:
        os.environ["TELLTALE_CHROMIUM"] = find_chromium()
        screen()
    from buildtools.page import build_page

    build_page(root, root / "dist/page")


def native(root: Path) -> None:
    """Set up what the command line on CPython needs: the package and its models."""
    python(root, ("build",))
    npm(root)
    models(root)


def python(root: Path, extras: Sequence[str]) -> None:
    """Create `.venv` and install the package with the named extras into it."""
    stamp = root / ".venv" / f".installed-{'-'.join(extras)}"
    key = _digest([root / "pyproject.toml"]) + sys.version
    if stamp.is_file() and stamp.read_text() == key:
        return
    if not venv_python(root).exists():
        _say("Creating the virtual environment")
        venv.create(root / ".venv", with_pip=True)
    _say(f"Installing the Python package with {', '.join(extras)}")
    target = f"{root}[{','.join(extras)}]"
    # Python compiles what is imported; compiling all of PyTorch takes longer than fetching it
    options = ["-q", "--no-compile", "-e"]
    _run([venv_python(root), "-m", "pip", "install", *options, target], cwd=root)
    stamp.write_text(key)


def npm(root: Path) -> None:
    """Install the npm packages of `package-lock.json`, exactly."""
    lock = root / "package-lock.json"
    stamp = root / "node_modules" / ".installed"
    key = _digest([lock, root / "package.json"])
    if stamp.is_file() and stamp.read_text() == key:
        return
    if not shutil.which("npm"):
        raise SetupError("Telltale needs Node 20 or newer with npm; they were not found.")
    _say("Installing the npm packages")
    _run(["npm", "ci", "--no-audit", "--no-fund", "--loglevel=error", "--ignore-scripts"], cwd=root)
    stamp.write_text(key)


def models(root: Path) -> None:
    """Convert the face models that an npm package carries to ONNX."""
    in_venv(root, ["models/convert_all.py"], check=True)


def find_chromium() -> str:
    """The path of Chromium; on Debian as root it is installed where it is missing."""
    wanted = os.environ.get("TELLTALE_CHROMIUM")
    for name in (wanted, *CHROMIUM_NAMES) if wanted else CHROMIUM_NAMES:
        if name and (path := shutil.which(name)):
            return path
    if _may_install():
        _say("Installing Chromium")
        _install("chromium")
        if path := shutil.which("chromium"):
            return path
    raise SetupError("Chromium was not found. Install it, or set TELLTALE_CHROMIUM to its path.")


def screen() -> None:
    """Install on Debian as root what tests with a window need; without it they are skipped."""
    missing = [package for program, package in SCREEN.items() if not shutil.which(program)]
    if not missing or not _may_install():
        return
    _say("Installing a screen for the tests that need a window")
    try:
        _install(*missing)
    except subprocess.CalledProcessError:
        _say("It could not be installed: those tests will be skipped")


def venv_python(root: Path) -> Path:
    """The interpreter of `.venv`."""
    windows = root / ".venv/Scripts/python.exe"
    return windows if os.name == "nt" else root / ".venv/bin/python"


def in_venv(root: Path, arguments: Sequence[str], *, check: bool = False) -> int:
    """Run the virtual environment's Python in the repository; returns the exit status."""
    command = [str(venv_python(root)), *arguments]
    environment = {"TELLTALE_MODELS": str(root / IMPORTED), **os.environ}
    return subprocess.run(command, cwd=root, check=check, env=environment).returncode


def _may_install() -> bool:
    return bool(shutil.which("apt-get")) and hasattr(os, "geteuid") and os.geteuid() == 0


def _install(*packages: str) -> None:
    quiet = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    _run(["apt-get", "-qq", "update"])
    _run(["apt-get", "-qq", "install", "-y", "--no-install-recommends", *packages], env=quiet)


def _digest(paths: Sequence[Path]) -> str:
    return hashlib.sha256(b"".join(path.read_bytes() for path in paths)).hexdigest()


def _say(text: str) -> None:
    print(f"· {text}", file=sys.stderr, flush=True)


def _run(
    command: Sequence[object], cwd: Path | None = None, env: dict[str, str] | None = None
) -> None:
    # what a tool prints goes to stderr: stdout belongs to the command's own answer
    subprocess.run([str(part) for part in command], cwd=cwd, env=env, check=True, stdout=sys.stderr)
