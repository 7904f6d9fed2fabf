"""A picture, its faces and the shipped detectors in a few words: for notebooks and the terminal."""

from __future__ import annotations

from pathlib import Path

from telltale import analysis, detectors
from telltale.detectors import Detector
from telltale.detectors.unreviewed import Unreviewed, apart, marked
from telltale.faces.tracking import Track
from telltale.finding import Finding
from telltale.media.decode import open_media
from telltale.media.model import MediaError
from telltale.runtime.context import Context, Models
from telltale.scene import Scene


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


def follow(scene: Scene, models: Models) -> list[Track]:
    """The faces of an animation (GIF, WebP) through time, frame by frame, each as one track.

    A track holds `boxes` (rows of time in s, x, y, w, h) and `steady` (68, 2), the smoothed
    landmarks at its end. Raises `telltale.media.model.MediaError` for a picture of one frame.
    """
    from telltale import video
    from telltale.media import animation, bytesource, clip

    data = scene.media.data
    if not data or not animation.is_animated(data):
        raise MediaError("not_a_video", "This picture has one frame; only animations have tracks.")
    frames = animation.AnimationSource(data)
    context = Context(models)
    source = bytesource.of_bytes(data)
    opened = clip.open_clip(source, scene.media.name, "file", frames.meta, context)
    state = video.VideoAnalysis(opened, context, video.plan_for(frames.meta))
    video.drive(state, frames)
    return state.tracks


def shipped() -> dict[str, Detector]:
    """Every shipped detector by id, in the order in which an examination runs them."""
    return {entry.id: detectors.load(entry) for entry in detectors.entries(deep=True)}


def run(
    detector: Detector | Unreviewed | str, scene: Scene, models: Models | None = None
) -> Finding:
    """One detector on one scene: a shipped one by its id, a module, or one of `loading`.

    Asks `applicable` first. Never raises for what a picture contains: the finding says it. A
    detector from a file works on a copy of the scene, and its finding is marked.
    """
    context = Context(models) if models else Context()
    if isinstance(detector, Unreviewed):
        return marked(detector, analysis.run_module(detector.module, apart(scene), context))
    if isinstance(detector, str):
        detector = detectors.load(detectors.find(detector))
    return analysis.run_module(detector, scene, context)
