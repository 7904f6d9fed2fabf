"""Assemble `dist/extension`: the page's parts and the extension's own; standard library only.

manifest.json, _locales/, icons/   where the browser looks for them
extension/ ui/ engine/ ...         web/ as it is
build.js                           the build's hash and the SHA-256 of every file
"""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path

from buildtools import icons
from buildtools.page import _copy, _copy_tree, stage_engine, write_build

#: Folders of web/ that are shipped as they are; of `page` only the Trusted Types policy.
SOURCES = ("acquire", "engine", "extension", "locales", "ui")


def build_extension(root: Path, out: Path) -> None:
    """Write the whole extension to `out`; files that are not part of it any more are removed."""
    staged = out.with_name(out.name + ".new")
    shutil.rmtree(staged, ignore_errors=True)
    stage_engine(root, staged)
    for folder in SOURCES:
        _copy_tree(root / "web" / folder, staged / folder)
    _copy(root / "web/page/trust.js", staged / "page")
    (staged / "extension/_locales").rename(staged / "_locales")
    (staged / "extension/manifest.json").unlink()
    write_manifest(root, staged / "manifest.json")
    (staged / "icons").mkdir()
    for size in icons.SIZES:
        (staged / f"icons/{size}.png").write_bytes(icons.png(size))
    for name in ("LICENSE", "THIRD_PARTY.md"):
        if (root / name).is_file():
            _copy(root / name, staged)
    write_build(staged)
    shutil.rmtree(out, ignore_errors=True)
    staged.rename(out)


def write_manifest(root: Path, path: Path) -> None:
    """The manifest with the version of the Python package: there is one place that says it."""
    manifest = json.loads((root / "web/extension/manifest.json").read_text("utf-8"))
    manifest["version"] = version(root)
    path.write_text(json.dumps(manifest, indent=2) + "\n", "utf-8")


def version(root: Path) -> str:
    """`telltale.__version__`, read without importing anything."""
    text = (root / "py/telltale/__init__.py").read_text("utf-8")
    found = re.search(r'^__version__ = "(\d+(?:\.\d+){0,3})"$', text, re.MULTILINE)
    if not found:
        raise ValueError("py/telltale/__init__.py states no version of one to four numbers")
    return found[1]
