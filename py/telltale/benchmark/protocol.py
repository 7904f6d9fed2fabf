"""From a table of scores to the figures that a dataset's papers report."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from telltale.benchmark.metrics import (
    Estimate,
    accuracy,
    auc,
    average_precision,
    bootstrap,
    equal_error_rate,
    markdown,
    tpr_at_fpr,
)
from telltale.benchmark.score import Row


@dataclass(frozen=True, slots=True)
class Protocol:
    """What is reported for a dataset.

    Attributes
    ----------
    paired
        Each set has reals of its own (ForenSynths, GenImage); else all fakes meet the same reals.
    frames
        Frames of a video that the paper scores; 1 for pictures.
    videos
        Whether scores are also averaged over each video.
    """

    paired: bool
    frames: int
    videos: bool


#: FaceForensics++ tests on 100 frames of each video; 32 is common for the others.
PROTOCOLS: dict[str, Protocol] = {
    "faceforensics": Protocol(False, 100, True),
    "celeb_df": Protocol(False, 32, True),
    "dfdc": Protocol(False, 32, True),
    "dfdc_preview": Protocol(False, 32, True),
    "dfd": Protocol(False, 32, True),
    "uadfv": Protocol(False, 32, True),
    "forensynths": Protocol(True, 1, False),
    "genimage": Protocol(True, 1, False),
}
_HEADER = ("set", "level", "real", "fake", "AUC", "AP", "EER", "accuracy", "TPR at 1 % FPR", "none")


@dataclass(frozen=True, slots=True)
class Scored:
    """One unit of a figure: a frame, or a video's mean."""

    score: float
    group: str


def report(rows: Sequence[Row], protocol: Protocol, threshold: float) -> list[dict[str, Any]]:
    """One row per set, compression and level, and the mean over the sets.

    `threshold` is the detector's own between real and fake. "none" counts frames without a score.
    Intervals are bootstrapped over groups.
    """
    out: list[dict[str, Any]] = []
    for compression in sorted({row.compression for row in rows}):
        here = [row for row in rows if row.compression == compression]
        for level in ("frame", "video") if protocol.videos else ("picture",):
            figures = []
            for method in sorted({row.method for row in here if row.fake}):
                reals = [
                    r for r in here if not r.fake and (r.method == method or not protocol.paired)
                ]
                fakes = [r for r in here if r.fake and r.method == method]
                figures.append(_figures(reals, fakes, level, threshold))
                figures[-1] |= {"set": _name(method, compression), "level": level}
            out += figures
            if len(figures) > 1:
                out.append(_mean(figures, compression, level))
    return out


def table(report_rows: Sequence[dict[str, Any]]) -> str:
    """The report as a Markdown table."""
    return markdown(
        _HEADER, [[_cell(row.get(name, "")) for name in _HEADER] for row in report_rows]
    )


def _figures(
    reals: Sequence[Row], fakes: Sequence[Row], level: str, threshold: float
) -> dict[str, Any]:
    a, b = (_units(rows, level) for rows in (reals, fakes))
    measures: dict[str, Callable[..., float]] = {
        "AUC": auc,
        "AP": average_precision,
        "EER": equal_error_rate,
        "accuracy": lambda r, f: accuracy(r, f, threshold),
        "TPR at 1 % FPR": tpr_at_fpr,
    }
    found: dict[str, Any] = {"real": len(a), "fake": len(b)}
    for name, measure in measures.items():
        found[name] = (
            bootstrap(
                measure,
                [u.score for u in a],
                [u.score for u in b],
                [u.group for u in a],
                [u.group for u in b],
                rounds=300,
            )
            if a and b
            else Estimate(float("nan"), float("nan"), float("nan"), 0, 0)
        )
    found["none"] = sum(row.score == "" for row in (*reals, *fakes))
    return found


def _units(rows: Sequence[Row], level: str) -> list[Scored]:
    scored = [row for row in rows if row.score != ""]
    if level != "video":
        return [Scored(float(row.score), row.group) for row in scored]
    videos: dict[tuple[str, str], list[float]] = defaultdict(list)
    for row in scored:
        videos[row.item, row.group].append(float(row.score))
    return [Scored(float(np.mean(scores)), group) for (_, group), scores in videos.items()]


def _mean(figures: Sequence[dict[str, Any]], compression: str, level: str) -> dict[str, Any]:
    """The plain mean over sets, as papers report it; its interval is not theirs to give."""
    names = ("AUC", "AP", "EER", "accuracy", "TPR at 1 % FPR")
    nan = float("nan")
    means = {
        name: Estimate(float(np.mean([f[name].value for f in figures])), nan, nan, 0, 0)
        for name in names
    }
    return {"set": _name("mean of the sets", compression), "level": level, **means}


def _name(method: str, compression: str) -> str:
    return f"{method}, {compression}" if compression else method


def _cell(value: Any) -> str:
    if isinstance(value, Estimate) and np.isfinite(value.value) and not np.isfinite(value.low):
        return f"{value.value:.3f}"
    return str(value)
