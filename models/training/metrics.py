"""The measures of `telltale bench`, with what a card's tables need."""

from telltale.benchmark.metrics import (
    Estimate,
    auc,
    average_precision,
    between_markers,
    bootstrap,
    equal_error_rate,
    markdown,
    tpr_at_fpr,
)

__all__ = [
    "Estimate",
    "auc",
    "average_precision",
    "between_markers",
    "bootstrap",
    "equal_error_rate",
    "markdown",
    "tpr_at_fpr",
]
