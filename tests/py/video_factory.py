"""Tiny clips with known truth, encoded by PyAV: a portrait that moves, and files gone wrong."""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
from PIL import Image
from skimage import data

#: Primaries and matrix of ITU-R BT.2020 in ITU-T H.273.
_BT2020 = 9


def portrait(width: int = 240, height: int = 240) -> np.ndarray:
    """(height, width, 3) uint8: the astronaut's face, about 90 pixels wide."""
    crop = Image.fromarray(data.astronaut()[0:240, 100:340])
    return np.asarray(crop.resize((width, height)))


def moving(
    count: int, width: int = 240, height: int = 240, reach: float = 12.0
) -> list[np.ndarray]:
    """`count` frames of the portrait, swaying by `reach` pixels."""
    wide = np.pad(portrait(width, height), ((20, 20), (20, 20), (0, 0)), "edge")
    out = []
    for k in range(count):
        x = 20 + round(reach * np.sin(2 * np.pi * k / 30))
        y = 20 + round(0.4 * reach * np.cos(2 * np.pi * k / 37))
        out.append(np.ascontiguousarray(wide[y : y + height, x : x + width]))
    return out


def encode(
    path: Path,
    frames: Iterable[np.ndarray],
    fps: float = 25,
    codec: str = "libx264",
    crf: int = 18,
    times: list[float] | None = None,
    rotation: int = 0,
    options: dict[str, str] | None = None,
    pix_fmt: str = "yuv420p",
    transfer: int | None = None,
    tone_s: float = 0.0,
) -> Path:
    """Write frames as a video; `times` in seconds makes the frame rate vary.

    `rotation` is noted in the file as degrees that a player turns the pictures clockwise.
    `transfer` (ITU-T H.273) marks the pictures as BT.2020 with that transfer function. A tone of
    `tone_s` seconds goes along.
    """
    rate = Fraction(fps).limit_denominator(1001)
    with av.open(str(path), "w") as container:
        stream = container.add_stream(codec, rate=rate)
        if rotation:
            stream.set_display_rotation(-rotation)
        heard = container.add_stream("aac", rate=44100, layout="mono") if tone_s else None
        first = True
        for k, pixels in enumerate(frames):
            if first:
                stream.height, stream.width = pixels.shape[:2]
                stream.pix_fmt = pix_fmt
                stream.options = {"crf": str(crf), **(options or {})}
                stream.codec_context.time_base = Fraction(1, 1000) if times else 1 / rate
                first = False
            frame = av.VideoFrame.from_ndarray(pixels, format="rgb24")
            if transfer:
                frame = frame.reformat(format=pix_fmt)
                for marked in (frame, stream.codec_context):
                    marked.color_primaries = marked.colorspace = _BT2020
                    marked.color_trc = transfer
            frame.pts = round(1000 * times[k]) if times else k
            frame.time_base = Fraction(1, 1000) if times else 1 / rate
            container.mux(stream.encode(frame))
        if heard is not None:
            _tone(container, heard, tone_s)
        container.mux(stream.encode(None))
    return path


def sound(path: Path) -> Path:
    """A file with a second of sound and no pictures."""
    with av.open(str(path), "w") as container:
        _tone(container, container.add_stream("aac", rate=44100, layout="mono"), 1.0)
    return path


def _tone(container: Any, stream: Any, seconds: float) -> None:
    tone = np.sin(np.arange(int(44100 * seconds)) / 20).astype(np.float32).reshape(1, -1)
    frame = av.AudioFrame.from_ndarray(tone, format="fltp", layout="mono")
    frame.sample_rate = 44100
    container.mux(stream.encode(frame))
    container.mux(stream.encode(None))
