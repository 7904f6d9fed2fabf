"""The door to PyAV (FFmpeg) on CPython: frames of a video file. The browser has WebCodecs."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np

from telltale.media.model import MediaError
from telltale.media.video import MAX_PIXELS, Frame, VideoMeta, Wish, turned

#: Transfer functions (ITU-T H.273) beyond standard dynamic range.
_HDR = {16: "PQ (SMPTE ST 2084)", 18: "HLG (ARIB STD-B67)"}
#: Matrices of ITU-T H.273: what browsers take where the file names none.
_BT709, _UNSAID = 1, 2
#: libswscale's SWS_BILINEAR | SWS_FULL_CHR_H_INT | SWS_ACCURATE_RND: its usual way truncates, and
#: so darkens by more than a grey level.
_EXACT = 0x42002
_CONTAINERS = {
    "mov,mp4,m4a,3gp,3g2,mj2": "MP4",
    "matroska,webm": "Matroska",
    "avi": "AVI",
    "mpegts": "MPEG-TS",
    "mpeg": "MPEG-PS",
    "flv": "FLV",
    "asf": "ASF",
    "ogg": "Ogg",
}


class PyAvSource:
    """`telltale.media.video.FrameSource` over a file on disk.

    Raises `MediaError` with code `decoder_missing` (PyAV is not installed), `truncated`,
    `damaged`, `audio_only`, `no_frames`, `codec_unsupported` or `too_many_pixels`.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self.trouble = ""
        with self._opened() as container:
            self.meta = _meta(container)

    def frames(
        self, wish: Callable[[float], Wish], start_s: float = 0.0, end_s: float = math.inf
    ) -> Iterator[Frame]:
        import av

        count = 0
        with self._opened() as container:
            stream = container.streams.video[0]
            stream.thread_type = "AUTO"
            origin = _seconds(stream.start_time, stream) or 0.0
            if start_s > 0:
                container.seek(int((start_s + origin) / stream.time_base), stream=stream)
            rate = self.meta.rate_fps or 25.0
            last = -math.inf
            try:
                for decoded in container.decode(stream):
                    time_s = _seconds(decoded.pts, stream)
                    time_s = (last + 1 / rate if time_s is None else time_s - origin) or 0.0
                    last = time_s
                    if time_s >= end_s:
                        return
                    index = round(time_s * rate) if start_s > 0 else count
                    count += 1
                    if time_s >= start_s and wish(time_s):
                        yield Frame(index, time_s, _upright(decoded, self.meta.rotation))
            except av.error.FFmpegError as error:
                if not count:
                    raise _no_frame(error) from None
                self.trouble = (
                    f"Decoding ended at {max(last, 0):.1f} s: the rest of the file is damaged or "
                    "missing."
                )
        if not count and start_s == 0:
            raise _no_frame(None)
        if start_s == 0 and end_s == math.inf and self.meta.duration_s - last > 1 + 2 / rate:
            self.trouble = (
                f"The container promises {self.meta.duration_s:.1f} s of video, and pictures end "
                f"at {last:.1f} s: the file is not complete."
            )

    def _opened(self) -> Any:
        try:
            import av
        except ImportError:
            raise MediaError(
                "decoder_missing",
                "Videos are decoded by PyAV, which is not installed. Install it with "
                "pip install 'telltale[video]'.",
            ) from None
        try:
            return av.open(str(self._path))
        except av.error.FFmpegError as error:
            raise MediaError(
                "damaged",
                "The video's container cannot be read; the file is damaged or not complete "
                f"({error.strerror or type(error).__name__}).",
            ) from None


def _meta(container: Any) -> VideoMeta:
    import av

    if not container.streams.video:
        if container.streams.audio:
            raise MediaError("audio_only", "This file holds sound but no pictures.")
        raise MediaError("no_frames", "This file holds no video.")
    stream = container.streams.video[0]
    codec = stream.codec_context
    if codec is None:
        raise MediaError("codec_unsupported", "FFmpeg knows no decoder for this video's codec.")
    if not codec.width or not codec.height:
        raise MediaError("damaged", "The file does not say how large its pictures are.")
    if codec.width * codec.height > MAX_PIXELS:
        raise MediaError(
            "too_many_pixels", f"The pictures have {codec.width} x {codec.height} pixels: too many."
        )
    first, notes = _first(container, stream)
    rotation = round(-(first.rotation if first is not None else 0) / 90) * 90 % 360
    width, height = codec.width, codec.height
    if rotation in (90, 270):
        width, height = height, width
    if rotation:
        notes.append(f"Turned upright by {rotation} degrees as the file says.")
    aspect = stream.sample_aspect_ratio or codec.sample_aspect_ratio
    if aspect and aspect != 1:
        notes.append(
            f"The pixels are not square ({aspect}); they are examined as stored, so faces look "
            "stretched."
        )
    hdr = _HDR.get(int(codec.color_trc or 0), "") if codec.color_trc else ""
    if hdr:
        notes.append(
            f"The pictures are high dynamic range ({hdr}); they are examined without tone "
            "mapping, as no test was validated on them."
        )
    duration = _seconds(stream.duration, stream)
    if not duration and container.duration:
        duration = container.duration / av.time_base
    return VideoMeta(
        container=_CONTAINERS.get(container.format.name, container.format.name),
        codec=codec.name.removeprefix("lib").replace("dav1d", "av1"),
        width=width,
        height=height,
        duration_s=float(duration or 0.0),
        rate_fps=float(stream.average_rate or 0),
        frames=int(stream.frames) or None,
        rotation=rotation,
        hdr=hdr,
        has_audio=bool(container.streams.audio),
        decoder={
            "decoder": f"PyAV {av.__version__}, FFmpeg libavcodec "
            + ".".join(str(n) for n in av.library_versions["libavcodec"]),
            "codec": codec.name,
            "colour": "RGB by libswscale, rounded; the matrix is the stored one, else BT.709",
            "colour management": "none",
        },
        notes=tuple(notes),
    )


def _first(container: Any, stream: Any) -> tuple[Any, list[str]]:
    """The first frame, for its rotation; refuses a file without one."""
    import av

    try:
        for frame in container.decode(stream):
            return frame, []
    except av.error.FFmpegError as error:
        raise _no_frame(error) from None
    raise _no_frame(None)


def _no_frame(error: Any) -> MediaError:
    why = f" ({error.strerror or type(error).__name__})" if error is not None else ""
    return MediaError(
        "no_frames",
        f"Not one picture of this video can be decoded{why}; the file is damaged, not complete, or "
        "its codec is unknown here.",
    )


def _seconds(pts: int | None, stream: Any) -> float | None:
    return None if pts is None or stream.time_base is None else float(pts * stream.time_base)


def _upright(decoded: Any, rotation: int) -> np.ndarray:
    matrix = _BT709 if int(decoded.colorspace) == _UNSAID else None
    made = decoded.reformat(format="rgb24", src_colorspace=matrix, interpolation=_EXACT)
    return turned(made.to_ndarray(), rotation)
