"""A clip for the extension: `python tests/browser/extension_media.py FILE SECONDS [black]`."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
from PIL import Image

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "py"))

import video_factory as factory

FPS = 20


def picture(k: int) -> np.ndarray:
    """(120, 160, 3) uint8: a colour of its own and a white square that wanders."""
    image = Image.new("RGB", (160, 120), f"hsl({4 * k % 360}, 70%, 45%)")
    image.paste((255, 255, 255), (x := 2 * k % 140, 40, x + 20, 60))
    return np.asarray(image)


def main(path: Path, seconds: float, black: bool) -> None:
    """VP8, every frame another; or all of them black."""
    frames = [picture(k) for k in range(round(FPS * seconds))]
    if black:
        frames = [np.zeros_like(frame) for frame in frames]
    factory.encode(path, frames, FPS, codec="libvpx", options={"b:v": "1M"})


if __name__ == "__main__":
    main(Path(sys.argv[1]), float(sys.argv[2]), sys.argv[3:] == ["black"])
