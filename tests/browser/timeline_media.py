"""Make the clip of the timeline's test: `python tests/browser/timeline_media.py FILE.webm`."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "py"))

import video_factory as factory

if __name__ == "__main__":
    factory.encode(Path(sys.argv[1]), factory.moving(50), codec="libvpx-vp9", crf=30)
