"""Which tests weigh in an answer and why the others do not; which sizes an answer speaks of."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise

import numpy as np

from models.training.metrics import auc, markdown
from models.verdict import tables
from telltale import detectors
from telltale.evidence import fitting
from telltale.evidence.calibration import SIZE_MARGIN, Calibration
from telltale.evidence.fusion import Weights
from telltale.evidence.questions import Question
from telltale.evidence.table import Row

WEIGHING = f"""**Which tests weigh.** AUC over all fakes of the test split but those of our own
networks; the cost (Cllr, 1 is that of saying nothing) on calibration sources left out, of the
logistic and, where there were more than a thousand scores, of an isotonic curve, which is taken
where it is lower by a hundredth; how far the log10 likelihood ratio may go; the fitted weight. A
test whose weight times its bound is less than {fitting.LEAST_MOVE:g} does not weigh: it could move
no answer that a person would see, and what weighs is waited for. Deep tests never weigh: the first
answer does not wait for them, and a thorough examination does not turn it round. Not every test
applies to every file; those with few files were scored on a part of the originals."""

SIZES = """**For which sizes.** Files by the length in pixels that decides about a score ({length}),
of the calibration and of the test split. From {least} to {most} pixels some test may weigh; beyond
that {beyond}"""
BEYOND = """the answer is "inconclusive" with the reason `outside_validated_range`: the largest of
these files has {largest} pixels, and an enlarged one would be a picture of another history."""
NONE_GENERATED = """
Generated pictures of larger sizes would have to calibrate it: what camera files show
([forensics.md](forensics.md)) is how often a test is wrong there, not how often it is right."""
REDUCED = """a face is weighed on a reduced copy of the picture, which the answer says."""

#: Edges of the bands of lengths in pixels.
EDGES = (0, 128, 256, 512, 768, 1024, 1300, 2000, 2800, 4000, 1 << 20)


def weighing(
    question: Question,
    rows: Sequence[Row],
    calibrated: Mapping[str, Calibration],
    weights: Weights,
) -> list[str]:
    """One line per test of the question: what it is worth, and whether it weighs."""
    table: list[list[object]] = []
    for name in question.all_detectors:
        part = [r for r in rows if r.detector == name and tables.OWN not in r.source]
        real = [r for r in part if r.kind == "real"]
        fake = [r for r in part if r.kind != "real"]
        found = tables.of_scores({"AUC": auc}, real, fake)[0]
        counts = f"{len(real)} / {len(fake)}"
        table.append([f"`{name}`", counts, found, *_calibrated(name, calibrated, weights)])
    head = ["test", "real / fake", "AUC", "Cllr left out", "bounds", "weight", "so"]
    return [WEIGHING, "", markdown(head, table)]


def sizes(question: Question, fitted_on: Sequence[Row], unseen: Sequence[Row]) -> list[str]:
    """How many files of each length there were, and where the answers end."""
    names = [name for name in question.detectors if any(r.detector == name for r in fitted_on)]
    used, seen = (_lengths(rows, names) for rows in (fitted_on, unseen))
    lengths = np.array([length for length, _ in (*used, *seen)])
    known = np.array([length for length, _ in used])
    margin = 2**SIZE_MARGIN
    beyond = REDUCED if question.about_faces else BEYOND
    if question.id == "generated":
        beyond += NONE_GENERATED
    text = SIZES.format(
        length="the width of the face" if question.about_faces else "the shorter side",
        least=round(float(known.min()) / margin),
        most=round(float(known.max()) * margin),
        beyond=beyond.format(largest=round(float(lengths.max()))),
    )
    table: list[list[object]] = []
    for low, high in pairwise(EDGES):
        counts = [
            sum(low <= length < high and real == (kind == "real") for length, kind in part)
            for part in (used, seen)
            for real in (True, False)
        ]
        shown = f"{low} to {high}" if high < EDGES[-1] else f"{low} and more"
        table.append([shown, *counts])
    head = ["pixels", "calibration, real", "calibration, fake", "test, real", "test, fake"]
    return [text, "", markdown(head, table)]


def _lengths(rows: Sequence[Row], names: Sequence[str]) -> list[tuple[float, str]]:
    """Length in pixels and kind of each file on which one of the tests spoke."""
    files = {r.picture: (2.0**r.log2_pixels, r.kind) for r in rows if r.detector in names}
    return list(files.values())


def _calibrated(
    name: str, calibrated: Mapping[str, Calibration], weights: Weights
) -> tuple[str, str, str, str]:
    """Cost, bounds, weight, and the consequence in a word or two."""
    calibration = calibrated.get(name)
    if calibration is None:
        why = "deep" if detectors.find(name).deep else "not calibrated"
        return "", "", "", f"no: {why}"
    cost = calibration.unseen_cllr
    told = " / ".join(
        f"{cost[method]:.3f}" for method in ("logistic", "isotonic") if method in cost
    )
    low, high = calibration.bounds
    weight = weights.by_detector.get(name, 0.0)
    said = "weighs" if weight else "no: adds nothing"
    return told, f"{low:.2f} to {high:.2f}", f"{weight:g}", said
