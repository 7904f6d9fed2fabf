"""The baselines beside the face models: two logistic regressions, and MesoNet's own weights."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from models.training import baselines
from models.training.augment import Pixels

FEATURES = {"spectrum": baselines.spectrum_features, "dct": baselines.dct_features}


class Baselines:
    """Fitted on (side, side, 3) uint8 squares of the training split, 0 real and 1 fake.

    `mesonet` is the folder of its published Keras weights; None leaves it out.
    """

    def __init__(
        self, squares: Sequence[Pixels], labels: Sequence[int], mesonet: Path | None
    ) -> None:
        truth = np.array(labels)
        self._fitted: dict[str, Any] = {
            name: baselines.logistic_regression(np.stack([f(s) for s in squares]), truth)
            for name, f in FEATURES.items()
        }
        self._nets = mesonets(mesonet)

    def scores(self, square: Pixels) -> dict[str, float]:
        """By method, larger for what is suspicious."""
        found = {
            name: float(model.decision_function(FEATURES[name](square)[None])[0])
            for name, model in self._fitted.items()
        }
        return found | mesonet_scores(self._nets, square)


def mesonets(folder: Path | None) -> dict[str, Any]:
    """Both published networks, or none."""
    if folder is None:
        return {}
    from models.training.mesonet import load

    return {f"mesonet_{k}": load(folder / f"Meso4_{k.upper()}.h5") for k in ("df", "f2f")}


def mesonet_scores(nets: dict[str, Any], square: Pixels) -> dict[str, float]:
    """Probability of a fake by each network."""
    if not nets:
        return {}
    from models.training.mesonet import fakeness

    return {name: fakeness(net, square) for name, net in nets.items()}
