"""What the bank knows about one picture, checked and made inert before it is stored."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray

from telltale.bank.phash import WIDTH, Hashes

Label = Literal["real", "fake", "suspected"]
LABELS: tuple[Label, ...] = get_args(Label)
PartKind = Literal["frame", "face"]
PART_KINDS: tuple[PartKind, ...] = get_args(PartKind)

#: Longest texts, in characters.
MAX_TEXT, MAX_NOTE = 200, 2000
#: Bounds on what one sample may carry.
MAX_EMBEDDINGS, MAX_DIMENSION, MAX_SCORES, MAX_STATEMENTS = 16, 4096, 64, 64
MAX_PARTS, MAX_SECONDS = 256, 1e6
MAX_THUMBNAIL_BYTES, MAX_THUMBNAIL_SIDE = 16_384, 128
#: A medium is kept only where the person chooses to; one blob of SQLite holds it.
MAX_MEDIUM_BYTES = 256 * 2**20
#: How far from one the length of an embedding may be.
UNIT = 1e-3
_SHA256 = re.compile(r"[0-9a-f]{64}")
_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)")
#: Marks that turn text round (Unicode UAX 9) or cannot be seen: they could disguise a text.
_HIDDEN = re.compile("[\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]")


class BankError(Exception):
    """The bank refuses; `str()` is a sentence for a person."""


@dataclass(frozen=True, slots=True)
class Statement:
    """What somebody says a sample is. A sample may have several, also contradicting ones.

    `method` names the generator or manipulation, `provenance` where the sample came from. Texts
    are inert after `checked`: one line (a note may have more), no angle brackets.
    """

    label: Label
    said_by: str
    method: str = ""
    provenance: str = ""
    note: str = ""
    stated: str = ""


@dataclass(frozen=True, slots=True)
class Embedding:
    """A unit-length (d,) float32 vector of a model, told apart by the model's SHA-256."""

    model: str
    model_sha256: str
    vector: NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class DetectorScore:
    """The native score of a detector."""

    detector: str
    version: str
    name: str
    value: float


@dataclass(frozen=True, slots=True)
class Part:
    """A frame of a video, or a face that was followed through it, from `start_s` to `end_s`.

    A frame has `hashes` and one time; a face has embeddings, the mean over its frames.
    """

    kind: PartKind
    start_s: float
    end_s: float
    hashes: Hashes | None = None
    embeddings: tuple[Embedding, ...] = ()


@dataclass(frozen=True, slots=True)
class Sample:
    """One picture or video by its traces: the media itself is never kept.

    `hashes` (telltale.bank.phash) are None where the picture is flat and for videos, whose
    frames are `parts`; `thumbnail` is a small JPEG where the person wanted one.
    """

    sha256: str
    width: int
    height: int
    format: str
    statements: tuple[Statement, ...]
    hashes: Hashes | None = None
    embeddings: tuple[Embedding, ...] = ()
    scores: tuple[DetectorScore, ...] = field(default=())
    thumbnail: bytes | None = None
    parts: tuple[Part, ...] = ()


def now() -> str:
    """The time of a statement: ISO 8601, UTC."""
    return datetime.now(UTC).isoformat(timespec="seconds")


def inert(text: str, limit: int = MAX_TEXT, lines: bool = False) -> str:
    """Text that no view can take for markup or be deceived by; raises `BankError` when too long.

    Angle brackets become quotation marks of the same shape, control and hidden characters go.
    """
    if not isinstance(text, str):
        raise BankError("a text is expected")
    if len(text) > limit:
        raise BankError(f"a text of {len(text):,} characters is longer than {limit:,}")
    clean = _HIDDEN.sub("", text.encode("utf-8", "replace").decode())
    clean = clean.replace("<", "\u2039").replace(">", "\u203a")
    kept = "".join(c if c.isprintable() or (lines and c == "\n") else " " for c in clean)
    return kept.strip()


def checked(sample: Sample) -> Sample:
    """The sample with inert texts; raises `BankError` saying what is wrong with it."""
    _require(bool(_SHA256.fullmatch(sample.sha256)), "the SHA-256 is not 64 hexadecimal digits")
    for side in (sample.width, sample.height):
        _require(type(side) is int and 0 < side <= 2**20, "the picture's size is impossible")
    _require(0 < len(sample.statements) <= MAX_STATEMENTS, "nobody says what the sample is")
    _require(len(sample.embeddings) <= MAX_EMBEDDINGS, "there are too many embeddings")
    _require(len(sample.scores) <= MAX_SCORES, "there are too many scores")
    _require(len(sample.parts) <= MAX_PARTS, "there are too many parts")
    parts = tuple(_part(part) for part in sample.parts)
    _hashes(sample.hashes)
    return Sample(
        sample.sha256,
        sample.width,
        sample.height,
        inert(sample.format),
        tuple(checked_statement(s) for s in sample.statements),
        sample.hashes,
        tuple(_embedding(e) for e in sample.embeddings),
        tuple(_score(s) for s in sample.scores),
        None if sample.thumbnail is None else _thumbnail(sample.thumbnail),
        parts,
    )


def checked_statement(statement: Statement) -> Statement:
    """The statement with inert texts; raises `BankError`."""
    _require(statement.label in LABELS, f"a label is one of {', '.join(LABELS)}")
    said_by = inert(statement.said_by)
    _require(bool(said_by), "it is not said who gave the label")
    stated = statement.stated or now()
    _require(bool(_TIME.fullmatch(stated)), "the time of a statement is not in ISO 8601 with zone")
    return Statement(
        statement.label,
        said_by,
        inert(statement.method),
        inert(statement.provenance),
        inert(statement.note, MAX_NOTE, lines=True),
        stated,
    )


def checked_vectors(vectors: NDArray[np.float32]) -> NDArray[np.float32]:
    """(n, d) float32 rows that are finite and of unit length; raises `BankError`."""
    _require(vectors.ndim == 2 and vectors.dtype == np.float32, "embeddings are rows of float32")
    _require(
        2 <= vectors.shape[1] <= MAX_DIMENSION, f"embeddings have 2 to {MAX_DIMENSION} numbers"
    )
    # not (... <= UNIT) catches NaN too, and infinity without a warning
    with np.errstate(over="ignore", invalid="ignore"):
        length = np.sqrt(np.einsum("ij,ij->i", vectors, vectors, dtype=np.float64))
        _require(bool((np.abs(length - 1) <= UNIT).all()), "an embedding is not of unit length")
    return vectors


def _hashes(hashes: Hashes | None) -> None:
    if hashes is not None:
        fits = hashes.shape == (WIDTH,) and hashes.dtype == np.uint64
        _require(fits, f"perceptual hashes are {WIDTH} numbers of 64 bits")


def _part(part: Part) -> Part:
    _require(part.kind in PART_KINDS, f"a part is one of {', '.join(PART_KINDS)}")
    for seconds in (part.start_s, part.end_s):
        number = isinstance(seconds, int | float) and not isinstance(seconds, bool)
        _require(number and 0 <= seconds <= MAX_SECONDS, "the time of a part is impossible")
    _require(part.start_s <= part.end_s, "a part ends before it begins")
    _require(len(part.embeddings) <= MAX_EMBEDDINGS, "there are too many embeddings")
    _hashes(part.hashes)
    start, end = round(float(part.start_s), 3), round(float(part.end_s), 3)
    embeddings = tuple(_embedding(e) for e in part.embeddings)
    return Part(part.kind, start, end, part.hashes, embeddings)


def _embedding(embedding: Embedding) -> Embedding:
    _require(bool(_SHA256.fullmatch(embedding.model_sha256)), "a model is named without its hash")
    vector = np.ascontiguousarray(embedding.vector)
    _require(vector.ndim == 1, "an embedding is one row of numbers")
    checked_vectors(vector[None])
    return Embedding(_identifier(embedding.model), embedding.model_sha256, vector)


def _score(score: DetectorScore) -> DetectorScore:
    _require(bool(np.isfinite(score.value)), "a score is not a finite number")
    name, version = inert(score.name), inert(score.version)
    return DetectorScore(_identifier(score.detector), version, name, float(score.value))


def _identifier(text: str) -> str:
    _require(bool(re.fullmatch(r"[a-z0-9_./-]{1,64}", text)), "an id has odd characters")
    return text


def _thumbnail(data: bytes) -> bytes:
    """The thumbnail drawn anew, so that nothing but a picture is left of it."""
    from telltale.bank import thumbnails

    return thumbnails.redrawn(data)


def _require(holds: bool, sentence: str) -> None:
    if not holds:
        raise BankError(f"The sample is refused: {sentence}.")
