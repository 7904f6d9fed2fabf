"""What a folder says of a detector, in words, numbers and plots."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape

import numpy as np
from numpy.typing import NDArray

from telltale.lab import leaks, show
from telltale.lab.evaluate import Evaluation

#: The measures in words.
NAMES = {
    "auc": "area under the ROC curve",
    "tpr_at_1": "fakes found at 1 % false alarms",
    "tpr_at_10": "fakes found at 10 % false alarms",
    "eer": "equal error rate",
}


def lines(result: Evaluation) -> Iterator[str]:
    """The result line by line, cautions first."""
    for caution in [*result.cautions, *_leaks(result)]:
        yield f"! {caution}"
    counts = ", ".join(
        f"{len(result.scores(label))} {label or 'without a label'}"
        for label in ("real", "fake", "")
        if len(result.scores(label))
    )
    yield f"scored: {counts or 'none'}"
    for code, count in sorted(result.refused.items()):
        yield f"no score: {count} ({code})"
    for name, estimate in result.measures.items():
        yield f"{NAMES[name]}: {estimate} ({estimate.reals} real, {estimate.fakes} fake)"
    for name, estimate in result.by_source.items():
        if name not in ("real", "fake"):
            yield f"AUC, {name}: {estimate} ({estimate.reals} real, {estimate.fakes} fake)"
    for label, words in (("real", "highest real"), ("fake", "lowest fake")):
        for row in result.worst(label):
            yield f"{words}: {row.score:.4g} {row.path}"


def as_text(result: Evaluation) -> str:
    """`lines` for a terminal."""
    return "\n".join(f"  {line}" for line in lines(result))


def as_html(result: Evaluation, title: str) -> str:
    """A page that needs nothing else: the lines and the two plots."""
    shown = [show.histogram(distribution(result), title="Scores")]
    if result.roc:
        shown.append(show.roc(result.roc, "ROC with its 95 % band"))
    items = "".join(f"<li>{escape(line)}</li>" for line in lines(result))
    plots = "".join(f"<figure>{one.svg}</figure>" for one in shown)
    return (
        '<!doctype html><html lang="en"><meta charset="utf-8">'
        '<meta http-equiv="Content-Security-Policy" content="default-src \'none\'; '
        "style-src 'unsafe-inline'\">"
        f"<title>{escape(title)}</title><style>body{{font:16px/1.5 system-ui;max-width:60rem;"
        "margin:2rem auto;padding:0 1rem}svg{max-width:100%;height:auto}</style>"
        f"<h1>{escape(title)}</h1>{plots}<ul>{items}</ul></html>"
    )


def distribution(result: Evaluation) -> dict[str, NDArray[np.float64]]:
    """The scores by label, for `telltale.lab.show.histogram`."""
    found = {label: result.scores(label) for label in ("real", "fake", "")}
    return {label: scores for label, scores in found.items() if len(scores)}


def _leaks(result: Evaluation) -> Iterator[str]:
    for leak in leaks.leaks(result.rows):
        if leak.tells:
            yield f"{leak.fact} alone tells real from fake with an AUC of {leak.auc:.2f}."
    for paths in leaks.same_files(result.rows):
        yield f"The same file lies there {len(paths)} times: {paths[0]}, {paths[1]}."
