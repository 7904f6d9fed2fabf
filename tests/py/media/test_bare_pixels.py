"""Pixels without a file: canvas, video frame, captured tab."""

from __future__ import annotations

import hashlib

import numpy as np
import pytest

import media_factory as make
from telltale.media.decode import open_pixels
from telltale.media.model import MediaError

PHOTO = make.photograph(40, 60)


def test_rgba_becomes_rgb_and_has_no_original() -> None:
    rgba = np.dstack([PHOTO, np.full((40, 60), 255, np.uint8)])
    media = open_pixels(rgba.tobytes(), 60, 40, "tab", "tab-capture", {"decoder": "Chromium"})
    assert (media.pixels == PHOTO).all()
    assert media.sha256 == hashlib.sha256(rgba.tobytes()).hexdigest()
    assert not media.has_original_bytes
    assert not media.has_alpha
    assert media.rung == "tab-capture"
    assert media.decoder == {"decoder": "Chromium"}
    assert media.jpeg is None


def test_rgb_is_viewed_and_not_copied() -> None:
    data = bytearray(PHOTO.tobytes())
    media = open_pixels(memoryview(data), 60, 40, "x", "canvas")
    assert np.shares_memory(media.pixels, np.frombuffer(data, np.uint8))
    assert not media.pixels.flags.writeable


def test_alpha_is_noted() -> None:
    media = open_pixels(make.with_alpha(PHOTO).tobytes(), 60, 40, "x", "canvas")
    assert media.has_alpha
    assert any("alpha" in n for n in media.notes)


@pytest.mark.parametrize(
    ("size", "width", "height", "code"),
    [
        (7200, 60, 41, "damaged"),
        (100, 30000, 30000, "too_many_pixels"),
        (0, 0, 0, "damaged"),
        (60 * 40 * 2, 60, 40, "damaged"),
    ],
)
def test_wrong_lengths(size: int, width: int, height: int, code: str) -> None:
    with pytest.raises(MediaError) as caught:
        open_pixels(bytes(size), width, height, "x", "canvas")
    assert caught.value.code == code


def test_files_do_not_come_this_way() -> None:
    with pytest.raises(ValueError, match="open_media"):
        open_pixels(PHOTO.tobytes(), 60, 40, "x", "file")
