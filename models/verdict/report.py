"""docs/detection.md: how well each test and each answer does, per source, on the test split.

python -m models.verdict.report --scores models/verdict/scores_test.csv
"""

from __future__ import annotations

import argparse
import csv
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from models.training.metrics import auc, bootstrap, equal_error_rate, markdown, tpr_at_fpr
from models.verdict import measures
from models.verdict.plots import reliability_plot, tippett_plot
from telltale.evidence import fitting
from telltale.evidence.calibration import Calibration
from telltale.evidence.fusion import Answer, Weights, fuse, stored_weights
from telltale.evidence.questions import QUESTIONS, Question
from telltale.evidence.sentences import say
from telltale.evidence.table import Row, read
from telltale.evidence.weigh import stored

ROOT = Path(__file__).resolve().parents[2]

INTRODUCTION = """# Detection benchmark

Written by `python -m models.verdict.report` from `models/verdict/*_test.csv`, which
`python -m models.verdict.score` makes. Test split, never trained or calibrated on. Real and fake
went through one and the same way before they were scored: reduced, cropped, compressed again
(JPEG 40 to 95, WebP 80), so that file formats and compression tables say nothing. Each source of
fakes is set against all real pictures. Intervals are 95 %, bootstrapped over originals; with few
originals they are too narrow. Chance is 0.5.

What was never seen: the generators and manipulations that the model cards list as unseen, video
frames, prints photographed again, and everything made after the data was collected. These figures
do not speak for them.
"""


#: The ways of `models.verdict.pictures.on_its_way`.
WAYS = ("saved again, JPEG 70 to 95", "reduced, JPEG 40 to 95 or WebP", "screenshot (emulated)")

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

BOUNDS = """**Why the likelihood ratios are bounded.** A likelihood ratio of 100 would have to be
right about a hundred times for each time it is wrong, and nobody can know that from a few hundred
pictures. Each source is left out in turn (a source of camera pictures together with all that was
made from it), the rest is calibrated, and the bound is the largest ratio at which the left-out
sources still gained from listening to it. One test alone never says more than "some"; "substantial"
needs two that agree."""


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--scores", nargs="+", type=Path)
    parser.add_argument("--out", type=Path, default=ROOT / "docs/detection.md")
    arguments = parser.parse_args()
    unseen = tables(arguments.scores)
    folder = arguments.out.parent
    folder.mkdir(exist_ok=True)
    parts = [INTRODUCTION]
    for question in QUESTIONS:
        if question.id in fitting.KIND:
            parts += question_part(question, unseen[question.id], folder)
    parts += kinds_part(ROOT / "models/verdict/kinds.csv")
    arguments.out.write_text("\n".join(parts) + "\n", "utf-8")


def quality(unseen: Mapping[str, Sequence[Row]]) -> list[str]:
    """The answers in short, one line a question, for docs/benchmark.md."""
    table = []
    for question in QUESTIONS:
        weights = stored_weights().get(question.id)
        rows = unseen.get(question.id, ())
        if weights is None or not rows:
            continue
        real, fake, said, files = fused(question, rows, weights)
        split = "test" if all(row.split == "test" for row in rows) else "calibration"
        table.append(
            [
                say(f"question.{question.id}"),
                split,
                f"{auc(real, fake):.3f}",
                f"{measures.cllr(real, fake):.3f}",
                f"{measures.min_cllr(real, fake):.3f}",
                f"{measures.calibration_error(real, fake):.3f}",
                f"{100 * len([*real, *fake]) / files:.0f} %",
                f"{100 * said / files:.0f} %",
            ]
        )
    header = ["question", "split", "AUC", "Cllr", "least Cllr", "calibration error"]
    return [
        "## Quality",
        "",
        "Of the fused answers, from the committed tables of scores. Per source, with intervals,",
        "and how each test does: [detection.md](detection.md). What counts is there.",
        "",
        markdown([*header, "something weighed", "conclusive"], table),
        "",
    ]


def fused(
    question: Question, rows: Sequence[Row], weights: Weights
) -> tuple[NDArray[np.float64], NDArray[np.float64], int, int]:
    """log10 LRs of reals and fakes, how many answers are not inconclusive, how many files."""
    calibrated = {d: c for d in question.all_detectors if (c := stored(d)) is not None}
    by_class: dict[bool, list[float]] = {False: [], True: []}
    said = files = 0
    for one in fitting.by_picture(rows, question).values():
        answer = fuse(question, fitting.weighed(one, calibrated), weights)
        files += 1
        said += answer.strength != "inconclusive"
        if answer.llr is not None:
            by_class[one[0].kind != "real"].append(answer.llr)
    return np.array(by_class[False]), np.array(by_class[True]), said, files


def tables(paths: Sequence[Path] | None = None) -> dict[str, list[Row]]:
    """The rows that each question is reported on."""
    paths = sorted((ROOT / "models/verdict").glob("*_test.csv")) if paths is None else paths
    rows = [row for path in paths for row in read(path)]
    unseen = {q.id: [r for r in rows if r.split == "test"] for q in QUESTIONS}
    edited = ROOT / "models/verdict/edited_test.csv"
    if edited not in paths:
        unseen["edited"] = read(edited.with_name("edited_val.csv"))
    return unseen


def question_part(question: Question, rows: Sequence[Row], folder: Path) -> list[str]:
    """The section of one question: every detector, then the answer."""
    out = [f"## {say(f'question.{question.id}')}", ""]
    if any(row.split != "test" for row in rows):
        out += [IN_SAMPLE, ""]
    pictures = fitting.by_picture(rows, question)
    for detector in question.all_detectors:
        chosen = [r for one in pictures.values() for r in one if r.detector == detector]
        if chosen:
            out += [f"### `{detector}`", "", *detector_part(chosen, stored(detector)), ""]
    weights = stored_weights().get(question.id)
    if weights:
        out += answer_part(question, pictures, weights, folder)
    return out


def detector_part(rows: Sequence[Row], calibration: Calibration | None) -> list[str]:
    """Scores of one detector: per source of fakes, and false alarms per source of reals."""
    real = [r for r in rows if r.kind == "real"]
    threshold = float(np.quantile([r.score for r in real], 0.99)) if real else float("nan")
    table = []
    for source in sorted({r.source for r in rows if r.kind != "real"}):
        fake = [r for r in rows if r.source == source]
        a, b = _values(real), _values(fake)
        value = bootstrap(auc, a, b, [r.group for r in real], [r.group for r in fake])
        table.append(
            [
                source,
                value,
                f"{measures.average_precision(a, b):.3f}",
                f"{equal_error_rate(a, b):.3f}",
                f"{tpr_at_fpr(a, b):.3f}",
                len(fake),
            ]
        )
    out = [markdown(["fakes", "AUC", "AP", "EER", "TPR at 1 % FPR", "files"], table), ""]
    out += [laundering(rows), ""]
    alarms = [
        [source, f"{np.mean(_values(part) > threshold):.3f}", len(part)]
        for source in sorted({r.source for r in real})
        if (part := [r for r in real if r.source == source])
    ]
    out += [markdown(["reals", "above the common 1 % threshold", "files"], alarms)]
    if calibration is not None:
        out += ["", _calibrated(rows, calibration)]
    return out


def _calibrated(rows: Sequence[Row], calibration: Calibration) -> str:
    by_kind: dict[bool, list[float]] = {False: [], True: []}
    for row in rows:
        for voice in fitting.weighed([row], {row.detector: calibration}):
            by_kind[row.kind != "real"].append(voice.llr or 0.0)
    real, fake = np.array(by_kind[False]), np.array(by_kind[True])
    if not len(real) or not len(fake):
        return "Nothing in the range that its calibration covers."
    low, high = calibration.bounds
    return (
        f"Calibrated: Cllr {measures.cllr(real, fake):.3f} bits, at best "
        f"{measures.min_cllr(real, fake):.3f}; calibration error "
        f"{measures.calibration_error(real, fake):.3f}; log10 LR within [{low:.2f}, {high:.2f}]; "
        f"covered {len(real) + len(fake)} of {len(rows)} files."
    )


def answer_part(
    question: Question, pictures: dict[str, list[Row]], weights: Weights, folder: Path
) -> list[str]:
    """What the fused answer says, per source, and how well it is calibrated."""
    calibrated = {d: c for d in question.all_detectors if (c := stored(d)) is not None}
    answers: dict[str, list[Answer]] = {}
    kinds: dict[str, str] = {}
    for rows in pictures.values():
        answer = fuse(question, fitting.weighed(rows, calibrated), weights)
        answers.setdefault(rows[0].source, []).append(answer)
        kinds[rows[0].source] = rows[0].kind
    out = ["### The answer", "", _said(answers, kinds), "", RULE, "", _wrong(answers, kinds), ""]
    out += [BOUNDS, ""]
    real = _llrs(answers, kinds, real=True)
    fake = _llrs(answers, kinds, real=False)
    if len(real) and len(fake):
        out += [
            f"Cllr {measures.cllr(real, fake):.3f} bits, at best "
            f"{measures.min_cllr(real, fake):.3f}; calibration error "
            f"{measures.calibration_error(real, fake):.3f}; AUC {auc(real, fake):.3f}.",
            "",
        ]
        for name, plot in (("reliability", reliability_plot), ("tippett", tippett_plot)):
            path = folder / f"{name}-{question.id}.svg"
            path.write_text(plot(real, fake), "utf-8")
            out += [f"![{name} plot]({path.name})"]
    return [*out, ""]


def _said(answers: dict[str, list[Answer]], kinds: dict[str, str]) -> str:
    """How often each thing is said about the pictures of each source, in percent."""
    said = [
        ("substantial for", "manipulated", "substantial"),
        ("some for", "manipulated", "some"),
        ("little for", "manipulated", "little"),
        ("inconclusive", "neither", "inconclusive"),
        ("little against", "authentic", "little"),
        ("some against", "authentic", "some"),
        ("substantial against", "authentic", "substantial"),
    ]
    table = []
    for source in sorted(answers, key=lambda s: (kinds[s] != "real", s)):
        row = answers[source]
        counts = [
            sum(a.side == side and a.strength == strength for a in row)
            for _, side, strength in said
        ]
        table.append(
            [
                f"{source} ({kinds[source]})",
                *(f"{100 * n / len(row):.0f}" for n in counts),
                len(row),
            ]
        )
    return markdown(["source, % of its files", *(name for name, _, _ in said), "files"], table)


def _wrong(answers: dict[str, list[Answer]], kinds: dict[str, str]) -> str:
    """Real pictures called "substantial" or "some", per source, with exact intervals."""
    table = []
    for source in sorted(s for s in answers if kinds[s] == "real"):
        row = [a.strength for a in answers[source] if a.side == "manipulated"]
        n, wrong = len(answers[source]), row.count("substantial")
        low, high = exact_interval(wrong, n)
        share = f"{100 * wrong / n:.1f} % [{100 * low:.1f}, {100 * high:.1f}]"
        table.append([source, share, row.count("some"), n])
    return markdown(["reals", "substantial, wrongly", "some, wrongly", "files"], table)


def exact_interval(hits: int, n: int) -> tuple[float, float]:
    """95 % interval of a share after Clopper and Pearson (1934)."""
    from scipy.stats import beta

    low = float(beta.ppf(0.025, hits, n - hits + 1)) if hits else 0.0
    high = float(beta.ppf(0.975, hits + 1, n - hits)) if hits < n else 1.0
    return low, high


def laundering(rows: Sequence[Row]) -> str:
    """AUC over all fakes after each way, with how many files a test spoke on."""
    table = []
    for trip, way in enumerate(WAYS):
        part = [r for r in rows if r.picture.endswith(f"#{trip}")]
        real = [r for r in part if r.kind == "real"]
        fake = [r for r in part if r.kind != "real"]
        if real and fake:
            value = f"{auc(_values(real), _values(fake)):.3f}"
            table.append([way, value, len(real), len(fake)])
    return markdown(["way", "AUC", "real files", "fake files"], table)


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
            low, high = exact_interval(said, n)
            share = f"{100 * said / n:.1f} % [{100 * low:.1f}, {100 * high:.1f}]"
            table.append([source, share, n])
        head = (
            "taken for something else"
            if kind == "photograph"
            else "recognised as no plain photograph"
        )
        out += [markdown([f"{kind}s", head, "files"], table), ""]
    return out


def _llrs(
    answers: dict[str, list[Answer]], kinds: dict[str, str], *, real: bool
) -> NDArray[np.float64]:
    return np.array(
        [
            a.llr
            for source, row in answers.items()
            if (kinds[source] == "real") == real
            for a in row
            if a.llr is not None
        ]
    )


def _values(rows: Sequence[Row]) -> NDArray[np.float64]:
    return np.array([row.score for row in rows])


if __name__ == "__main__":
    main()
