"""What the outside hands to a detector: models, progress, cancellation."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from telltale.runtime.cameras import Camera

Arrays = Mapping[str, NDArray[Any]]


class Cancelled(Exception):
    """The person asked to stop."""


class ModelUnavailable(Exception):
    """A model cannot be run here. `code` is a reason code of `telltale.finding.REASONS`."""

    def __init__(self, model: str, code: str, sentence: str) -> None:
        super().__init__(sentence)
        self.model, self.code, self.sentence = model, code, sentence


class Models(Protocol):
    """The one door to ONNX Runtime; calls are synchronous in both runtimes."""

    def available(self, model: str) -> bool:
        """Whether the zoo holds this model."""
        ...

    def run(self, model: str, inputs: Arrays) -> dict[str, NDArray[np.float32]]:
        """Run `model`; raises `ModelUnavailable` where it is missing or failed its self-test."""
        ...

    def used(self) -> list[dict[str, Any]]:
        """One row per model run so far: id, sha256, backend, why, self_test."""
        ...


class NoModels:
    """A door that opens on nothing, for detectors and tests that need no network."""

    def available(self, model: str) -> bool:
        return False

    def run(self, model: str, inputs: Arrays) -> dict[str, NDArray[np.float32]]:
        raise ModelUnavailable(model, "model_missing", f"The model {model} is not installed.")

    def used(self) -> list[dict[str, Any]]:
        return []


def _never() -> bool:
    return False


def _silent(fraction: float, text: str) -> None:
    del fraction, text


class Bank(Protocol):
    """The reference bank, as an analysis asks it."""

    def ask(self, analysis: Any, models: list[dict[str, Any]]) -> dict[str, Any]:
        """The record's section `bank` for an analysed picture; never raises `BankError`."""
        ...

    def ask_film(self, film: Any, models: list[dict[str, Any]]) -> dict[str, Any]:
        """The same for an examined video (`telltale.video.VideoAnalysis`)."""
        ...


@dataclass(frozen=True, slots=True)
class Context:
    """Handed to `run` of every detector; the bank is asked after them, where there is one.

    `repeat` says whether what carries the answers is repeated on mildly changed copies: on as many
    as fit into the time that the analysis took, or on so many, however long they take.
    """

    models: Models = field(default_factory=NoModels)
    progress: Callable[[float, str], None] = _silent
    is_cancelled: Callable[[], bool] = _never
    bank: Bank | None = None
    #: The cameras that the person made known, read when asked for.
    cameras: Callable[[], Iterable[Camera]] = tuple
    repeat: bool | int = True
    #: Seconds that only grow; what the repetitions may cost is counted on it.
    clock: Callable[[], float] = time.perf_counter

    def step(self, fraction: float, text: str = "") -> None:
        """Report progress in [0, 1] and raise `Cancelled` if the person asked to stop."""
        if self.is_cancelled():
            raise Cancelled
        self.progress(fraction, text)
