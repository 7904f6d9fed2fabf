"""What the browser's worker calls for a video: frames are pushed one by one, lanes come back.

The worker demuxes and decodes (mediabunny, WebCodecs); every number is made here. All answers are
JSON texts; shapes are those of `video` in `telltale/report/schema.json`.

    begin_video(name, rung, size, read, meta, kept)
                                               {"media", "plan"} or {"record"}, a refusal
    begin_animation(data, name, rung, asked, kept)
                                               the same for a GIF or WebP, which Pillow decodes
    wants_next(time_s)                         "" (make no pixels) | "geometry" | "full"
    push_frame(rgba, width, height, time_s, index)
                                               {"fraction", "points": [...], "tracks": [...]}
    go(start_s, end_s), push_next()            the same for an animation; null at its end
    again()                                    {"windows": [[start_s, end_s], ...]}
    trouble(sentence)                          decoding ended early; said in the record
    took(stage, ms)                            time that was spent outside
    so_far()                                   {"faces", "video"} while the work goes on
    finish()                                   {"faces", "findings": [...], "video": {...}}
    ask_bank()                                 {"bank": what the bank says}, at the end
    record()                                   the record as far as it came
    cancel()                                   what is done stays; then finish() and record()

Order: `begin_video`; for every frame of the track in presentation order `wants_next`, and where it
is not empty `push_frame`; then `again()` once: for each window, seek to its start and go through
its frames as before (a denser look around what is most suspicious; may be empty); `finish`;
`ask_bank`; `record`. For a live stream `begin_video` gets `"live": true` in its meta, times only
grow, `finish()` may be called at any moment for a judgement of the last seconds, and again later.

The worker may be killed at any moment. `checkpoint()` gives bytes, with which as `kept` another
worker's `begin_video` goes on: its answer has `"at_s"`, up to which frames need not come again,
and `"windows"`, those of the second look (maybe none) if the first was over, else null.
"""

from __future__ import annotations

import json
import pickle
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import numpy as np

from telltale import video
from telltale.finding import REASONS
from telltale.media import clip
from telltale.media.animation import AnimationSource
from telltale.media.bytesource import ByteSource, CalledSource, of_bytes, sha256
from telltale.media.model import MediaError, Rung
from telltale.media.sampling import Asked
from telltale.media.video import Frame, FrameSource, VideoMeta, turned
from telltale.report import record as report
from telltale.report import video_record
from telltale.runtime.context import Bank, Cancelled, Context
from telltale.runtime.session import AnalysisModels, with_engine
from telltale.video import VideoAnalysis


class VideoSession:
    """One video at a time; see the module.

    `engine` is added to the record's `runtime`; `desk` is the bank that is asked.
    """

    def __init__(
        self, context: Context, engine: dict[str, Any] | None = None, desk: Bank | None = None
    ) -> None:
        self._models = AnalysisModels(context.models)
        self._desk = desk
        self._context = replace(context, models=self._models)
        self._engine = engine or {}
        self._analysis: VideoAnalysis | None = None
        self._animation: FrameSource | None = None
        self._frames: Iterator[Frame] = iter(())
        self._picture = b""

    def begin_video(
        self,
        name: str,
        rung: Rung,
        size: int,
        read: Callable[[int, int], bytes] | None,
        meta: str,
        kept: bytes = b"",
    ) -> str:
        """Hash the file, read its container, make the plan.

        Parameters
        ----------
        size, read
            Bytes of the file, and `read(offset, length)`, which returns bytes synchronously (a
            `FileReaderSync` over the `File` in a worker); 0 and None where there is no file.
        meta
            JSON with the fields of `telltale.media.video.VideoMeta` (upright width and height),
            and optionally `"live": true` and `"asked"`, fields of `telltale.media.sampling.Asked`.
        kept
            The last `checkpoint` of a session that was interrupted in the same video.
        """
        said = json.loads(meta)
        live, asked = bool(said.pop("live", False)), Asked(**said.pop("asked", {}))
        said["notes"] = tuple(said.get("notes", ()))
        source = CalledSource(size, read) if read is not None and size else None
        return self._begin(source, name, rung, VideoMeta(**said), asked, live, kept)

    def begin_animation(
        self, data: bytes, name: str, rung: Rung, asked: str = "{}", kept: bytes = b""
    ) -> str:
        """`begin_video` for the bytes of an animated GIF or WebP; its frames are read by `go`."""
        source = of_bytes(data)
        try:
            self._animation = AnimationSource(data)
        except MediaError as error:
            return _json({"record": self._refusal(name, source, error.code, str(error))})
        return self._begin(
            source, name, rung, self._animation.meta, Asked(**json.loads(asked)), False, kept
        )

    def wants_next(self, time_s: float) -> str:
        """What the plan asks of the frame at `time_s`; "" means: do not even copy its pixels."""
        return self._state().wish(time_s)

    def push_frame(self, rgba: Any, width: int, height: int, time_s: float, index: int) -> str:
        """Examine one frame.

        Parameters
        ----------
        rgba
            width * height * 4 bytes, RGBA row by row, sRGB, as decoded: the rotation of the meta is
            applied here. Viewed, not kept: the caller may reuse the buffer.

        Returns
        -------
        {"fraction": of the clip or null, "points": [{"test", "track", "time_s", "value" or null,
        "reason", "sentence"}], "tracks": [{"index", "box", "time_s"}]}: what is new.
        """
        flat = np.frombuffer(rgba, np.uint8)
        stored = flat.reshape(height, width, 4)[..., :3]
        pixels = turned(stored, self._state().clip.meta.rotation)
        return self._push(Frame(index, time_s, pixels))

    def go(self, start_s: float, end_s: float) -> str:
        """Go to the frames of an animation in [start_s, end_s)."""
        if self._animation is None:
            raise RuntimeError("no animation is open")
        self._frames = self._animation.frames(self._state().wish, start_s, end_s)
        return _json({})

    def push_next(self) -> str:
        """`push_frame` for the next frame of the animation that the plan wants; null at the end."""
        try:
            frame = next(self._frames, None)
        except MediaError as error:
            self._state().trouble(str(error))
            frame = None
        if frame is not None:
            return self._push(frame)
        self._state().trouble(self._animation.trouble if self._animation else "")
        return _json(None)

    def again(self) -> str:
        """Windows worth a denser look; frames pushed from now on belong to them."""
        return _json({"windows": [list(window) for window in self._state().again()]})

    def trouble(self, sentence: str) -> str:
        """Note why decoding ended early."""
        self._state().trouble(sentence)
        return _json({})

    def took(self, stage: str, ms: float) -> str:
        """Note what was spent outside, such as on decoding, in milliseconds."""
        self._state().stages_ms[stage] = self._state().stages_ms.get(stage, 0.0) + ms
        return _json({})

    def cancel(self) -> str:
        """The person stopped: what is done stays."""
        self._state().stop()
        return _json({})

    def so_far(self) -> str:
        """The sections `faces` and `video` of the record, of what has been seen until now."""
        return _json(self._sections())

    def finish(self) -> str:
        """Conclude from what has been seen so far; for a live stream again and again."""
        state = self._state()
        state.finish()
        findings = [report.timed_finding_json(f) for f in state.findings]
        return _json({**self._sections(), "findings": findings})

    def ask_bank(self) -> str:
        """Ask the bank about what has been seen; its section of the record, `{"bank": ...}`."""
        state = self._state()
        video_record.ask_bank(state, self._models.used(), self._desk)
        return _json({"bank": state.bank})

    def unasked(self, why: str) -> str:
        """Note that the bank could not be opened; answers like `ask_bank`."""
        from telltale.bank import section

        state = self._state()
        state.bank = section.not_asked(why)
        return _json({"bank": state.bank})

    def record(self) -> str:
        """The record, after `finish` and `ask_bank`."""
        document = video_record.record(self._state(), self._models.used())
        return _json(with_engine(document, self._engine))

    def thumbnail(self) -> bytes:
        """A small JPEG of the first frame, for reports; empty where there was none."""
        return self._picture

    def checkpoint(self) -> bytes:
        """Everything seen so far, for `begin_video` of another worker."""
        return pickle.dumps(
            {
                "analysis": self._state().kept(),
                "models": self._models.used(),
                "picture": self._picture,
            }
        )

    def refuse(
        self,
        name: str,
        size: int,
        read: Callable[[int, int], bytes] | None,
        code: str,
        sentence: str,
    ) -> str:
        """The record of a video that cannot be examined, for a reason that the decoder found."""
        source = CalledSource(size, read) if read is not None and size else of_bytes(b"")
        return _json(self._refusal(name, source, code, sentence))

    def close(self) -> None:
        """Let go of the video."""
        self._analysis = self._animation = None
        self._frames, self._picture = iter(()), b""

    def _begin(
        self,
        source: ByteSource | None,
        name: str,
        rung: Rung,
        meta: VideoMeta,
        asked: Asked,
        live: bool,
        kept: bytes,
    ) -> str:
        self._analysis, self._picture = None, b""
        self._models.start([])
        whole = source or of_bytes(b"")
        try:
            opened = clip.open_clip(source, name, rung, meta, self._context)
        except MediaError as error:
            return _json({"record": self._refusal(name, whole, error.code, str(error))})
        except (Cancelled, KeyboardInterrupt):
            sentence = REASONS["cancelled"]
            return _json({"record": self._refusal(name, whole, "cancelled", sentence)})
        state = VideoAnalysis(opened, self._context, video.plan_for(opened.meta, asked, live))
        before = pickle.loads(kept) if kept else None  # made by `checkpoint`, and never stored
        if before:
            state.go_on(before["analysis"])
            self._models.start(before["models"])
            self._picture = before["picture"]
        self._analysis = state
        return _json(
            {
                "media": video_record.media_json(opened),
                "plan": video_record.plan_json(state.plan),
                "at_s": state.at_s,
                "windows": [list(w) for w in state.second_look] if state.looked else None,
            }
        )

    def _push(self, frame: Frame) -> str:
        state = self._state()
        if not self._picture:
            from telltale.report.html import thumbnail

            self._picture = thumbnail(frame.pixels)
        try:
            new = state.push(frame.pixels, frame.time_s, frame.index)
        except (Cancelled, KeyboardInterrupt):
            state.stop()
            new = state.nothing()
        return _json(video_record.news_json(new))

    def _sections(self) -> dict[str, Any]:
        state = self._state()
        return {"faces": video_record.faces_json(state), "video": video_record.video_json(state)}

    def _refusal(self, name: str, source: ByteSource, code: str, sentence: str) -> dict[str, Any]:
        document = report.error_record(name, b"", code, sentence)
        document["media"]["sha256"] = sha256(source)
        document["media"]["size_bytes"] = source.size
        return with_engine(document, self._engine)

    def _state(self) -> VideoAnalysis:
        if self._analysis is None:
            raise RuntimeError("no video is open")
        return self._analysis


def packages() -> str:
    """The wheels that a video needs beyond those of the engine's start, as a JSON list."""
    from telltale.detectors import over_time

    return _json(sorted({p for e in (*over_time.TESTS, *over_time.CLIP_TESTS) for p in e.packages}))


def _json(value: Any) -> str:
    return json.dumps(value, allow_nan=False)
