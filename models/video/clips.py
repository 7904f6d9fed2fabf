"""Real clips as frames with landmarks, and the whole chain over what was made of them."""

from __future__ import annotations

import csv
import tempfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from models.video import write
from telltale.faces.tracking import Tracker
from telltale.media import bytesource, clip
from telltale.media.sampling import Plan
from telltale.runtime.context import Context
from telltale.runtime.frames import PyAvSource
from telltale.video import VideoAnalysis, drive

#: The films, where they come from, and whom they show.
FILMS = Path(__file__).with_name("films.csv")
#: Frames a second of the made clips, and the face's width that they are scaled to.
FPS, FACE = 15, 190
#: Widths that faces of films are scaled to, one after the other.
WIDTHS = (110, FACE, 320)
#: Compressions (constant rate factor of H.264).
CRFS = (18, 28, 38)
#: At most so many seconds of a clip are read.
MOST_S = 12.2


def films() -> dict[str, str]:
    """The person whom each film shows."""
    with FILMS.open(newline="", encoding="utf-8") as file:
        return {row["name"]: row["person"] for row in csv.DictReader(file)}


def draws(clips: Iterable[str], count: int = 300) -> Iterator[list[str]]:
    """Clips drawn again for a bootstrap over people: all films of a person, or none of them."""
    persons = films()
    groups: dict[str, list[str]] = {}
    for clip_ in sorted(clips):
        groups.setdefault(persons.get(clip_, clip_), []).append(clip_)
    rng, names = np.random.default_rng(0), list(groups)
    for _ in range(count):
        yield [c for name in rng.choice(names, len(names)) for c in groups[name]]


@dataclass(frozen=True)
class Real:
    """Frames of a real clip at `FPS`, scaled, with the landmarks of its one face."""

    name: str
    frames: list[NDArray[np.uint8]]
    points: list[NDArray[np.floating]]
    times: list[float]


def load(path: Path, context: Context, width: int = FACE, most_s: float = MOST_S) -> Real | None:
    """The first seconds of a clip with one face all the time, at most `width` pixels wide.

    None for a clip of fewer than two such seconds.
    """
    source = PyAvSource(path)
    step, last, scale = 1 / FPS, -1.0, 0.0
    tracker = Tracker()
    frames, points, times = [], [], []
    for frame in source.frames(lambda t: "full", 0.0, most_s):
        if frame.time_s - last < 0.75 * step:
            continue
        last = frame.time_s
        pixels = frame.pixels
        if not scale:
            found = tracker.update(pixels, 0.0, context, look=True)
            if len(found) != 1:
                return None
            scale = min(1.0, width / found[0].face.quality["width_px"])
            tracker = Tracker()
        height, wide = (2 * round(side * scale / 2) for side in pixels.shape[:2])
        small = np.asarray(Image.fromarray(pixels).resize((wide, height), Image.Resampling.BOX))
        seen = tracker.update(small, frame.time_s, context)
        if len(seen) != 1:
            break
        frames.append(small)
        points.append(seen[0].face.landmarks)
        times.append(len(times) * step)
    return Real(path.stem, frames, points, times) if len(frames) >= 2 * FPS else None


def donor_of(reals: list[Real], k: int) -> Real:
    """The next film of another person, whose face is laid over that of film `k`."""
    persons, mine = films(), reals[k].name
    for step in range(1, len(reals)):
        other = reals[(k + step) % len(reals)]
        if persons.get(other.name, other.name) != persons.get(mine, mine):
            return other
    raise SystemExit("there is no film of another person")


def examine(
    pictures: Iterable[NDArray[np.uint8]],
    crf: int,
    context: Context,
    only: tuple[str, ...],
    followed_fps: float = FPS,
) -> VideoAnalysis:
    """Encode, decode, analyse with frames followed so often and four a second examined in full."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "made.mp4"
        write.encode(path, pictures, FPS, crf)
        return examine_file(path, context, only, followed_fps)


def examine_file(
    path: Path, context: Context, only: tuple[str, ...], followed_fps: float = FPS
) -> VideoAnalysis:
    """A file as it is, four frames a second examined in full, without a second look."""
    source = PyAvSource(path)
    opened = clip.open_clip(bytesource.of_file(path), path.name, "file", source.meta, context)
    plan = Plan("whole", float(followed_fps), 0.25)
    analysis = VideoAnalysis(opened, context, plan, only)
    analysis.again = lambda: ()  # type: ignore[method-assign]
    drive(analysis, source)
    return analysis


def lanes(analysis: VideoAnalysis, test: str) -> list[tuple[int | None, Any]]:
    """The series of a test, each with its track."""
    return [(track, row) for (name, track), row in analysis.series.items() if name == test]
