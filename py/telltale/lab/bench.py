"""Pictures, films and the shipped detectors in a few words: for notebooks and the terminal."""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path

from telltale import analysis, detectors
from telltale.detectors import Detector
from telltale.detectors.unreviewed import Unreviewed
from telltale.film import MOST_FRAMES, Film, Reel
from telltale.finding import Finding
from telltale.media import bytesource, clip, sampling
from telltale.media.bytesource import ByteSource
from telltale.media.decode import open_media
from telltale.media.sampling import Budget, Window
from telltale.media.video import Frame, FrameSource, VideoMeta, Wish
from telltale.runtime.context import Context, Models
from telltale.scene import Scene
from telltale.video import VideoAnalysis

#: Of a video at most so many frames are followed, and about so many kept.
BUDGET = Budget(geometry=600, full=MOST_FRAMES)


def open_picture(source: Path | str | bytes, name: str = "picture") -> Scene:
    """The scene of a picture file or of its bytes, without faces.

    Raises `telltale.media.model.MediaError` with a sentence for a person, and OSError.
    """
    if isinstance(source, bytes):
        return Scene(open_media(source, name))
    path = Path(source)
    return Scene(open_media(path.read_bytes(), path.name))


def native_models() -> Models:
    """The shipped and imported networks through ONNX Runtime on CPython."""
    from telltale.runtime.inference import OnnxModels

    return OnnxModels()


def find_faces(scene: Scene, models: Models) -> Scene:
    """The same scene with its faces; where they cannot be looked for, it says why itself."""
    state = analysis.Analysis(scene)
    analysis.find_faces(state, Context(models))
    return state.scene


def open_film(path: Path | str, models: Models, faces: bool = True) -> Film:
    """The film of a video file, or of an animated GIF or WebP, on CPython.

    Raises `telltale.media.model.MediaError` with a sentence for a person, and OSError.
    """
    from telltale.runtime import video_file

    path = Path(path)
    return taken(video_file.frames_of(path), bytesource.of_file(path), path.name, models, faces)


def taken(
    frames: FrameSource, source: ByteSource, name: str, models: Models, faces: bool = True
) -> Film:
    """The film of what hands out its frames; raises what `Taking` raises."""
    taking = Taking(source, name, frames.meta, models, faces)
    for window in taking.windows:
        for frame in frames.frames(taking.wish, *window):
            taking.push(frame)
    return taking.film(frames.trouble)


class Taking:
    """A video on its way to being a `Film`: its frames are offered one by one, in either runtime.

    Raises `telltale.media.model.MediaError` for a file that holds no video. `windows` are the
    stretches (start and end in seconds) whose frames are to be offered: all of a short video, of a
    long one some.
    """

    def __init__(
        self, source: ByteSource, name: str, meta: VideoMeta, models: Models, faces: bool = True
    ) -> None:
        context = Context(models)
        plan = sampling.default(meta.duration_s, meta.rate_fps, BUDGET)
        opened = clip.open_clip(source, name, "file", meta, context)
        self.meta = meta
        self.windows: tuple[Window, ...] = plan.windows or ((0.0, math.inf),)
        self._faces = faces
        self._reel = Reel()
        self._state = VideoAnalysis(opened, context, plan, only=(), reel=self._reel)
        if not faces:
            self._state.faces_unavailable = "not asked for"

    def wish(self, time_s: float) -> Wish:
        """What is to be done with the frame at `time_s`; "" where it need not be pushed."""
        wish = self._state.wish(time_s)
        return wish if self._faces or wish == "full" else ""

    def push(self, frame: Frame) -> float | None:
        """Take one frame that was wished for; the share of the video that is done, if known."""
        return self._state.push(frame.pixels, frame.time_s, frame.index).fraction

    def film(self, trouble: str = "") -> Film:
        """What was taken; raises `telltale.media.model.MediaError` where no frame was."""
        unavailable = self._state.faces_unavailable if self._faces else None
        return self._reel.film(self._state.clip, trouble, unavailable)


def shipped() -> dict[str, Detector]:
    """Every shipped detector by id, in the order in which an examination runs them."""
    return {entry.id: detectors.load(entry) for entry in detectors.entries(deep=True)}


def run(
    detector: Detector | Unreviewed | str,
    scene: Scene,
    models: Models | None = None,
    lane: Callable[[list[tuple[float, Finding]]], None] | None = None,
) -> Finding:
    """One detector on one scene: a shipped one by its id, a module, or one of `loading`.

    Asks `applicable` first. Never raises for what a picture contains: the finding says it. A
    detector from a file works on a copy of the scene, and its finding is marked; one of pictures
    sees every kept frame of a film (`lane` is told what it says of each, with its time in seconds),
    and a shipped one the frame with the largest face.
    """
    context = Context(models) if models else Context()
    if isinstance(detector, Unreviewed):
        return analysis.run_added(detector, scene, context, lane)
    if isinstance(detector, str):
        detector = detectors.load(detectors.find(detector))
    return analysis.run_module(detector, scene, context)
