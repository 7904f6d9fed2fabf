"""How well the tests over time tell made fakes from the clips they were made of: docs/video.md.

    python -m models.video.measure FOLDER [--out docs/video.md] [--seconds 2.5]

FOLDER holds real clips of talking faces (*.mp4). Every number is measured here; nothing is
carried over. The clips are few, so the intervals are wide, and they are taken over clips.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from models.training.metrics import auc
from models.video import fakes, write
from telltale.detectors.biological import blink
from telltale.faces.tracking import Tracker
from telltale.media import bytesource, clip
from telltale.media.sampling import Plan
from telltale.runtime.context import Context
from telltale.runtime.frames import PyAvSource
from telltale.runtime.inference import OnnxModels
from telltale.timeline import lane_of
from telltale.video import VideoAnalysis, drive

KINDS = ("face warped (FWA recipe)", "face swapped (landmarks)", "lips replaced")
CRFS = (18, 28, 38)
TESTS = (
    "face_manipulation", "face_warping", "head_pose", "generated_image", "face_resolution",
    "mouth_detail", "border_flicker", "face_consistency",
)  # fmt: skip
#: Frames a second of the made clips, and the face's width that they are scaled to.
FPS, FACE = 15, 190
#: Pulse: rate, depths of the green channel, and the clip must last this long.
BPM, DEPTHS, PULSE_S = 78.0, (0.0, 0.005, 0.01, 0.02), 8.2


@dataclass(frozen=True)
class Real:
    """Frames of a real clip at `FPS`, scaled, with the landmarks of its one face."""

    name: str
    frames: list[NDArray[np.uint8]]
    points: list[NDArray[np.floating]]
    times: list[float]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--out", type=Path, default=Path("docs/video.md"))
    parser.add_argument("--seconds", type=float, default=2.5)
    arguments = parser.parse_args()
    context = Context(OnnxModels(threads=1))
    paths = sorted(arguments.folder.rglob("*.mp4"))
    made = [p for p in paths if p.stem.endswith("_fake")]
    reals = [r for p in paths if p not in made and (r := load(p, context))]
    pairs = [row for p in made for row in score_pair(p, context)]
    rows = list(score(reals, arguments.seconds, context))
    pulses = list(score_pulses(reals, context))
    blinks = list(score_blinks(reals, context))
    speed = list(throughput(reals[0], context))
    names = [r.name for r in reals]
    document = {
        "rows": rows, "pairs": pairs, "pulses": pulses, "blinks": blinks, "speed": speed,
        "clips": names,
    }  # fmt: skip
    arguments.out.with_suffix(".json").write_text(json.dumps(document) + "\n", "utf-8")
    arguments.out.write_text(write.page(document), "utf-8")


def load(path: Path, context: Context) -> Real | None:
    """The first seconds of a clip with one face all the time; None for another."""
    source = PyAvSource(path)
    step, last, scale = 1 / FPS, -1.0, 0.0
    tracker = Tracker()
    frames, points, times = [], [], []
    for frame in source.frames(lambda t: "full", 0.0, PULSE_S + 0.2):
        if frame.time_s - last < 0.75 * step:
            continue
        last = frame.time_s
        pixels = frame.pixels
        if not scale:
            found = tracker.update(pixels, 0.0, context, look=True)
            if len(found) != 1:
                return None
            scale = min(1.0, FACE / found[0].face.quality["width_px"])
            tracker = Tracker()
        height, width = (2 * round(side * scale / 2) for side in pixels.shape[:2])
        small = np.asarray(Image.fromarray(pixels).resize((width, height), Image.Resampling.BOX))
        seen = tracker.update(small, frame.time_s, context)
        if len(seen) != 1:
            break
        frames.append(small)
        points.append(seen[0].face.landmarks)
        times.append(len(times) * step)
    return Real(path.stem, frames, points, times) if len(frames) > 2 * FPS else None


def score(reals: list[Real], seconds: float, context: Context) -> Iterator[dict[str, Any]]:
    """One row per clip, kind and compression: the values of every lane."""
    count = round(seconds * FPS)
    for k, real in enumerate(reals):
        donor = reals[(k + 1) % len(reals)]
        frames, points = real.frames[:count], real.points[:count]
        made = {
            "real": frames,
            KINDS[0]: fakes.warped(frames, points),
            KINDS[1]: fakes.swapped(frames, points, donor.frames[0], donor.points[0]),
            KINDS[2]: fakes.lips(frames, points),
        }
        for kind, pictures in made.items():
            for crf in CRFS:
                analysis = examine(pictures, crf, context, TESTS)
                yield {
                    "clip": real.name,
                    "kind": kind,
                    "crf": crf,
                    "lanes": {
                        test: [round(v, 5) for _, row in lanes(analysis, test) for v in row.values]
                        for test in TESTS
                    },
                    "faces": len(analysis.tracks),
                }


def score_pair(made: Path, context: Context) -> Iterator[dict[str, Any]]:
    """The medians of a published fake (X_fake.mp4) and of the clip it was made of (X.mp4)."""
    real = made.with_name(made.name.replace("_fake", ""))
    for path in (real, made):
        clip_ = load(path, context) if path.is_file() else None
        if clip_ is not None:
            analysis = examine(clip_.frames, 18, context, TESTS)
            values = {
                test: [v for _, row in lanes(analysis, test) for v in row.values] for test in TESTS
            }
            medians = {test: float(np.median(row)) for test, row in values.items() if row}
            yield {"clip": path.stem, "values": medians}


def score_pulses(reals: list[Real], context: Context) -> Iterator[dict[str, Any]]:
    """An injected pulse of every depth at every compression, and a still that sways."""
    long = [real for real in reals if real.times[-1] >= PULSE_S - 0.1][:1]
    for real in long:
        for depth in DEPTHS:
            pictures = fakes.with_pulse(real.frames, real.points, real.times, BPM, depth)
            for crf in CRFS:
                found = pulse_of(pictures, crf, context)
                yield {"what": "clip", "depth": depth, "crf": crf, **found}
        still = real.frames[0]
        sway = [np.roll(still, round(6 * np.sin(k / 9)), 1) for k in range(len(real.frames))]
        for crf in CRFS:
            found = pulse_of(sway, crf, context)
            yield {"what": "a photograph that moves", "depth": 0.0, "crf": crf, **found}


def score_blinks(reals: list[Real], context: Context) -> Iterator[dict[str, Any]]:
    """Blinks of each clip as it is, with them removed, and with copies of one inserted."""
    for real in reals:
        found = blinks_of(real.frames, 18, context)
        yield {"clip": real.name, "what": "as it is", "crf": 18, "made": None, "found": found}
        shut = [any(abs(t - b) < 0.25 for b in found) for t in real.times]
        if not found:
            continue
        donors: list[int | None] = []
        last = 0
        for k, closed in enumerate(shut):
            last = last if closed else k
            donors.append(last if closed else None)
        removed = fakes.with_eyes_of(real.frames, real.points, donors)
        yield {
            "clip": real.name, "what": "removed", "crf": 18, "made": [],
            "found": blinks_of(removed, 18, context),
        }  # fmt: skip
        first = round(found[0] * FPS)
        at = [k for k in range(8, len(real.times) - 8, 22) if not any(shut[k - 7 : k + 8])]
        donors = [None] * len(real.times)
        for k in at:
            for step in (-1, 0, 1):
                donors[k + step] = min(first + step, len(real.times) - 1)
        more = fakes.with_eyes_of(real.frames, real.points, donors)
        for crf in CRFS:
            seen = blinks_of(more, crf, context)
            hits = [b for b in seen if any(abs(b - real.times[k]) < 0.3 for k in at)]
            yield {
                "clip": real.name, "what": "inserted", "crf": crf,
                "made": [round(real.times[k], 2) for k in at], "found": hits,
                "others": len(seen) - len(hits),
            }  # fmt: skip


def blinks_of(pictures: list[NDArray[np.uint8]], crf: int, context: Context) -> list[float]:
    """The middles of the blinks that are found, in seconds."""
    analysis = examine(pictures, crf, context, ("blink",))
    rows = [row for _, row in lanes(analysis, "blink")]
    return [round(b.middle_s, 2) for row in rows for b in blink.blinks_of(row)]


def pulse_of(pictures: list[NDArray[np.uint8]], crf: int, context: Context) -> dict[str, Any]:
    analysis = examine(pictures, crf, context, ("pulse",))
    finding = next(f for f in analysis.findings if f.detector == "pulse")
    part = finding.parts[0] if finding.parts else finding
    facts = {fact.name: fact.value for fact in part.facts}
    rate = finding.score.value if finding.score else None
    return {"rate": rate, "reason": finding.reason, "snr": facts.get("snr_pos")}


def examine(
    pictures: Iterable[NDArray[np.uint8]], crf: int, context: Context, only: tuple[str, ...]
) -> VideoAnalysis:
    """Encode, decode, analyse with every frame followed and two a second examined in full."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "made.mp4"
        write.encode(path, pictures, FPS, crf)
        source = PyAvSource(path)
        opened = clip.open_clip(bytesource.of_file(path), path.name, "file", source.meta, context)
        plan = Plan("whole", float(FPS), 0.5)
        analysis = VideoAnalysis(opened, context, plan, only)
        analysis.again = lambda: ()  # type: ignore[method-assign]
        drive(analysis, source)
    return analysis


def lanes(analysis: VideoAnalysis, test: str) -> list[tuple[int | None, Any]]:
    return [(track, row) for (name, track), row in analysis.series.items() if name == test]


def separation(rows: list[dict[str, Any]], test: str, kind: str, crf: int) -> dict[str, Any]:
    """AUC of clips' values, real against a kind, with its interval over clips (bootstrap)."""
    sign = -1 if lane_of(test).direction == "lower_is_suspicious" else 1
    clips = sorted({row["clip"] for row in rows})
    values = {
        (row["clip"], row["kind"]): sign * np.array(row["lanes"][test])
        for row in rows
        if row["crf"] == crf and row["lanes"][test]
    }
    clips = [c for c in clips if (c, "real") in values and (c, kind) in values]
    if not clips:
        return {"auc": None, "low": None, "high": None, "clips": 0, "frames": 0}

    def of(chosen: Iterable[str]) -> float:
        chosen = list(chosen)
        real = np.concatenate([values[c, "real"] for c in chosen])
        return auc(real, np.concatenate([values[c, kind] for c in chosen]))

    rng = np.random.default_rng(0)
    again = [of(rng.choice(clips, len(clips))) for _ in range(300)]
    low, high = np.quantile(again, [0.025, 0.975])
    frames = sum(len(values[c, kind]) for c in clips)
    paired = [float(values[c, kind].mean() > values[c, "real"].mean()) for c in clips]
    return {
        "auc": of(clips), "low": float(low), "high": float(high), "clips": len(clips),
        "frames": frames, "paired": sum(paired),
    }  # fmt: skip


def throughput(real: Real, context: Context) -> Iterator[dict[str, Any]]:
    """Frames a second of processor time of each stage, one thread."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "speed.mp4"
        write.encode(path, real.frames, FPS, 23)
        source = PyAvSource(path)
        start = time.process_time()
        count = sum(1 for _ in source.frames(lambda t: "full"))
        yield {"stage": "decode", "fps": count / (time.process_time() - start)}
    tracker, frames = Tracker(), real.frames[:30]
    tracker.update(frames[0], 0.0, context, look=True)
    start = time.process_time()
    for k, pixels in enumerate(frames):
        tracker.update(pixels, 0.01 * k, context)
    yield {"stage": "follow a face", "fps": len(frames) / (time.process_time() - start)}
    for test in (*TESTS, "blink", "gaze", "eye_reflection", "pulse"):
        yield {"stage": test, "fps": one_stage(test, real, context)}


def one_stage(test: str, real: Real, context: Context) -> float:
    from telltale.detectors import over_time
    from telltale.series import FaceFrame, Past, WholeFrame

    module = over_time.load(over_time.find(test))
    tracker = Tracker()
    past: tuple[Past, ...] = ()
    spent, count = 0.0, 0
    for k, pixels in enumerate(real.frames[:8]):
        seen = tracker.update(pixels, k / FPS, context)[0]
        frame: Any = FaceFrame(pixels, k / FPS, k, 0, seen.face, seen.patch, seen.look, True, past)
        past = (*past, Past(k / FPS, seen.face, seen.patch))[-2:]
        if over_time.find(test) in over_time.FRAME_TESTS:
            frame = WholeFrame(pixels, k / FPS, k)
        start = time.process_time()
        module.measure(frame, context)
        if k > 1:  # the first calls load
            spent += time.process_time() - start
            count += 1
    return count / max(spent, 1e-6)


if __name__ == "__main__":
    main()
