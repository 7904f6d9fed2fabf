"""The public register of failures: each still happens, and none is called substantial."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFilter, PngImagePlugin
from skimage import data

from models.verdict.graphics import GRAPHICS
from telltale import analysis
from telltale.evidence.sentences import say
from telltale.media.decode import open_media
from telltale.media.kind import kind_of
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


def test_forged_words_in_a_file_are_repeated_and_change_no_answer() -> None:
    text = PngImagePlugin.PngInfo()
    text.add_text("parameters", "a portrait\nSteps: 20, Sampler: Euler a, CFG scale: 7, Seed: 1")
    files = []
    for info in (text, None):
        buffer = io.BytesIO()
        Image.fromarray(data.astronaut()).save(buffer, "PNG", pnginfo=info)
        files.append(buffer.getvalue())
    assert "`forged words`" in REGISTER.read_text("utf-8")
    forged, plain = (assessed(file) for file in files)
    assert forged["sentence"] == say("verdict.declared"), "repaired? then take it out"
    assert [q["llr"] for q in forged["questions"]] == [q["llr"] for q in plain["questions"]]


def assessed(file: bytes) -> dict[str, Any]:
    """What is said of a file by its metadata and one test that weighs."""
    state = analysis.begin(file, "picture.png")
    context = Context(OnnxModels(), repeat=False)
    for step in ("metadata", "generated_image", analysis.ASSESS):
        analysis.run_step(state, step, context)
    assert state.assessment is not None
    return state.assessment


def board() -> np.ndarray:
    picture = Image.fromarray(data.astronaut())
    draw = ImageDraw.Draw(picture)
    draw.rectangle((0, 0, 511, 130), fill=(240, 240, 240))
    for y in (20, 60, 100):
        strokes = [(x, y + (x // 9 % 2) * 14) for x in range(20, 490, 9)]
        draw.line(strokes, fill=(10, 10, 10), width=3)
    return np.asarray(picture)


def cut_out() -> np.ndarray:
    picture, part = np.full((600, 600, 3), 255, np.uint8), data.coffee()[100:350, 150:400]
    y, x = np.mgrid[:250, :250]
    inside = (y - 125) ** 2 + (x - 125) ** 2 < 125**2
    picture[175:425, 175:425][inside] = part[inside]
    return picture


def full_screen() -> np.ndarray:
    return np.asarray(Image.fromarray(data.astronaut()).resize((1080, 1920)))


#: Name in the register, pixels, JPEG quality (0 for PNG), and what they are wrongly taken for.
KINDS = [
    ("ramp", lambda: GRAPHICS["ramps"](np.random.default_rng(3), data.coffee()), 75, "photograph"),
    ("logo", lambda: np.ascontiguousarray(data.logo()[..., :3]), 90, "photograph"),
    ("wheel", data.colorwheel, 90, "photograph"),
    ("full screen", full_screen, 0, "photograph"),
    ("board", board, 90, "captioned"),
    ("cut-out", cut_out, 90, "letterboxed"),
]


@pytest.mark.parametrize(("name", "make", "quality", "taken_for"), KINDS, ids=[k[0] for k in KINDS])
def test_the_kind_is_known_to_be_mistaken(
    name: str, make: Callable[[], np.ndarray], quality: int, taken_for: str
) -> None:
    buffer = io.BytesIO()
    image = Image.fromarray(make())
    if quality:
        image.save(buffer, "JPEG", quality=quality)
    else:
        image.save(buffer, "PNG")
    nature = kind_of(open_media(buffer.getvalue(), "picture")).nature
    assert nature == taken_for, "repaired? then take it out of the register"
    assert f"`{name}`" in REGISTER.read_text("utf-8")
