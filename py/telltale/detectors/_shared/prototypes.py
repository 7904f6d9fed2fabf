"""Relation to a base bank: which known family an embedding is nearest to, or none of these."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class Prototypes:
    """Unit vectors of known generators.

    Attributes
    ----------
    vectors
        (n, d) float32, unit length.
    names, families
        Of each vector: the generator and the family that it belongs to.
    reach
        Largest distance at which a prototype still explains an embedding; beyond it the answer
        is "none of these". Measured on known and unknown generators.
    """

    vectors: NDArray[np.float32]
    names: tuple[str, ...]
    families: tuple[str, ...]
    reach: float


@dataclass(frozen=True, slots=True)
class Relation:
    """Distances (1 - cosine, 0 to 2) to the families, nearest first.

    `family` is the nearest one, or None for "none of these"; `name` its nearest generator.
    """

    family: str | None
    name: str | None
    distances: tuple[tuple[str, float], ...]


def relate(embedding: NDArray[np.float32], bank: Prototypes) -> Relation:
    """Compare a unit-length (d,) embedding with the prototypes.

    In double precision: a small distance is a difference of nearly equal numbers, of which single
    precision keeps another last digit with every order in which the products are added.
    """
    distance = 1.0 - bank.vectors.astype(np.float64) @ embedding.astype(np.float64)
    best: dict[str, tuple[float, str]] = {}
    for value, family, name in zip(distance, bank.families, bank.names, strict=True):
        if family not in best or value < best[family][0]:
            best[family] = (float(value), name)
    ranked = sorted((value, family, name) for family, (value, name) in best.items())
    value, family, name = ranked[0]
    known = value <= bank.reach
    return Relation(
        family if known else None,
        name if known else None,
        tuple((f, v) for v, f, _ in ranked),
    )


def mean_direction(
    embeddings: Sequence[NDArray[np.float32]] | NDArray[np.float32],
) -> NDArray[np.float32]:
    """(d,) unit vector along the mean of (n, d) unit vectors."""
    mean = np.asarray(embeddings, np.float64).mean(0)
    return (mean / max(float(np.linalg.norm(mean)), 1e-12)).astype(np.float32)
