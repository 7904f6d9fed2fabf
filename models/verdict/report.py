"""docs/detection.md: how well each test and each answer does, per source, on the test split.

python -m models.verdict.report
"""

from __future__ import annotations

import argparse
import csv
from collections.abc import Mapping, Sequence
from pathlib import Path

from models.training.metrics import markdown
from models.verdict import standing, tables
from models.verdict.unseen import unseen_part
from telltale.evidence import fitting
from telltale.evidence.calibration import Calibration
from telltale.evidence.fusion import Weights, stored_weights
from telltale.evidence.questions import QUESTIONS, Question
from telltale.evidence.sentences import say
from telltale.evidence.table import Row, read
from telltale.evidence.weigh import stored

ROOT = Path(__file__).resolve().parents[2]

INTRODUCTION = """# Detection benchmark

Written by `python -m models.verdict.report` from `models/verdict/*_test.csv`, which
`python -m models.verdict.score` makes. Test split, never trained or calibrated on. Real and fake
went through one and the same way before they were scored: reduced, cropped, compressed again
(JPEG 40 to 95, WebP 80), shown on a screen, so that file formats and compression tables say
nothing. Each source of fakes is set against all real pictures. Intervals are 95 %, bootstrapped
over originals with everything made from them; with few originals they are too narrow, with fewer
than five there is none; a calibration error is larger on drawn data than on all, so that its
interval can lie above it. Chance is an AUC of 0.5 and a Cllr of 1. What an examination costs in
time: [benchmark.md](benchmark.md). What a network is and was trained on: [models.md](models.md).

The repositories of `models/training/more_sources.csv` have trained no network. Those whose pictures
`models/training/more.csv` puts in the split heldout have calibrated nothing either.

What was never seen: the generators and manipulations that the model cards list as unseen, video
frames, prints photographed again, and everything made after the data was collected. These figures
do not speak for them; the first section comes nearest to it.
"""

OWN = """Fakes named "self-made" are test pictures painted again by networks of our own. They have
no part in what is said of all fakes together: nobody meets them."""

KINDS = """Tests of photographs are silent on drawings, charts, text, captioned pictures and
screenshots. Camera pictures of the test split on three ways, and graphics made by script with a
seed that set no threshold (`python -m models.verdict.kinds`). Shares with exact 95 % intervals."""

IN_SAMPLE = """No table of the test split has been made for this question. The figures below are of
the pictures that calibrated it. The scores' own (AUC, AP, EER) are fair nevertheless, because these
tests have learned from no picture; Cllr, calibration error and the answers are flattered."""

RULE = """**How often "substantial" is wrong.** Real pictures for which the answer would have been
"substantial evidence for it" at the shipped threshold, per source, with the exact 95 % interval of
that share. The rule is 1 % of every source; where a source has few pictures, none wrong is all
that can be shown, and the upper end says how little that proves."""

COVERAGE = """**Coverage against abstention.** How many files get an answer at all, and how many of
those answers point the wrong way; then why there was none. Repetitions on changed copies, which
these tables leave out, take more answers back."""

GRID = """One way, one row: some pictures of the test split, up to six of each source, sent every
way (`python -m models.verdict.grid`); "x 0.5" is half the size. A test that says nothing of a file
cannot be wrong about it: on how many it spoke stands beside."""

BOUNDS = """**Why the likelihood ratios are bounded.** A likelihood ratio of 100 would have to be
right about a hundred times for each time it is wrong, and nobody can know that from a few hundred
pictures. Each source is left out in turn (a source of camera pictures together with all that was
made from it), the rest is calibrated, and the bound is the largest ratio at which the left-out
sources still gained from listening to it. One test alone never says more than "some"; "substantial"
needs two that agree, neither of them a weak cue."""


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--scores", nargs="+", type=Path)
    parser.add_argument("--out", type=Path, default=ROOT / "docs/detection.md")
    arguments = parser.parse_args()
    unseen = rows_of(arguments.scores)
    folder = arguments.out.parent
    folder.mkdir(exist_ok=True)
    parts = [INTRODUCTION, *unseen_part(ROOT / "models", unseen)]
    for question in QUESTIONS:
        if question.id in fitting.KIND:
            fitted_on = read(ROOT / f"models/verdict/{question.id}_val.csv")
            parts += question_part(question, unseen[question.id], fitted_on, folder)
    parts += grid_part(ROOT / "models/verdict/grid.csv")
    parts += kinds_part(ROOT / "models/verdict/kinds.csv")
    arguments.out.write_text("\n".join(parts) + "\n", "utf-8")


def quality(unseen: Mapping[str, Sequence[Row]]) -> list[str]:
    """The answers in short, one line a question, for docs/benchmark.md."""
    table = []
    for question in QUESTIONS:
        weights = stored_weights().get(question.id)
        rows = [row for row in unseen.get(question.id, ()) if tables.OWN not in row.source]
        if weights is None or not rows:
            continue
        given = _given(question, rows, weights)
        split = "test" if all(row.split == "test" for row in rows) else "calibration"
        weighed = sum(answer.llr is not None for _, answer in given)
        said = sum(answer.strength != "inconclusive" for _, answer in given)
        shares = (f"{100 * n / len(given):.0f} %" for n in (weighed, said))
        table.append([say(f"question.{question.id}"), split, *tables.of_answers(given), *shares])
    header = ["question", "split", *tables.RATIOS, "something weighed", "conclusive"]
    return [
        "## Quality",
        "",
        "Of the fused answers, from the committed tables of scores. Per source, with what was",
        "never seen first, and how each test does: [detection.md](detection.md).",
        "",
        markdown(header, table),
        "",
    ]


def rows_of(paths: Sequence[Path] | None = None) -> dict[str, list[Row]]:
    """The rows that each question is reported on."""
    paths = sorted((ROOT / "models/verdict").glob("*_test.csv")) if paths is None else paths
    rows = [row for path in paths for row in read(path)]
    unseen = {q.id: [r for r in rows if r.split == "test"] for q in QUESTIONS}
    edited = ROOT / "models/verdict/edited_test.csv"
    if edited not in paths:
        unseen["edited"] = read(edited.with_name("edited_val.csv"))
    return unseen


def question_part(
    question: Question, rows: Sequence[Row], fitted_on: Sequence[Row], folder: Path
) -> list[str]:
    """The section of one question: the answer, then every detector."""
    out = [f"## {say(f'question.{question.id}')}", ""]
    if any(row.split != "test" for row in rows):
        out += [IN_SAMPLE, ""]
    pictures = fitting.by_picture(rows, question)
    if any(tables.OWN in one[0].source for one in pictures.values()):
        out += [OWN, ""]
    weights = stored_weights().get(question.id)
    if weights:
        out += answer_part(question, rows, weights, folder)
        out += [*standing.weighing(question, rows, _stored(question), weights), ""]
        out += [*standing.sizes(question, fitted_on, rows), ""]
    for detector in question.all_detectors:
        chosen = [r for one in pictures.values() for r in one if r.detector == detector]
        if chosen:
            out += [f"### `{detector}`", ""]
            out += [*tables.detector_part(chosen, stored(detector), folder), ""]
    return out


def answer_part(
    question: Question, rows: Sequence[Row], weights: Weights, folder: Path
) -> list[str]:
    """What the fused answer says, per source, and how well it is calibrated."""
    given = _given(question, rows, weights)
    shares = ", ".join(f"`{name}` {w}" for name, w in weights.by_detector.items() if w)
    out = [
        "### The answer",
        "",
        f'Weights, fitted jointly and never negative: {shares}. "Substantial" begins at a log10 LR '
        f"of {weights.substantial_at:g}.",
        "",
        markdown(list(tables.RATIOS), [tables.of_answers(given)]),
        "",
    ]
    for title, table in (("", tables.said(given)), (RULE, tables.wrong(given))):
        out += [*([title, ""] if title else []), table, ""]
    out += [COVERAGE, "", tables.coverage(given), "", tables.abstentions(given), "", BOUNDS, ""]
    shown = [(row, answer) for row, answer in given if tables.OWN not in row.source]
    real = tables.llrs([one for one in shown if one[0].kind == "real"])
    fake = tables.llrs([one for one in shown if one[0].kind != "real"])
    if real.size and fake.size:
        out += tables.plots(real, fake, question.id, folder)
    return [*out, ""]


def grid_part(path: Path) -> list[str]:
    """What each way of passing a picture on leaves (`models/verdict/grid.py`)."""
    if not path.is_file():
        return []
    rows = read(path)
    ways = list(dict.fromkeys(row.picture.rsplit("#", 1)[-1] for row in rows))
    out = ["## Laundering grid", "", GRID, ""]
    weights = stored_weights()
    carriers = [d for q in QUESTIONS for d in q.detectors if q.id in weights]
    heard = {d for one in weights.values() for d, weight in one.by_detector.items() if weight}
    missing = [f"`{d}`" for d in carriers if d in heard and d not in {r.detector for r in rows}]
    if missing:
        out += [f"Not sent through it: {', '.join(missing)}.", ""]
    for detector in dict.fromkeys(row.detector for row in rows):
        chosen = [row for row in rows if row.detector == detector]
        out += [f"### `{detector}`", "", tables.grid(chosen, ways, stored(detector)), ""]
    return out


def kinds_part(path: Path) -> list[str]:
    """What the recogniser of kinds said, per source (`models/verdict/kinds.py`)."""
    if not path.is_file():
        return []
    with path.open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    out = ["## Is it a photograph at all?", "", KINDS, ""]
    for kind, right in (("photograph", ("photograph", "letterboxed")), ("graphic", ())):
        table = []
        for source in sorted({r["source"] for r in rows if r["kind"] == kind}):
            part = [r for r in rows if (r["kind"], r["source"]) == (kind, source)]
            n = sum(int(r["count"]) for r in part)
            other = ("photograph",) if kind == "graphic" else right
            said = sum(int(r["count"]) for r in part if r["nature"] not in other)
            low, high = tables.exact_interval(said, n)
            share = f"{100 * said / n:.1f} % [{100 * low:.1f}, {100 * high:.1f}]"
            table.append([source, share, n])
        head = (
            "taken for something else"
            if kind == "photograph"
            else "recognised as no plain photograph"
        )
        out += [markdown([f"{kind}s", head, "files"], table), ""]
    return out


def _given(question: Question, rows: Sequence[Row], weights: Weights) -> list[tables.Given]:
    pictures = fitting.by_picture(rows, question)
    return tables.answers(question, pictures, _stored(question), weights)


def _stored(question: Question) -> dict[str, Calibration]:
    return {d: c for d in question.all_detectors if (c := stored(d)) is not None}


if __name__ == "__main__":
    main()
