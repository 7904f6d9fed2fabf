"""Assemble `dist/page`: the sources as they are, the engine's parts, and a list of every file.

Standard library only. The result is the same, byte for byte, whenever the inputs are:

    index.html, sw.js      lifted out of page/, because of what their place means to a browser
    build.js               the build's hash and the SHA-256 of every file
    page/ ui/ engine/ acquire/ locales/    web/ as it is
    engine/parts.json      what the engine is made of, for the worker
    python/telltale.zip    the Python package with the zoo's small files
    wheels/                WebAssembly wheels and their lock file
    models/<id>/           model.onnx
    vendor/                Pyodide, ONNX Runtime and mediabunny; PyScript, for the lab alone
    lab/                   the lab: web/lab as it is, and its part of the Python package
"""

from __future__ import annotations

import gzip
import hashlib
import json
import shutil
import sys
import tomllib
import zipfile
from collections.abc import Iterator
from pathlib import Path

from buildtools.lab import stage_lab
from buildtools.setup import IMPORTED

#: Folders of web/ that are shipped as they are, besides engine/.
SOURCES = ("acquire", "lab", "locales", "page", "ui")
#: Files of web/page that must lie at the root.
LIFTED = ("index.html", "sw.js")
VENDOR = {
    "pyodide": ("pyodide.mjs", "pyodide.asm.mjs", "pyodide.asm.wasm", "python_stdlib.zip"),
    "onnxruntime-web/dist": (
        "ort.wasm.bundle.min.mjs",
        "ort-wasm-simd-threaded.wasm",
        "ort.jspi.bundle.min.mjs",
        "ort-wasm-simd-threaded.jspi.wasm",
    ),
    "mediabunny/dist/bundles": ("mediabunny.min.mjs",),
}
#: Large files that few machines need; the engine unpacks them.
PACKED = ("ort-wasm-simd-threaded.jspi.wasm",)
VENDOR_NAMES = {
    "pyodide": "pyodide",
    "onnxruntime-web/dist": "ort",
    "mediabunny/dist/bundles": "mediabunny",
}
#: Small files of a model that Python reads; the networks travel separately.
MODEL_FILES = ("self_test.json", "calibration.json", "import.json")
_EPOCH = (2026, 1, 1, 0, 0, 0)


def build_page(root: Path, out: Path) -> None:
    """Write the whole page to `out`; files that are not part of it any more are removed."""
    staged = out.with_name(out.name + ".new")
    shutil.rmtree(staged, ignore_errors=True)
    stage_engine(root, staged)
    for folder in SOURCES:
        if (root / "web" / folder).is_dir():
            _copy_tree(root / "web" / folder, staged / folder)
    stage_lab(root, staged)
    for name in LIFTED:
        if (staged / "page" / name).is_file():
            (staged / "page" / name).rename(staged / name)
    write_build(staged)
    shutil.rmtree(out, ignore_errors=True)
    staged.rename(out)


def stage_engine(root: Path, out: Path) -> None:
    """Write what the engine needs beside its sources; shared by the page and the extension."""
    for package, names in VENDOR.items():
        folder = out / "vendor" / VENDOR_NAMES[package]
        for name in names:
            _copy(root / "node_modules" / package / name, folder)
            if name in PACKED:
                # not .gz: some servers would unpack it on the way
                packed = gzip.compress((folder / name).read_bytes(), 9, mtime=0)
                (folder / f"{name}.gzipped").write_bytes(packed)
                (folder / name).unlink()
    for path in sorted((root / "web/wheels").iterdir()):
        if path.suffix in (".whl", ".json"):
            _copy(path, out / "wheels")
    zoo = read_zoo(root)
    for row in zoo:
        _copy(_model_folder(root, str(row["id"])) / "model.onnx", out / "models" / str(row["id"]))
    (out / "python").mkdir(parents=True, exist_ok=True)
    write_package(root, out / "python/telltale.zip")
    if (root / "web/engine").is_dir():
        _copy_tree(root / "web/engine", out / "engine")
    parts = {"key": engine_key(out), "models": zoo}
    (out / "engine/parts.json").write_text(json.dumps(parts, indent=1) + "\n", "utf-8")


def engine_key(out: Path) -> str:
    """Changes with anything that a start-up snapshot of the interpreter depends on."""
    folders = ("engine", "python", "vendor/pyodide", "wheels")
    files = sorted(path for folder in folders for path in (out / folder).rglob("*.*"))
    return hashlib.sha256(b"".join(_digest(path) for path in files)).hexdigest()[:16]


def read_zoo(root: Path) -> list[dict[str, object]]:
    """Id, checksum and size of every model of `zoo.toml` whose network is there, and imported ones.

    Imported are those of `python build.py models import`, in `imported/`.
    """
    rows = set(tomllib.loads((root / "models/zoo.toml").read_text("utf-8")))
    imported = {path.parent.name for path in (root / IMPORTED).glob("*/import.json")}
    found = []
    for model in sorted(rows | imported):
        path = _model_folder(root, model) / "model.onnx"
        if path.is_file():
            digest = _digest(path).hex()
            found.append({"id": model, "sha256": digest, "bytes": path.stat().st_size})
    return found


def _model_folder(root: Path, model: str) -> Path:
    """Where a model lies; nothing imported takes the place of a shipped one."""
    shipped = root / "models" / model
    return shipped if shipped.is_dir() else root / IMPORTED / model


def write_package(root: Path, path: Path) -> None:
    """Zip `py/telltale` and, as its `_models`, the small files of the zoo."""
    write_zip(path, dict(_package_members(root)))


def write_zip(path: Path, members: dict[str, Path]) -> None:
    """A zip of files by their names in it, the same bytes for the same files."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for name in sorted(members):
            info = zipfile.ZipInfo(name, _EPOCH)
            info.compress_type = zipfile.ZIP_DEFLATED
            info.external_attr = 0o644 << 16
            archive.writestr(info, members[name].read_bytes())


def _package_members(root: Path) -> Iterator[tuple[str, Path]]:
    for path in (root / "py/telltale").rglob("*"):
        if path.is_file() and "__pycache__" not in path.parts and not _native_only(root, path):
            yield path.relative_to(root / "py").as_posix(), path
    for path in (root / "web/locales").glob("*.json"):
        yield f"telltale/_locales/{path.name}", path
    for path in (root / "web/extension/_locales").glob("*/messages.json"):
        yield f"telltale/_locales/{path.parent.name}.acquisition.json", path
    yield "telltale/_models/zoo.toml", root / "models/zoo.toml"
    for row in read_zoo(root):
        for name in MODEL_FILES:
            path = _model_folder(root, str(row["id"])) / name
            if path.is_file():
                yield f"telltale/_models/{row['id']}/{name}", path


def _native_only(root: Path, path: Path) -> bool:
    """What the engine never runs: published networks and datasets, and the lab."""
    return path.relative_to(root / "py/telltale").parts[0] in ("benchmark", "lab", "published")


def write_build(out: Path) -> str:
    """Write `build.js`, which names every file with its SHA-256; returns the build's hash."""
    files = {
        path.relative_to(out).as_posix(): _digest(path).hex()
        for path in sorted(out.rglob("*"))
        if path.is_file()
    }
    build = hashlib.sha256(json.dumps(files, sort_keys=True).encode()).hexdigest()[:16]
    document = json.dumps({"build": build, "files": files}, indent=1, sort_keys=True)
    (out / "build.js").write_text(f"self.TELLTALE_BUILD = {document};\n", "utf-8")
    return build


def _digest(path: Path) -> bytes:
    return hashlib.sha256(path.read_bytes()).digest()


def _copy_tree(source: Path, target: Path) -> None:
    for path in sorted(source.rglob("*")):
        if path.is_file() and not path.name.endswith((".md", ".d.ts", "tsconfig.json")):
            _copy(path, target / path.parent.relative_to(source))


def _copy(path: Path, folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    target = folder / path.name
    shutil.copyfile(path, target)
    target.chmod(0o644)


if __name__ == "__main__":
    here = Path(__file__).resolve().parent.parent
    build_page(here, Path(sys.argv[1]) if len(sys.argv) > 1 else here / "dist/page")
