"""One clip of half a second for each kind of file, and what is true of it in both runtimes."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

import video_factory as factory

#: Transfer functions of ITU-T H.273.
PQ, HLG = 16, 18
TIMES = [0.0, 0.04, 0.08, 0.2, 0.24, 0.48]


@dataclass(frozen=True)
class Format:
    """A file, how `video_factory.encode` makes it, and what is read of it.

    `refused` is the browser's code where a Chromium without licensed decoders has none.
    """

    name: str
    codec: str
    read: str
    size: tuple[int, int] = (160, 120)
    rotation: int = 0
    hdr: str = ""
    sound: bool = False
    times: list[float] | None = None
    refused: str = ""
    how: dict[str, object] = field(default_factory=dict)


FORMATS = (
    Format("h264.mov", "libx264", "h264"),
    Format("h264.ts", "libx264", "h264"),
    Format("sound.mp4", "libx264", "h264", sound=True, how={"tone_s": 0.4}),
    Format("ten-bit.mp4", "libx264", "h264", how={"pix_fmt": "yuv420p10le"}),
    Format("vp9.webm", "libvpx-vp9", "vp9", size=(161, 121)),
    Format("av1.mp4", "libsvtav1", "av1", size=(161, 121)),
    Format(
        "pq.mp4",
        "libsvtav1",
        "av1",
        hdr="PQ (SMPTE ST 2084)",
        how={"pix_fmt": "yuv420p10le", "transfer": PQ},
    ),
    Format(
        "hlg.mkv",
        "libsvtav1",
        "av1",
        hdr="HLG (ARIB STD-B67)",
        how={"pix_fmt": "yuv420p10le", "transfer": HLG},
    ),
    Format(
        "hevc-hlg.mov",
        "libx265",
        "hevc",
        hdr="HLG (ARIB STD-B67)",
        refused="codec_unsupported",
        how={
            "pix_fmt": "yuv420p10le",
            "transfer": HLG,
            "options": {"x265-params": "log-level=none"},
        },
    ),
    *(
        Format(f"turned-{degrees}.mp4", "libx264", "h264", rotation=degrees)
        for degrees in (90, 180, 270)
    ),
    Format("varying.mkv", "libx264", "h264", times=TIMES),
    Format("varying.mp4", "libx264", "h264", times=TIMES),
)


def make(folder: Path, one: Format) -> Path:
    """Write the file of a format; the portrait stands upright in it once it is turned."""
    os.environ.setdefault("SVT_LOG", "1")
    frames = factory.moving(len(one.times or range(12)), *one.size, reach=4)
    stored = [np.ascontiguousarray(np.rot90(f, one.rotation // 90)) for f in frames]
    return factory.encode(
        folder / one.name,
        stored,
        codec=one.codec,
        times=one.times,
        rotation=one.rotation,
        **one.how,
    )
