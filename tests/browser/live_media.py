"""Make what a fake camera shows: `python tests/browser/live_media.py FILE.y4m [WIDTH HEIGHT]`.

`FILE.mp4` is the same as a film, for a tab that shows a call.
"""

from __future__ import annotations

import sys
from pathlib import Path

import av

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "py"))

import video_factory as factory


def main(path: Path, width: int = 320, height: int = 240) -> None:
    """A portrait that sways, two seconds at 30 frames a second: H.264, or raw (YUV4MPEG2)."""
    frames = factory.moving(60, width, height)
    if path.suffix == ".mp4":
        factory.encode(path, frames, 30)
        return
    with path.open("wb") as file:
        file.write(f"YUV4MPEG2 W{width} H{height} F30:1 Ip A1:1 C420jpeg\n".encode())
        for pixels in frames:
            planar = av.VideoFrame.from_ndarray(pixels, format="rgb24").reformat(format="yuv420p")
            file.write(b"FRAME\n" + planar.to_ndarray().tobytes())


if __name__ == "__main__":
    main(Path(sys.argv[1]), *map(int, sys.argv[2:]))
