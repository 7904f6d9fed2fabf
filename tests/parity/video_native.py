"""CPython's side of the parity of videos: `python tests/parity/video_native.py FOLDER`.

Writes `sway.mp4`, its record `sway.json`, and of some of its frames the pixels as PyAV gives them:
`frames.json` [{"index", "time_s", "mean": [r, g, b]}] and `frames.rgb`, one after the other.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "py"))

import video_factory as factory
from telltale.runtime.frames import PyAvSource
from telltale.runtime.inference import OnnxModels
from telltale.runtime.video_file import analyze

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


if __name__ == "__main__":
    main(Path(sys.argv[1]))
