"""A video on disk, examined on CPython."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from telltale import video
from telltale.analysis import run_added
from telltale.detectors.unreviewed import Unreviewed, marked
from telltale.film import Film, Reel
from telltale.finding import Inapplicable, cancelled, inapplicable
from telltale.media import bytesource, clip, sniff
from telltale.media.animation import AnimationSource, is_animated
from telltale.media.model import MediaError
from telltale.media.sampling import Asked
from telltale.media.video import FrameSource
from telltale.report import video_record
from telltale.report.record import error_record
from telltale.runtime.context import Bank, Context, Models
from telltale.runtime.frames import PyAvSource

#: Animations are read as a whole; a larger one is refused by the picture's rules.
_MOST_ANIMATION = 256 * 2**20


def is_video(path: Path) -> bool:
    """Whether a file begins like a video, or is an animation of several frames.

    Raises OSError.
    """
    with path.open("rb") as file:
        head = file.read(1024)
    try:
        kind = sniff.sniff(head)
    except MediaError as error:
        return error.code == "video"
    if kind not in ("GIF", "WebP") or path.stat().st_size > _MOST_ANIMATION:
        return False
    return is_animated(path.read_bytes())


def analyze(
    path: Path,
    models: Models,
    asked: Asked | None = None,
    progress: Callable[[float, str], None] | None = None,
    bank: Bank | None = None,
    added: Sequence[Unreviewed] = (),
) -> dict[str, Any]:
    """The record of a video; a refusal where not one picture of it can be decoded.

    `asked` says which frames; `bank` is asked at the end, where there is one; the `added` detectors
    run after everything else. Ctrl-C stops the examination, and what was found until then is
    recorded. Raises OSError.
    """
    context = Context(models) if progress is None else Context(models, progress)
    source = bytesource.of_file(path)
    try:
        frames = frames_of(path)
        opened = clip.open_clip(source, path.name, "file", frames.meta, context)
        reel = Reel() if added else None
        plan = video.plan_for(frames.meta, asked)
        analysis = video.VideoAnalysis(opened, context, plan, reel=reel)
        video.drive(analysis, frames)
        _run_added(added, analysis, context, frames.trouble)
    except MediaError as error:
        document = error_record(path.name, b"", error.code, str(error))
        document["media"]["sha256"] = bytesource.sha256(source)
        document["media"]["size_bytes"] = source.size
        return document
    finally:
        context.progress(1.0, "")
    video_record.ask_bank(analysis, models.used(), bank)
    return video_record.record(analysis, models.used())


def _run_added(
    added: Sequence[Unreviewed], analysis: video.VideoAnalysis, context: Context, trouble: str
) -> None:
    """Note what detectors of a person's own find, once the frames are through."""
    film: Film | None = None
    why = ""
    if analysis.reel is not None and not analysis.cancelled:
        try:
            film = analysis.reel.film(analysis.clip, trouble, analysis.faces_unavailable)
        except MediaError as error:
            why = str(error)
    stopped = analysis.cancelled
    for one in added:
        card = one.module.CARD
        try:
            if stopped:
                finding = marked(one, cancelled(card))
            elif film is None:
                finding = marked(one, inapplicable(card, Inapplicable("too_short", why)))
            else:
                finding = run_added(one, film, context)
        except KeyboardInterrupt:
            stopped, finding = True, marked(one, cancelled(card))
        analysis.unreviewed.append((one, finding))


def picture(path: Path) -> bytes | None:
    """A JPEG of the first frame, for a report; raises `MediaError`."""
    from telltale.report.html import thumbnail

    for frame in frames_of(path).frames(lambda time_s: "full", 0.0, math.inf):
        return thumbnail(frame.pixels)
    return None


def frames_of(path: Path) -> FrameSource:
    """What hands out the frames of a video or an animation; raises `MediaError`."""
    with path.open("rb") as file:
        head = file.read(12)
    if head.startswith(b"GIF8") or head[8:12] == b"WEBP":
        return AnimationSource(path.read_bytes())
    return PyAvSource(path)
