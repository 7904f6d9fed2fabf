"""Fit every stored calibration and the fusion weights from a table of scores."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from telltale import detectors
from telltale.evidence import logistic
from telltale.evidence.bands import SCALE
from telltale.evidence.calibration import Calibration, Conditions, fit
from telltale.evidence.fusion import Weights, fuse
from telltale.evidence.questions import QUESTIONS, Question
from telltale.evidence.table import MODEL_DIGITS, Row
from telltale.evidence.weigh import Weighed

FUSION_FORMAT = "telltale-fusion/1"
#: "Substantial" may be wrong on this share of the real pictures of every source.
ALLOWED_FALSE_ALARMS = 0.01
#: Fewest pictures of either class that a calibration is fitted on.
LEAST = 40
#: A test that can move an answer by less than this, in log10, does not weigh: nobody would see it,
#: and everybody would wait for it, since what weighs runs before the first answer.
LEAST_MOVE = 0.1

#: What kind of picture makes a question's first proposition true. The other manipulations are
#: left out of its calibration: they are neither.
KIND = {"generated": "generated", "face": "face", "edited": "edited"}


def calibrations(rows: Sequence[Row], model_hashes: Mapping[str, str]) -> dict[str, Calibration]:
    """A calibration for each detector of a question that has enough scores of both classes.

    None for deep ones: what weighs runs in every examination. Raises ValueError where scores of a
    detector are not all of one version and of the weights that are here (`model_hashes`): a
    calibration of other numbers would pass for one of these.
    """
    out: dict[str, Calibration] = {}
    for question in QUESTIONS:
        for detector in question.all_detectors:
            if detectors.find(detector).deep:
                continue
            chosen = [r for r in rows if r.detector == detector and _label(r, question) is not None]
            labels = np.array([bool(_label(r, question)) for r in chosen])
            if len(chosen) == 0 or min(labels.sum(), (~labels).sum()) < LEAST:
                continue
            sha256 = model_hashes.get(detector, "")
            _one_origin(chosen, sha256)
            out[detector] = fit(
                detector,
                chosen[0].version,
                sha256,
                np.array([r.score for r in chosen]),
                labels,
                np.array([r.log2_pixels for r in chosen]),
                np.array([r.quality for r in chosen]),
                np.array([r.source for r in chosen]),
                group=np.array([r.group for r in chosen]),
            )
    return out


def fusion(rows: Sequence[Row], calibrated: Mapping[str, Calibration]) -> dict[str, Any]:
    """The JSON-ready `fusion.json`: weights of each question, and its "substantial" threshold."""
    questions: dict[str, Any] = {}
    for question in QUESTIONS:
        if question.id not in KIND or not any(d in calibrated for d in question.detectors):
            continue
        pictures = by_picture(rows, question)
        weights = _weights(pictures, question, calibrated)
        threshold, alarms = _substantial_at(question, pictures, calibrated, weights)
        questions[question.id] = {
            "weights": weights,
            "substantial_at": threshold,
            "false_substantial_by_source": alarms,
        }
    return {
        "format": FUSION_FORMAT,
        "method": "logistic on calibrated log10 likelihood ratios, L2, weights in [0, 1], none "
        f"for a test that could move an answer by less than {LEAST_MOVE}",
        "questions": questions,
    }


def by_picture(rows: Sequence[Row], question: Question) -> dict[str, list[Row]]:
    """The rows of each picture that the question is about, by picture."""
    out: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        if row.detector in question.all_detectors and _label(row, question) is not None:
            out[row.picture].append(row)
    return dict(out)


def weighed(rows: Sequence[Row], calibrated: Mapping[str, Calibration]) -> list[Weighed]:
    """The likelihood ratios of one picture's scores, as `weigh` would give them."""
    out = []
    for row in rows:
        calibration = calibrated.get(row.detector)
        if calibration is None:
            continue
        conditions = Conditions(row.log2_pixels, row.quality)
        if calibration.covers(conditions) is None:
            llr = calibration.llr(row.score, conditions)
            error = calibration.standard_error(row.score, conditions)
            out.append(Weighed(row.detector, llr, error))
    return out


def to_json(document: dict[str, Any]) -> str:
    """The text of `fusion.json`."""
    return json.dumps(document, indent=1, sort_keys=True) + "\n"


def _one_origin(rows: Sequence[Row], sha256: str) -> None:
    forms = {(row.version, row.model) for row in rows}
    if len(forms) > 1 or next(iter(forms))[1] != sha256[:MODEL_DIGITS]:
        said = ", ".join(
            f"version {version} by {model or 'no'} weights" for version, model in forms
        )
        raise ValueError(
            f"the scores of {rows[0].detector} are of {said}; the weights here are "
            f"{sha256[:MODEL_DIGITS] or 'none'}: score it again"
        )


def _label(row: Row, question: Question) -> bool | None:
    if row.kind == "real":
        return False
    return True if row.kind == KIND.get(question.id) else None


def _weights(
    pictures: Mapping[str, list[Row]], question: Question, calibrated: Mapping[str, Calibration]
) -> dict[str, float]:
    """The weight of each calibrated detector; zero for one that could hardly move an answer.

    What is left out leaves its say to the others, so the rest is fitted again.
    """
    weights = {name: 0.0 for name in question.all_detectors if name in calibrated}
    heard = list(weights)
    while heard:
        fitted = _joint(pictures, heard, calibrated)
        moves = {name: w * max(map(abs, calibrated[name].bounds)) for name, w in fitted.items()}
        least = min(moves, key=lambda name: moves[name])
        if moves[least] >= LEAST_MOVE:
            return weights | fitted
        heard.remove(least)
    return weights


def _joint(
    pictures: Mapping[str, list[Row]], names: Sequence[str], calibrated: Mapping[str, Calibration]
) -> dict[str, float]:
    """Non-negative weights of the likelihood ratios, fitted jointly so that echoes share a say.

    A missing detector enters as zero, which is what it says. Weights above one would claim more
    than the calibrations; they are cut to one.
    """
    x = np.zeros((len(pictures), 1 + len(names)))
    x[:, 0] = 1.0
    labels, sources = [], []
    for k, rows in enumerate(pictures.values()):
        for voice in weighed(rows, calibrated):
            if voice.detector in names:
                x[k, 1 + names.index(voice.detector)] = (voice.llr or 0.0) * np.log(10)
        labels.append(float(rows[0].kind != "real"))
        sources.append(rows[0].source)
    y: NDArray[np.float64] = np.array(labels)
    beta = logistic.fit(
        x,
        y,
        l2=1.0,
        weights=logistic.balanced(y, np.array(sources)),
        non_negative=tuple(range(1, x.shape[1])),
    )
    return {name: round(float(min(1.0, w)), 4) for name, w in zip(names, beta[1:], strict=True)}


def _substantial_at(
    question: Question,
    pictures: Mapping[str, list[Row]],
    calibrated: Mapping[str, Calibration],
    weights: dict[str, float],
) -> tuple[float, dict[str, list[int]]]:
    """The smallest threshold, from the scale's own up, that keeps false alarms rare everywhere.

    Returns it with [false, all] real pictures per source at it.
    """
    least = SCALE[0].at_least
    open_weights = Weights(weights, least)
    by_source: dict[str, list[float]] = defaultdict(list)
    for rows in pictures.values():
        if rows[0].kind == "real":
            answer = fuse(question, weighed(rows, calibrated), open_weights)
            substantial = answer.side == "manipulated" and answer.strength == "substantial"
            value = answer.llr if substantial and answer.llr is not None else -np.inf
            by_source[rows[0].source].append(value)
    needed = least
    for values in by_source.values():
        ordered = np.sort(values)[::-1]
        allowed = int(ALLOWED_FALSE_ALARMS * len(ordered))
        if len(ordered) > allowed and np.isfinite(ordered[allowed]):
            needed = max(needed, float(ordered[allowed]) + 0.05)
    counts = {
        source: [int(sum(v >= needed for v in values)), len(values)]
        for source, values in sorted(by_source.items())
    }
    return round(needed, 3), counts
