"""Tables of docs/detection.md: each test, each answer, per source, with intervals."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from models.training.metrics import auc, equal_error_rate, markdown, tpr_at_fpr
from models.verdict import measures
from models.verdict.plots import reliability_plot, tippett_plot
from telltale.evidence import fitting
from telltale.evidence.bands import SCALE
from telltale.evidence.calibration import Calibration
from telltale.evidence.fusion import Answer, Weights, fuse
from telltale.evidence.questions import Question
from telltale.evidence.table import Row

Array = NDArray[np.float64]
Measure = Callable[[Array, Array], float]
#: A picture (the first of its rows) and the answer to it.
Given = tuple[Row, Answer]

#: Rounds of the bootstrap.
ROUNDS = 300
#: Pictures painted again by our own networks: reported, but nobody meets them, so that they have
#: no part in what is said of all fakes together.
OWN = "self-made"
#: The ways of `models.verdict.pictures.on_its_way` and of `models.verdict.cameras`.
WAYS = (
    "saved again, JPEG 70 to 95",
    "reduced, JPEG 40 to 95 or WebP",
    "screenshot (emulated)",
    "reduced to 0.3 to 0.5, no loss",
    "camera size, saved again, JPEG 70 to 95",
    "camera size, saved again, JPEG 93 to 99",
    "camera size, reduced, JPEG 40 to 95 or WebP",
    "as the camera wrote it",
)
SCORES: dict[str, Measure] = {
    "AUC": auc,
    "AP": measures.average_precision,
    "EER": equal_error_rate,
    "TPR at 1 % FPR": tpr_at_fpr,
}
RATIOS: dict[str, Measure] = {
    "Cllr": measures.cllr,
    "least Cllr": measures.min_cllr,
    "calibration error": measures.calibration_error,
    "AUC": auc,
}


def intervals(
    wanted: Mapping[str, Measure],
    real: Array,
    fake: Array,
    real_groups: Sequence[str],
    fake_groups: Sequence[str],
) -> list[str]:
    """Each measure with its 95 % interval, from one bootstrap over originals (clusters).

    Originals are drawn from reals and fakes independently, with everything made from one. With
    fewer than five originals on a side no interval is given: it would be made up.
    """
    if not len(real) or not len(fake):
        return ["not measured"] * len(wanted)
    values = [measure(real, fake) for measure in wanted.values()]
    rng = np.random.default_rng(0)
    a, b = _parts(real, real_groups), _parts(fake, fake_groups)
    if min(len(a), len(b)) < 5:
        return [f"{value:.3f}" for value in values]
    draws = np.array(
        [[measure(*drawn) for measure in wanted.values()] for drawn in _draws(a, b, rng)]
    )
    low, high = np.nanpercentile(draws, [2.5, 97.5], axis=0)
    return [
        f"{value:.3f} [{lo:.3f}, {hi:.3f}]" for value, lo, hi in zip(values, low, high, strict=True)
    ]


def detector_part(rows: Sequence[Row], calibration: Calibration | None, folder: Path) -> list[str]:
    """Scores of one detector: per source of fakes, ways, false alarms, and its calibration."""
    real = [r for r in rows if r.kind == "real"]
    threshold = float(np.quantile(values(real), 0.99)) if real else float("nan")
    table = []
    for source in sorted({r.source for r in rows if r.kind != "real"}):
        fake = [r for r in rows if r.source == source]
        table.append([source, *of_scores(SCORES, real, fake), len(fake)])
    out = [markdown(["fakes", *SCORES, "files"], table), "", laundering(rows), ""]
    alarms = [
        [source, f"{np.mean(values(part) > threshold):.3f}", len(part)]
        for source in sorted({r.source for r in real})
        if (part := [r for r in real if r.source == source])
    ]
    out += [markdown(["reals", "above the common 1 % threshold", "files"], alarms)]
    if calibration is not None:
        out += ["", *calibrated(rows, calibration, folder)]
    return out


def of_scores(wanted: Mapping[str, Measure], real: Sequence[Row], fake: Sequence[Row]) -> list[str]:
    """`intervals` of rows."""
    groups = [r.group for r in real], [r.group for r in fake]
    return intervals(wanted, values(real), values(fake), *groups)


def laundering(rows: Sequence[Row]) -> str:
    """AUC over all published or edited fakes after each way, with the files a test spoke on."""
    table = []
    for trip, way in enumerate(WAYS):
        part = [r for r in rows if r.picture.endswith(f"#{trip}") and OWN not in r.source]
        real = [r for r in part if r.kind == "real"]
        fake = [r for r in part if r.kind != "real"]
        if real and fake:
            table.append([way, *of_scores({"AUC": auc}, real, fake), len(real), len(fake)])
    return markdown(["way", "AUC", "real files", "fake files"], table)


def grid(rows: Sequence[Row], ways: Sequence[str], calibration: Calibration | None) -> str:
    """AUC after each way, and Cllr where its calibration covers that."""
    table = []
    for way in ways:
        part = [row for row in rows if row.picture.endswith(f"#{way}")]
        if not part:
            continue
        real = [row for row in part if row.kind == "real"]
        fake = [row for row in part if row.kind != "real"]
        cost = "not covered"
        heard: dict[bool, list[float]] = {True: [], False: []}
        for row in part if calibration else ():
            for voice in fitting.weighed([row], {row.detector: calibration}):
                heard[row.kind == "real"].append(voice.llr or 0.0)
        if heard[True] and heard[False]:
            cost = f"{measures.cllr(np.array(heard[True]), np.array(heard[False])):.3f}"
        table.append([way, *of_scores({"AUC": auc}, real, fake), cost, len(real), len(fake)])
    return markdown(["way", "AUC", "Cllr", "real files", "fake files"], table)


def calibrated(rows: Sequence[Row], calibration: Calibration, folder: Path) -> list[str]:
    """How good a detector's likelihood ratios are, and its two plots where it may say a thing."""
    by_kind: dict[bool, list[tuple[float, str]]] = {False: [], True: []}
    for row in rows:
        if OWN not in row.source:
            for voice in fitting.weighed([row], {row.detector: calibration}):
                by_kind[row.kind != "real"].append((voice.llr or 0.0, row.group))
    spoken = sum(OWN not in row.source for row in rows)
    if not by_kind[False] or not by_kind[True]:
        return ["Nothing in the range that its calibration covers."]
    (real, a), (fake, b) = (tuple(zip(*by_kind[k], strict=True)) for k in (False, True))
    low, high = calibration.bounds
    said = intervals(RATIOS, np.array(real), np.array(fake), a, b)
    out = [
        f"Calibrated: {_named(RATIOS, said)}; log10 LR within [{low:.2f}, {high:.2f}]; covered "
        f"{len(real) + len(fake)} of {spoken} files."
    ]
    if max(-low, high) >= SCALE[-2].at_least:
        out += ["", *plots(np.array(real), np.array(fake), calibration.detector, folder)]
    return out


def plots(real: Array, fake: Array, name: str, folder: Path) -> list[str]:
    """Write the two plots of log10 likelihood ratios; the lines that show them."""
    lines = []
    for kind, plot in (("reliability", reliability_plot), ("tippett", tippett_plot)):
        path = folder / f"{kind}-{name}.svg"
        path.write_text(plot(real, fake), "utf-8")
        lines.append(f"![{kind} plot of {name}]({path.name})")
    return lines


def answers(
    question: Question,
    pictures: Mapping[str, list[Row]],
    calibrations: Mapping[str, Calibration],
    weights: Weights,
) -> list[Given]:
    """The answer to each picture, with the first of its rows."""
    return [
        (rows[0], fuse(question, fitting.weighed(rows, calibrations), weights))
        for rows in pictures.values()
    ]


def of_answers(given: Sequence[Given]) -> list[str]:
    """`RATIOS` with intervals of the answers that weighed anything."""
    weighed = [(row, a.llr) for row, a in given if a.llr is not None and OWN not in row.source]
    real = [(llr, row.group) for row, llr in weighed if row.kind == "real"]
    fake = [(llr, row.group) for row, llr in weighed if row.kind != "real"]
    if not real or not fake:
        return ["not measured"] * len(RATIOS)
    (a, ga), (b, gb) = (tuple(zip(*part, strict=True)) for part in (real, fake))
    return intervals(RATIOS, np.array(a), np.array(b), ga, gb)


def said(given: Sequence[Given]) -> str:
    """How often each thing is said about the pictures of each source, in percent."""
    kinds = [
        ("substantial for", "manipulated", "substantial"),
        ("some for", "manipulated", "some"),
        ("little for", "manipulated", "little"),
        ("inconclusive", "neither", "inconclusive"),
        ("little against", "authentic", "little"),
        ("some against", "authentic", "some"),
        ("substantial against", "authentic", "substantial"),
    ]
    table = []
    for (kind, source), row in sorted(
        by_source(given).items(), key=lambda item: (item[0][0] != "real", item[0][1])
    ):
        counts = [
            sum(a.side == side and a.strength == strength for a in row)
            for _, side, strength in kinds
        ]
        shares = (f"{100 * n / len(row):.0f}" for n in counts)
        table.append([f"{source} ({kind})", *shares, len(row)])
    return markdown(["source, % of its files", *(name for name, _, _ in kinds), "files"], table)


def wrong(given: Sequence[Given]) -> str:
    """Real pictures called "substantial" or "some", per source, with exact intervals."""
    table = []
    for (kind, source), row in sorted(by_source(given).items()):
        if kind != "real":
            continue
        accused = [a.strength for a in row if a.side == "manipulated"]
        misled = (share(accused.count(strength), len(row)) for strength in ("substantial", "some"))
        table.append([source, *misled, len(row)])
    return markdown(["reals", "substantial, wrongly", "some, wrongly", "files"], table)


def coverage(given: Sequence[Given]) -> str:
    """How many files get an answer of at least each band, and how many of those are wrong."""
    table = []
    for band in SCALE[::-1][1:]:
        row: list[object] = [f"at least {band.strength}"]
        for real in (True, False):
            part = [a for r, a in given if (r.kind == "real") == real and OWN not in r.source]
            loud = [a for a in part if a.strength != "inconclusive" and a.llr is not None]
            loud = [a for a in loud if abs(a.llr or 0.0) >= band.at_least]
            misled = sum(a.side == ("manipulated" if real else "authentic") for a in loud)
            row += [share(len(loud), len(part)), share(misled, len(loud))]
        table.append(row)
    head = ["answer", "reals answered", "of them wrong", "fakes answered", "of them wrong"]
    return markdown(head, table)


def abstentions(given: Sequence[Given]) -> str:
    """Why there was no answer, in percent of all files."""
    counts: dict[str, list[int]] = defaultdict(lambda: [0, 0])
    totals = [0, 0]
    for row, answer in given:
        if OWN in row.source:
            continue
        fake = int(row.kind != "real")
        totals[fake] += 1
        if answer.strength == "inconclusive":
            counts[answer.abstention or "between the bands"][fake] += 1
    table = [
        [code.replace("_", " "), *(share(n, total) for n, total in zip(both, totals, strict=True))]
        for code, both in sorted(counts.items())
    ]
    return markdown(["no answer because", "reals", "fakes"], table)


def by_source(given: Sequence[Given]) -> dict[tuple[str, str], list[Answer]]:
    """Answers by kind and source."""
    out: dict[tuple[str, str], list[Answer]] = defaultdict(list)
    for row, answer in given:
        out[row.kind, row.source].append(answer)
    return dict(out)


def share(hits: int, n: int) -> str:
    """A share in percent with its exact 95 % interval."""
    if not n:
        return "none"
    low, high = exact_interval(hits, n)
    return f"{100 * hits / n:.1f} % [{100 * low:.1f}, {100 * high:.1f}]"


def exact_interval(hits: int, n: int) -> tuple[float, float]:
    """95 % interval of a share after Clopper and Pearson (1934)."""
    from scipy.stats import beta

    low = float(beta.ppf(0.025, hits, n - hits + 1)) if hits else 0.0
    high = float(beta.ppf(0.975, hits + 1, n - hits)) if hits < n else 1.0
    return low, high


def llrs(given: Sequence[Given]) -> Array:
    """The log10 likelihood ratios of answers that have one."""
    return np.array([a.llr for _, a in given if a.llr is not None])


def values(rows: Sequence[Row]) -> Array:
    """The scores of rows."""
    return np.array([row.score for row in rows])


def _named(wanted: Mapping[str, Measure], said: Sequence[str]) -> str:
    return "; ".join(f"{name} {value}" for name, value in zip(wanted, said, strict=True))


def _parts(numbers: Array, groups: Sequence[str]) -> list[Array]:
    by_group: dict[str, list[float]] = defaultdict(list)
    for number, group in zip(numbers, groups, strict=True):
        by_group[group].append(float(number))
    return [np.array(part) for part in by_group.values()]


def _draws(a: list[Array], b: list[Array], rng: np.random.Generator) -> list[tuple[Array, Array]]:
    def drawn(parts: list[Array]) -> Array:
        return np.concatenate([parts[k] for k in rng.integers(len(parts), size=len(parts))])

    return [(drawn(a), drawn(b)) for _ in range(ROUNDS)]
