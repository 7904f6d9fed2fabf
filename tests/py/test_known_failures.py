"""The public register of failures: each still happens, and none is called substantial."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image, ImageFilter
from skimage import data

from telltale import analysis
from telltale.report.record import record
from telltale.runtime.context import Context
from telltale.runtime.inference import OnnxModels

REGISTER = Path(__file__).resolve().parents[2] / "docs/known-failures.md"


def examined(pixels: np.ndarray) -> dict[str, Any]:
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "JPEG", quality=90)
    state = analysis.begin(buffer.getvalue(), "picture.jpg")
    models = OnnxModels()
    list(analysis.run_all(state, Context(models)))
    return record(state, models.used())


def blurred_face() -> np.ndarray:
    picture = Image.fromarray(data.astronaut())
    box = (165, 60, 285, 200)
    picture.paste(picture.crop(box).filter(ImageFilter.GaussianBlur(2)), box[:2])
    return np.asarray(picture)


@pytest.mark.parametrize(
    ("pixels", "detector", "at_least"),
    [
        pytest.param(data.coffee(), "noise_level", 3.0, id="coffee"),
        pytest.param(blurred_face(), "face_warping", 0.5, id="astronaut"),
    ],
)
def test_the_failure_is_known_and_never_substantial(
    pixels: np.ndarray, detector: str, at_least: float, request: pytest.FixtureRequest
) -> None:
    document = examined(pixels)
    finding = next(f for f in document["findings"] if f["detector"] == detector)
    assert finding["score"]["value"] >= at_least, "repaired? then take it out of the register"
    name = request.node.callspec.id
    assert f"skimage.data.{name}" in REGISTER.read_text("utf-8")
    for question in document["assessment"]["questions"]:
        assert question["strength"] != "substantial"
