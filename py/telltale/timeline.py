"""From readings over time to findings, lanes and the most suspicious moments."""

from __future__ import annotations

import io
import time
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from telltale.detectors import over_time
from telltale.detectors.over_time import TimedEntry, TrackTest
from telltale.finding import (
    Box,
    Finding,
    Inapplicable,
    Map,
    Part,
    Region,
    Score,
    failed,
    inapplicable,
    ok,
)
from telltale.scene import Face
from telltale.series import FaceFrame, Lane, Outcome, Reading, Series, nothing_seen

if TYPE_CHECKING:
    from telltale.video import VideoAnalysis

#: (test, track); None for the whole frame.
Key = tuple[str, int | None]
#: Longest side in pixels of a keyframe's picture.
_THUMBNAIL = 160
#: Moments are at least so many seconds apart, and of so many the sight is kept per test and track.
APART_S, MOST_SIGHTS = 0.5, 8


@dataclass(frozen=True, slots=True)
class Point:
    """One new point of a lane."""

    test: str
    track: int | None
    time_s: float
    reading: Reading


@dataclass(frozen=True, slots=True)
class Keyframe:
    """The best view of a track: `jpeg` shows the face with its surroundings."""

    time_s: float
    face: Face
    jpeg: bytes
    value: float

    @staticmethod
    def worth(face: Face) -> float:
        """Higher for a large, sharp, frontal face."""
        turned = abs(face.quality.get("yaw_deg", 0.0)) + abs(face.quality.get("pitch_deg", 0.0))
        sharp = min(face.quality.get("sharpness", 0.0), 0.5)
        return (
            face.quality.get("inter_ocular_px", 0.0)
            * (1 + sharp)
            * np.cos(np.radians(min(turned, 85.0)))
        )

    @classmethod
    def of(cls, frame: FaceFrame) -> Keyframe:
        """The face of a frame, cut out with half its size around it."""
        jpeg = cut_out(frame.pixels, surroundings(frame.face.box))
        return cls(frame.time_s, frame.face, jpeg, cls.worth(frame.face))


@dataclass(frozen=True, slots=True)
class Sight:
    """A face at a moment beyond a limit: `jpeg` is covered by `map` where the test gave one."""

    time_s: float
    excess: float
    jpeg: bytes
    map: Map | None

    @classmethod
    def of(cls, frame: FaceFrame, reading: Reading, beyond: float) -> Sight:
        """The part of the frame under the map, or the face with its surroundings."""
        covered = reading.map.box if reading.map else None
        jpeg = cut_out(frame.pixels, covered or surroundings(frame.face.box))
        return cls(frame.time_s, beyond, jpeg, reading.map)


def surroundings(box: Box) -> Box:
    """The square about a face's box that shows half its size around it."""
    reach = 0.9 * max(box.w, box.h)
    return Box(box.x + box.w / 2 - reach, box.y + box.h / 2 - reach, 2 * reach, 2 * reach)


def cut_out(pixels: NDArray[np.uint8], box: Box) -> bytes:
    """A small JPEG of what lies inside a box and the (H, W, 3) uint8 frame."""
    height, width = pixels.shape[:2]
    left, right = (int(np.clip(v, 0, width)) for v in (box.x, box.x + box.w))
    top, bottom = (int(np.clip(v, 0, height)) for v in (box.y, box.y + box.h))
    left, top = min(left, width - 1), min(top, height - 1)
    part = pixels[top : max(bottom, top + 1), left : max(right, left + 1)]
    image = Image.fromarray(np.ascontiguousarray(part))
    image.thumbnail((_THUMBNAIL, _THUMBNAIL))
    buffer = io.BytesIO()
    image.save(buffer, "JPEG", quality=80)
    return buffer.getvalue()


def keep_sight(kept: list[Sight], frame: FaceFrame, reading: Reading, beyond: float) -> None:
    """Keep the sight of a moment where it is among the worst, one for each `APART_S`."""
    near = [s for s in kept if abs(s.time_s - frame.time_s) < APART_S]
    if any(s.excess >= beyond for s in near):
        return
    for one in near:
        kept.remove(one)
    if len(kept) >= MOST_SIGHTS:
        mildest = min(kept, key=lambda s: s.excess)
        if mildest.excess >= beyond:
            return
        kept.remove(mildest)
    kept.append(Sight.of(frame, reading, beyond))


@dataclass(frozen=True, slots=True)
class Moment:
    """A point of a lane beyond its threshold; `excess` in the lane's spans."""

    test: str
    track: int | None
    time_s: float
    value: float
    excess: float


def excess(lane: Lane, value: float) -> float:
    """How far a value lies beyond the lane's threshold in shares of its scale, 0 without one."""
    if lane.threshold is None or lane.direction == "none":
        return 0.0
    sign = 1 if lane.direction == "higher_is_suspicious" else -1
    return max(0.0, sign * (value - lane.threshold) / (lane.high - lane.low))


def worst_moments(series: dict[Key, Series], count: int = 5) -> list[Moment]:
    """The points furthest beyond their thresholds, at least `APART_S` apart."""
    all_moments = []
    for (test, track), row in series.items():
        lane = lane_of(test)
        for time_s, value in zip(row.times, row.values, strict=True):
            if (beyond := excess(lane, value)) > 0:
                all_moments.append(Moment(test, track, time_s, value, beyond))
    all_moments.sort(key=lambda m: -m.excess)
    chosen: list[Moment] = []
    for moment in all_moments:
        if all(abs(moment.time_s - other.time_s) >= APART_S for other in chosen):
            chosen.append(moment)
        if len(chosen) == count:
            break
    return chosen


def lane_of(test: str) -> Lane:
    """The lane of a test by id."""
    return over_time.load(over_time.find(test)).LANE


def conclude_all(analysis: VideoAnalysis) -> list[Finding]:
    """One finding for each test: the track that stands out most decides, every track is a part."""
    findings = [_of_clip(entry, analysis) for entry in over_time.CLIP_TESTS]
    for entry in over_time.TESTS:
        test = over_time.load(entry)
        rows = [row for (name, _), row in analysis.series.items() if name == entry.id]
        if rows:
            outcomes = [(row, _concluded(test, row, analysis)) for row in rows]
            finding = _finding(test, outcomes, analysis)
        else:
            finding = inapplicable(test.CARD, _nothing(entry in over_time.FRAME_TESTS, analysis))
        findings.append(finding.timed(round(analysis.stages_ms.get(entry.id, 0.0), 2)))
    return findings


def _of_clip(entry: TimedEntry, analysis: VideoAnalysis) -> Finding:
    test = over_time.load_clip_test(entry)
    start = time.perf_counter()
    try:
        finding = test.examine(analysis.clip)
    except Exception as error:  # one test must not take the record with it
        finding = failed(test.CARD, f"The test failed: {type(error).__name__}: {error}")
    return finding.timed(round((time.perf_counter() - start) * 1e3, 2))


def _nothing(whole: bool, analysis: VideoAnalysis) -> Inapplicable:
    """Why a test has no series at all."""
    if whole:
        return Inapplicable("too_short", "No frame was examined.")
    code = analysis.faces_unavailable or "no_face"
    return Inapplicable(code, "No face was found in this video." if code == "no_face" else "")


def _concluded(test: TrackTest, row: Series, analysis: VideoAnalysis) -> Outcome:
    try:
        outcome = row.outcome = test.conclude(row)
    except Exception as error:  # one test must not take the record with it
        analysis.trouble(f"The test {test.CARD.id} failed: {type(error).__name__}: {error}")
        return nothing_seen(Series(row.track))
    if outcome.values is not None and len(outcome.values) == len(row.values):
        row.values = [float(v) for v in outcome.values]
    return outcome


def _finding(
    test: TrackTest, rows: list[tuple[Series, Outcome]], analysis: VideoAnalysis
) -> Finding:
    parts = tuple(_part(row, outcome, analysis) for row, outcome in rows)
    spoken = [(row, outcome) for row, outcome in rows if outcome.score is not None]
    if not spoken:
        longest = max(rows, key=lambda pair: len(pair[0].times) + len(pair[0].refused))
        why = longest[1].why or Inapplicable("error")
        return inapplicable(test.CARD, why, parts=parts)
    lane = test.LANE
    sign = -1 if lane.direction == "lower_is_suspicious" else 1
    row, outcome = max(spoken, key=lambda pair: sign * (pair[1].score or 0.0))
    where = f"Face {(row.track or 0) + 1}: " if len(rows) > 1 else ""
    return ok(
        test.CARD,
        where + outcome.sentence,
        Score(
            float(outcome.score or 0.0),
            outcome.score_name or lane.name,
            lane.direction,
            lane.low,
            lane.high,
            outcome.unit or lane.unit,
        ),
        region=_region(row, analysis),
        parts=parts if len(parts) > 1 else (),
        facts=outcome.facts,
        caveats=outcome.caveats,
    )


def _region(row: Series, analysis: VideoAnalysis) -> Region:
    key = analysis.keyframes.get(row.track) if row.track is not None else None
    return (
        Region() if row.track is None else Region("face", row.track, key.face.box if key else None)
    )


def _part(row: Series, outcome: Outcome, analysis: VideoAnalysis) -> Part:
    region = _region(row, analysis)
    if outcome.why is not None:
        return Part(
            region, None, outcome.facts, "not_applicable", outcome.why.code, outcome.why.sentence
        )
    return Part(region, outcome.score, outcome.facts, sentence=outcome.sentence)


def gaps(row: Series) -> list[dict[str, Any]]:
    """Stretches without a value, each with its reason: start_s, end_s, reason, sentence."""
    found: list[dict[str, Any]] = []
    for time_s, why in sorted(row.refused, key=lambda pair: pair[0]):
        last = found[-1] if found else None
        between = last and any(last["end_s"] < t < time_s for t in _within(row, last, time_s))
        if last and last["reason"] == why.code and not between:
            last["end_s"] = round(time_s, 3)
        else:
            found.append(
                {
                    "start_s": round(time_s, 3),
                    "end_s": round(time_s, 3),
                    "reason": why.code,
                    "sentence": why.sentence,
                }
            )
    return found


def _within(row: Series, last: dict[str, Any], time_s: float) -> Iterable[float]:
    first, end = np.searchsorted(row.times, [last["end_s"], time_s])
    return row.times[first:end]
