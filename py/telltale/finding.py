"""The result grammar: what every detector says, and the closed list of reasons for not saying it.

A `Finding` is evidence, not a conclusion. It states what was measured, on which pixels, on which
scale, and when not to trust it.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

Status = Literal["ok", "not_applicable", "failed", "cancelled"]
Direction = Literal["higher_is_suspicious", "lower_is_suspicious", "none"]

#: The closed list of reason codes, each with the sentence used when a detector gives none.
REASONS: dict[str, str] = {
    "no_face": "No face was found in this picture.",
    "face_too_small": "The face has too few pixels for this test.",
    "face_turned_away": "The face is turned too far away for this test.",
    "image_too_small": "The picture has too few pixels for this test.",
    "not_jpeg": "This test reads traces of JPEG compression, and this file is not a JPEG.",
    "compressed_too_much": "Compression has erased the traces that this test reads.",
    "flat_or_saturated": "Too much of the picture is flat or saturated for this test.",
    "not_photographic": "This does not look like a photograph; the test is made for those.",
    "screenshot": "This looks like a screenshot; the traces of the original are gone.",
    "too_short": "The clip is too short for this test.",
    "frame_rate_too_low": "The frame rate is too low for this test.",
    "too_much_motion": "There is too much motion for this test.",
    "codec_unsupported": "This platform cannot decode the codec of this file.",
    "outside_validated_range": "The test has not been validated on pictures like this one.",
    "model_missing": "The model of this test is not installed.",
    "model_self_test_failed": "The model did not reproduce its stored answer on this machine.",
    "needs_original_bytes": "This test needs the original file, not a picture of it.",
    "cancelled": "The test was cancelled.",
    "error": "The test failed with an internal error.",
}


@dataclass(frozen=True, slots=True)
class Box:
    """An axis-aligned box in pixels of the upright picture; (x, y) is the top left corner."""

    x: float
    y: float
    w: float
    h: float


@dataclass(frozen=True, slots=True)
class Region:
    """What a finding speaks about: the whole picture, face number `face`, or a box."""

    kind: Literal["whole", "face", "box"] = "whole"
    face: int | None = None
    box: Box | None = None


WHOLE = Region()


@dataclass(frozen=True, slots=True)
class Score:
    """A number on the detector's native scale.

    `low` and `high` bound the scale as it is drawn; the value may lie outside them.
    """

    value: float
    name: str
    direction: Direction
    low: float
    high: float
    unit: str = ""


@dataclass(frozen=True, slots=True)
class Fact:
    """A number (or word) with its unit that a person can check."""

    name: str
    value: float | int | str | bool | None
    unit: str = ""


@dataclass(frozen=True, slots=True)
class Map:
    """A picture of where something was measured.

    `values` is (h, w) float32 (drawn with a colour map between `low` and `high`) or
    (h, w, 3) uint8 (drawn as it is). It covers `box` of the upright picture, or all of it
    when `box` is None. A map in `frequency` space is a spectrum: it has no place in the picture
    and is shown beside it, never over it.
    """

    name: str
    values: NDArray[Any]
    low: float
    high: float
    unit: str = ""
    box: Box | None = None
    meaning: str = ""
    space: Literal["picture", "frequency"] = "picture"

    def __post_init__(self) -> None:
        if self.values.ndim == 2:
            if self.values.dtype != np.float32:
                object.__setattr__(self, "values", self.values.astype(np.float32))
        elif self.values.ndim != 3 or self.values.shape[2] != 3 or self.values.dtype != np.uint8:
            raise ValueError("a map is (h, w) float or (h, w, 3) uint8")


@dataclass(frozen=True, slots=True)
class Part:
    """The result for one part of the picture (one face, one crop) inside a finding."""

    region: Region
    score: float | None
    facts: tuple[Fact, ...] = ()
    status: Status = "ok"
    reason: str | None = None
    sentence: str = ""


@dataclass(frozen=True, slots=True)
class Finding:
    """What one detector says about one picture. Made by `ok`, `not_applicable` and their like."""

    detector: str
    version: str
    family: str
    status: Status
    sentence: str
    reason: str | None = None
    score: Score | None = None
    llr: float | None = None
    region: Region = WHOLE
    parts: tuple[Part, ...] = ()
    maps: tuple[Map, ...] = ()
    facts: tuple[Fact, ...] = ()
    caveats: tuple[str, ...] = ()
    embedding: NDArray[np.float32] | None = None
    elapsed_ms: float = 0.0
    #: Made by a detector from a person's own file (`telltale.detectors.unreviewed`).
    unreviewed: bool = False

    def timed(self, elapsed_ms: float) -> Finding:
        """The same finding with its measured duration."""
        return replace(self, elapsed_ms=elapsed_ms)


@dataclass(frozen=True, slots=True)
class Inapplicable:
    """A reason code of `REASONS` and the sentence that makes it specific to this picture."""

    code: str
    sentence: str = ""

    def __post_init__(self) -> None:
        if self.code not in REASONS:
            raise ValueError(f"unknown reason code {self.code!r}")
        if not self.sentence:
            object.__setattr__(self, "sentence", REASONS[self.code])


@dataclass(frozen=True, slots=True)
class Reference:
    """A published source: who, what, where, when, and an address to read it."""

    authors: str
    title: str
    venue: str
    year: int
    url: str


@dataclass(frozen=True, slots=True)
class Card:
    """What a detector declares about itself; shown beside each of its findings.

    Attributes
    ----------
    id, version, family
        Identity; `family` is one of `FAMILIES`.
    title, question
        A short name, and the question in plain words that the test answers.
    how, limits
        Two or three sentences on the method, and what it cannot do.
    references
        The papers, the main one first.
    weak
        True for aids to the eye and fragile cues that can never carry a verdict alone.
    models
        Ids of the models it runs.
    """

    id: str
    version: str
    family: str
    title: str
    question: str
    how: str
    limits: tuple[str, ...]
    references: tuple[Reference, ...]
    weak: bool = False
    models: tuple[str, ...] = field(default=())


FAMILIES = ("learned", "forensic", "biological", "provenance")


def ok(card: Card, sentence: str, score: Score | None = None, **more: Any) -> Finding:
    """A finding with a result."""
    return Finding(card.id, card.version, card.family, "ok", sentence, score=score, **more)


def inapplicable(card: Card, why: Inapplicable, **more: Any) -> Finding:
    """A finding that says why the test does not apply here."""
    return Finding(
        card.id, card.version, card.family, "not_applicable", why.sentence, why.code, **more
    )


def failed(card: Card, sentence: str) -> Finding:
    """A finding that says that the test broke, and how."""
    return Finding(card.id, card.version, card.family, "failed", sentence, "error")


def cancelled(card: Card) -> Finding:
    """A finding that says that the person stopped the test."""
    return Finding(
        card.id, card.version, card.family, "cancelled", REASONS["cancelled"], "cancelled"
    )
