"""An injected pulse through the whole chain: where it is found, and where nothing may be."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.video import fakes
from models.video.clips import CRFS, FPS, Real, donor_of, examine
from telltale.runtime.context import Context

#: Beats per minute, one after the other for the clips, and depths of the modulation (the green
#: channel changes by 0.8 of it).
RATES, DEPTHS = (78.0, 54.0, 102.0), (0.0, 0.005, 0.01, 0.02)
#: Seconds of the made clips, the shortest clip that is played to and fro to fill them, and how many
#: clips are taken, the longest first.
LENGTH_S, LEAST_S, MOST = 12.0, 6.0, 5


def score_pulses(reals: list[Real], context: Context) -> Iterator[dict[str, Any]]:
    """A pulse of every depth at every compression, in fakes too, and stills that sway.

    Rows of clip, turns (whether it is played to and fro), what, bpm (injected, 0 for none), depth,
    crf, rate or None, reason, snr.
    """
    long = sorted((r for r in reals if r.times[-1] >= LEAST_S), key=lambda r: -len(r.frames))
    for k, real in enumerate(long[:MOST]):
        bpm = RATES[k % len(RATES)]
        base = {"clip": real.name, "turns": real.times[-1] < LENGTH_S - 1 / FPS}
        clip = to_and_fro(real)
        for depth in DEPTHS:
            pictures = fakes.with_pulse(clip.frames, clip.points, clip.times, bpm, depth)
            for crf in CRFS:
                row = {"what": "clip", "bpm": bpm if depth else 0.0, "depth": depth, "crf": crf}
                yield {**base, **row, **pulse_of(pictures, crf, context)}
        # a fake made of a film of somebody with a pulse: does it inherit it?
        pictures = fakes.with_pulse(clip.frames, clip.points, clip.times, bpm, DEPTHS[-1])
        donor = donor_of(reals, next(n for n, r in enumerate(reals) if r is real))
        heirs = {
            "face warped": fakes.warped(pictures, clip.points),
            "face swapped": fakes.swapped(pictures, clip.points, donor.frames[0], donor.points[0]),
        }
        for what, made in heirs.items():
            row = {"what": what, "bpm": bpm, "depth": DEPTHS[-1], "crf": CRFS[0]}
            yield {**base, **row, **pulse_of(made, CRFS[0], context)}
        sway = swaying(real.frames[0], len(clip.frames))
        for crf in CRFS:
            row = {"what": "a photograph that moves", "bpm": 0.0, "depth": 0.0, "crf": crf}
            yield {**base, **row, **pulse_of(sway, crf, context)}


def to_and_fro(real: Real) -> Real:
    """The clip forward and backward again and again, until it lasts `LENGTH_S`."""
    n, wanted = len(real.frames), round(LENGTH_S * FPS)
    turn = [*range(n), *range(n - 2, 0, -1)]
    order = [turn[k % len(turn)] for k in range(wanted)]
    times = [k / FPS for k in range(wanted)]
    return Real(real.name, [real.frames[k] for k in order], [real.points[k] for k in order], times)


def swaying(still: NDArray[np.uint8], count: int) -> list[NDArray[np.uint8]]:
    """`count` frames of a picture that sways by six pixels, as a hand holds a photograph."""
    return [np.roll(still, round(6 * np.sin(k / 9)), 1) for k in range(count)]


def pulse_of(pictures: list[NDArray[np.uint8]], crf: int, context: Context) -> dict[str, Any]:
    """What the whole chain says of frames: rate or None, reason, and POS's ratio in dB."""
    analysis = examine(pictures, crf, context, ("pulse",))
    finding = next(f for f in analysis.findings if f.detector == "pulse")
    part = finding.parts[0] if finding.parts else finding
    facts = {fact.name: fact.value for fact in part.facts}
    rate = finding.score.value if finding.score else None
    return {"rate": rate, "reason": finding.reason, "snr": facts.get("snr_pos")}


def summary(rows: list[dict[str, Any]]) -> dict[str, Any]:
    """The figures of the page's sentences.

    `error` is the largest distance in beats per minute of an answer from what was injected,
    `answers` their count of `asked`, `lowest_snr` the least ratio of an answer; `false` counts
    answers of `nothing` pictures without an injected pulse.
    """
    injected = [r for r in rows if r["bpm"]]
    answers = [r for r in injected if r["rate"] is not None]
    nothing = [r for r in rows if not r["bpm"]]
    return {
        "error": max((abs(r["rate"] - r["bpm"]) for r in answers), default=None),
        "answers": len(answers),
        "asked": len(injected),
        "lowest_snr": min((r["snr"] for r in answers), default=None),
        "false": sum(r["rate"] is not None for r in nothing),
        "nothing": len(nothing),
    }


def least_depth(rows: list[dict[str, Any]], clip: str, crf: int) -> float | None:
    """The least depth of `clip` at `crf` from which every deeper one is answered too."""
    mine = [r for r in rows if (r["clip"], r["what"], r["crf"]) == (clip, "clip", crf) and r["bpm"]]
    depth = None
    for row in sorted(mine, key=lambda r: -r["depth"]):
        if row["rate"] is None:
            break
        depth = row["depth"]
    return depth
