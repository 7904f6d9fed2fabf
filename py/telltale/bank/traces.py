"""From an analysis to what the bank keeps of it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from telltale import detectors
from telltale.analysis import Analysis
from telltale.bank import phash, thumbnails
from telltale.bank.model import DetectorScore, Embedding, Sample, Statement
from telltale.finding import Finding


def sample(
    analysis: Analysis,
    models_used: Sequence[dict[str, Any]],
    statement: Statement,
    *,
    thumbnail: bool = False,
) -> Sample:
    """The sample of an analysed picture."""
    media = analysis.media
    return Sample(
        media.sha256,
        media.width,
        media.height,
        media.format,
        (statement,),
        phash.hashes(media.pixels),
        embeddings(analysis.findings, models_used),
        scores(analysis.findings),
        thumbnails.thumbnail(media.pixels) if thumbnail else None,
    )


def embeddings(
    findings: Iterable[Finding], models_used: Sequence[dict[str, Any]]
) -> tuple[Embedding, ...]:
    """Embeddings of findings whose model is named by its hash; others could not be compared.

    A detector's model has the detector's id (models/zoo.toml).
    """
    hashes = {row["id"]: row["sha256"] for row in models_used}
    return tuple(
        Embedding(f.detector, hashes[f.detector], f.embedding)
        for f in findings
        if f.embedding is not None and f.detector in hashes
    )


def scores(findings: Iterable[Finding]) -> tuple[DetectorScore, ...]:
    """Native scores of the findings that have one."""
    return tuple(
        DetectorScore(f.detector, f.version, f.score.name, f.score.value)
        for f in findings
        if f.status == "ok" and f.score is not None
    )


def embedding_steps() -> tuple[str, ...]:
    """The detectors that run a model, which are those that can give an embedding."""
    return tuple(entry.id for entry in detectors.REGISTRY if detectors.load(entry).CARD.models)
