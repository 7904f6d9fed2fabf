"""Make the clips of the browser tests: `python tests/browser/video_media.py FOLDER`."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
from PIL import Image

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "py"))

import video_factory as factory
from video_formats import FORMATS, make


def main(folder: Path) -> None:
    """Write the clips; names say what is in them."""
    folder.mkdir(parents=True, exist_ok=True)
    frames = factory.moving(50)
    sway = factory.encode(folder / "sway.mp4", frames)
    factory.encode(folder / "sway.webm", frames[:30], codec="libvpx-vp9", crf=30)
    upright = factory.moving(10, 160, 120, reach=2)
    stored = [np.ascontiguousarray(np.rot90(frame)) for frame in upright]
    factory.encode(folder / "turned.mp4", stored, rotation=90)
    times = [0.0, 0.04, 0.08, 0.3, 0.34, 0.9]
    factory.encode(folder / "varying.mkv", factory.moving(6), times=times)
    odd = factory.moving(5, 241, 239)
    factory.encode(folder / "odd.webm", odd, codec="libvpx-vp9", crf=20)
    factory.encode(folder / "hevc.mp4", frames[:5], codec="libx265", crf=30)
    factory.sound(folder / "sound.mp4")
    make(folder, next(one for one in FORMATS if one.name == "pq.mp4"))
    data = sway.read_bytes()
    (folder / "no-index.mp4").write_bytes(data[: data.rfind(b"moov") - 4])
    whole = factory.encode(folder / "whole.mkv", factory.moving(75), options={"g": "10"})
    data = whole.read_bytes()
    (folder / "cut.mkv").write_bytes(data[: len(data) // 2])
    # ten minutes without a face: what is asked is how much is held at once
    ramp = np.add.outer(np.arange(48), 2 * np.arange(64))[..., None] + np.zeros(3)
    film = (((ramp + k) % 251).astype(np.uint8) for k in range(3000))
    factory.encode(folder / "long.mp4", film, fps=5, options={"preset": "ultrafast"})
    Image.fromarray(factory.portrait()).save(folder / "face.png")
    pictures = [Image.fromarray(frame) for frame in factory.moving(8)]
    for name in ("sway.gif", "sway.webp"):
        pictures[0].save(
            folder / name, save_all=True, append_images=pictures[1:], duration=70, loop=0
        )


if __name__ == "__main__":
    main(Path(sys.argv[1]))
