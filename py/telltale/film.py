"""`Film`: a video as detectors of a person's own see it: sampled frames, and faces through time.

The shipped tests over time read a video frame by frame and keep numbers alone (`telltale.video`).
Who writes a detector wants arrays, so a bounded sample of the frames is kept for them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from telltale.media.decode import open_pixels
from telltale.media.model import Media, MediaError
from telltale.media.video import Clip
from telltale.scene import Face, Scene
from telltale.series import FaceFrame

#: At most so many frames are kept, and so many bytes of their pixels.
MOST_FRAMES, MOST_BYTES = 24, 192 * 2**20
#: At most so many views of faces are kept, of all tracks together; each has 28 kB.
MOST_VIEWS = 3600


@dataclass(frozen=True, slots=True)
class FaceTrack:
    """One person's face through time: n moments at which it was followed.

    Attributes
    ----------
    times
        (n,) float64, seconds from the first frame, growing.
    boxes
        (n, 4) float32: x, y, width, height in pixels of the frame.
    landmarks
        (n, 68, 2) float32 in the iBUG order, in pixels of the frame.
    patches
        (n, 96, 96, 3) uint8: the face aligned to the mean face.
    """

    index: int
    times: NDArray[np.float64]
    boxes: NDArray[np.float32]
    landmarks: NDArray[np.float32]
    patches: NDArray[np.uint8]


class Moment(Scene):
    """One kept frame of a film: a scene, and when it is shown.

    `time_s` are seconds from the first frame, as the file says; `index` is its number. The index of
    a face is that of its track.
    """

    def __init__(self, media: Media, faces: tuple[Face, ...], time_s: float, index: int) -> None:
        super().__init__(media, faces)
        self.time_s, self.index = time_s, index


class Film(Scene):
    """A video: as a scene it is the kept frame with the largest face (the first without one).

    Attributes
    ----------
    clip
        The file: its hash, container, codec, duration.
    frames
        The kept `Moment`s in order of time; at least one.
    tracks
        Every face that was followed, in order of appearance.
    trouble
        Why decoding ended early, or "".
    """

    def __init__(
        self,
        clip: Clip,
        frames: tuple[Moment, ...],
        tracks: tuple[FaceTrack, ...] = (),
        trouble: str = "",
    ) -> None:
        best = max(frames, key=_largest_face)
        super().__init__(best.media, best.faces)
        self.faces_unavailable = best.faces_unavailable
        self.clip, self.frames, self.tracks, self.trouble = clip, frames, tracks, trouble

    @property
    def times(self) -> NDArray[np.float64]:
        """(k,) seconds of the kept frames."""
        return np.array([moment.time_s for moment in self.frames], np.float64)


@dataclass(slots=True)
class _Views:
    """What is kept of one track while it grows."""

    times: list[float]
    boxes: list[tuple[float, float, float, float]]
    landmarks: list[NDArray[np.float32]]
    patches: list[NDArray[np.uint8]]

    def halve(self) -> None:
        """Forget every second view."""
        for row in (self.times, self.boxes, self.landmarks, self.patches):
            del row[1::2]


class Reel:
    """Collects a `Film` from frames in order of time, with bounded memory.

    Of the frames that are worth a thorough look the sample stays even: where it is full, the one
    nearest to its neighbours goes. Of faces every second view goes where there are too many.
    """

    def __init__(self, most_frames: int = MOST_FRAMES, most_views: int = MOST_VIEWS) -> None:
        self._most_frames, self._most_views = most_frames, most_views
        self._frames: list[tuple[float, int, NDArray[np.uint8], tuple[Face, ...]]] = []
        self._views: dict[int, _Views] = {}
        self._stride = self._seen = 1

    def take(
        self,
        pixels: NDArray[np.uint8],
        time_s: float,
        index: int,
        full: bool,
        faces: Sequence[FaceFrame],
    ) -> None:
        """One (H, W, 3) uint8 frame and the faces that were followed into it.

        The pixels are kept where it is `full`, and then must stay as they are.
        """
        if full:
            self._frames.append((time_s, index, pixels, tuple(frame.face for frame in faces)))
            if len(self._frames) > max(2, min(self._most_frames, MOST_BYTES // pixels.nbytes)):
                del self._frames[self._most_crowded()]
        self._seen += 1
        if faces and self._seen % self._stride == 0:
            for frame in faces:
                self._view(frame)
            if sum(len(views.times) for views in self._views.values()) > self._most_views:
                self._stride *= 2
                for views in self._views.values():
                    views.halve()

    def film(self, clip: Clip, trouble: str = "", unavailable: str | None = None) -> Film:
        """What was collected; `unavailable` says why faces could not be looked for.

        Raises `MediaError` where no frame was kept.
        """
        if not self._frames:
            raise MediaError("no_frames", trouble or "Not one frame can be decoded.")
        moments = tuple(self._moment(clip, *frame) for frame in self._frames)
        for moment in moments:
            moment.faces_unavailable = unavailable
        tracks = (_track(index, views) for index, views in sorted(self._views.items()))
        return Film(clip, moments, tuple(tracks), trouble)

    def _view(self, frame: FaceFrame) -> None:
        views = self._views.setdefault(frame.track, _Views([], [], [], []))
        box = frame.face.box
        views.times.append(frame.time_s)
        views.boxes.append((box.x, box.y, box.w, box.h))
        views.landmarks.append(np.asarray(frame.face.landmarks, np.float32))
        views.patches.append(np.clip(np.rint(frame.patch), 0, 255).astype(np.uint8))

    def _most_crowded(self) -> int:
        """Which frame between the first and the last has the nearest neighbours."""
        times = np.array([frame[0] for frame in self._frames])
        return int(np.argmin(times[2:] - times[:-2])) + 1

    def _moment(
        self,
        clip: Clip,
        time_s: float,
        index: int,
        pixels: NDArray[np.uint8],
        faces: tuple[Face, ...],
    ) -> Moment:
        height, width = pixels.shape[:2]
        name = f"{clip.name} at {time_s:.3f} s"
        decoder = dict(clip.meta.decoder)
        media = open_pixels(pixels.data, width, height, name, "video-frames", decoder, clip.notes)
        return Moment(media, faces, time_s, index)


def _track(index: int, views: _Views) -> FaceTrack:
    return FaceTrack(
        index,
        np.array(views.times, np.float64),
        np.array(views.boxes, np.float32).reshape(-1, 4),
        np.array(views.landmarks, np.float32),
        np.array(views.patches, np.uint8),
    )


def _largest_face(scene: Scene) -> float:
    return max((face.box.w * face.box.h for face in scene.faces), default=0.0)
