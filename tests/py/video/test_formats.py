"""Every kind of video file that is promised is read as what it is."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import video_factory as factory
from telltale.media import bytesource
from telltale.media.clip import open_clip
from telltale.report import video_record
from telltale.runtime import video_file
from telltale.runtime.context import Context
from telltale.runtime.frames import PyAvSource
from telltale.video import VideoAnalysis
from video_formats import FORMATS, Format, make


@pytest.mark.parametrize("one", FORMATS, ids=lambda one: one.name)
def test_a_file_is_read_as_what_it_is(tmp_path: Path, one: Format) -> None:
    path = make(tmp_path, one)
    assert video_file.is_video(path)
    source = PyAvSource(path)
    meta = source.meta
    frames = list(source.frames(lambda time_s: "full"))
    expected = one.times or [k / 25 for k in range(12)]
    assert [frame.time_s for frame in frames] == pytest.approx(expected, abs=1e-3)
    assert (meta.codec, meta.rotation, meta.hdr) == (one.read, one.rotation, one.hdr)
    assert (meta.width, meta.height) == one.size
    assert meta.has_audio == one.sound
    assert one.hdr in " ".join(meta.notes)
    # what is seen is the portrait, upright
    true = factory.moving(len(expected), *one.size, reach=4)
    off = np.abs(frames[-1].pixels.astype(float) - true[-1])
    assert off.mean() < 4
    opened = open_clip(bytesource.of_file(path), path.name, "file", meta, Context())
    section = video_record.video_json(VideoAnalysis(opened, Context()))
    told = {
        ".mov": "QuickTime",
        ".mp4": "MP4",
        ".mkv": "Matroska",
        ".webm": "WebM",
        ".ts": "MPEG-TS",
    }
    assert section["container"] == told[path.suffix]
