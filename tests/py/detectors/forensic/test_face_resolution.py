"""The face resolution test reads the size a face was enlarged from, and is quiet otherwise."""

from __future__ import annotations

import dataclasses
from functools import cache

import numpy as np
import pytest
from numpy.typing import NDArray
from pictures import Pixels, jpeg, photograph, png, sample, scene_of
from PIL import Image, ImageDraw
from scipy import ndimage

from telltale import analysis
from telltale.detectors._shared.effective_width import by_rescaling, by_spectrum
from telltale.detectors._shared.face_window import face_window, outline
from telltale.detectors.forensic import face_resolution
from telltale.detectors.forensic.face_resolution import LEAST_WIDTH, USUAL
from telltale.finding import Box, Finding
from telltale.runtime.context import Context
from telltale.scene import Face, luma


def face_at(x: float, y: float, width: float, index: int = 0, yaw: float = 0.0) -> Face:
    """A face outline of `width` centred at (x, y): a jaw of half an ellipse, and brows."""
    turn = np.linspace(np.pi, 0, 17)
    points = np.zeros((68, 2), np.float32)
    points[:17] = np.stack([np.cos(turn) / 2, 0.7 * np.sin(turn)], axis=1)
    points[17:27] = np.stack([np.linspace(-0.4, 0.4, 10), np.full(10, -0.3)], axis=1)
    points[27:] = [0, 0.1]
    points = points * width + np.array([x, y], np.float32)
    box = Box(x - width / 2, y - 0.4 * width, width, 1.1 * width)
    return Face(index, box, 0.9, np.zeros((468, 3), np.float32), points, 1.0, {"yaw_deg": yaw})


def examine(file: bytes, *faces: Face, unavailable: str | None = None) -> Finding:
    scene = scene_of(file)
    scene.faces, scene.faces_unavailable = faces, unavailable
    return analysis.run_module(face_resolution, scene, Context())


@cache
def sharp(seed: int) -> Pixels:
    """A simulated photograph shrunk to 768 pixels, so that it is sharp to its last pixel."""
    image = Image.fromarray(photograph(seed, side=1280))
    return np.asarray(image.resize((768, 768), Image.Resampling.LANCZOS))


def enlarged_face(pixels: Pixels, face: Face, share: float) -> Pixels:
    """The picture with its face area shrunk to `share` and enlarged again, blended in."""
    height, width = pixels.shape[:2]
    image = Image.fromarray(pixels)
    small = image.resize((round(width * share), round(height * share)), Image.Resampling.LANCZOS)
    soft = np.asarray(small.resize((width, height), Image.Resampling.BICUBIC), float)
    canvas = Image.new("L", (width, height))
    ImageDraw.Draw(canvas).polygon([(float(x), float(y)) for x, y in outline(face)], fill=1)
    mask = ndimage.gaussian_filter(np.asarray(canvas, float), 3)[..., None]
    return np.rint(soft * mask + pixels * (1 - mask)).astype(np.uint8)


FACE = face_at(384, 330, 280)


@pytest.mark.parametrize("share", [0.25, 0.35, 0.5])
def test_reads_the_size_that_the_face_was_made_at(share: float) -> None:
    """Both measures, on the window itself: within a third of the truth."""
    window = face_window(luma(enlarged_face(sharp(1), FACE, share)), FACE)
    rescaling, spectrum = by_rescaling(window)[0], by_spectrum(window)
    assert rescaling.face == pytest.approx(share * 280, rel=0.35)
    assert spectrum.face == pytest.approx(share * 280, rel=0.5)
    assert rescaling.around is not None
    assert rescaling.around > 0.7 * 280


@pytest.mark.parametrize("quality", [75, 90, None])
@pytest.mark.parametrize("i", range(4))
def test_finds_an_enlarged_face(i: int, quality: int | None) -> None:
    pixels = enlarged_face(sharp(i), FACE, 0.3)
    finding = examine(png(pixels) if quality is None else jpeg(pixels, quality), FACE)
    assert finding.score is not None
    assert finding.score.value < USUAL
    assert "marked difference" in finding.sentence


@pytest.mark.parametrize("quality", [50, 75, 90, None])
@pytest.mark.parametrize("i", range(4))
def test_an_untouched_face_stays_quiet(i: int, quality: int | None) -> None:
    pixels = sharp(i)
    finding = examine(png(pixels) if quality is None else jpeg(pixels, quality), FACE)
    assert finding.score is not None
    assert finding.score.value > USUAL
    assert "within what untouched" in finding.sentence


def test_a_picture_enlarged_as_a_whole_is_no_inconsistency() -> None:
    small = Image.fromarray(sharp(2)).resize((270, 270), Image.Resampling.LANCZOS)
    whole = np.asarray(small.resize((768, 768), Image.Resampling.BICUBIC))
    finding = examine(png(whole), FACE)
    assert finding.score is not None
    assert finding.score.value > USUAL
    assert "full resolution" not in finding.sentence


def test_a_real_portrait_with_a_real_detector() -> None:
    from telltale.runtime.inference import OnnxModels

    pixels = sample("astronaut")
    context = Context(models=OnnxModels())
    run = analysis.begin(png(pixels), "astronaut")
    analysis.find_faces(run, context)
    assert len(run.scene.faces) == 1
    face = run.scene.faces[0]
    quiet = examine(png(pixels), face)
    made = examine(png(enlarged_face(pixels, face, 0.4)), face)
    assert quiet.score is not None
    assert made.score is not None
    assert quiet.score.value > USUAL > made.score.value


def test_the_map_shows_where_and_lies_over_the_face() -> None:
    finding = examine(png(enlarged_face(sharp(3), FACE, 0.3)), FACE)
    map_ = finding.maps[0]
    assert map_.box is not None
    rows, columns = map_.values.shape
    x = map_.box.x + (np.arange(columns) + 0.5) * map_.box.w / columns
    y = map_.box.y + (np.arange(rows) + 0.5) * map_.box.h / rows
    inside = inner(FACE, x, y)
    assert np.median(map_.values[inside]) < np.median(map_.values[~inside]) - 0.8


def inner(face: Face, x: NDArray[np.floating], y: NDArray[np.floating]) -> NDArray[np.bool_]:
    """Cells well inside the face."""
    points = outline(face)
    middle, half = points.mean(axis=0), np.ptp(points, axis=0) / 3
    return (np.abs(y - middle[1]) < half[1])[:, None] & (np.abs(x - middle[0]) < half[0])[None, :]


def test_names_the_least_detailed_of_several_faces() -> None:
    first, second = face_at(200, 200, 180), face_at(560, 540, 180, index=1)
    finding = examine(png(enlarged_face(sharp(4), second, 0.35)), first, second)
    assert finding.region.face == 1
    assert [part.region.face for part in finding.parts] == [0, 1]
    scores = [part.score for part in finding.parts]
    assert scores[1] is not None
    assert scores[0] is not None
    assert scores[1] < USUAL < scores[0]
    assert len(finding.maps) == 2


def test_measures_what_it_can_and_says_what_it_cannot() -> None:
    small = face_at(80, 80, LEAST_WIDTH - 4, index=1)
    turned = dataclasses.replace(face_at(600, 600, 160, index=2), quality={"yaw_deg": -70.0})
    finding = examine(png(sharp(0)), FACE, small, turned)
    assert finding.status == "ok"
    assert [part.reason for part in finding.parts] == [None, "face_too_small", "face_turned_away"]


def test_refuses_with_reasons() -> None:
    file = png(sharp(0))
    assert examine(file).reason == "no_face"
    assert examine(file, unavailable="model_missing").reason == "model_missing"
    assert examine(file, face_at(100, 100, 50)).reason == "face_too_small"
    assert examine(file, face_at(300, 300, 200, yaw=80)).reason == "face_turned_away"
    assert examine(jpeg(sharp(0), 20), FACE).reason == "compressed_too_much"
    flat = png(np.full((768, 768, 3), 120, np.uint8))
    assert examine(flat, FACE).reason == "flat_or_saturated"
    scene = scene_of(file, "screen-crop")
    scene.faces = (FACE,)
    finding = analysis.run_module(face_resolution, scene, Context())
    assert finding.reason == "needs_original_bytes"


def test_a_large_face_is_measured_at_a_working_size() -> None:
    pixels = np.asarray(Image.fromarray(sharp(5)).resize((2304, 2304), Image.Resampling.BICUBIC))
    face = face_at(1150, 1000, 1500)
    finding = examine(jpeg(pixels, 92), face)
    facts = {fact.name: fact.value for fact in finding.facts}
    assert facts["face_width"] == 1500
    # Everything was enlarged threefold, and the number is in pixels of the picture.
    assert 300 <= float(facts["face_detail_width"] or 0) < 900
