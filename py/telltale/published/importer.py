"""From a file that a person obtained to a model that runs here: read, rename, fill, export, check.

Nothing is changed until everything has passed: the model is built in a folder beside its place
and moved there at the end.
"""

from __future__ import annotations

import hashlib
import json
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np

from telltale.published import catalogue, containers, pose_machine
from telltale.published.catalogue import Published
from telltale.published.containers import Arrays
from telltale.published.refusal import ImportRefused
from telltale.runtime import library

Precision = Literal["float32", "float16", "int8"]

#: Largest difference between the framework's output and ONNX's, on a made-up input.
PARITY = {"float32": 1e-4, "float16": 2e-2, "int8": float("inf")}
VERSION = 1


@dataclass(frozen=True, slots=True)
class Imported:
    """What an import did: where the model lies, and how far ONNX differs from the framework."""

    id: str
    folder: Path
    sha256: str
    difference: float
    bytes: int


def import_file(
    name: str,
    path: Path,
    place: Path | None = None,
    *,
    member: str | None = None,
    precision: Precision = "float32",
    landmarks: Path | None = None,
) -> Imported:
    """Import a published file of weights as model `name` of the catalogue.

    Parameters
    ----------
    name
        An id of `catalogue.CATALOGUE`.
    path, member
        The file; `member` names one file inside an archive.
    place
        The library; by default `library.folder()`.
    precision
        How weights are stored. `int8` is for trying out; its decisions can differ.
    landmarks
        The authors' 68 points, which `head_pose_svm` needs.

    Raises
    ------
    ImportRefused
        With a specific reason; then nothing was changed.
    """
    row = catalogue.CATALOGUE.get(name)
    if row is None:
        known = ", ".join(catalogue.CATALOGUE)
        raise ImportRefused("not_published", f"No model is called {name!r}. Known: {known}.")
    arrays = containers.read(path, member)
    place = place or library.folder()
    place.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=place, prefix=f".{name}-") as scratch:
        folder = Path(scratch)
        if row.builder:
            difference = _write_network(row, arrays, folder, precision)
        else:
            difference = _write_machine(arrays, folder, landmarks)
        imported = _write_papers(row, path, member, precision, folder, place, difference)
        target = place / name
        shutil.rmtree(target, ignore_errors=True)
        target.mkdir()
        for made in folder.iterdir():
            shutil.copyfile(made, target / made.name)
    return imported


def remove(name: str, place: Path | None = None) -> bool:
    """Delete an imported model; False where there was none."""
    place = place or library.folder()
    if name not in library.manifests(place):
        return False
    shutil.rmtree(place / name)
    return True


def fill(row: Published, arrays: Arrays) -> Any:
    """The network of `row` with published arrays as its weights, in evaluation mode.

    Raises `ImportRefused` naming what is missing, unknown or of another shape.
    """
    import torch

    module = row.build()
    wanted = module.network.state_dict()
    given = dict(row.named(arrays))
    counters = [key for key in {*wanted, *given} if key.endswith("num_batches_tracked")]
    for key in counters:  # files older than PyTorch 0.4.1 lack them; inference never reads them
        given.pop(key, None)
        wanted.pop(key, None)
    missing = sorted(set(wanted) - set(given))
    unknown = sorted(set(given) - set(wanted))
    if missing or unknown:
        raise ImportRefused("other_model", _mismatch(row, missing, unknown))
    for key, values in given.items():
        if tuple(values.shape) != tuple(wanted[key].shape):
            raise ImportRefused(
                "other_model",
                f"{key} has the shape {tuple(values.shape)} where {row.title} has "
                f"{tuple(wanted[key].shape)}.",
            )
        if not np.isfinite(np.asarray(values, np.float64)).all():
            raise ImportRefused("unreadable", f"{key} holds numbers that are not finite.")
    filled = {key: torch.tensor(np.asarray(values, np.float32)) for key, values in given.items()}
    module.network.load_state_dict(filled, strict=False)
    return module.eval()


def _mismatch(row: Published, missing: list[str], unknown: list[str]) -> str:
    parts = [f"The file is not {row.title}, or not all of it."]
    for what, names in (("Missing", missing), ("Unknown", unknown)):
        if names:
            more = f" and {len(names) - 3} more" if len(names) > 3 else ""
            parts.append(f"{what}: {', '.join(names[:3])}{more}.")
    return " ".join(parts)


def _write_network(row: Published, arrays: Arrays, folder: Path, precision: Precision) -> float:
    import torch

    from telltale.published import onnx_export
    from telltale.runtime.inference import self_test_inputs

    module = fill(row, arrays)
    path = folder / "model.onnx"
    example = torch.zeros(1, 3, row.side, row.side)
    onnx_export.export_onnx(
        module,
        example,
        path,
        inputs=("image",),
        outputs=(row.output,),
        dynamic={"image": {0: "n", 2: "h", 3: "w"}, row.output: {0: "n"}}
        if row.free_sides
        else None,
        half=precision == "float16",
    )
    if precision == "int8":
        onnx_export.store_int8(path)
    test = {"image": {"shape": [1, 3, row.side, row.side], "range": [0.0, 255.0]}}
    image = self_test_inputs({"inputs": test})
    with torch.no_grad():
        wanted = module(torch.from_numpy(image["image"])).numpy()
    got = onnx_export.run_onnx(path, image)[row.output]
    difference = float(np.abs(wanted - got).max())
    if not difference <= PARITY[precision]:
        raise ImportRefused(
            "unreadable", f"ONNX differs from the framework by {difference:.2g}; not imported."
        )
    onnx_export.write_self_test(path, test)
    return difference


def _write_machine(arrays: Arrays, folder: Path, landmarks: Path | None) -> float:
    from telltale.published import onnx_export

    if landmarks is None:
        raise ImportRefused(
            "unreadable",
            "This model also needs the authors' 68 points: add --landmarks model_landmark.txt.",
        )
    machine = pose_machine.machine_arrays(arrays)
    points = pose_machine.read_points(landmarks)
    path = folder / "model.onnx"
    pose_machine.write_onnx(machine, points, path)
    test = {"features": {"shape": [8, pose_machine.FEATURES], "range": [-2.0, 2.0]}}
    onnx_export.write_self_test(path, test)
    return 0.0


def _write_papers(
    row: Published,
    path: Path,
    member: str | None,
    precision: str,
    folder: Path,
    place: Path,
    difference: float,
) -> Imported:
    """Manifest and card; `path` is what was imported, the model lies in `folder` for now."""
    data = (folder / "model.onnx").read_bytes()
    digest = hashlib.sha256(data).hexdigest()
    source = path if path.is_file() else containers.tensorflow_checkpoint_index(path)
    manifest = {
        "id": row.id,
        "title": row.title,
        "licence": row.licence,
        "licence_note": row.licence_note,
        "shippable": row.shippable,
        "trained_on": row.trained_on,
        "source": row.source,
        "paper": row.paper,
        "url": row.url,
        "file": f"{path.name}:{member}" if member else path.name,
        "file_sha256": hashlib.sha256(source.read_bytes()).hexdigest(),
        "precision": precision if row.builder else "float64",
        "framework_difference": difference,
        "importer": VERSION,
        "sha256": digest,
    }
    (folder / library.MANIFEST).write_text(json.dumps(manifest, indent=1) + "\n", "utf-8")
    (folder / "card.md").write_text(_card(manifest), "utf-8")
    return Imported(row.id, place / row.id, digest, difference, len(data))


def _card(manifest: dict[str, Any]) -> str:
    return f"""# {manifest["title"]}

Imported by the person who uses this copy of Telltale; not part of Telltale, not calibrated here
unless `calibration.json` lies beside this card.

| | |
|---|---|
| paper | {manifest["paper"]}, {manifest["url"]} |
| licence | {manifest["licence"]}. {manifest["licence_note"]} |
| trained on | {manifest["trained_on"]} |
| obtained from | {manifest["source"]} |
| file | `{manifest["file"]}`, SHA-256 `{manifest["file_sha256"]}` |
| stored as | ONNX, {manifest["precision"]} |
| differs from the framework by | {manifest["framework_difference"]:.2g} at most |

Its results here come from our face detector and landmarks in place of those that its authors used;
crops, scaling and normalisation are theirs.
"""
