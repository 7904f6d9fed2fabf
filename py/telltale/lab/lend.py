"""The network beside a detector's file, checked against its form and lent to ONNX Runtime."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

from telltale.detectors.unreviewed import Unreviewed
from telltale.lab.loading import DetectorRefused
from telltale.lab.sentences import words
from telltale.runtime.inference import Lent, OnnxModels


def beside(path: Path, detector: Unreviewed, models: OnnxModels) -> None:
    """Lend `ID.onnx` beside `path` to `models`, where the detector runs a model of its own id.

    Raises `DetectorRefused` where the network is not the one whose self-test was recorded.
    """
    name = detector.id
    if name not in detector.module.CARD.models:
        return
    onnx, form = path.with_name(f"{name}.onnx"), path.with_name(f"{name}.json")
    if not onnx.is_file() or not form.is_file():
        raise DetectorRefused(words("file.alone", name=path.name, onnx=onnx.name, form=form.name))
    models.lend(checked(name, onnx.read_bytes(), form.read_text("utf-8")))


def checked(name: str, onnx: bytes, form: str) -> Lent:
    """The network with its recorded self-test; raises `DetectorRefused`."""
    try:
        document = json.loads(form)
        sha256, test = str(document["sha256"]), document["self_test"]
        if not test["inputs"] or not test["outputs"]:
            raise ValueError("no self-test")
    except (ValueError, KeyError, TypeError) as error:
        raise DetectorRefused(words("file.no_self_test", name=name)) from error
    if hashlib.sha256(onnx).hexdigest() != sha256:
        raise DetectorRefused(words("file.other_network", name=name))
    return Lent(name, onnx, test)
