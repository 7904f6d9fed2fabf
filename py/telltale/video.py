"""One video, frame by frame: the same fold in both runtimes, with bounded memory.

The caller pushes frames in order of time (CPython from PyAV, the browser from WebCodecs); between
frames only numbers and a few small patches are kept. What was read stays when the work stops.
"""

from __future__ import annotations

import hashlib
import time
import traceback
from collections.abc import Collection
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

import numpy as np
from numpy.typing import NDArray

from telltale.bank.film import FilmTraces
from telltale.detectors import over_time
from telltale.detectors.over_time import TimedEntry
from telltale.detectors.unreviewed import Unreviewed
from telltale.faces import quality
from telltale.faces.tracking import Seen, Track, Tracker
from telltale.film import Reel
from telltale.finding import Finding, Inapplicable
from telltale.media import sampling
from telltale.media.sampling import Asked, Plan, Sampler, Window
from telltale.media.video import Clip, VideoMeta, Wish
from telltale.runtime.context import Cancelled, Context, ModelUnavailable
from telltale.scene import Face
from telltale.series import MEMORY, FaceFrame, Past, Reading, Series, WholeFrame
from telltale.timeline import (
    Key,
    Keyframe,
    Point,
    Sight,
    conclude_all,
    excess,
    keep_sight,
    worst_moments,
)

#: Mean change of a small grey copy, in grey levels, from which a frame begins a new scene.
_CUT = 28.0
#: Over a longer step motion changes as much; then the shares of grey levels must differ too, by
#: this total variation.
_STEP_S, _OTHER_GREYS = 0.15, 0.2
#: Nothing can be followed over a longer pause.
_JUMP_S = 1.0
#: Seconds of a live stream that are judged, and the share of them that networks may take: what
#: needs unbroken time (blinks, pulse) comes first. But they look once in so many seconds, however
#: slow they are: the first time they are still being loaded.
LIVE_S, LIVE_SHARE, LIVE_RARELY_S = 30.0, 0.25, 8.0


def plan_for(meta: VideoMeta, asked: Asked | None = None, live: bool = False) -> Plan:
    """The plan for a clip, or for a live stream."""
    if live:
        return sampling.live()
    return sampling.of(asked or Asked(), meta.duration_s, meta.rate_fps)


@dataclass(slots=True)
class Counts:
    """How many frames were offered, followed, and examined by the networks."""

    offered: int = 0
    followed: int = 0
    full: int = 0


@dataclass(slots=True)
class News:
    """What one frame added."""

    time_s: float
    fraction: float | None = None
    points: list[Point] = field(default_factory=list)
    faces: list[tuple[int, Face]] = field(default_factory=list)


class VideoAnalysis:
    """The state of one analysis of a video; see `telltale.runtime.video_session` for the order.

    `only` names the tests over time that are run, all where it is None. `reel` is shown every frame
    of the first look, for detectors of a person's own.
    """

    def __init__(
        self,
        clip: Clip,
        context: Context,
        plan: Plan | None = None,
        only: Collection[str] | None = None,
        reel: Reel | None = None,
    ) -> None:
        self.clip, self.context, self.only, self.reel = clip, context, only, reel
        self.plan = plan or plan_for(clip.meta)
        self.counts = Counts()
        self.series: dict[Key, Series] = {}
        self.keyframes: dict[int, Keyframe] = {}
        self.sights: dict[Key, list[Sight]] = {}
        self.findings: list[Finding] = []
        #: What detectors of a person's own files found, which no answer takes heed of.
        self.unreviewed: list[tuple[Unreviewed, Finding]] = []
        self.scenes: list[float] = []
        self.warnings: list[str] = []
        self.stages_ms: dict[str, float] = {}
        self.second_look: tuple[Window, ...] = ()
        #: Whether the first look is over.
        self.looked = False
        self.cancelled = False
        self.traces = FilmTraces()
        #: What the bank said, once it was asked; see `report.video_record.ask_bank`.
        self.bank: dict[str, Any] | None = None
        self.faces_unavailable: str | None = None
        self.last_s = 0.0
        self.started = datetime.now(UTC).isoformat(timespec="seconds")
        #: Time of the last frame pushed in the look in hand.
        self.at_s: float | None = None
        self._digests: list[bytes] = []
        self._sampler = Sampler(self.plan)
        self._tracker = Tracker()
        self._past: dict[int, tuple[Past, ...]] = {}
        self._grey: NDArray[np.float32] | None = None
        self._before = 0.0
        self._examined: set[float] = set()
        self._broken: set[str] = set()

    @property
    def tracks(self) -> list[Track]:
        """Every face followed so far, in order of appearance."""
        return self._tracker.tracks

    @property
    def pixels_sha256(self) -> str:
        """SHA-256 over those of the full frames' RGB pixels, in the order in which they came."""
        return hashlib.sha256(b"".join(self._digests)).hexdigest()

    def kept(self) -> dict[str, Any]:
        """Everything read so far, to be pickled: neither pixels of a whole frame nor the file."""
        return {k: v for k, v in vars(self).items() if k not in ("clip", "context")}

    def go_on(self, kept: dict[str, Any]) -> None:
        """Take up what `kept` gave of the same clip; frames up to `at_s` need not come again."""
        vars(self).update(kept)

    def wish(self, time_s: float) -> Wish:
        """What the plan asks of the frame at `time_s`; call once per frame, in order."""
        self.counts.offered += 1
        if self.cancelled or (self.second_look and time_s in self._examined):
            return ""
        return self._sampler.wish(time_s)

    def push(self, pixels: NDArray[np.uint8], time_s: float, index: int) -> News:
        """Examine one (H, W, 3) uint8 RGB frame, upright.

        Raises `Cancelled` where the person stopped; everything read before stays.
        """
        duration = self.clip.meta.duration_s
        fraction = min(1.0, time_s / duration) if duration else None
        begun = time.perf_counter()
        self.context.step(fraction or 0.0, f"Frame at {time_s:.1f} s")
        news = News(time_s, fraction)
        # a second look jumps from window to window, which is no cut
        cut = not self.second_look and self._is_cut(pixels, time_s - self._before)
        if cut:
            self.scenes.append(round(time_s, 3))
        if cut or abs(time_s - self._before) > _JUMP_S:
            self._tracker.cut()
            self._past.clear()
        self._before = time_s
        wish: Wish = "full" if cut else (self._sampler.wish(time_s) or "geometry")
        self._sampler.took(time_s, wish)
        full = wish == "full"
        self.counts.followed += 1
        self.counts.full += full
        if full:
            # the few frames that are looked at as a whole; of the others only faces are cut out
            pixels = np.ascontiguousarray(pixels)
            self._examined.add(time_s)
            digest = hashlib.sha256(pixels.data)
            self._digests.append(digest.digest())
        self.at_s = time_s
        self.last_s = max(self.last_s, time_s)
        if full:
            self.traces.frame(pixels, time_s)
            whole = WholeFrame(pixels, time_s, index, digest.hexdigest())
            for entry in over_time.FRAME_TESTS:
                self._note(entry, None, whole, news)
        followed = [
            self._frame(seen, pixels, time_s, index, full)
            for seen in self._faces(pixels, time_s, cut)
        ]
        for frame in followed:
            news.faces.append((frame.track, frame.face))
            self._measure(frame, news)
            self._remember(frame)
        if self.reel and not self.second_look:
            self.reel.take(pixels, time_s, index, full, followed)
        if self.plan.kind == "live":
            self._forget(time_s - LIVE_S)
            if full:
                self._afford(time.perf_counter() - begun)
        return news

    def _afford(self, cost_s: float) -> None:
        """Let the networks see a stream less often where they are slow; faces are followed on."""
        every = max(self.plan.full_every_s, min(cost_s / LIVE_SHARE, LIVE_RARELY_S))
        self._sampler.plan = replace(self.plan, full_every_s=every)

    def nothing(self) -> News:
        """The news of a frame that could not be examined."""
        return News(self.last_s)

    def again(self) -> tuple[Window, ...]:
        """Windows about the most suspicious moments; frames pushed from now on are all examined.

        Empty for a live stream, where nobody wants it, where every frame has been examined, and
        where nothing stood out.
        """
        self.looked = True
        unasked = self.plan.asked is not None and not self.plan.asked.closer
        if self.cancelled or unasked or self.plan.kind in ("live", "every"):
            return ()
        moments = [m.time_s for m in worst_moments(self.series, 12)]
        windows = sampling.around(moments, self.clip.meta.duration_s)
        self.second_look = windows
        self.at_s = None
        rate = min(5.0, self.clip.meta.rate_fps or 5.0)
        self._sampler = Sampler(Plan("every", rate, 1 / rate, windows))
        return windows

    def trouble(self, sentence: str) -> None:
        """Note why decoding ended early."""
        if sentence and sentence not in self.warnings:
            self.warnings.append(sentence)

    def no_faces(self, code: str, sentence: str) -> None:
        """Note that faces cannot be looked for on this machine."""
        self.faces_unavailable = code
        self.trouble(f"Faces could not be looked for: {sentence}")

    def stop(self) -> None:
        """The person stopped: what is done stays."""
        self.cancelled = True
        self.trouble("The examination was stopped before the end of the video.")

    def finish(self) -> None:
        """Conclude from everything read so far; may be called again after more frames."""
        self.findings = conclude_all(self)

    def _faces(self, pixels: NDArray[np.uint8], time_s: float, cut: bool) -> list[Seen]:
        if self.faces_unavailable:
            return []
        start = time.perf_counter()
        quiet = replace(self.context, progress=lambda fraction, text: None)
        try:
            return self._tracker.update(pixels, time_s, quiet, look=cut)
        except ModelUnavailable as error:
            self.no_faces(error.code, error.sentence)
            return []
        finally:
            self._took("faces", start)

    def _frame(
        self, seen: Seen, pixels: NDArray[np.uint8], time_s: float, index: int, full: bool
    ) -> FaceFrame:
        face = seen.face
        if full:
            from telltale.faces import landmarks

            measured = quality.measure(pixels, face.mesh, landmarks.from_mesh(face.mesh))
            face = replace(face, quality=measured)
            # light on the face: the mean of its middle, in grey levels
            measured["brightness"] = round(float(seen.patch[30:70, 30:66].mean()), 1)
            low, high = face.mesh[:, :2].min(0), face.mesh[:, :2].max(0)
            measured["compression"] = round(quality.erased(pixels, low, high), 3)
            seen.track.face = face
        face = replace(face, index=seen.track.index)
        past = self._past.get(seen.track.index, ())
        return FaceFrame(
            pixels, time_s, index, seen.track.index, face, seen.patch, seen.look, full, past
        )

    def _measure(self, frame: FaceFrame, news: News) -> None:
        for entry in over_time.TRACK_TESTS:
            test = over_time.load(entry)
            if test.LANE.every == "full" and not frame.full:
                continue
            # it needs neighbours in time, which a second look does not have
            if test.LANE.every == "geometry" and self.second_look:
                continue
            self._note(entry, frame.track, frame, news)

    def _note(
        self, entry: TimedEntry, track: int | None, frame: FaceFrame | WholeFrame, news: News
    ) -> None:
        if self.only is not None and entry.id not in self.only:
            return
        start = time.perf_counter()
        reading = self._read(entry, frame)
        self._took(entry.id, start)
        self._series(entry.id, track).add(frame.time_s, reading)
        if reading.embedding is not None:
            self.traces.face(track, entry.id, reading.embedding, frame.time_s)
        news.points.append(Point(entry.id, track, frame.time_s, reading))
        lane = over_time.load(entry).LANE
        beyond = 0.0 if reading.value is None else excess(lane, reading.value)
        if beyond > 0 and isinstance(frame, FaceFrame):
            keep_sight(self.sights.setdefault((entry.id, track), []), frame, reading, beyond)

    def _read(self, entry: TimedEntry, frame: FaceFrame | WholeFrame) -> Reading:
        if entry.id in self._broken:
            return Reading(None, Inapplicable("error"))
        quiet = replace(self.context, progress=lambda fraction, text: None)
        try:
            return over_time.load(entry).measure(frame, quiet)
        except Cancelled:
            raise
        except ModelUnavailable as error:
            return Reading(None, Inapplicable(error.code, error.sentence))
        except Exception as error:  # a broken test must not take the others with it
            traceback.print_exc()
            self._broken.add(entry.id)
            self.trouble(f"The test {entry.id} failed: {type(error).__name__}: {error}")
            return Reading(None, Inapplicable("error"))

    def _remember(self, frame: FaceFrame) -> None:
        past = Past(frame.time_s, frame.face, frame.patch)
        self._past[frame.track] = (*frame.past, past)[-MEMORY:]
        best = self.keyframes.get(frame.track)
        if frame.full and (best is None or Keyframe.worth(frame.face) > best.value):
            self.keyframes[frame.track] = Keyframe.of(frame)

    def _series(self, test: str, track: int | None) -> Series:
        return self.series.setdefault((test, track), Series(track))

    def _forget(self, before_s: float) -> None:
        for series in self.series.values():
            series.drop_before(before_s)
        # a call may last for hours and see many faces
        gone = {t.index for t in self.tracks if t.end_s < before_s}
        self.series = {
            key: row
            for key, row in self.series.items()
            if key[1] not in gone or row.times or row.refused
        }
        self.keyframes = {k: v for k, v in self.keyframes.items() if k not in gone}
        self.scenes = [s for s in self.scenes if s >= before_s]
        self.sights = {
            key: [s for s in kept if s.time_s >= before_s] for key, kept in self.sights.items()
        }
        for track in self.tracks:
            track.boxes = [row for row in track.boxes if row[0] >= before_s]
            track.trembles = track.trembles[-1000:]

    def _is_cut(self, pixels: NDArray[np.uint8], step_s: float) -> bool:
        """Whether the picture changed as a whole since the last frame, `step_s` before."""
        step = max(1, min(pixels.shape[:2]) // 48)
        grey = pixels[::step, ::step].mean(2, dtype=np.float32)
        before, self._grey = self._grey, grey
        if before is None or before.shape != grey.shape:
            return before is not None
        changed = float(np.abs(grey - before).mean()) > _CUT
        if not changed or step_s <= _STEP_S:
            return changed
        old, new = (np.histogram(g, 16, (0, 256))[0] / g.size for g in (before, grey))
        return float(np.abs(old - new).sum()) / 2 > _OTHER_GREYS

    def _took(self, stage: str, start: float) -> None:
        self.stages_ms[stage] = self.stages_ms.get(stage, 0.0) + (time.perf_counter() - start) * 1e3


def drive(analysis: VideoAnalysis, source: Any) -> None:
    """Push the frames of a `FrameSource` through both looks, then conclude.

    Raises `MediaError` where not one frame could be decoded. When the person stops, what has been
    read is concluded.
    """
    try:
        _go(analysis, source)
        for start, end in analysis.again():
            _go(analysis, source, start, end)
    except (Cancelled, KeyboardInterrupt):
        analysis.stop()
    analysis.trouble(source.trouble)
    analysis.finish()


def _go(
    analysis: VideoAnalysis, source: Any, start_s: float = 0.0, end_s: float = float("inf")
) -> None:
    start = time.perf_counter()
    for frame in source.frames(analysis.wish, start_s, end_s):
        analysis.stages_ms["decode"] = (
            analysis.stages_ms.get("decode", 0.0) + (time.perf_counter() - start) * 1e3
        )
        analysis.push(frame.pixels, frame.time_s, frame.index)
        start = time.perf_counter()
