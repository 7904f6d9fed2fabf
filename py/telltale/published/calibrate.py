"""Calibrate an imported model on a person's own real and fake pictures."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from telltale import analysis, detectors
from telltale.evidence import calibration, weigh
from telltale.evidence.calibration import Calibration
from telltale.media.model import MediaError
from telltale.published.refusal import ImportRefused
from telltale.runtime.context import Context

#: Fewer of either kind cannot bound a likelihood ratio in any useful way.
LEAST = 50
_ENDINGS = {".avif", ".bmp", ".gif", ".heic", ".jpeg", ".jpg", ".png", ".tif", ".tiff", ".webp"}
Say = Callable[[str], None]


def calibrate(
    detector: str,
    real: Sequence[Path],
    fake: Sequence[Path],
    models: Any,
    sha256: str,
    say: Say = lambda text: None,
) -> Calibration:
    """Score both folders with `detector` and fit its calibration.

    Every immediate subfolder of `real` and `fake` counts as one source, so that the bounds come
    from sources that a fit did not see; a folder without subfolders is one source.

    Raises `ImportRefused` where fewer than `LEAST` pictures of either kind could be scored.
    """
    rows = []
    for folders, manipulated in ((real, False), (fake, True)):
        scored = 0
        for folder in folders:
            for path in pictures(folder):
                cases = _cases(detector, path, models)
                rows += [(*case, manipulated, _source(folder, path)) for case in cases]
                scored += bool(cases)
                if cases and scored % 100 == 0:
                    say(f"{scored} {'fake' if manipulated else 'real'} pictures scored")
        if scored < LEAST:
            kind = "fake" if manipulated else "real"
            raise ImportRefused(
                "unreadable", f"Only {scored} {kind} pictures could be scored; {LEAST} are needed."
            )
    score, conditions, labels, sources = zip(*rows, strict=True)
    return calibration.fit(
        detector,
        detectors.load(detectors.find(detector)).CARD.version,
        sha256,
        np.array(score, np.float64),
        np.array(labels, bool),
        np.array([c.log2_pixels for c in conditions]),
        np.array([c.quality for c in conditions]),
        np.array(sources),
    )


def pictures(folder: Path) -> list[Path]:
    """The pictures below a folder by their ending, sorted."""
    return sorted(
        path for path in folder.rglob("*") if path.suffix.lower() in _ENDINGS and path.is_file()
    )


def _cases(detector: str, path: Path, models: Any) -> list[tuple[float, calibration.Conditions]]:
    """Native score and conditions of one picture; none where the test does not apply."""
    try:
        state = analysis.begin(path.read_bytes(), path.name)
    except (OSError, MediaError):
        return []
    context = Context(models)
    if detectors.find(detector).faces:
        analysis.find_faces(state, context)
    module = detectors.load(detectors.find(detector))
    finding = analysis.run_module(module, state.scene, context)
    if finding.status != "ok" or finding.score is None:
        return []
    return [(case.score, case.conditions) for case in weigh.cases(finding, state.scene)[:1]]


def _source(folder: Path, path: Path) -> str:
    first = path.relative_to(folder).parts[0]
    return f"{folder.name}/{first}" if first != path.name else folder.name
