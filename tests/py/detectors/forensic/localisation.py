"""How well a map points at the truth."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.stats import rankdata

from telltale.finding import Finding, Map


def named_map(finding: Finding, name: str) -> Map:
    """The map of that name."""
    return next(m for m in finding.maps if m.name == name)


def truth_on(map_: Map, truth: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """The truth at the centre of every cell of a map."""
    rows, columns = map_.values.shape[:2]
    x, y, w, h = (0, 0, truth.shape[1], truth.shape[0])
    if map_.box is not None:
        x, y, w, h = map_.box.x, map_.box.y, map_.box.w, map_.box.h
    at_y = np.clip((y + (np.arange(rows) + 0.5) * h / rows).astype(int), 0, truth.shape[0] - 1)
    at_x = np.clip(
        (x + (np.arange(columns) + 0.5) * w / columns).astype(int), 0, truth.shape[1] - 1
    )
    return truth[np.ix_(at_y, at_x)]


def auc(scores: NDArray[np.floating], truth: NDArray[np.bool_]) -> float:
    """Area under the ROC curve, signed: high scores must mean true, 0.5 is chance."""
    scores, truth = np.ravel(scores), np.ravel(truth)
    ranks, n = rankdata(scores), int(truth.sum())
    return float((ranks[truth].sum() - n * (n + 1) / 2) / (n * (truth.size - n)))


def map_auc(map_: Map, truth: NDArray[np.bool_], *, deviation: bool = False) -> float:
    """Signed AUC of a map; of the distance from the map's own median if `deviation`."""
    values = map_.values
    if deviation:
        values = np.abs(values - np.median(values))
    return auc(values, truth_on(map_, truth))
