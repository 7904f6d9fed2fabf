"""The classic mistakes are named beside the findings that they weaken, in both languages."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from media_factory import jpeg, photograph, png
from telltale import analysis, detectors
from telltale.detectors.forensic import error_level_analysis
from telltale.detectors.provenance import metadata
from telltale.evidence import teaching
from telltale.evidence.sentences import say
from telltale.finding import Finding, ok
from telltale.media.decode import open_pixels
from telltale.runtime.context import Context
from telltale.scene import Scene

ROOT = Path(__file__).resolve().parents[3]


def drawing() -> bytes:
    """Bars and a grid on white, saved as a PNG."""
    pixels = np.full((480, 640, 3), 255, np.uint8)
    for k in range(8):
        pixels[400 - 40 * k : 440, 60 + 70 * k : 100 + 70 * k] = (30, 90, 200)
    pixels[::60] = 0
    return png(pixels)


def finding(file: bytes, detector: str) -> Finding:
    state = analysis.begin(file, "x")
    return analysis.run_detector(state, detector, Context())


def test_a_drawing_has_no_traces_of_a_camera() -> None:
    found = finding(drawing(), "noise_level")
    assert (found.status, found.reason) == ("not_applicable", "not_photographic")


def test_a_test_of_the_file_still_speaks_of_a_capture_and_says_what_that_means() -> None:
    pixels = photograph(700, 900)
    media = open_pixels(pixels.tobytes(), 900, 700, "x", "screen-crop")
    said = teaching.lowered(ok(error_level_analysis.CARD, "Something stands out."), Scene(media))
    assert said.caveats == (say("caveat.screenshot"),)
    other = ok(metadata.CARD, "The file says nothing.")
    assert teaching.lowered(other, Scene(media)) == other


def test_platforms_thumbnails_and_captures_are_said() -> None:
    shared = finding(jpeg(photograph(960, 1280), 80), "error_level_analysis")
    assert say("caveat.platform") in shared.caveats
    strong = finding(jpeg(photograph(600, 700), 40), "error_level_analysis")
    assert say("caveat.compressed") in strong.caveats


def test_a_camera_picture_gets_no_warning() -> None:
    found = finding(jpeg(photograph(700, 900), 93), "error_level_analysis")
    assert found.status == "ok"
    assert not {say(f"caveat.{code}") for code in teaching.WEAKENING} & set(found.caveats)


def test_only_forensic_tests_are_removed() -> None:
    state = analysis.begin(drawing(), "x")
    for entry in detectors.REGISTRY:
        card = detectors.load(entry).CARD
        if card.family != "forensic":
            assert teaching.removed(card, state.scene) is None


@pytest.mark.parametrize("code", sorted(teaching.WEAKENING))
def test_views_know_every_warning_in_spanish(code: str) -> None:
    book = json.loads((ROOT / "web/locales/es.record.json").read_text("utf-8"))
    assert book[say(f"caveat.{code}")] == say(f"caveat.{code}", "es")
