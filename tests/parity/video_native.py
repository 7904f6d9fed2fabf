"""CPython's side of the parity of videos: `python tests/parity/video_native.py FOLDER`.

Writes `sway.mp4`, its record `sway.json`, and of some of its frames the pixels as PyAV gives them:
`frames.json` [{"index", "time_s"}] and `frames.rgb`, one after the other. And a file of each of
`video_formats.FORMATS`, with what is read of them in `formats.json`.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "py"))

import video_factory as factory
from telltale.media.video import turned
from telltale.runtime.frames import PyAvSource
from telltale.runtime.inference import OnnxModels
from telltale.runtime.video_file import analyze
from video_formats import FORMATS, Format, make

#: Every so manieth frame's pixels are compared.
EVERY = 10


def main(folder: Path) -> None:
    """Make the clip and everything that is known of it here."""
    clip = factory.encode(folder / "sway.mp4", factory.moving(40))
    rows = []
    with (folder / "frames.rgb").open("wb") as out:
        for frame in PyAvSource(clip).frames(lambda time_s: "full"):
            rows.append({"index": frame.index, "time_s": frame.time_s})
            if frame.index % EVERY == 0:
                out.write(frame.pixels.tobytes())
    (folder / "frames.json").write_text(json.dumps(rows))
    (folder / "sway.json").write_text(json.dumps(analyze(clip, OnnxModels(threads=1))))
    (folder / "formats.json").write_text(json.dumps([described(folder, one) for one in FORMATS]))


def described(folder: Path, one: Format) -> dict[str, Any]:
    """What PyAV reads of a file; `pixels` is the mean of each of 16 by 16 parts of its last frame,
    as stored."""
    source = PyAvSource(make(folder, one))
    frames = list(source.frames(lambda time_s: "full"))
    stored = turned(frames[-1].pixels, -one.rotation % 360)
    parts = [np.array_split(row, 16, 1) for row in np.array_split(stored, 16)]
    fields = ("codec", "width", "height", "duration_s", "rotation", "hdr", "has_audio")
    return {
        "name": one.name,
        "refused": one.refused,
        **{name: getattr(source.meta, name) for name in fields},
        "times": [frame.time_s for frame in frames],
        "pixels": [part.mean((0, 1)).tolist() for row in parts for part in row],
    }


if __name__ == "__main__":
    main(Path(sys.argv[1]))
