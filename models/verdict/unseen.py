"""The first section of docs/detection.md: what happens with sources that nobody had seen.

Two things can be unseen: a network can lack a source in its training, and a calibration can lack
it. The first is measured by networks of the same form that were trained without (the tables of the
model cards); the second by fitting calibrations and fusion again without each source in turn.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from models.training.card_tables import counts, estimate, named
from models.training.metrics import auc, markdown, tpr_at_fpr
from models.training.score_table import Entry, by_source, conditions, select
from models.training.score_table import read as read_scores
from models.verdict import tables
from telltale.evidence import fitting
from telltale.evidence.fusion import Weights
from telltale.evidence.questions import QUESTIONS, Question
from telltale.evidence.sentences import say
from telltale.evidence.table import Row, read
from telltale.runtime.inference import model_hashes

NETWORKS = ("face_manipulation", "face_warping", "generated_image")

TRAINED = """### Left out of training

By networks of the same form with a shorter training that never saw the source and its relatives.
This is what a new generator or a new manipulation meets."""

CALIBRATED = """### Left out of the calibration

The shipped networks, but calibrations and fusion fitted without the source; with a source of camera
pictures goes everything made from it. Fakes stand against all reals of the test split."""


def unseen_part(models: Path, unseen: Mapping[str, Sequence[Row]]) -> list[str]:
    """Both tables."""
    rows = []
    for name in NETWORKS:
        rows += training_left_out(name, read_scores(models / name / "scores_test.csv"))
    head = ["model", "source left out", "real / fake", "AUC", "TPR at 1 % FPR"]
    out = ["## Never seen before", "", TRAINED, "", markdown(head, rows), "", CALIBRATED, ""]
    for question in QUESTIONS:
        path = models / "verdict" / f"{question.id}_val.csv"
        if question.id in fitting.KIND and path.is_file():
            fitted_on = read(path)
            out += [f"**{say(f'question.{question.id}')}**", ""]
            out += [calibration_left_out(question, fitted_on, unseen[question.id]), ""]
    return out


def training_left_out(name: str, entries: Sequence[Entry]) -> list[list[object]]:
    """One row per source that a training of a model went without."""
    rows: list[list[object]] = []
    for fold in conditions(entries, "cross_source"):
        real = select(entries, "cross_source", fold, False)
        for source, fake in by_source(select(entries, "cross_source", fold, True)).items():
            # face warping is made from the reals: there a source of reals is left out
            shown = f"{named(fold)} (reals)" if name == "face_warping" else named(source)
            found = estimate(real, fake)
            found_at = estimate(real, fake, measure=tpr_at_fpr)
            rows.append([name, shown, counts(found), found, found_at])
    return rows


def calibration_left_out(
    question: Question, fitted_on: Sequence[Row], unseen: Sequence[Row]
) -> str:
    """One line per source of the test split that the calibration has, judged without it."""
    hashes = model_hashes()
    known = {row.source for row in fitted_on}
    sources = sorted({(r.kind != "real", r.source) for r in unseen if r.source in known})
    pictures = fitting.by_picture(unseen, question)
    table = []
    for fake, source in sources:
        gone = {row.group for row in fitted_on if row.source == source and not fake}
        rest = [r for r in fitted_on if r.source != source and r.group not in gone]
        calibrated = fitting.calibrations(rest, hashes)
        document = fitting.fusion(rest, calibrated)["questions"].get(question.id)
        if document is None:
            continue
        weights = Weights(document["weights"], document["substantial_at"])
        given = tables.answers(question, pictures, calibrated, weights)
        own = [(row, a) for row, a in given if row.source == source and a.llr is not None]
        every = [(row, a) for row, a in given if row.source == source]
        if not every:
            continue
        measured = ["", ""]
        if fake:
            reals = [(row, a) for row, a in given if row.kind == "real" and a.llr is not None]
            measured = tables.intervals(
                {"AUC": auc, "Cllr": tables.RATIOS["Cllr"]},
                tables.llrs(reals), tables.llrs(own),
                [row.group for row, _ in reals], [row.group for row, _ in own],
            )  # fmt: skip
        counts = [
            sum(a.side == side and a.strength in strengths for _, a in every)
            for side, strengths in (
                ("manipulated", ("some", "substantial")),
                ("manipulated", ("little",)),
                ("authentic", ("little", "some", "substantial")),
            )
        ]
        shares = (f"{100 * n / len(every):.0f} %" for n in counts)
        table.append([f"{source} ({'fake' if fake else 'real'})", *measured, *shares, len(every)])
    head = ["source left out", "AUC", "Cllr", "some or more for", "little for", "against", "files"]
    return markdown(head, table)
