"""What the worker shows: decoded once, let go of in time, described in JSON."""

from __future__ import annotations

import json

import numpy as np
import pytest

from media_factory import jpeg, photograph, png
from telltale.media.model import MediaError
from telltale.runtime.gallery import Gallery
from telltale.runtime.session import Pixels

PIXELS = photograph(60, 80)


def test_a_sight_is_its_header_and_its_values() -> None:
    gallery = Gallery()
    gallery.put("a", png(PIXELS), "a.png", "file")
    ((header, values),) = gallery.look("a", "bit_planes", '{"channel": "red", "bit": 7}')
    found = json.loads(header)
    assert (found["kind"], found["width"], found["height"], found["high"]) == ("scalar", 80, 60, 1)
    shown = np.frombuffer(values, np.uint8).reshape(60, 80)
    assert (shown == np.where(PIXELS[..., 0] > 127, 255, 0)).all()


def test_pixels_and_files_are_compared_and_only_two_are_held() -> None:
    gallery = Gallery()
    gallery.put("a", png(PIXELS), "a.png", "file")
    gallery.put("b", PIXELS.tobytes(), "b", "canvas", Pixels(80, 60, {"decoder": "test"}))
    aligned, difference = gallery.compare("a", "b")
    assert json.loads(aligned[0])["sentence"].startswith("The two pictures lie over each other")
    assert json.loads(aligned[0])["kind"] == "colour"
    assert not any(difference[1])
    gallery.put("c", jpeg(PIXELS), "c.jpg", "file")
    assert [gallery.has(key) for key in "abc"] == [False, True, True]


def test_a_picture_that_was_asked_for_stays_when_another_is_put() -> None:
    gallery = Gallery()
    for key in "ab":
        gallery.put(key, png(PIXELS), f"{key}.png", "file")
    assert gallery.has("a")
    gallery.put("c", png(PIXELS), "c.png", "file")
    assert [gallery.has(key) for key in "abc"] == [True, False, True]


def test_what_is_no_picture_is_refused() -> None:
    with pytest.raises(MediaError, match="text file"):
        Gallery().put("a", b"no picture at all, but text", "a.jpg", "file")
