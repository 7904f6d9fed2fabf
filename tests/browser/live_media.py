"""Make what a fake camera shows: `python tests/browser/live_media.py FILE.y4m`."""

from __future__ import annotations

import sys
from pathlib import Path

import av

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "py"))

import video_factory as factory


def main(path: Path) -> None:
    """A portrait that sways, two seconds at 30 frames a second, uncompressed (YUV4MPEG2)."""
    frames = factory.moving(60, 320, 240)
    with path.open("wb") as file:
        file.write(b"YUV4MPEG2 W320 H240 F30:1 Ip A1:1 C420jpeg\n")
        for pixels in frames:
            planar = av.VideoFrame.from_ndarray(pixels, format="rgb24").reformat(format="yuv420p")
            file.write(b"FRAME\n" + planar.to_ndarray().tobytes())


if __name__ == "__main__":
    main(Path(sys.argv[1]))
