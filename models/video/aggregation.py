"""Which way of making one score of many frames tells fakes best, and of many faces."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.training.metrics import auc
from models.video import fakes
from models.video.clips import CRFS, FPS, Real, donor_of, draws, examine, lanes
from telltale.detectors._shared.over_time import top_third, trimmed_mean
from telltale.runtime.context import Context

Floats = NDArray[np.float64]

SYSTEMS = ("face_manipulation", "face_warping", "head_pose", "generated_image")
#: Those whose values are log-odds, of which a mean probability can be taken.
LOGITS = ("face_manipulation", "generated_image")
#: Seconds of a section of a clip that is scored as one video.
SECTION_S = 2.5


def probability(values: Floats) -> Floats:
    """Of log-odds."""
    return np.asarray(1 / (1 + np.exp(-values)), np.float64)


#: Rule, and where it comes from.
RULES: dict[str, tuple[Callable[[Floats], float], str]] = {
    "mean": (lambda v: float(v.mean()), "head pose (Yang et al. 2019)"),
    "mean probability": (lambda v: float(probability(v).mean()), "self-blending (Shiohara 2022)"),
    "top third": (top_third, "warping (Li & Lyu 2019)"),
    "trimmed mean": (trimmed_mean, "ours for log-odds"),
    "median": (lambda v: float(np.median(v)), ""),
    "highest": (lambda v: float(v.max()), ""),
}

#: The rule that each system takes in the product.
OURS = {
    "face_manipulation": "trimmed mean",
    "face_warping": "top third",
    "head_pose": "mean",
    "generated_image": "trimmed mean",
}


def sections(times: Iterable[float], values: Iterable[float]) -> list[Floats]:
    """The values of each `SECTION_S` of a clip with at least three of them."""
    t, v = np.asarray(list(times), np.float64), np.asarray(list(values), np.float64)
    which = np.floor_divide(t, SECTION_S)
    return [v[which == k] for k in np.unique(which) if (which == k).sum() >= 3]


def compare(rows: list[dict[str, Any]], test: str, kind: str) -> dict[str, dict[str, float]]:
    """For each rule the AUC of sections, real against `kind`, averaged over the compressions, with
    its interval over people (bootstrap); the same draws for every rule."""
    clips = sorted({row["clip"] for row in rows})
    parts = {
        (row["clip"], row["kind"], row["crf"]): sections(*row["lanes"][test])
        for row in rows
        if row["kind"] in ("real", kind) and test in row["lanes"]
    }
    clips = [c for c in clips if all(parts.get((c, k, f)) for k in ("real", kind) for f in CRFS)]
    again = [clips, *draws(clips)] if clips else []
    out = {}
    for name, (rule, _) in RULES.items():
        if not clips or (name == "mean probability" and test not in LOGITS):
            continue
        scored = {key: [rule(v) for v in part] for key, part in parts.items()}
        found = [np.mean([_auc(scored, draw, kind, crf) for crf in CRFS]) for draw in again]
        low, high = np.quantile(found[1:], [0.025, 0.975])
        count = sum(len(scored[c, kind, CRFS[0]]) for c in clips)
        out[name] = {
            "auc": float(found[0]), "low": float(low), "high": float(high), "sections": count,
        }  # fmt: skip
    return out


def _auc(
    scored: dict[tuple[str, str, int], list[float]], clips: Iterable[str], kind: str, crf: int
) -> float:
    clips = list(clips)
    real = np.concatenate([scored[c, "real", crf] for c in clips])
    return auc(real, np.concatenate([scored[c, kind, crf] for c in clips]))


#: How the faces of a frame and the frames of a clip become one score. Each takes the (faces,
#: frames) log-odds.
FACES: dict[str, Callable[[Floats], float]] = {
    "most suspicious face of each frame, mean probability (self-blending)": lambda v: float(
        probability(v).max(0).mean()
    ),
    "most suspicious track, trimmed mean log-odds (ours)": lambda v: max(map(trimmed_mean, v)),
    "mean probability of all faces": lambda v: float(probability(v).mean()),
}


def score_two_faces(reals: list[Real], context: Context) -> Iterator[dict[str, Any]]:
    """Two people beside each other of whom one may be fake: (2, n) log-odds per clip."""
    count = round(SECTION_S * FPS)
    for k, real in enumerate(reals):
        other, donor = donor_of(reals, k), reals[(k + 2) % len(reals)]
        n = min(count, len(real.frames), len(other.frames))
        frames, points = real.frames[:n], real.points[:n]
        made = {
            "real": frames,
            "warped": fakes.warped(frames, points),
            "swapped": fakes.swapped(frames, points, donor.frames[0], donor.points[0]),
        }
        for kind, pictures in made.items():
            pair = beside(pictures, other.frames[:n])
            for crf in CRFS:
                analysis = examine(pair, crf, context, ("face_manipulation",))
                rows = [row for _, row in lanes(analysis, "face_manipulation") if row.times]
                common = set.intersection(*(set(row.times) for row in rows)) if rows else set()
                values = [
                    [v for t, v in zip(row.times, row.values, strict=True) if t in common]
                    for row in rows
                ]
                yield {"clip": real.name, "kind": kind, "crf": crf, "values": values}


def beside(
    left: list[NDArray[np.uint8]], right: list[NDArray[np.uint8]]
) -> list[NDArray[np.uint8]]:
    """Frames beside each other, the lower one padded by its edge to the same even height."""
    height = max(left[0].shape[0], right[0].shape[0])

    def grown(pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
        return np.pad(pixels, ((0, height - pixels.shape[0]), (0, 0), (0, 0)), "edge")

    return [np.hstack([grown(a), grown(b)]) for a, b in zip(left, right, strict=True)]


def compare_faces(rows: list[dict[str, Any]], kind: str) -> dict[str, dict[str, float]]:
    """For each rule of `FACES` the AUC of clips, averaged over compressions, and how many of the
    clips score higher than the same pair untouched."""
    usable = [row for row in rows if row["values"] and row["values"][0]]
    clips = {row["clip"] for row in usable}
    known = {(row["clip"], row["kind"], row["crf"]): np.array(row["values"]) for row in usable}
    clips = {c for c in clips if all((c, k, f) in known for k in ("real", kind) for f in CRFS)}
    out = {}
    for name, rule in FACES.items() if clips else ():
        scored = {key: [rule(values)] for key, values in known.items()}
        ups = [scored[c, kind, f][0] > scored[c, "real", f][0] for c in clips for f in CRFS]
        out[name] = {
            "auc": float(np.mean([_auc(scored, sorted(clips), kind, crf) for crf in CRFS])),
            "up": sum(ups), "of": len(ups),
        }  # fmt: skip
    return out
