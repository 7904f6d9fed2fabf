"""What storing an imported network in fewer bits costs: size, time, and decisions that change."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, get_args

from telltale import analysis, detectors
from telltale.media.model import MediaError
from telltale.published import importer
from telltale.published.importer import Precision
from telltale.published.refusal import ImportRefused
from telltale.runtime.context import Context
from telltale.runtime.inference import OnnxModels


@dataclass(frozen=True, slots=True)
class Cost:
    """Of one precision, against float32 on the same pictures.

    `seconds` are of processor time for a picture, `difference` is the largest of the scores;
    `flipped` counts pictures that cross `border`.
    """

    precision: Precision
    bytes: int
    seconds: float
    difference: float
    flipped: int
    pictures: int


def compare(
    name: str, file: Path, pictures: Sequence[Path], border: float = 0.5, member: str | None = None
) -> list[Cost]:
    """Import `file` in every precision into a place of its own, and score the same pictures.

    Raises `ImportRefused`, also where the test applies to none of the pictures.
    """
    scores: dict[str, list[float | None]] = {}
    costs = []
    for precision in get_args(Precision):
        with tempfile.TemporaryDirectory() as place:
            done = importer.import_file(name, file, Path(place), member=member, precision=precision)
            models = _With(OnnxModels(Path(place)), OnnxModels())
            _score(name, pictures[:1], models)  # loads the network
            begun = time.process_time()
            found = scores[precision] = _score(name, pictures, models)
            seconds = (time.process_time() - begun) / max(1, len(pictures))
        both = [
            (a, b)
            for a, b in zip(scores["float32"], found, strict=True)
            if a is not None and b is not None
        ]
        if not both:
            raise ImportRefused("unreadable", "The test applies to none of these pictures.")
        costs.append(
            Cost(
                precision,
                done.bytes,
                seconds,
                max(abs(a - b) for a, b in both),
                sum((a > border) != (b > border) for a, b in both),
                len(both),
            )
        )
    return costs


class _With:
    """The network under test from one library, the face models from the usual one."""

    def __init__(self, first: OnnxModels, rest: OnnxModels) -> None:
        self._first, self._rest = first, rest

    def available(self, model: str) -> bool:
        return self._first.available(model) or self._rest.available(model)

    def run(self, model: str, inputs: Any) -> dict[str, Any]:
        door = self._first if self._first.available(model) else self._rest
        return door.run(model, inputs)

    def used(self) -> list[dict[str, Any]]:
        return [*self._first.used(), *self._rest.used()]


def _score(name: str, pictures: Sequence[Path], models: _With) -> list[float | None]:
    entry = detectors.find(name)
    out: list[float | None] = []
    for path in pictures:
        try:
            state = analysis.begin(path.read_bytes(), path.name)
        except (OSError, MediaError):
            out.append(None)
            continue
        context = Context(models)
        if entry.faces:
            analysis.find_faces(state, context)
        finding = analysis.run_module(detectors.load(entry), state.scene, context)
        out.append(finding.score.value if finding.score else None)
    return out
