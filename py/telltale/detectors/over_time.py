"""The tests of a video, by explicit list; see `telltale.series` for their form."""

from __future__ import annotations

from dataclasses import dataclass
from importlib import import_module
from typing import Any, Protocol, cast

from telltale.finding import Card, Finding
from telltale.media.video import Clip
from telltale.runtime.context import Context
from telltale.series import Lane, Outcome, Reading, Series


class TrackTest(Protocol):
    """The form of a test over time; `measure` takes a `FaceFrame` or a `WholeFrame`."""

    CARD: Card
    LANE: Lane

    def measure(self, frame: Any, context: Context) -> Reading: ...

    def conclude(self, series: Series) -> Outcome: ...


class ClipTest(Protocol):
    """The form of a test of the file as it is stored."""

    CARD: Card

    def examine(self, clip: Clip) -> Finding: ...


@dataclass(frozen=True, slots=True)
class TimedEntry:
    """A test over time: its id, its module, and the wheels it needs beyond numpy and pillow."""

    id: str
    module: str
    packages: tuple[str, ...] = ()


#: Tests of one face over time, in the order of their lanes.
TRACK_TESTS: tuple[TimedEntry, ...] = (
    TimedEntry("face_manipulation", "learned.face_manipulation_over_time"),
    TimedEntry("face_warping", "learned.face_warping_over_time"),
    TimedEntry("head_pose", "learned.head_pose_over_time"),
    TimedEntry("face_resolution", "forensic.face_detail_over_time"),
    TimedEntry("mouth_detail", "forensic.mouth_detail"),
    TimedEntry("border_flicker", "forensic.border_flicker"),
    TimedEntry("face_consistency", "forensic.face_consistency"),
    TimedEntry("blink", "biological.blink", ("scipy",)),
    TimedEntry("gaze", "biological.gaze"),
    TimedEntry("eye_reflection", "biological.eye_reflection"),
    TimedEntry("pulse", "biological.pulse", ("scipy",)),
)
#: Tests of the whole frame.
FRAME_TESTS: tuple[TimedEntry, ...] = (
    TimedEntry("generated_image", "learned.generated_image_over_time"),
)
TESTS = FRAME_TESTS + TRACK_TESTS
#: Tests of the file, which look at no picture.
CLIP_TESTS: tuple[TimedEntry, ...] = (
    TimedEntry("video_container", "provenance.video_container"),
    TimedEntry("frame_rhythm", "forensic.frame_rhythm"),
)


def load(entry: TimedEntry) -> TrackTest:
    """Import the test of `entry`."""
    return cast(TrackTest, import_module(f"telltale.detectors.{entry.module}"))


def load_clip_test(entry: TimedEntry) -> ClipTest:
    """Import the test of `entry`."""
    return cast(ClipTest, import_module(f"telltale.detectors.{entry.module}"))


def find(detector_id: str) -> TimedEntry:
    """The entry of a test over time; raises KeyError."""
    for entry in TESTS + CLIP_TESTS:
        if entry.id == detector_id:
            return entry
    raise KeyError(detector_id)
