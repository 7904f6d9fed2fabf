"""Frames of animated GIF and WebP files through Pillow, in both runtimes."""

from __future__ import annotations

import io
import math
from collections.abc import Callable, Iterator

import numpy as np
from PIL import Image

from telltale.media.decode import decoder_facts
from telltale.media.model import MediaError
from telltale.media.video import MAX_PIXELS, Frame, VideoMeta, Wish

#: What browsers show instead of delays below 20 ms, in milliseconds.
_LEAST_DELAY = 100
#: Frames whose delays are summed for the duration; a file with more is followed this far.
MAX_FRAMES = 20_000


def is_animated(data: bytes) -> bool:
    """Whether these are the bytes of a GIF or WebP of several frames that Pillow can read."""
    if not data.startswith(b"GIF8") and data[8:12] != b"WEBP":
        return False
    try:
        with Image.open(io.BytesIO(data), formats=("GIF", "WEBP")) as image:
            return getattr(image, "n_frames", 1) > 1
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError):
        return False


class AnimationSource:
    """`telltale.media.video.FrameSource` over the bytes of a GIF or WebP."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self.trouble = ""
        with Image.open(io.BytesIO(data), formats=("GIF", "WEBP")) as image:
            width, height = image.size
            if width * height > MAX_PIXELS:
                raise MediaError(
                    "too_many_pixels", f"The pictures have {width} x {height} pixels: too many."
                )
            format = "GIF" if image.format == "GIF" else "WebP"
            self._delays = _gif_delays(image) if format == "GIF" else _webp_delays(data)
        duration = sum(self._delays)
        notes = ("A GIF has at most 256 colours a frame.",) if format == "GIF" else ()
        self.meta = VideoMeta(
            container=format,
            codec=format.lower(),
            width=width,
            height=height,
            duration_s=duration,
            rate_fps=len(self._delays) / duration if duration else 0.0,
            frames=len(self._delays),
            has_audio=False,
            decoder=decoder_facts(format, "RGB"),
            notes=notes,
        )

    def frames(
        self, wish: Callable[[float], Wish], start_s: float = 0.0, end_s: float = math.inf
    ) -> Iterator[Frame]:
        time_s = 0.0
        with Image.open(io.BytesIO(self._data), formats=("GIF", "WEBP")) as image:
            for index, delay in enumerate(self._delays):
                if time_s >= end_s:
                    return
                try:
                    image.seek(index)
                    if time_s >= start_s and wish(time_s):
                        yield Frame(index, time_s, np.asarray(image.convert("RGB")))
                except (EOFError, OSError) as error:
                    if not index:
                        raise MediaError(
                            "no_frames", f"Not one frame can be decoded ({error})."
                        ) from None
                    self.trouble = f"The file is not complete: frame {index + 1} is missing."
                    return
                time_s += delay


def _webp_delays(data: bytes) -> list[float]:
    """Seconds that each frame is shown, from the ANMF chunks: Pillow decodes a frame to tell."""
    delays: list[float] = []
    at = 12
    while at + 24 <= len(data) and len(delays) < MAX_FRAMES:
        size = int.from_bytes(data[at + 4 : at + 8], "little")
        if data[at : at + 4] == b"ANMF":
            delays.append(_shown(int.from_bytes(data[at + 20 : at + 23], "little")))
        at += 8 + size + size % 2
    return delays


def _shown(milliseconds: float) -> float:
    return (milliseconds if milliseconds >= 20 else _LEAST_DELAY) / 1000


def _gif_delays(image: Image.Image) -> list[float]:
    """Seconds that each frame is shown."""
    delays = []
    for index in range(min(getattr(image, "n_frames", 1), MAX_FRAMES)):
        try:
            image.seek(index)
        except (EOFError, OSError):
            break
        delays.append(_shown(float(image.info.get("duration", 0) or 0)))
    return delays
