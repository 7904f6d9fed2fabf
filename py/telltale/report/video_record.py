"""The record of a video: the common record with a `video` section of tracks, lanes, moments."""

from __future__ import annotations

import base64
import time
from dataclasses import asdict
from typing import Any

import numpy as np

from telltale.detectors import over_time
from telltale.media.sampling import Plan
from telltale.media.video import Clip
from telltale.report.record import (
    PROPOSITIONS,
    SCHEMA,
    face_json,
    finding_json,
    map_json,
    now,
    number,
    timed_finding_json,
)
from telltale.report.software import runtime, software
from telltale.runtime.context import Bank
from telltale.series import Lane, Series
from telltale.timeline import Moment, gaps, lane_of, worst_moments
from telltale.video import News, VideoAnalysis

#: Most points of a lane in a record; a longer one is thinned evenly, keeping its extremes.
MOST_POINTS = 2000


def record(analysis: VideoAnalysis, models_used: list[dict[str, Any]]) -> dict[str, Any]:
    """The JSON-ready record of a video, finished or stopped early."""
    # the bank's part needs SQLite, which a start does without
    from telltale.bank import section
    from telltale.evidence.video import assessment

    tests = [entry.id for entry in over_time.CLIP_TESTS + over_time.TESTS]
    return {
        "schema": SCHEMA,
        "started": analysis.started,
        "created": now(),
        "software": {**software(), "detectors": tests},
        "runtime": {**runtime(), "models": models_used},
        "media": {**media_json(analysis.clip), "pixels_sha256": analysis.pixels_sha256},
        "faces": faces_json(analysis),
        "propositions": PROPOSITIONS,
        "assessment": assessment(analysis, models_used),
        "findings": [
            *(timed_finding_json(finding) for finding in analysis.findings),
            *(finding_json(finding, added) for added, finding in analysis.unreviewed),
        ],
        "warnings": list(analysis.warnings),
        "stages_ms": {k: round(v, 2) for k, v in analysis.stages_ms.items()},
        "video": video_json(analysis),
        **({"bank": analysis.bank} if analysis.bank else {}),
        "traces": section.film_json(analysis.traces, models_used),
    }


def ask_bank(analysis: VideoAnalysis, models_used: list[dict[str, Any]], bank: Bank | None) -> None:
    """Ask the bank about a video that was examined; what it says goes into its record."""
    from telltale.bank import section

    start = time.perf_counter()
    analysis.bank = bank.ask_film(analysis, models_used) if bank else section.not_asked()
    analysis.stages_ms["bank"] = (time.perf_counter() - start) * 1e3


def media_json(clip: Clip) -> dict[str, Any]:
    """What is known about the file, in the fields of a picture's."""
    meta = clip.meta
    return {
        "name": clip.name,
        "sha256": clip.sha256,
        "size_bytes": clip.size_bytes,
        "rung": clip.rung,
        "original_bytes": clip.has_original_bytes,
        "format": clip.structure.container if clip.structure else meta.container,
        "mime": clip.mime,
        "width": meta.width,
        "height": meta.height,
        "mode": "RGB",
        "bits": 8,
        "frames": max(1, meta.frames or round(meta.duration_s * meta.rate_fps) or 1),
        "has_alpha": False,
        "orientation": 1,
        "icc_profile": None,
        "jpeg": None,
        "exif": {},
        "decoder": dict(meta.decoder),
        "notes": list(clip.notes),
    }


def faces_json(analysis: VideoAnalysis) -> dict[str, Any]:
    """The best view of each track, as the faces of a picture."""
    return {
        "looked_for": analysis.faces_unavailable is None and analysis.counts.followed > 0,
        "unavailable": analysis.faces_unavailable,
        "found": [face_json(analysis.keyframes[k].face) for k in sorted(analysis.keyframes)],
    }


def plan_json(plan: Plan) -> dict[str, Any]:
    """Which frames are examined."""
    return {
        "kind": plan.kind,
        "geometry_fps": round(plan.geometry_fps, 3),
        "full_every_s": round(plan.full_every_s, 3),
        "windows": [[round(a, 3), round(b, 3)] for a, b in plan.windows],
        **({"asked": asdict(plan.asked)} if plan.asked else {}),
    }


def video_json(analysis: VideoAnalysis) -> dict[str, Any]:
    """The `video` section."""
    meta, structure = analysis.clip.meta, analysis.clip.structure
    return {
        "container": structure.container if structure else meta.container,
        "codec": meta.codec,
        "duration_s": round(meta.duration_s, 3),
        "rate_fps": round(meta.rate_fps, 3),
        "frames": meta.frames,
        "rotation": meta.rotation,
        "hdr": meta.hdr,
        "has_audio": meta.has_audio,
        "plan": plan_json(analysis.plan),
        "second_look": [[round(a, 3), round(b, 3)] for a, b in analysis.second_look],
        "examined": asdict(analysis.counts) | {"until_s": round(analysis.last_s, 3)},
        "cancelled": analysis.cancelled,
        "scenes": analysis.scenes,
        "tracks": [
            _track_json(analysis, track.index)
            for track in analysis.tracks
            if track.boxes or analysis.plan.kind != "live"  # gone from the seconds that count
        ],
        "lanes": [
            _lane_json(test, row)
            for (test, _), row in sorted(analysis.series.items(), key=_lane_order)
        ],
        "moments": [_moment_json(m, analysis) for m in worst_moments(analysis.series)],
    }


def news_json(news: News) -> dict[str, Any]:
    """What one frame added, for a view that draws while the work goes on."""
    return {
        "time_s": news.time_s,
        "fraction": news.fraction,
        "points": [
            {
                "test": p.test,
                "track": p.track,
                "time_s": p.time_s,
                "value": number(p.reading.value),
                "reason": p.reading.why.code if p.reading.why else None,
                "sentence": p.reading.why.sentence if p.reading.why else "",
            }
            for p in news.points
        ],
        "tracks": [
            {"index": track, "time_s": news.time_s, "box": asdict(face.box)}
            for track, face in news.faces
        ],
    }


def lane_json(test: str, lane: Lane) -> dict[str, Any]:
    """How the lane of a test is drawn."""
    title = over_time.load(over_time.find(test)).CARD.title
    return {"test": test, "title": title, **asdict(lane)}


def _lane_order(item: tuple[tuple[str, int | None], Series]) -> tuple[int, int]:
    order = [entry.id for entry in over_time.TESTS]
    (test, track), _ = item
    return (-1 if track is None else track, order.index(test) if test in order else -1)


def _lane_json(test: str, row: Series) -> dict[str, Any]:
    order = np.argsort(row.times, kind="stable")
    if len(order) > MOST_POINTS:
        order = order[:: -(-len(order) // MOST_POINTS)]
    return {
        **lane_json(test, lane_of(test)),
        "track": row.track,
        "times": [round(row.times[k], 3) for k in order],
        "values": [number(round(row.values[k], 5)) for k in order],
        "gaps": gaps(row),
        "concluded": _concluded_json(row),
    }


def _concluded_json(row: Series) -> dict[str, Any] | None:
    """What the test says of this face over the clip; None before it was asked."""
    said = row.outcome
    if said is None:
        return None
    return {
        "score": None if said.score is None else number(round(said.score, 5)),
        "reason": said.why.code if said.why else None,
        "sentence": said.sentence,
    }


def _moment_json(moment: Moment, analysis: VideoAnalysis) -> dict[str, Any]:
    kept = analysis.sights.get((moment.test, moment.track), [])
    seen = next((s for s in kept if s.time_s == moment.time_s), None)
    return {
        "time_s": round(moment.time_s, 3),
        "test": moment.test,
        "track": moment.track,
        "value": number(round(moment.value, 5)),
        "excess": round(moment.excess, 4),
        "picture": base64.b64encode(seen.jpeg).decode("ascii") if seen else None,
        "map": map_json(seen.map) if seen and seen.map else None,
    }


def _track_json(analysis: VideoAnalysis, index: int) -> dict[str, Any]:
    track = analysis.tracks[index]
    key = analysis.keyframes.get(index)
    boxes = np.array(track.boxes) if track.boxes else np.empty((0, 5))
    step = max(1, len(boxes) // 300)
    return {
        "index": index,
        "start_s": round(track.start_s, 3),
        "end_s": round(track.end_s, 3),
        "frames": len(track.boxes),
        "boxes": np.round(boxes[::step], 2).tolist(),
        "jitter_px": _median(track.trembles, 0),
        "jitter_smoothed_px": _median(track.trembles, 1),
        "keyframe_s": round(key.time_s, 3) if key else None,
        "keyframe": base64.b64encode(key.jpeg).decode("ascii") if key else None,
        "quality": {k: number(v) for k, v in key.face.quality.items()} if key else {},
        "landmarks": np.round(track.steady, 2).tolist(),
    }


def _median(rows: list[tuple[float, float]], column: int) -> float | None:
    return round(float(np.median([row[column] for row in rows])), 3) if rows else None
