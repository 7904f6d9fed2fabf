"""What the browser's worker calls for a video: frames are pushed one by one, lanes come back.

The worker demuxes and decodes (mediabunny, WebCodecs); every number is made here. All answers are
JSON texts; shapes are those of `video` in `telltale/report/schema.json`.

    begin_video(name, rung, size, read, meta)  {"media", "plan"} or {"record"}, a refusal
    wants_next(time_s)                         "" (make no pixels) | "geometry" | "full"
    push_frame(rgba, width, height, time_s, index)
                                               {"fraction", "points": [...], "tracks": [...]}
    again()                                    {"windows": [[start_s, end_s], ...]}
    trouble(sentence)                          decoding ended early; said in the record
    finish()                                   {"findings": [...], "video": {...}}
    record()                                   the record as far as it came
    cancel()                                   what is done stays; then finish() and record()

Order: `begin_video`; for every frame of the track in presentation order `wants_next`, and where it
is not empty `push_frame`; then `again()` once: for each window, seek to its start and go through
its frames as before (a denser look around what is most suspicious; may be empty); `finish`;
`record`. For a live stream `begin_video` gets `"live": true` in its meta, times only grow,
`finish()` may be called at any moment for a judgement of the last seconds, and again later.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import numpy as np

from telltale import video
from telltale.media import clip
from telltale.media.bytesource import CalledSource
from telltale.media.model import MediaError, Rung
from telltale.media.video import VideoMeta
from telltale.report import record as report
from telltale.report import video_record
from telltale.runtime.context import Cancelled, Context, ModelUnavailable
from telltale.video import VideoAnalysis


class VideoSession:
    """One video at a time; see the module. `engine` is added to the record's `runtime`."""

    def __init__(self, context: Context, engine: dict[str, Any] | None = None) -> None:
        self._context = context
        self._engine = engine or {}
        self._analysis: VideoAnalysis | None = None

    def begin_video(
        self,
        name: str,
        rung: Rung,
        size: int,
        read: Callable[[int, int], bytes] | None,
        meta: str,
    ) -> str:
        """Hash the file, read its container, make the plan.

        Parameters
        ----------
        size, read
            Bytes of the file, and `read(offset, length)`, which returns bytes synchronously (a
            `FileReaderSync` over the `File` in a worker); 0 and None where there is no file.
        meta
            JSON with the fields of `telltale.media.video.VideoMeta` (upright width and height),
            and optionally `"live": true`, `"plan": "default" | "every"`, `"every": n`.
        """
        self._analysis = None
        said = json.loads(meta)
        live, every = bool(said.pop("live", False)), int(said.pop("every", 0))
        said.pop("plan", None)
        said["notes"] = tuple(said.get("notes", ()))
        source = CalledSource(size, read) if read is not None and size else None
        try:
            opened = clip.open_clip(source, name, rung, VideoMeta(**said), self._context)
        except MediaError as error:
            return _json({"record": self.refusal(name, "", size, error.code, str(error))})
        self._analysis = VideoAnalysis(
            opened, self._context, video.plan_for(opened.meta, every=every, live=live)
        )
        return _json(
            {
                "media": video_record.media_json(opened),
                "plan": video_record.plan_json(self._analysis.plan),
            }
        )

    def wants_next(self, time_s: float) -> str:
        """What the plan asks of the frame at `time_s`; "" means: do not even copy its pixels."""
        return self._state().wish(time_s)

    def push_frame(self, rgba: Any, width: int, height: int, time_s: float, index: int) -> str:
        """Examine one frame.

        Parameters
        ----------
        rgba
            width * height * 4 bytes, RGBA row by row, sRGB, upright (the rotation applied). Viewed,
            not kept: the caller may reuse the buffer.

        Returns
        -------
        {"fraction": of the clip or null, "points": [{"test", "track", "time_s", "value" or null,
        "reason", "sentence"}], "tracks": [{"index", "box", "time_s"}]}: what is new.
        """
        state = self._state()
        flat = np.frombuffer(rgba, np.uint8)
        pixels = np.ascontiguousarray(flat.reshape(height, width, 4)[..., :3])
        try:
            new = state.push(pixels, time_s, index)
        except (Cancelled, KeyboardInterrupt):
            state.cancelled = True
            new = state.nothing()
        except ModelUnavailable as error:
            state.no_faces(error.code, error.sentence)
            new = state.nothing()
        return _json(video_record.news_json(new))

    def again(self) -> str:
        """Windows worth a denser look; frames pushed from now on belong to them."""
        return _json({"windows": [list(window) for window in self._state().again()]})

    def trouble(self, sentence: str) -> str:
        """Note why decoding ended early."""
        self._state().trouble(sentence)
        return _json({})

    def cancel(self) -> str:
        """The person stopped: what is done stays."""
        self._state().cancelled = True
        return _json({})

    def finish(self) -> str:
        """Conclude from what has been seen so far; for a live stream again and again."""
        state = self._state()
        state.finish()
        return _json(
            {
                "findings": [report.timed_finding_json(f) for f in state.findings],
                "video": video_record.video_json(state),
            }
        )

    def record(self) -> str:
        """The record, after `finish`."""
        document = video_record.record(self._state(), self._context.models.used())
        document["runtime"]["engine"] = self._engine
        return _json(document)

    def refusal(
        self, name: str, sha256: str, size: int, code: str, sentence: str
    ) -> dict[str, Any]:
        """The record of a video that was not examined."""
        document = report.error_record(name, b"", code, sentence)
        if sha256:
            document["media"]["sha256"] = sha256
        document["media"]["size_bytes"] = size
        document["runtime"]["engine"] = self._engine
        return document

    def close(self) -> None:
        """Let go of the video."""
        self._analysis = None

    def _state(self) -> VideoAnalysis:
        if self._analysis is None:
            raise RuntimeError("no video is open")
        return self._analysis


def _json(value: Any) -> str:
    return json.dumps(value, allow_nan=False)
