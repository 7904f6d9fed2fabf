"""How well the tests over time tell made fakes from the films they were made of: docs/video.md.

    python -m models.video.measure FOLDER [--parts PART ...] [--tests TEST ...] [--seconds 2]
    python -m models.video.measure --page       the page again, from the run's own numbers

FOLDER holds films of films.csv as NAME.mp4, and published fakes as NAME_fake.mp4. A part that is
not named keeps the numbers of the run before, as do tests and clips that are not: when a network
has changed, `--parts rows pairs two_faces --tests face_manipulation` is enough. Intervals are taken
over the people filmed.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.training.metrics import auc
from models.video import aggregation, fakes, pulses, write
from models.video.clips import CRFS, FPS, Real, donor_of, draws, examine, films, lanes, load
from telltale.detectors.biological import blink
from telltale.faces.tracking import Tracker
from telltale.runtime.context import Context
from telltale.runtime.frames import PyAvSource
from telltale.runtime.inference import OnnxModels
from telltale.timeline import lane_of

KINDS = ("face warped (FWA recipe)", "face swapped (landmarks)", "lips replaced")
TESTS = (
    "face_manipulation", "face_warping", "head_pose", "generated_image", "face_resolution",
    "mouth_detail", "border_flicker", "face_consistency", "gaze", "eye_reflection",
)  # fmt: skip
PARTS = ("pairs", "rows", "two_faces", "pulses", "blinks", "speed")
#: Of every lane at most so many values a second are kept: neighbours say the same.
KEPT_FPS = 4
#: Seconds of a clip in which blinks are looked for.
BLINKS_S = 8.4


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path, nargs="?", default=Path("."))
    parser.add_argument("--out", type=Path, default=Path("docs/video.md"))
    parser.add_argument("--seconds", type=float, default=2.0)
    parser.add_argument("--page", action="store_true", help="only write the page anew")
    parser.add_argument("--parts", nargs="+", choices=PARTS, default=PARTS)
    parser.add_argument("--tests", nargs="+", choices=TESTS, default=TESTS)
    arguments = parser.parse_args()
    table = arguments.out.with_suffix(".json")
    document: dict[str, Any] = json.loads(table.read_text("utf-8")) if table.is_file() else {}
    if not arguments.page:
        context, tests = Context(OnnxModels(threads=1)), tuple(arguments.tests)
        paths = [p for p in sorted(arguments.folder.rglob("*.mp4")) if p.stem in films()]
        made = [p for p in paths if p.stem.endswith("_fake")]
        reals = [r for p in paths if p not in made and (r := load(p, context))]
        measures: dict[str, Callable[[], Iterable[dict[str, Any]]]] = {
            "pairs": lambda: (row for p in made for row in score_pair(p, context, tests)),
            "rows": lambda: score(reals, arguments.seconds, context, tests),
            "two_faces": lambda: aggregation.score_two_faces(reals, context),
            "pulses": lambda: pulses.score_pulses(reals, context),
            "blinks": lambda: score_blinks(reals, context),
            "speed": lambda: throughput(reals[0], context),
        }
        for part in arguments.parts:
            start, before = time.monotonic(), document.get(part, [])
            # kept clip by clip: a run that is stopped is a run over fewer people
            for rows in by_clip(measures[part]()):
                document[part] = merged(before, [dict(row) for row in rows])
                table.write_text(json.dumps(document, separators=(",", ":")) + "\n", "utf-8")
            print(f"{part}: {time.monotonic() - start:.0f} s", file=sys.stderr, flush=True)
    arguments.out.write_text(write.page(document), "utf-8")


def by_clip(rows: Iterable[dict[str, Any]]) -> Iterator[list[dict[str, Any]]]:
    """All rows so far, each time that a clip is complete."""
    done: list[dict[str, Any]] = []
    for row in rows:
        if done and row.get("clip") != done[-1].get("clip"):
            yield list(done)
        done.append(row)
    yield done


def merged(old: list[dict[str, Any]], new: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The new rows with what the old ones know of tests that were not measured again, and the old
    rows of clips that were not."""
    key = ("clip", "kind", "crf")
    known = {tuple(row.get(k) for k in key): row for row in old}
    for row in new:
        before = known.get(tuple(row.get(k) for k in key), {})
        for part in ("lanes", "values"):
            if isinstance(row.get(part), dict):
                row[part] = before.get(part, {}) | row[part]
    clips = {row.get("clip") for row in new}
    return new + [row for row in old if row.get("clip") not in clips]


def score(
    reals: list[Real], seconds: float, context: Context, tests: tuple[str, ...] = TESTS
) -> Iterator[dict[str, Any]]:
    """One row per clip, kind and compression: the times and values of every lane."""
    count = round(seconds * FPS)
    for k, real in enumerate(reals):
        donor = donor_of(reals, k)
        frames, points = real.frames[:count], real.points[:count]
        made = {
            "real": frames,
            KINDS[0]: fakes.warped(frames, points),
            KINDS[1]: fakes.swapped(frames, points, donor.frames[0], donor.points[0]),
            KINDS[2]: fakes.lips(frames, points),
        }
        for kind, pictures in made.items():
            for crf in CRFS:
                analysis = examine(pictures, crf, context, tests)
                yield {
                    "clip": real.name,
                    "kind": kind,
                    "crf": crf,
                    "lanes": {
                        test: thinned(row for _, row in lanes(analysis, test)) for test in tests
                    },
                    "faces": len(analysis.tracks),
                }


def thinned(series: Iterable[Any]) -> list[list[float]]:
    """Times and values of a lane, at most `KEPT_FPS` a second of each face."""
    times, values = [], []
    for row in series:
        last = -1.0
        for t, v in zip(row.times, row.values, strict=True):
            if t - last > 0.9 / KEPT_FPS:
                last = t
                times.append(round(t, 2))
                values.append(float(f"{v:.4g}"))
    return [times, values]


def score_pair(
    made: Path, context: Context, tests: tuple[str, ...] = TESTS
) -> Iterator[dict[str, Any]]:
    """The medians of a published fake (X_fake.mp4) and of the clip it was made of (X.mp4)."""
    real = made.with_name(made.name.replace("_fake", ""))
    for path in (real, made) if real.is_file() else ():
        clip_ = load(path, context)
        if clip_ is not None:
            analysis = examine(clip_.frames, 18, context, tests)
            values = {
                test: [v for _, row in lanes(analysis, test) for v in row.values] for test in tests
            }
            medians = {test: float(np.median(row)) for test, row in values.items() if row}
            yield {"clip": path.stem, "values": medians}


def score_blinks(reals: list[Real], context: Context) -> Iterator[dict[str, Any]]:
    """Blinks of each clip as it is, with them removed, and with copies of one inserted."""
    for real in map(shortened, reals):
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


def shortened(real: Real) -> Real:
    """The first `BLINKS_S` of a clip."""
    n = round(BLINKS_S * FPS)
    return Real(real.name, real.frames[:n], real.points[:n], real.times[:n])


def blinks_of(pictures: list[NDArray[np.uint8]], crf: int, context: Context) -> list[float]:
    """The middles of the blinks that are found, in seconds."""
    analysis = examine(pictures, crf, context, ("blink",))
    rows = [row for _, row in lanes(analysis, "blink")]
    return [round(b.middle_s, 2) for row in rows for b in blink.blinks_of(row)]


def separation(rows: list[dict[str, Any]], test: str, kind: str, crf: int) -> dict[str, Any]:
    """AUC of clips' values, real against a kind, with its interval over people (bootstrap)."""
    sign = -1 if lane_of(test).direction == "lower_is_suspicious" else 1
    clips = sorted({row["clip"] for row in rows})
    values = {
        (row["clip"], row["kind"]): sign * np.array(row["lanes"][test][1])
        for row in rows
        if row["crf"] == crf and row["lanes"].get(test, [[], []])[1]
    }
    clips = [c for c in clips if (c, "real") in values and (c, kind) in values]
    if not clips:
        return {"auc": None, "low": None, "high": None, "clips": 0, "frames": 0}

    def of(chosen: Iterable[str]) -> float:
        chosen = list(chosen)
        real = np.concatenate([values[c, "real"] for c in chosen])
        return auc(real, np.concatenate([values[c, kind] for c in chosen]))

    again = [of(draw) for draw in draws(clips)]
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
    for test in (*TESTS, "blink", "pulse"):
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
